"""Payments that no machine confirms: announced by the user, found by staff on a bank statement, then on the balance (PAY-01).

Large ones two of staff confirm; what bounced later is taken back.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.events import record
from core.money import ZERO, Money
from core.refusals import Invalid, NotAllowed, OutOfTurn
from core.staff import may
from core.visible import visible
from finance import ledger, lots
from finance.models import OfflineEvidence, OfflinePayment, OfflineStatus, OfflineWay, Verb, evidence_key
from finance.references import new_reference
from finance.rules import (
    EVIDENCE_LEAST,
    EVIDENCE_MOST,
    OFFLINE_LEAST,
    OFFLINE_MOST,
    OFFLINE_OPEN_MOST,
    OFFLINE_RECEIVED_MOST,
    OFFLINE_SECOND_FROM,
    OFFLINE_SECOND_WITHIN,
)
from finance.steps import chargebacks

CONFIRM = "finance.change_offlinepayment"  # Django's own right; nothing else of a payment can be changed
TRIES = 5  # to find a reference that nobody has


class Announced(OutOfTurn):
    """The same page was sent already."""


def announce(way: OfflineWay, amount: Money, *, by: User, now: datetime, newest: int | None = None) -> OfflinePayment:
    """Note that so much will come by this way; the payment's `code` is the reference to send it with (PAY-01).

    `newest` is the newest announcement that its page knew of. Refused: a sum out of bounds (Invalid), announced from the
    same page already (Announced), too many that have not come yet (OutOfTurn).
    """
    if not OFFLINE_LEAST <= amount <= OFFLINE_MOST:
        bounds = {"least": formats.price(OFFLINE_LEAST), "most": formats.price(OFFLINE_MOST)}
        raise Invalid(_("You can announce between %(least)s and %(most)s at a time.") % bounds)
    with transaction.atomic():
        # Locked, so that two presses at once do not both count as the last that is allowed.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        if newest is not None and newest != newest_of(by):
            raise Announced(_("You have announced this payment already: it is the first one here."))
        waiting = OfflinePayment.objects.filter(user=by, status=OfflineStatus.ANNOUNCED).count()
        if waiting >= OFFLINE_OPEN_MOST:
            raise OutOfTurn(
                _("You have %(count)s announced payments already. Cancel those that you do not send.")
                % {"count": waiting}
            )
        payment = _created(OfflinePayment(user=by, amount=amount, way=way, at=now))
        record("offline.announced", payment, by=by, now=now, amount_cents=amount.cents, way=way.value)
    return payment


def cancel(payment_id: int, *, by: User, now: datetime) -> OfflinePayment:
    """The user sends nothing after all. Raises DoesNotExist for others; refused once it has ended (OutOfTurn)."""
    with transaction.atomic():
        payment = OfflinePayment.objects.select_for_update(of=("self",)).get(pk=payment_id, user=by)
        _end(payment, now)
        record("offline.canceled", payment, by=by, now=now)
    return payment


def confirm(
    payment_id: int,
    received: Money,
    evidence: str,
    *,
    way: OfflineWay | None = None,
    is_other_sum: bool = False,
    by: User,
    now: datetime,
) -> OfflinePayment:
    """Staff has found the money: what was received is on the user's balance, once (PAY-01).

    `way` is by which way it really came, as announced unless it is said; it decides whether the money is bound. From
    OFFLINE_SECOND_FROM on, announced or received, counted with what single persons have confirmed for its user within
    OFFLINE_SECOND_WITHIN, it waits for a second person, who confirms exactly this sum and way; then it is booked. One that
    was canceled can still be confirmed: the money is there. Refused: no right to, one's own, twice by the same person
    (NotAllowed), another sum than announced without saying so, another sum or way than the first person's, no evidence or
    another payment's (Invalid), received already (OutOfTurn).
    """
    evidence = _said(evidence, by, _("Say what it rests on, in at most %(most)s characters."))
    if not ZERO < received <= OFFLINE_RECEIVED_MOST:
        raise Invalid(_("More than nothing, and at most %(most)s.") % {"most": formats.price(OFFLINE_RECEIVED_MOST)})
    with transaction.atomic():
        payment = _locked(payment_id, by)
        if payment.status in (OfflineStatus.RECEIVED, OfflineStatus.TAKEN_BACK):
            who = payment.last_by.login if payment.last_by else ""
            raise OutOfTurn(_("This payment has been confirmed already, by %(login)s.") % {"login": who})
        came_by = OfflineWay(way or payment.way)
        _rest_on(payment, evidence)
        if payment.status == OfflineStatus.SECOND:
            _second(payment, received, came_by, by)
        else:
            payment.came_by = came_by
            _first(payment, received, evidence, is_other_sum=is_other_sum, by=by, now=now)
        if payment.needs_two and payment.second_by is None:
            payment.status = OfflineStatus.SECOND
            kind = "offline.confirmed"
        else:
            _credit(payment, by, now)
            kind = "offline.received"
        payment.save()
        record(kind, payment, by=by, now=now, amount_cents=received.cents, way=came_by.value, evidence=evidence)
    return payment


def send_back(payment_id: int, reason: str, *, by: User, now: datetime) -> OfflinePayment:
    """What the first person confirmed is not so, say they or somebody else: it waits for its money as before (PAY-01).

    Refused: no right to, one's own (NotAllowed), no reason (Invalid), nothing that waits for a second person (OutOfTurn).
    """
    reason = _said(reason, by, _("Give a reason, of at most %(most)s characters."))
    with transaction.atomic():
        payment = _locked(payment_id, by)
        if payment.status != OfflineStatus.SECOND or payment.received is None:
            raise OutOfTurn(_("This payment does not wait for a second person."))
        record("offline.sent_back", payment, by=by, now=now, reason=reason, amount_cents=payment.received.cents)
        payment.status = OfflineStatus.CANCELED if payment.ended_at else OfflineStatus.ANNOUNCED
        payment.received, payment.evidence, payment.needs_two, payment.confirmed_by = None, "", False, None
        payment.came_by = ""
        payment.save()
        payment.rests_on.all().delete()
    return payment


def take_back(payment_id: int, reason: str, *, by: User, now: datetime) -> OfflinePayment:
    """A check bounced, or it was a mistake: what was credited leaves the balance again, what that lacks is owed (PAY-01).

    The reason is what its user reads. Refused: no right to, one's own, confirmed last by oneself (NotAllowed), no reason
    (Invalid), not received or taken back already (OutOfTurn).
    """
    reason = _said(reason, by, _("Give a reason, of at most %(most)s characters."))
    with transaction.atomic():
        payment = _locked(payment_id, by)
        if payment.status != OfflineStatus.RECEIVED:
            raise _passed(payment)
        if payment.last_by == by:
            raise NotAllowed(_("You have confirmed this payment: taking it back is for somebody else."))
        payment.status, payment.reason = OfflineStatus.TAKEN_BACK, reason
        payment.save(update_fields=["status", "reason"])
        payment.rests_on.all().delete()  # it may have been somebody else's money
        chargeback = chargebacks.open_announced(payment, by=by, now=now)
        sums = {"amount_cents": chargeback.amount.cents, "owed_cents": chargeback.owed.cents}
        record("offline.taken_back", payment, by=by, now=now, reason=reason, **sums)
    return payment


def reject(payment_id: int, reason: str, *, by: User, now: datetime) -> OfflinePayment:
    """Staff ends an announcement for a reason, which the user is told: nothing came, or it went back (PAY-01).

    Refused: no right to, one's own (NotAllowed), no reason (Invalid), ended already (OutOfTurn).
    """
    reason = _said(reason, by, _("Give a reason, of at most %(most)s characters."))
    with transaction.atomic():
        payment = _locked(payment_id, by)
        _end(payment, now, reason)
        record("offline.rejected", payment, by=by, now=now, reason=reason)
    return payment


def newest_of(user: User) -> int:
    """The number of the user's newest announcement; 0 before the first."""
    return OfflinePayment.objects.filter(user=user).order_by("-id").values_list("pk", flat=True).first() or 0


def may_confirm(by: User | None) -> bool:
    """Whether this person confirms payments of others."""
    return may(by, CONFIRM)


def _created(payment: OfflinePayment) -> OfflinePayment:
    for _try in range(TRIES):
        payment.code = new_reference()
        try:
            with transaction.atomic():
                payment.save(force_insert=True)
        except IntegrityError as error:
            if "code" not in str(error):
                raise
        else:
            return payment
    raise RuntimeError("no reference is free")


def _said(words: str, by: User, wanted: str) -> str:
    """The checked words of staff who may; `wanted` is the sentence for those that are not fit."""
    words = " ".join(visible(words).split())
    if not may_confirm(by):
        raise NotAllowed(_("Only staff who confirm payments can do this."))
    if not words or len(words) > EVIDENCE_MOST:
        raise Invalid(wanted % {"most": EVIDENCE_MOST})
    return words


def _locked(payment_id: int, by: User) -> OfflinePayment:
    # Who confirmed it is asked for afterward: joined, they would be as they were before the lock was waited for.
    payment = OfflinePayment.objects.select_for_update(of=("self",)).select_related("user").get(pk=payment_id)
    if payment.user_id == by.pk:
        raise NotAllowed(_("Your own payment is for somebody else to confirm."))
    return payment


def _rest_on(payment: OfflinePayment, evidence: str) -> None:
    """Take these words for this payment; who has just taken the same ones for another is waited for.

    Called before its user and any account is locked, by everybody, so that nobody waits in a circle.
    """
    key = evidence_key(evidence)
    if len(key) < EVIDENCE_LEAST:
        raise Invalid(
            _("Name the evidence so that it can be found again, with at least %(least)s letters or digits.")
            % {"least": EVIDENCE_LEAST}
        )
    taken = OfflineEvidence.objects.select_related("payment")
    held, _new = taken.get_or_create(key=key, defaults={"payment": payment})
    if held.payment_id != payment.pk:
        raise Invalid(
            _(
                "%(code)s rests on this evidence already. If it really is another movement of money, add what tells the two "
                "apart, such as its day, line or number."
            )
            % {"code": held.payment.code}
        )


def _first(
    payment: OfflinePayment, received: Money, evidence: str, *, is_other_sum: bool, by: User, now: datetime
) -> None:
    if received != payment.amount and not is_other_sum:
        raise Invalid(
            _("%(amount)s was announced. Say that another sum was received, or correct it.")
            % {"amount": formats.money(payment.amount)}
        )
    payment.received, payment.evidence, payment.confirmed_by = received, evidence, by
    payment.needs_two = max(received, payment.amount) + _by_one(payment.user, now) >= OFFLINE_SECOND_FROM


def _by_one(user: User, now: datetime) -> Money:
    """What single persons have confirmed for this user of late: many small sums are a large one."""
    # Locked, so that two payments confirmed at once do not both leave the other out.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    alone = OfflinePayment.objects.filter(user=user, status=OfflineStatus.RECEIVED, needs_two=False)
    of_late = alone.filter(ended_at__gt=now - OFFLINE_SECOND_WITHIN)
    return Money.total(each.received or ZERO for each in of_late)


def _second(payment: OfflinePayment, received: Money, came_by: OfflineWay, by: User) -> None:
    if payment.confirmed_by == by:
        raise NotAllowed(_("You have confirmed this payment: now somebody else has to."))
    login = payment.confirmed_by.login if payment.confirmed_by else ""
    if not may_confirm(payment.confirmed_by):
        raise OutOfTurn(
            _("%(login)s may not confirm payments any more. Send it back with a reason, then two others confirm it.")
            % {"login": login}
        )
    if received != payment.received:
        raise Invalid(
            _("%(login)s found another sum. Confirm exactly that one, or send it back with a reason.")
            % {"login": login}
        )
    if came_by != payment.came_by:
        raise Invalid(
            _("%(login)s says that it came by another way. Confirm exactly that one, or send it back with a reason.")
            % {"login": login}
        )
    payment.second_by = by


def _credit(payment: OfflinePayment, by: User, now: datetime) -> None:
    assert payment.received is not None
    main, key = ledger.main_of(payment.user), f"offline:{payment.pk}:credit"
    lines = {ledger.BANK: -payment.received, main: payment.received}
    if payment.can_bounce:
        lots.open_with_credit(key, payment, lines, main, by=by, now=now)
    else:
        ledger.post(key, Verb.TOP_UP, lines, reference=payment.reference, by=by, now=now)
    payment.status, payment.ended_at, payment.reason = OfflineStatus.RECEIVED, now, ""


def _end(payment: OfflinePayment, now: datetime, reason: str = "") -> None:
    if payment.status != OfflineStatus.ANNOUNCED:
        raise _passed(payment)
    payment.status, payment.ended_at, payment.reason = OfflineStatus.CANCELED, now, reason
    payment.save(update_fields=["status", "ended_at", "reason"])


def _passed(payment: OfflinePayment) -> OutOfTurn:
    return OutOfTurn(
        _("This is not possible any more: it is now “%(status)s”.") % {"status": payment.get_status_display()}
    )
