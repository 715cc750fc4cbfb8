"""The Celery application: worker and beat start from here."""

import os

from celery import Celery
from celery.signals import beat_init

from finance.rules import PROOF_EVERY
from orders.rules import SWEEP_EVERY

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

app = Celery("workhall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
_EVERY_MINUTE = {"schedule": SWEEP_EVERY, "options": {"expires": SWEEP_EVERY.total_seconds()}}
_EVERY_TEN_MINUTES = {"schedule": PROOF_EVERY, "options": {"expires": PROOF_EVERY.total_seconds()}}
app.conf.beat_schedule = {
    "knock": {"task": "marketplace.tasks.knock", **_EVERY_MINUTE},
    "hand on events": {"task": "core.tasks.hand_on_waiting", **_EVERY_MINUTE},
    "reconcile": {"task": "finance.tasks.reconcile", **_EVERY_TEN_MINUTES},
    "seal days": {"task": "finance.tasks.seal_days", **_EVERY_TEN_MINUTES},
    "prove the ledger": {"task": "finance.tasks.prove_books", **_EVERY_TEN_MINUTES},
    "make pictures": {"task": "kworks.tasks.make_missing", **_EVERY_MINUTE},
}


@beat_init.connect
def knock_at_once(**_facts: object) -> None:
    """What fell due while the site was down is done now, not at the end of the first minute."""
    app.send_task("marketplace.tasks.knock")
