"""What the payment sandbox is told of the demo's money, which never went through it: a file that it reads at its start.

By it demo money can go back to its card, and a bank can decide a claim of the demo. It is written at each start of
`make run`, whatever the data, so that a new state file of the sandbox begins where the site is.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder

from core import clock
from finance.models import Chargeback, ChargebackStatus, PayoutDetails, TopUp, Withdrawal
from finance.provider import sandbox
from finance.sandbox.config import OPENINGS_FILE

SESSION, CHARGE, INTENT = "cs_test_demo_", "ch_test_demo_", "pi_test_demo_"
CLAIM, CLAIM_MOVED = "dp_demo_", "txn_demo_"
TRANSFER, PAYOUT = "tr_demo_", "po_demo_"
ACCOUNT, CARD = "acct_demo_", "card_demo_"
STATES = {ChargebackStatus.OPEN: "needs_response", ChargebackStatus.WON: "won", ChargebackStatus.LOST: "lost"}

Told = dict[str, object]


def path() -> Path:
    """Where the sandbox of `make run` looks for it."""
    return Path(settings.LOCAL_DIR).resolve() / OPENINGS_FILE


def write() -> None:
    """Write the file, whole or not at all."""
    told = {
        "life": _life(),
        "clock": int(clock.shift().total_seconds()),
        "accounts": [_account(each) for each in PayoutDetails.objects.filter(account_id__startswith=ACCOUNT)],
        "payments": [
            _payment(each) for each in TopUp.objects.filter(session_id__startswith=SESSION).select_related("user")
        ],
        "disputes": [
            _dispute(each) for each in Chargeback.objects.filter(dispute_id__startswith=CLAIM).select_related("top_up")
        ],
        "transfers": [_transfer(each) for each in Withdrawal.objects.filter(transfer_id__startswith=TRANSFER)],
    }
    path().parent.mkdir(parents=True, exist_ok=True)
    draft = path().with_suffix(".new")
    draft.write_text(json.dumps(told, indent=1))
    draft.replace(path())


def forget() -> None:
    """Before the site is emptied: a sandbox that runs forgets what it knows of it."""
    path().unlink(missing_ok=True)
    hand_over()


def hand_over() -> None:
    """Let a sandbox that runs begin anew with the file; one that does not run yet reads it at its start."""
    if sandbox.is_used():
        with contextlib.suppress(sandbox.NotMoved):
            sandbox.begin_anew(path())


def _life() -> str:
    """A name for this database, which is another one once it is made anew."""
    first = MigrationRecorder.Migration.objects.earliest("id")
    return str(first.applied.isoformat())


def _account(details: PayoutDetails) -> Told:
    return {"id": details.account_id, "card": details.card_id, "fingerprint": details.fingerprint}


def _payment(top_up: TopUp) -> Told:
    return {
        "id": top_up.session_id,
        "intent": top_up.payment_intent,
        "charge": top_up.charge_id,  # empty when nothing was paid
        "cents": top_up.amount.cents,
        "at": int(top_up.at.timestamp()),
        "email": top_up.user.email,
        "name": top_up.user.name,
        "card": {"brand": top_up.brand, "last4": top_up.last4, "fingerprint": top_up.fingerprint},
        "about": {"top_up": str(top_up.pk)},
    }


def _dispute(claim: Chargeback) -> Told:
    assert claim.top_up is not None
    return {
        "id": claim.dispute_id,
        "charge": claim.top_up.charge_id,
        "movement": f"{CLAIM_MOVED}{claim.top_up_id}",
        "cents": claim.amount.cents,
        "at": int(claim.at.timestamp()),
        "status": STATES[ChargebackStatus(claim.status)],
        "reason": claim.why,
    }


def _transfer(withdrawal: Withdrawal) -> Told:
    return {
        "id": withdrawal.transfer_id,
        "payout": withdrawal.payout_id,
        "account": withdrawal.account_id,
        "card": withdrawal.card_id,
        "cents": withdrawal.net.cents,
        "at": int((withdrawal.sent_at or withdrawal.at).timestamp()),
        "group": withdrawal.payout_key,
        "about": {"withdrawal": str(withdrawal.pk)},
    }
