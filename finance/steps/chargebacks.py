"""Payments that are taken back: by a bank, as the provider reports it, in any order and any number of times (FIN-03), or by
staff, because a check bounced (PAY-01).

The sum goes back out of the balance it was credited to; what the balance lacks is owed, blocks withdrawals and is taken from
what comes in later. A claim decided for us returns all of it.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.money import ZERO, Money
from core.refusals import NotAllowed, OutOfTurn
from core.staff import may
from finance import ledger, lots
from finance.models import (
    Chargeback,
    ChargebackStatus,
    Entry,
    OfflinePayment,
    Posting,
    TopUp,
    TopUpStatus,
    Verb,
    Withdrawal,
    WithdrawalStatus,
)
from finance.provider import claims
from finance.provider.claims import Claim
from finance.queries.withdrawable import claims_of
from finance.rules import CLAIM_CHECK_EVERY, COLLECT_EVERY
from finance.steps import paying_out, top_ups
from finance.steps.reasons import reason_given

log = structlog.get_logger(__name__)

DECIDE = "finance.change_chargeback"  # Django's own right; nothing else of a chargeback can be changed
# What is being sent is stopped by who sends it, who alone knows whether the provider has done it (paying_out).
STOPPABLE = (WithdrawalStatus.REQUESTED, WithdrawalStatus.BATCHED)
# How a payment that no bank has claimed ends is told when it begins; unless it came back.
SENT_BACK_KINDS = {"open": "chargeback.sent_back", "lost": "", "won": "chargeback.send_back_failed"}
FAILED_KINDS = {"open": "chargeback.payment_failed", "lost": "", "won": "chargeback.payment_came"}


def settle(dispute_id: str, now: datetime) -> Chargeback | None:
    """Ask the provider how a claim stands and act on its answer; empty when it concerns no top-up of ours.

    Refused with ProviderDown.
    """
    claim = claims.retrieve_claim(dispute_id)
    if claim is None:
        return None
    top_up = _top_up(claim)
    if top_up is not None and top_up.status != TopUpStatus.PAID and top_up.session_id:
        # The claim was heard of before the payment itself.
        top_up = top_ups.settle(top_up.session_id, now)
    if top_up is None or top_up.status != TopUpStatus.PAID:
        log.error("a claim against a payment that was never credited", dispute=dispute_id, charge=claim.charge_id)
        return None
    return learn(top_up.pk, claim, now)


def learn(top_up_id: int, claim: Claim, now: datetime) -> Chargeback:
    """Make the books say what the provider says of a claim: what the bank holds of our money is out of the balance."""
    with transaction.atomic():
        # Not against those who only refer to it: a withdrawal does, while it holds the balance.
        rows = TopUp.objects.select_for_update(of=("self",), no_key=True).select_related("user")
        top_up = rows.get(pk=top_up_id)
        chargeback, new = Chargeback.objects.select_for_update().get_or_create(
            dispute_id=claim.id,
            defaults={
                "top_up": top_up,
                "amount": min(claim.amount, top_up.amount),
                "why": claim.why[:60],
                "at": now,
                "check_due_at": now + CLAIM_CHECK_EVERY,
            },
        )
        moved = [each for each in claim.moved if not _is_booked(chargeback, each[0])]
        again = chargeback.status == ChargebackStatus.WON and any(amount < ZERO for _movement, amount in moved)
        if new or again:
            if new or not chargeback.is_claim:
                kind = _kind(chargeback, "open")
                record(kind, chargeback, by=None, now=now, amount_cents=chargeback.amount.cents)
            # What was sent back and is all on the balance leaves nothing to be resolved.
            if not claim.by_hand or ledger.balance(ledger.main_of(top_up.user)) < claim.amount:
                _stop_withdrawals(top_up.user, _why_stopped(chargeback), now)
        for movement, amount in moved:
            book = _take if amount < ZERO else _return
            book(chargeback, movement, amount, now)
        state = _state_by_the_books(chargeback) if claim.by_hand else claim.state
        if state not in ("open", chargeback.status):
            chargeback.status, chargeback.decided_at = ChargebackStatus(state), now
            chargeback.check_due_at = None
            kind = _kind(chargeback, state)
            if kind:
                facts = {"free": not chargeback.owed and _is_the_last(chargeback)} if state == "won" else {}
                record(kind, chargeback, by=None, now=now, owed_cents=chargeback.owed.cents, **facts)
        chargeback.save()
    return chargeback


def open_announced(payment: OfflinePayment, *, by: User, now: datetime) -> Chargeback:
    """Take an announced payment back out of the books and the balance it was credited to (PAY-01); its row is locked.

    No bank is asked about it: it is as good as a lost claim from the beginning.
    """
    assert payment.received is not None
    chargeback = Chargeback.objects.create(
        announced=payment, amount=payment.received, status=ChargebackStatus.LOST, at=now, decided_at=now
    )
    _stop_withdrawals(payment.user, _why_stopped(chargeback), now)
    _take(chargeback, "taken", -payment.received, now, by=by)
    chargeback.save()
    return chargeback


def due_for_a_look(chargeback_id: int, now: datetime) -> str:
    """The check of an open claim is due: set the next one and give back the claim's id. Refused when it is not time."""
    with transaction.atomic():
        chargeback = _locked(chargeback_id)
        if chargeback.check_due_at is None or chargeback.check_due_at > now:
            raise OutOfTurn(_("It is not time for this yet."))
        chargeback.check_due_at = now + CLAIM_CHECK_EVERY
        chargeback.save(update_fields=["check_due_at"])
    return chargeback.dispute_id or ""


def collect(chargeback_id: int, now: datetime) -> None:
    """What is owed is taken from the balance as far as there is any; looked at again until nothing is owed."""
    with transaction.atomic():
        chargeback = _locked(chargeback_id)
        if chargeback.collect_due_at is None or chargeback.collect_due_at > now:
            raise OutOfTurn(_("It is not time for this yet."))
        main = ledger.main_of(chargeback.user)
        have = ledger.locked_balances([main])[main]
        paid = min(have, chargeback.owed)
        if paid:
            number = Entry.objects.filter(reference=chargeback.reference, verb=Verb.COLLECTED).count() + 1
            lines = {main: -paid, ledger.chargeback_of(chargeback.pk): paid}
            _post(
                chargeback,
                f"collected:{number}",
                Verb.COLLECTED,
                lines,
                lots.taken_back(main, paid, have, own=_own(chargeback)),
                None,
                now,
            )
            chargeback.owed -= paid
            record("chargeback.collected", chargeback, by=None, now=now, amount_cents=paid.cents)
        chargeback.collect_due_at = now + COLLECT_EVERY if chargeback.owed else None
        chargeback.save()


def write_off(chargeback_id: int, reason: str, *, by: User, now: datetime) -> None:
    """Staff gives up what is still owed of a lost claim: the site bears it, and it blocks no withdrawal any more.

    Refused: no right to it, one's own, of a payment that one has confirmed (NotAllowed), no reason (Invalid), not lost or
    nothing owed (OutOfTurn).
    """
    if not may(by, DECIDE):
        raise NotAllowed(_("Only staff who may decide chargebacks can do this."))
    reason = reason_given(reason)
    with transaction.atomic():
        chargeback = _locked(chargeback_id)
        if chargeback.user == by:
            raise NotAllowed(_("Your own payment is for somebody else to decide."))
        if chargeback.announced and by in (chargeback.announced.confirmed_by, chargeback.announced.second_by):
            raise NotAllowed(_("You have confirmed this payment: what is owed of it is for somebody else to decide."))
        if chargeback.status != ChargebackStatus.LOST or not chargeback.owed:
            raise OutOfTurn(_("Only what is owed after a lost claim can be written off."))
        lines = {ledger.chargeback_of(chargeback.pk): chargeback.owed, ledger.COMMISSION: -chargeback.owed}
        _post(chargeback, "written_off", Verb.WRITTEN_OFF, lines, {}, by, now)
        facts = {"amount_cents": chargeback.owed.cents, "free": _is_the_last(chargeback)}
        record("chargeback.written_off", chargeback, by=by, now=now, reason=reason, **facts)
        chargeback.owed, chargeback.collect_due_at, chargeback.written_off_at = ZERO, None, now
        chargeback.save()


def _is_the_last(chargeback: Chargeback) -> bool:
    """Whether nothing else that was taken back keeps its payer from withdrawing, as far as is known at this moment."""
    return not claims_of(chargeback.user).exclude(pk=chargeback.pk).exists()


def _is_booked(chargeback: Chargeback, movement: str) -> bool:
    return Entry.objects.filter(key=f"{chargeback.reference}:{movement}").exists()


def _state_by_the_books(chargeback: Chargeback) -> str:
    """How a payment stands that no bank decides about: lost as long as the provider has any of it."""
    lines = Posting.objects.filter(entry__reference=chargeback.reference, account__key=ledger.PROVIDER.key)
    return "lost" if (lines.aggregate(total=Sum("amount"))["total"] or ZERO) > ZERO else "won"


def _kind(chargeback: Chargeback, state: str) -> str:
    """By which event it is told that it stands like this; empty when that has been told already."""
    if chargeback.is_failed:
        return FAILED_KINDS[state]
    if chargeback.is_sent_back:
        return SENT_BACK_KINDS[state]
    return "chargeback.opened" if state == "open" else f"chargeback.{state}"


def _why_stopped(chargeback: Chargeback) -> str:
    if chargeback.is_failed:
        return paying_out.failed_after_all()
    return paying_out.claimed() if chargeback.is_claim else paying_out.bounced()


def _take(chargeback: Chargeback, movement: str, amount: Money, now: datetime, *, by: User | None = None) -> None:
    """The bank has taken the money: it leaves the balance, the payment's own lot first; the rest is owed."""
    main, taken = ledger.main_of(chargeback.user), -amount
    have = ledger.locked_balances([main])[main]
    paid = min(have, taken)
    place = ledger.PROVIDER if chargeback.top_up_id is not None else ledger.BANK
    verb = Verb.CHARGEBACK if chargeback.is_claim else Verb.TAKEN_BACK
    if chargeback.is_failed:
        verb = Verb.PAYMENT_FAILED
    parts = lots.taken_back(main, paid, have, own=_own(chargeback))
    lines = {place: taken, main: -paid, ledger.chargeback_of(chargeback.pk): paid - taken}
    _post(chargeback, movement, verb, lines, parts, by, now)
    chargeback.owed += taken - paid
    chargeback.amount = max(chargeback.amount, chargeback.owed)
    chargeback.collect_due_at = now + COLLECT_EVERY if chargeback.owed else None


def _own(chargeback: Chargeback) -> Q:
    return Q(top_up=chargeback.top_up_id) if chargeback.top_up_id else Q(announced=chargeback.announced_id)


def _return(chargeback: Chargeback, movement: str, amount: Money, now: datetime) -> None:
    """The bank has returned money: first nothing more is owed, then what was written off, then the balance has it back."""
    entries = Entry.objects.filter(reference=chargeback.reference)
    main = ledger.main_of(chargeback.user)
    ledger.locked_balances([main])
    sums: dict[str, Money] = {}
    for key, cents in entries.values_list("postings__account__key", "postings__amount"):
        sums[key] = sums.get(key, ZERO) + cents
    owed = min(amount, chargeback.owed)
    borne = min(amount - owed, -sums.get(ledger.COMMISSION.key, ZERO))
    back = amount - owed - borne
    lines = {
        ledger.PROVIDER: -amount,
        ledger.chargeback_of(chargeback.pk): owed,
        ledger.COMMISSION: borne,
        main: back,
    }
    gave = -sums.get(main.key, ZERO)
    parts = lots.given_back(entries, main, back, gave) if back and back <= gave else {}
    verb = Verb.CHARGEBACK_BACK if chargeback.is_claim else Verb.CAME_BACK
    _post(chargeback, movement, verb, lines, parts, None, now)
    chargeback.owed -= owed
    if not chargeback.owed:
        chargeback.collect_due_at = None


def _stop_withdrawals(user: User, why: str, now: datetime) -> None:
    waiting = Withdrawal.objects.filter(user=user, status__in=STOPPABLE).order_by("id")
    # All of them before any account, as everybody locks them.
    for withdrawal in list(waiting.select_for_update(of=("self",))):
        paying_out.stop(withdrawal.pk, why, now)


def _top_up(claim: Claim) -> TopUp | None:
    known = TopUp.objects.select_related("user")
    return known.filter(charge_id=claim.charge_id).first() or known.filter(pk=claim.top_up).first()


def _locked(chargeback_id: int) -> Chargeback:
    rows = Chargeback.objects.select_for_update(of=("self",)).select_related("top_up__user", "announced__user")
    return rows.get(pk=chargeback_id)


def _post(
    chargeback: Chargeback,
    part: str,
    verb: Verb,
    lines: dict[ledger.Place, Money],
    parts: dict[int, Money],
    by: User | None,
    now: datetime,
) -> None:
    key = f"{chargeback.reference}:{part}"
    ledger.post(key, verb, lines, lots=parts, reference=chargeback.reference, by=by, now=now)
