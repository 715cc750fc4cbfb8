"""Ends for withdrawals that the provider does not end: staff stops what was not sent, and settles what nobody hears of (WDR-03).

The provider is asked first, every time, and its word stands. What only people can know is said by two of them.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.events import record, timeline
from core.refusals import NotAllowed, OutOfTurn
from core.staff import may, said_by_another
from finance.models import Withdrawal, WithdrawalStatus
from finance.provider import NotYet, Unanswered
from finance.rules import SETTLE_AFTER, STOP_AFTER
from finance.steps import paying_out
from finance.steps.reasons import reason_given
from finance.steps.withdrawing import book_borne, book_returned, give_back, locked, moving

DECIDE = "finance.change_withdrawal"  # Django's own right; nothing else of a withdrawal can be changed
ASKED = "withdrawal.settlement_asked"
SENDING, SENT = WithdrawalStatus.SENDING, WithdrawalStatus.SENT


def stop(withdrawal_id: int, reason: str, *, by: User, now: datetime) -> None:
    """Nothing of it was sent, says the provider now: it returns to the balance, and its user reads the reason.

    Refused: no right to it, one's own (NotAllowed), no reason (Invalid), not being sent, tried a moment ago, sent after all
    or no answer about it (OutOfTurn), the provider down or somebody at it (ProviderDown).
    """
    reason = _may_with(reason, by)
    with paying_out.nobody_else(withdrawal_id) as withdrawal:
        _check(withdrawal, SENDING, by)
        if withdrawal.asked_at is not None and now < withdrawal.asked_at + STOP_AFTER:
            raise OutOfTurn(_("It was tried just now. Wait some minutes, then stop it."))
        if _is_sent(withdrawal):
            paying_out.carry_on(withdrawal_id, now)
            raise OutOfTurn(_("Not stopped: the payment service has sent it already, and that is booked now."))
        with moving(withdrawal_id, "halt", by=by, now=now) as step:
            step.withdrawal.reason = step.facts["reason"] = reason
            give_back(step.withdrawal, by=by, now=now)


def arrived(withdrawal_id: int, evidence: str, *, by: User, now: datetime) -> None:
    """It has arrived though the provider does not say so: the first of staff says so, the second settles it as paid.

    Refused: no right to it, one's own, said by the same person already (NotAllowed), no evidence (Invalid), not sent, not long
    enough ago or ended by the provider meanwhile (OutOfTurn), the provider down or somebody at it (ProviderDown).
    """
    if _said_by_two(withdrawal_id, "arrived", evidence, by=by, now=now):
        with moving(withdrawal_id, "settle", by=by, now=now) as step:
            step.facts["evidence"] = reason_given(evidence)


def came_back(withdrawal_id: int, evidence: str, *, by: User, now: datetime) -> None:
    """It has not arrived and never will: said by two of staff, all of it returns.

    The site bears what left, unless the provider still takes its transfer back. Refused like `arrived`.
    """
    if not _said_by_two(withdrawal_id, "returned", evidence, by=by, now=now):
        return
    with paying_out.nobody_else(withdrawal_id) as withdrawal:
        _check(withdrawal, SENT, by)
        reversal = paying_out.last_resort(withdrawal, now)
        with moving(withdrawal_id, "give_up", by=by, now=now) as step:
            step.facts["evidence"] = reason_given(evidence)
            step.withdrawal.reversal_id = reversal
            if reversal:
                book_returned(step.withdrawal, now=now)
            else:
                book_borne(step.withdrawal, by=by, now=now)


def may_stop(withdrawal: Withdrawal, by: User) -> bool:
    """Whether this person could stop it now."""
    return withdrawal.status == SENDING and may(by, DECIDE) and withdrawal.user_id != by.pk


def may_settle(withdrawal: Withdrawal, by: User, now: datetime) -> bool:
    """Whether this person could settle it now."""
    return (
        withdrawal.status == SENT and _is_long_ago(withdrawal, now) and may(by, DECIDE) and withdrawal.user_id != by.pk
    )


def _said_by_two(withdrawal_id: int, outcome: str, evidence: str, *, by: User, now: datetime) -> bool:
    """Whether somebody else has said the same before, and nothing has happened since; else it is noted."""
    evidence = _may_with(evidence, by)
    with paying_out.nobody_else(withdrawal_id) as withdrawal:
        _check(withdrawal, SENT, by)
        if not _is_long_ago(withdrawal, now):
            raise OutOfTurn(
                _("The payment service has until %(at)s to pay it or to fail.")
                % {"at": formats.moment((withdrawal.sent_at or now) + SETTLE_AFTER)}
            )
        _check(_as_the_provider_says(withdrawal, now), SENT, by)
    with transaction.atomic():
        withdrawal = locked(withdrawal_id)
        _check(withdrawal, SENT, by)
        last = timeline(withdrawal).order_by("-id")[:1]  # whatever happens in between takes the first word back
        same = timeline(withdrawal).filter(pk__in=last.values("pk"), kind=ASKED, facts__outcome=outcome)
        if said_by_another(same, DECIDE, by=by):
            return True
        record(ASKED, withdrawal, by=by, now=now, outcome=outcome, evidence=evidence)
    return False


def _as_the_provider_says(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    try:
        return paying_out.carry_on(withdrawal.pk, now)
    except NotYet:
        # That it does nothing now is an answer, too; it may give no other for ever.
        return withdrawal


def _is_sent(withdrawal: Withdrawal) -> bool:
    try:
        return bool(paying_out.done_before(withdrawal))
    except Unanswered as error:
        raise OutOfTurn(_("Not stopped: the payment service does not say whether it was sent.")) from error


def _check(withdrawal: Withdrawal, status: WithdrawalStatus, by: User) -> None:
    if withdrawal.user_id == by.pk:
        raise NotAllowed(_("Your own withdrawal is for somebody else to decide."))
    if withdrawal.status != status:
        raise OutOfTurn(
            _("This is no longer possible: the withdrawal is now “%(status)s”.")
            % {"status": WithdrawalStatus(withdrawal.status).label}
        )


def _is_long_ago(withdrawal: Withdrawal, now: datetime) -> bool:
    return withdrawal.sent_at is not None and withdrawal.sent_at + SETTLE_AFTER <= now


def _may_with(reason: str, by: User) -> str:
    if not may(by, DECIDE):
        raise NotAllowed(_("Only staff who may change withdrawals can decide this."))
    return reason_given(reason)
