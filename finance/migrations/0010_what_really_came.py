"""By which way announced payments really came, what each rests on, and payments that failed after they were credited."""

import unicodedata

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

MOST = 200

# Until now what was announced counted.
CAME = "UPDATE finance_offlinepayment SET came_by = way WHERE status IN ('second', 'received', 'taken_back');"

# They were told as sent back; a refund has a number of its own, a failure that of its payment.
FAILED = """
UPDATE finance_chargeback c SET why = 'failed after it was credited'
FROM finance_topup t WHERE t.id = c.top_up_id AND c.why = 'sent back' AND c.dispute_id = t.charge_id AND t.charge_id <> '';
"""
SENT_BACK = "UPDATE finance_chargeback SET why = 'sent back' WHERE why = 'failed after it was credited';"


def rest(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """What stands on the books rests on its evidence; where several rest on the same, the oldest holds it."""
    payments = apps.get_model("finance", "OfflinePayment").objects.filter(status__in=["second", "received"])
    said = apps.get_model("core", "Event").objects.filter(
        subject="offlinepayment",
        kind__in=["offline.confirmed", "offline.received"],
        subject_id__in=payments.values("pk"),
    )
    evidence = apps.get_model("finance", "OfflineEvidence").objects
    held = set()
    # First what stands on the payments, then what second persons have said.
    for pk, words in (
        *payments.order_by("id").values_list("pk", "evidence"),
        *said.order_by("id").values_list("subject_id", "facts__evidence"),
    ):
        plain = unicodedata.normalize("NFKC", words or "").casefold()
        key = "".join(str(unicodedata.digit(sign, sign)) for sign in plain if sign.isalnum())[:MOST]
        if key and key not in held:
            held.add(key)
            evidence.create(key=key, payment_id=pk)


class Migration(migrations.Migration):
    dependencies = [("finance", "0009_asked_at"), ("core", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(
            model_name="offlinepayment",
            name="offline_payment_received_by_somebody",
        ),
        migrations.AddField(
            model_name="offlinepayment",
            name="came_by",
            field=models.CharField(
                blank=True,
                choices=[("bank", "Bank transfer"), ("money_order", "Money order"), ("check", "Check")],
                db_default="",
                default="",
                max_length=12,
            ),
        ),
        migrations.RunSQL(CAME, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="offlinepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("needs_two", False), ("second_by__isnull", False), _connector="OR"),
                        ("came_by__in", ["bank", "money_order", "check"]),
                        ("confirmed_by__isnull", False),
                        ("ended_at__isnull", False),
                        ("received__gt", 0),
                        ("status__in", ["received", "taken_back"]),
                    ),
                    models.Q(
                        ("came_by__in", ["bank", "money_order", "check"]),
                        ("confirmed_by__isnull", False),
                        ("needs_two", True),
                        ("received__gt", 0),
                        ("second_by__isnull", True),
                        ("status", "second"),
                    ),
                    models.Q(
                        models.Q(
                            models.Q(("ended_at__isnull", False), ("status", "canceled")),
                            models.Q(("ended_at__isnull", True), ("status", "announced")),
                            _connector="OR",
                        ),
                        ("came_by", ""),
                        ("confirmed_by__isnull", True),
                        ("needs_two", False),
                        ("received__isnull", True),
                        ("second_by__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="offline_payment_received_by_somebody",
            ),
        ),
        migrations.CreateModel(
            name="OfflineEvidence",
            fields=[
                ("key", models.CharField(max_length=MOST, primary_key=True, serialize=False)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rests_on",
                        to="finance.offlinepayment",
                    ),
                ),
            ],
            options={"verbose_name_plural": "offline evidence"},
        ),
        migrations.RunPython(rest, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="entry",
            name="verb",
            field=models.CharField(
                choices=[
                    ("top_up", "Funds added"),
                    ("hold", "Paid for an order"),
                    ("release", "Earned from an order"),
                    ("refund", "Refund of an order"),
                    ("split", "Shared after a dispute"),
                    ("fee_hold", "Mediator's fee set aside"),
                    ("fee_paid", "Mediator's fee"),
                    ("fee_back", "Mediator's fee returned"),
                    ("bonus", "Bonus received"),
                    ("withdrawal", "Withdrawal"),
                    ("payout", "Paid out"),
                    ("withdrawal_back", "Withdrawal returned"),
                    ("chargeback", "Taken back by the bank"),
                    ("chargeback_back", "Returned by the bank"),
                    ("taken_back", "Payment taken back"),
                    ("payment_failed", "Payment failed after all"),
                    ("came_back", "Payment back on the balance"),
                    ("collected", "Paid toward what is owed"),
                    ("written_off", "Written off of what is owed"),
                    ("referral", "Referral earnings"),
                    ("group", "Group reward"),
                    ("provider_fee", "Fee of the payment provider"),
                    ("moved", "Moved between provider and bank"),
                ],
                max_length=30,
            ),
        ),
        migrations.RunSQL(FAILED, SENT_BACK),
    ]
