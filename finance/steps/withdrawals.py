"""Asking for money to be paid out, and taking that back (WDR-01, WDR-02, WDR-04, WDR-05, WDR-06)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import has_confirmed_email
from core import formats
from core.events import record
from core.money import Money
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger, lots
from finance.models import Lot, PayoutDetails, Withdrawal
from finance.queries import withdrawable
from finance.queries.withdrawable import Source
from finance.rules import LIMITED_TO, WITHDRAWAL_LEAST, payment_date, withdrawal_fee
from finance.steps.withdrawing import give_back, moving, set_aside


def request(
    user: User, amount: Money, route: str, *, net: Money, by: User, now: datetime, newest: int | None = None
) -> list[Withdrawal]:
    """Set a sum of the main balance aside to be paid out on the next payment date, by one of the user's routes.

    `route` is EARNINGS or the key of what was paid with; back to a card it becomes one withdrawal for each payment that
    it is taken from. `net` is what the form showed to arrive, `newest` the newest withdrawal that its page knew of.
    Refused: less than the least sum, more than may go there now, more than the limit, another net than shown (Invalid);
    anything that blocks withdrawals (NotAllowed); asked for from the same page already (OutOfTurn).
    """
    if by.pk != user.pk:
        raise NotAllowed(_("Only the owner of a balance can withdraw from it."))
    if amount < WITHDRAWAL_LEAST:
        raise Invalid(_("The least you can withdraw is %(least)s.") % {"least": formats.money(WITHDRAWAL_LEAST)})
    with transaction.atomic():
        # Nobody names another card between the look at it and the request (WDR-05).
        details = PayoutDetails.objects.select_for_update(no_key=True).filter(user=user).first()
        main = ledger.main_of(user)
        balance = ledger.locked_balances([main])[main]
        if newest is not None and newest != withdrawable.newest(user):
            raise OutOfTurn(_("You have asked for a withdrawal already: it is the first one here."))
        _check_gates(user, route, now)
        source = _source(user, route, amount, now)
        _check_limit(user, amount, now)
        if source.net(amount) != net:
            raise Invalid(_("What would arrive has changed since this page was shown. Look at it again, then confirm."))
        return [
            _requested(user, source, part, _taken(main, part, lot, balance, now), lot or details, by=by, now=now)
            for part, lot in source.parts(amount)
        ]


def cancel(withdrawal_id: int, *, by: User, now: datetime) -> None:
    """Take a request back until it is in a batch; the money returns at once (WDR-04)."""
    with moving(withdrawal_id, "cancel", by=by, now=now) as step:
        if step.withdrawal.user_id != by.pk:
            raise NotAllowed(_("Only who asked for a withdrawal can cancel it."))
        give_back(step.withdrawal, by=by, now=now)


def _check_gates(user: User, route: str, now: datetime) -> None:
    if not has_confirmed_email(user):
        raise NotAllowed(_("Confirm your e-mail address first: withdrawals are announced there."))
    blocks = withdrawable.blocks(user, route, now)
    if blocks:
        raise NotAllowed(str(blocks[0].sentence))


def _source(user: User, route: str, amount: Money, now: datetime) -> Source:
    found = {source.route: source for source in withdrawable.sources(user, now)}
    source = found.get(route)
    if source is None:
        raise Invalid(_("Choose where the money goes."))
    if amount > source.now:
        raise Invalid(
            _("At most %(most)s can go to %(where)s now.")
            % {"most": formats.money(source.now), "where": source.destination}
        )
    return source


def _check_limit(user: User, amount: Money, now: datetime) -> None:
    limit = withdrawable.limit(user, now)
    if limit is not None and amount > limit.left:
        raise Invalid(
            _("Until %(until)s you can withdraw %(most)s in all; %(left)s of that is left.")
            % {
                "until": formats.moment(limit.until),
                "most": formats.money(LIMITED_TO),
                "left": formats.money(limit.left),
            }
        )


def _taken(main: ledger.Place, part: Money, lot: Lot | None, balance: Money, now: datetime) -> dict[int, Money]:
    return lots.unbound(main, part, balance, now) if lot is None else {lot.pk: -part}


def _requested(
    user: User,
    source: Source,
    amount: Money,
    taken: dict[int, Money],
    to: Lot | PayoutDetails | None,
    *,
    by: User,
    now: datetime,
) -> Withdrawal:
    details = to if isinstance(to, PayoutDetails) else None
    withdrawal = Withdrawal.objects.create(
        user=user,
        top_up=to.top_up if isinstance(to, Lot) else None,
        amount=amount,
        fee=withdrawal_fee(amount),
        destination=source.destination,
        account_id=details.account_id or "" if details else "",
        card_id=details.card_id if details else "",
        at=now,
        batch_due_at=payment_date(now),
    )
    set_aside(withdrawal, taken, by=by, now=now)
    record("withdrawal.requested", withdrawal, by=by, now=now, amount_cents=amount.cents)
    return withdrawal
