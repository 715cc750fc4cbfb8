"""Payments that no machine confirms: announced by the user, found by staff on a bank statement, then on the balance (PAY-01)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.events import record
from core.money import ZERO, Money
from core.refusals import Invalid, NotAllowed, OutOfTurn
from core.visible import visible
from finance import ledger
from finance.models import OfflinePayment, OfflineStatus, OfflineWay, Verb
from finance.references import new_reference
from finance.rules import EVIDENCE_MOST, OFFLINE_LEAST, OFFLINE_MOST, OFFLINE_OPEN_MOST, OFFLINE_RECEIVED_MOST

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
    payment_id: int, received: Money, evidence: str, *, is_other_sum: bool = False, by: User, now: datetime
) -> OfflinePayment:
    """Staff has found the money: what was received is on the user's balance, once (PAY-01).

    One that was canceled can still be confirmed: the money is there. Refused: no right to, one's own (NotAllowed), another
    sum than announced without saying so, no evidence (Invalid), received already (OutOfTurn).
    """
    evidence = _said(evidence, by)
    if not ZERO < received <= OFFLINE_RECEIVED_MOST:
        raise Invalid(_("More than nothing, and at most %(most)s.") % {"most": formats.price(OFFLINE_RECEIVED_MOST)})
    with transaction.atomic():
        payment = _locked(payment_id, by)
        if payment.status == OfflineStatus.RECEIVED:
            who = payment.confirmed_by.login if payment.confirmed_by else ""
            raise OutOfTurn(_("This payment has been confirmed already, by %(login)s.") % {"login": who})
        if received != payment.amount and not is_other_sum:
            raise Invalid(
                _("%(amount)s was announced. Say that another sum was received, or correct it.")
                % {"amount": formats.money(payment.amount)}
            )
        ledger.post(
            f"offline:{payment.pk}:credit",
            Verb.TOP_UP,
            {ledger.BANK: -received, ledger.main_of(payment.user): received},
            reference=payment.reference,
            by=by,
            now=now,
        )
        payment.status, payment.ended_at = OfflineStatus.RECEIVED, now
        payment.received, payment.evidence, payment.confirmed_by = received, evidence, by
        payment.save()
        record("offline.received", payment, by=by, now=now, amount_cents=received.cents)
    return payment


def reject(payment_id: int, reason: str, *, by: User, now: datetime) -> OfflinePayment:
    """Staff ends an announcement for a reason, which the user is told: nothing came, or it went back (PAY-01).

    Refused: no right to, one's own (NotAllowed), no reason (Invalid), ended already (OutOfTurn).
    """
    reason = _said(reason, by)
    with transaction.atomic():
        payment = _locked(payment_id, by)
        _end(payment, now, reason)
        record("offline.rejected", payment, by=by, now=now, reason=reason)
    return payment


def newest_of(user: User) -> int:
    """The number of the user's newest announcement; 0 before the first."""
    return OfflinePayment.objects.filter(user=user).order_by("-id").values_list("pk", flat=True).first() or 0


def may_confirm(by: User) -> bool:
    """Whether this person confirms payments of others."""
    return by.is_staff and by.has_perm(CONFIRM)


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


def _said(words: str, by: User) -> str:
    """The checked words of staff who may."""
    words = " ".join(visible(words).split())
    if not may_confirm(by):
        raise NotAllowed(_("Only staff who confirm payments can do this."))
    if not words or len(words) > EVIDENCE_MOST:
        raise Invalid(_("Say what it rests on, in at most %(most)s characters.") % {"most": EVIDENCE_MOST})
    return words


def _locked(payment_id: int, by: User) -> OfflinePayment:
    payment = OfflinePayment.objects.select_for_update(of=("self",)).select_related("user").get(pk=payment_id)
    if payment.user_id == by.pk:
        raise NotAllowed(_("Your own payment is for somebody else to confirm."))
    return payment


def _end(payment: OfflinePayment, now: datetime, reason: str = "") -> None:
    if payment.status != OfflineStatus.ANNOUNCED:
        raise OutOfTurn(_("This payment has ended: it is now “%(status)s”.") % {"status": payment.get_status_display()})
    payment.status, payment.ended_at, payment.evidence = OfflineStatus.CANCELED, now, reason
    payment.save(update_fields=["status", "ended_at", "evidence"])
