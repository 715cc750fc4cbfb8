"""Announced payments that two confirm, that are taken back, and whose checks bind for a while (PAY-01)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# As in 0005, and of what a lot was opened for now both columns stay.
LOT_STAYS = """
CREATE OR REPLACE FUNCTION finance_lot_moves_by_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.left IS DISTINCT FROM OLD.left AND pg_trigger_depth() < 2)
        OR (NEW.id, NEW.top_up_id, NEW.announced_id, NEW.account_id, NEW.amount, NEW.at)
        IS DISTINCT FROM (OLD.id, OLD.top_up_id, OLD.announced_id, OLD.account_id, OLD.amount, OLD.at) THEN
        RAISE EXCEPTION 'ledger: a lot changes only with an entry' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
LOT_STAYED = LOT_STAYS.replace("NEW.announced_id, ", "").replace("OLD.announced_id, ", "")

# Of checks and money orders received before these had lots it is not known what is left, so nothing of them is bound.
EMPTY_LOTS = """
INSERT INTO finance_lot (announced_id, account_id, amount, "left", at, free_at)
SELECT o.id, a.id, o.received, 0, o.ended_at, o.ended_at
FROM finance_offlinepayment o JOIN finance_account a ON a.key = 'user:' || o.user_id || ':main'
WHERE o.status = 'received' AND o.way IN ('check', 'money_order');
"""

# Why staff ended one has a column of its own.
REASONS = "UPDATE finance_offlinepayment SET reason = evidence, evidence = '' WHERE status = 'canceled';"


class Migration(migrations.Migration):
    dependencies = [
        ("finance", "0005_more_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="offlinepayment",
            name="offline_payment_received_by_somebody",
        ),
        migrations.RemoveIndex(
            model_name="offlinepayment",
            name="offline_waiting",
        ),
        migrations.AddField(
            model_name="chargeback",
            name="announced",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="chargeback",
                to="finance.offlinepayment",
            ),
        ),
        migrations.AddField(
            model_name="lot",
            name="announced",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="lot", to="finance.offlinepayment"
            ),
        ),
        migrations.AddField(
            model_name="offlinepayment",
            name="needs_two",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="offlinepayment",
            name="reason",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="offlinepayment",
            name="second_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="account",
            name="kind",
            field=models.CharField(
                choices=[
                    ("main", "Main balance"),
                    ("bonus", "Bonus balance"),
                    ("escrow", "Escrow"),
                    ("payout", "Withdrawals on their way"),
                    ("chargeback", "Owed after payments taken back"),
                    ("commission", "Commission"),
                    ("promotion", "Promotion"),
                    ("processing", "Fees of the payment provider"),
                    ("provider", "Money held"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="chargeback",
            name="dispute_id",
            field=models.CharField(max_length=100, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name="chargeback",
            name="top_up",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="chargebacks", to="finance.topup"
            ),
        ),
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
        migrations.AlterField(
            model_name="lot",
            name="top_up",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="lot", to="finance.topup"
            ),
        ),
        migrations.AlterField(
            model_name="offlinepayment",
            name="status",
            field=models.CharField(
                choices=[
                    ("announced", "Waiting for the money"),
                    ("second", "Waiting for a second person"),
                    ("received", "Received"),
                    ("canceled", "Canceled"),
                    ("taken_back", "Taken back"),
                ],
                default="announced",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="offlinepayment",
            index=models.Index(
                condition=models.Q(("status__in", ["announced", "second"])), fields=["id"], name="offline_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="chargeback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("announced__isnull", True), ("dispute_id__isnull", False), ("top_up__isnull", False)),
                    models.Q(
                        ("announced__isnull", False),
                        ("dispute_id__isnull", True),
                        ("status", "lost"),
                        ("top_up__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="chargeback_of_one_payment",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("announced__isnull", True), ("top_up__isnull", False)),
                    models.Q(("announced__isnull", False), ("top_up__isnull", True)),
                    _connector="OR",
                ),
                name="lot_of_one_payment",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("needs_two", False), ("second_by__isnull", False), _connector="OR"),
                        ("confirmed_by__isnull", False),
                        ("ended_at__isnull", False),
                        ("received__gt", 0),
                        ("status__in", ["received", "taken_back"]),
                    ),
                    models.Q(
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
        migrations.AddConstraint(
            model_name="offlinepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_by", models.F("user")), _negated=True),
                    models.Q(("second_by", models.F("user")), _negated=True),
                    models.Q(("second_by", models.F("confirmed_by")), _negated=True),
                ),
                name="offline_payment_confirmed_by_others",
            ),
        ),
        migrations.RunSQL(LOT_STAYS, LOT_STAYED),
        migrations.RunSQL(REASONS, migrations.RunSQL.noop),
        migrations.RunSQL(EMPTY_LOTS, migrations.RunSQL.noop),
    ]
