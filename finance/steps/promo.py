"""Codes and presents that credit the bonus balance (FIN-04)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.events import record
from core.money import ZERO, Money
from core.refusals import Invalid, NotAllowed, OutOfTurn
from core.visible import visible
from finance import ledger
from finance.models import PROMO_REFERENCE, Entry, PromoCode, PromoUse, Verb
from finance.rules import BONUS_MOST, BONUS_REASON_MOST

GIVE = "finance.add_promouse"  # Django's own right, which nothing else uses: uses are made by redeeming


def redeem(code: str, *, by: User, now: datetime) -> PromoUse:
    """Credit the code's amount to the user's bonus balance (FIN-04).

    Refused: unknown (Invalid), made by oneself (NotAllowed), not valid yet or any more, used up, used by this user as often
    as one may (OutOfTurn).
    """
    with transaction.atomic():
        # Whoever redeems the same code at the same moment waits here, so that counts hold.
        promo = PromoCode.objects.select_for_update(of=("self",)).filter(code=normal(code)).first()
        if promo is None:
            raise Invalid(_("There is no such code. Check how it is spelled."))
        times = PromoUse.objects.filter(code=promo, user=by).count()
        _check(promo, times, by, now)
        nth = times + 1
        entry = ledger.post(
            f"promo:{promo.pk}:{by.pk}:{nth}",
            Verb.BONUS,
            {ledger.PROMOTION: -promo.amount, ledger.bonus_of(by): promo.amount},
            reference=f"{PROMO_REFERENCE}{promo.code}",
            by=by,
            now=now,
        )
        use = PromoUse.objects.create(code=promo, user=by, nth=nth, entry=entry, at=now)
        promo.uses += 1
        promo.save(update_fields=["uses"])
        record("promo.redeemed", promo, by=by, now=now, amount_cents=promo.amount.cents)
    return use


def give_bonus(user: User, amount: Money, reason: str, *, token: UUID, by: User, now: datetime) -> Entry:
    """Staff credits a bonus for a reason, which the user is told; `token` is of the form, so that pressing twice gives once.

    Refused: no right to, to oneself (NotAllowed), a sum out of bounds or no reason (Invalid), given already (AlreadyPosted).
    """
    reason = visible(reason).strip()
    if not by.has_perm(GIVE):
        raise NotAllowed(_("Only staff who may give bonuses can do this."))
    if user.pk == by.pk:
        raise NotAllowed(_("A bonus for yourself is for somebody else to give."))
    if not ZERO < amount <= BONUS_MOST:
        raise Invalid(_("You can give up to %(most)s at a time.") % {"most": formats.price(BONUS_MOST)})
    if not reason or len(reason) > BONUS_REASON_MOST:
        raise Invalid(_("Give a reason, of at most %(most)s characters.") % {"most": BONUS_REASON_MOST})
    with transaction.atomic():
        lines = {ledger.PROMOTION: -amount, ledger.bonus_of(user): amount}
        entry = ledger.post(f"bonus:{token}", Verb.BONUS, lines, by=by, now=now)
        record("bonus.given", user, by=by, now=now, amount_cents=amount.cents, reason=reason)
    return entry


def keep(promo: PromoCode, changed: Sequence[str], *, by: User, now: datetime) -> None:
    """Save a new code, or what has changed of one whose row is locked; who made it and when is kept (FIN-04).

    Refused: no right to, changing what was redeemed already in more than its end and limits (NotAllowed, OutOfTurn).
    """
    is_new = promo.pk is None
    if not by.has_perm("finance.add_promocode" if is_new else "finance.change_promocode"):
        raise NotAllowed(_("Only staff who may change promo codes can do this."))
    if not is_new and promo.uses and set(changed) - set(CHANGEABLE_LATER):
        raise OutOfTurn(_("This code was used already: only its end and its limits can change."))
    with transaction.atomic():
        if is_new:
            promo.code, promo.by, promo.at = normal(promo.code), by, now
            promo.save()
        elif changed:
            promo.save(update_fields=list(changed))
        if is_new or changed:
            record("promo.made" if is_new else "promo.changed", promo, by=by, now=now, fields=sorted(changed))


CHANGEABLE_LATER = ("valid_until", "most_uses", "most_per_user")


def normal(code: str) -> str:
    """The code as it is kept, however it was typed."""
    return "".join(visible(code).split()).upper()


def _check(promo: PromoCode, times: int, by: User, now: datetime) -> None:
    if promo.by_id == by.pk:
        raise NotAllowed(_("You made this code yourself, so it is not for you."))
    if now < promo.valid_from:
        raise OutOfTurn(_("This code is valid only from %(from)s.") % {"from": formats.moment(promo.valid_from)})
    if now >= promo.valid_until:
        raise OutOfTurn(_("This code was valid until %(until)s.") % {"until": formats.moment(promo.valid_until)})
    if times >= promo.most_per_user:
        raise OutOfTurn(_("You have used this code already."))
    if promo.uses >= promo.most_uses:
        raise OutOfTurn(_("This code has been used up."))
