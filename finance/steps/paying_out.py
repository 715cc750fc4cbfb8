"""Sending withdrawals through the provider, and hearing what became of them (WDR-03).

One verb, `carry_on`, does whatever comes next; any number of times, from anywhere: each request to the provider bears a key of
its withdrawal, and each answer is booked once under a key of the ledger. The timer brings it back until it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core.events import record
from core.locks import alone
from core.refusals import OutOfTurn
from finance.models import Withdrawal, WithdrawalStatus
from finance.provider import Declined, NotYet, ProviderDown, Unanswered, paying_out
from finance.provider.paying_out import Under
from finance.queries import withdrawable
from finance.rules import next_try
from finance.steps.withdrawing import book_returned, book_sent, give_back, locked, moving

log = structlog.get_logger(__name__)

LOCK_SPACE = 0x50415931  # keeps these locks apart from any others
SENDING, SENT = WithdrawalStatus.SENDING, WithdrawalStatus.SENT
PAID, FAILED = WithdrawalStatus.PAID, WithdrawalStatus.FAILED
ARRIVED_LATE = "arrived after all"  # see finance/problems.py


def due_for_a_try(withdrawal_id: int, now: datetime) -> None:
    """The next try of a withdrawal that is being sent is due: set the one after it. Refused when it is not time."""
    with transaction.atomic():
        withdrawal = locked(withdrawal_id)
        is_sent = withdrawal.status in (SENDING, SENT)
        if not is_sent or withdrawal.next_try_at is None or withdrawal.next_try_at > now:
            raise OutOfTurn(_("It is not time for this yet."))
        withdrawal.tries += 1
        withdrawal.next_try_at = next_try(withdrawal.tries, now)
        withdrawal.save(update_fields=["tries", "next_try_at"])


def carry_on(withdrawal_id: int, now: datetime) -> Withdrawal:
    """Do what comes next for a withdrawal: send it, or ask how it stands.

    Refused with ProviderDown while the provider does not answer or somebody else is at it; then it is tried again.
    """
    with nobody_else(withdrawal_id) as withdrawal:
        return _next(withdrawal, now)


@contextmanager
def nobody_else(withdrawal_id: int) -> Iterator[Withdrawal]:
    """The withdrawal, with nobody else asking the provider about it meanwhile. Refused with ProviderDown when somebody is."""
    with alone(LOCK_SPACE, f"withdrawal {withdrawal_id}") as first:
        if not first:
            raise ProviderDown
        yield Withdrawal.objects.select_related("user", "top_up").get(pk=withdrawal_id)


def _next(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    try:
        if withdrawal.status == SENDING:
            withdrawal = _send(withdrawal, now)
        is_known = bool(withdrawal.payout_id or withdrawal.refund_id)
        # What has arrived, also by the word of staff, is asked about and never paid again.
        if withdrawal.status == SENT or (withdrawal.status == PAID and is_known):
            withdrawal = _follow(withdrawal, now)
        elif withdrawal.status == FAILED and is_known:
            withdrawal = _look_back(withdrawal, now)
    except NotYet as error:
        _begin_a_round(withdrawal, error.why)
        raise
    except Unanswered as error:
        # Staff find it among those that are stuck; the timer goes on asking.
        return _noted(withdrawal, last_problem=error.why[:200])
    return withdrawal


def _send(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    # What an earlier try has sent without our hearing of it is found first; a claim stops only what was not sent.
    done = done_before(withdrawal)
    if not done and withdrawable.claims_of(withdrawal.user).exists():
        return _stopped(withdrawal, now)
    try:
        if withdrawal.top_up is None:
            return _sent(withdrawal, now, transfer_id=done or paying_out.transfer(_asked(withdrawal, now)))
        return _sent(withdrawal, now, refund_id=done or paying_out.refund(_asked(withdrawal, now)).id)
    except Declined as error:
        return _declined(withdrawal, str(error), now)


def done_before(withdrawal: Withdrawal) -> str:
    """What an earlier try has done at the provider; also a first one may have, whose worker died before it was booked."""
    if withdrawal.top_up is None:
        return paying_out.find_transfer(withdrawal)
    found = paying_out.find_refund(withdrawal)
    return found.id if found else ""


def _follow(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    if withdrawal.top_up is not None:
        under = paying_out.retrieve_refund(withdrawal.refund_id)
    else:
        try:
            under = _payout(withdrawal, now)
        except Declined as error:
            return _taken_back(withdrawal, str(error), now)
        if under.id != withdrawal.payout_id:
            withdrawal = _noted(withdrawal, payout_id=under.id)
    if not under.failed:
        return _arrived(withdrawal, under, now)
    if withdrawal.status == PAID:
        withdrawal = _doubted(withdrawal, now)
    if withdrawal.top_up is not None:
        return _returned(withdrawal, under.why, now)
    return _taken_back(withdrawal, under.why, now)


def _payout(withdrawal: Withdrawal, now: datetime) -> Under:
    """The payout that was made, or a new one; none while a bank takes a payment of the same user back (FIN-03), and none of
    what somebody has taken back by hand."""
    if withdrawal.payout_id:
        return paying_out.retrieve_payout(withdrawal)
    found = paying_out.find_payout(withdrawal)
    if found is not None:
        return found
    if withdrawable.claims_of(withdrawal.user).exists():
        raise Declined("a claim is open")
    if paying_out.find_reversal(withdrawal):
        raise Declined("taken back")
    return paying_out.pay_out(_asked(withdrawal, now))


def _taken_back(withdrawal: Withdrawal, why: str, now: datetime) -> Withdrawal:
    """A payout did not arrive: take the transfer back from the seller's account, then return the money here."""
    try:
        reversal = _reversal(withdrawal, now)
    except Declined as error:
        return _not_taken_back(withdrawal, error)
    return _returned(withdrawal, why, now, reversal_id=reversal)


def last_resort(withdrawal: Withdrawal, now: datetime) -> str:
    """Staff give up what was sent: the reversal that brings its transfer back; empty when the provider will not.

    Refused with ProviderDown while nobody knows whether it did.
    """
    if not withdrawal.transfer_id:
        return ""
    try:
        return _reversal(withdrawal, now)
    except NotYet as error:
        _begin_a_round(withdrawal, error.why)
    except (Declined, Unanswered):
        log.exception("what is given up cannot be taken back", withdrawal=withdrawal.pk)
    return ""


def _reversal(withdrawal: Withdrawal, now: datetime) -> str:
    return paying_out.find_reversal(withdrawal) or paying_out.reverse(_asked(withdrawal, now))


def _not_taken_back(withdrawal: Withdrawal, error: Declined) -> Withdrawal:
    # Staff find it among those that are stuck; the timer goes on asking.
    log.exception("a failed payout cannot be taken back", withdrawal=withdrawal.pk)
    return _noted(withdrawal, last_problem=str(error)[:200])


def _look_back(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    """All of it was returned here; what became of its payout or refund concerns the site alone (WDR-03).

    Reconciling books what still comes back.
    """
    if withdrawal.top_up is not None:
        under = paying_out.retrieve_refund(withdrawal.refund_id)
    else:
        under = paying_out.retrieve_payout(withdrawal)
    if under.done:
        return _arrived_late(withdrawal, now)
    if under.failed and withdrawal.transfer_id and not withdrawal.reversal_id:
        try:
            return _noted(withdrawal, reversal_id=_reversal(withdrawal, now))
        except Declined as error:
            return _not_taken_back(withdrawal, error)
    return withdrawal


def _arrived_late(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    with transaction.atomic():
        found = locked(withdrawal.pk)
        if found.last_problem != ARRIVED_LATE:
            log.error("a withdrawal has arrived though its money was returned", withdrawal=found.pk)
            found.last_problem = ARRIVED_LATE
            found.save(update_fields=["last_problem"])
            record("withdrawal.arrived_late", found, by=None, now=now, amount_cents=found.amount.cents)
    return found


def _asked(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    """The same, noted that the provider is asked to do something now: nobody stops it before that must have ended."""
    Withdrawal.objects.filter(pk=withdrawal.pk).update(asked_at=now)
    return withdrawal


def _begin_a_round(withdrawal: Withdrawal, why: str) -> None:
    Withdrawal.objects.filter(pk=withdrawal.pk).update(rounds=F("rounds") + 1, last_problem=why[:200])


def _doubted(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    """What had arrived has failed after all: it is under way again, so that the timer sees it through."""
    with moving(withdrawal.pk, "doubt", by=None, now=now) as step:
        step.withdrawal.ended_at, step.withdrawal.next_try_at = None, next_try(1, now)
        return step.withdrawal


def _sent(withdrawal: Withdrawal, now: datetime, **ids: str) -> Withdrawal:
    try:
        with moving(withdrawal.pk, "send", by=None, now=now) as step:
            _remember(step.withdrawal, ids)
            step.withdrawal.sent_at = now
            step.withdrawal.next_try_at = next_try(1, now)
            step.withdrawal.last_problem = ""
            book_sent(step.withdrawal, now=now)
            return step.withdrawal
    except OutOfTurn:
        return _as_it_stands(withdrawal)


def _arrived(withdrawal: Withdrawal, under: Under, now: datetime) -> Withdrawal:
    if withdrawal.last_problem and withdrawal.status == SENT:
        withdrawal = _noted(withdrawal, last_problem="")
    if not under.done or withdrawal.status == PAID:
        return withdrawal
    try:
        with moving(withdrawal.pk, "arrive", by=None, now=now) as step:
            return step.withdrawal
    except OutOfTurn:
        return _as_it_stands(withdrawal)


def _returned(withdrawal: Withdrawal, why: str, now: datetime, **ids: str) -> Withdrawal:
    log.warning("a withdrawal came back", withdrawal=withdrawal.pk, why=why)
    try:
        with moving(withdrawal.pk, "fail", by=None, now=now) as step:
            _remember(step.withdrawal, ids)
            step.withdrawal.last_problem = why[:200]
            book_returned(step.withdrawal, now=now)
            return step.withdrawal
    except OutOfTurn:
        return _as_it_stands(withdrawal)


def _declined(withdrawal: Withdrawal, why: str, now: datetime) -> Withdrawal:
    log.warning("the provider refused a withdrawal", withdrawal=withdrawal.pk, why=why)
    try:
        with moving(withdrawal.pk, "refuse", by=None, now=now) as step:
            step.withdrawal.last_problem = why[:200]
            give_back(step.withdrawal, by=None, now=now)
            return step.withdrawal
    except OutOfTurn:
        return _as_it_stands(withdrawal)


def _stopped(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    try:
        return stop(withdrawal.pk, claimed() if withdrawable.is_claimed(withdrawal.user) else bounced(), now)
    except OutOfTurn:
        return _as_it_stands(withdrawal)


def claimed() -> str:
    """Why a withdrawal is stopped when a bank takes a payment back."""
    return _("A bank has taken a payment of yours back; until this is resolved, nothing is paid out.")


def bounced() -> str:
    """Why a withdrawal is stopped when staff take a payment back."""
    return _(
        "A payment of yours was taken back. What is left of your balance you can ask for anew, once you owe nothing."
    )


def failed_after_all() -> str:
    """Why a withdrawal is stopped when a payment fails after it was credited."""
    return _(
        "A payment of yours failed after all. What is left of your balance you can ask for anew, once you owe nothing."
    )


def stop(withdrawal_id: int, why: str, now: datetime) -> Withdrawal:
    """A payment of the same user is taken back: what was not sent yet returns to the balance (FIN-03, PAY-01)."""
    with moving(withdrawal_id, "stop", by=None, now=now) as step:
        step.withdrawal.reason = step.facts["reason"] = why
        give_back(step.withdrawal, by=None, now=now)
        return step.withdrawal


def _noted(withdrawal: Withdrawal, **facts: str) -> Withdrawal:
    with transaction.atomic():
        found = locked(withdrawal.pk)
        _remember(found, facts)
        found.save(update_fields=list(facts))
    return found


def _remember(withdrawal: Withdrawal, ids: dict[str, str]) -> None:
    for name, value in ids.items():
        setattr(withdrawal, name, value)


def _as_it_stands(withdrawal: Withdrawal) -> Withdrawal:
    """Somebody else was faster; what they did stands."""
    withdrawal.refresh_from_db()
    return withdrawal
