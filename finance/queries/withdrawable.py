"""Where each dollar of a balance may go, when, and what keeps it here; all of it computed from the ledger (WDR-02)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.money import ZERO, Money
from finance import ledger
from finance.models import (
    PAYMENT_FAILED,
    SENT_BACK,
    Chargeback,
    ChargebackStatus,
    Lot,
    PayoutDetails,
    TopUp,
    Withdrawal,
    WithdrawalStatus,
)
from finance.queries.earned import has_earned
from finance.rules import LIMITED_FOR, LIMITED_TO, WITHDRAWAL_LEAST, withdrawal_fee
from finance.spendable import taken_back_of
from finance.steps.tax import has_form, may_sell

EARNINGS = "earnings"
CLAIMS = "claims"
NOT_PERMITTED = "not-permitted"
RETURNED = (WithdrawalStatus.FAILED, WithdrawalStatus.REJECTED, WithdrawalStatus.CANCELED)


@dataclass(frozen=True)
class Freed:
    """What may leave from one day on: several payments, all of them from `at` on, the moment of the last."""

    at: datetime
    amount: Money
    payments: int


@dataclass(frozen=True)
class Source:
    """A part of the balance that goes to one destination: `now` of it already, `later` from the moments it says.

    Nothing of `stuck` can go there any more, because its payment was taken back: support decides where it goes instead.
    """

    route: str
    destination: str
    now: Money
    later: tuple[tuple[datetime, Money], ...] = ()
    free_lots: Sequence[Lot] = field(default=(), compare=False)
    stuck: Money = ZERO
    paid_in: TopUp | None = field(default=None, compare=False)
    numbered: bool = False

    @property
    def label(self) -> str:
        """The destination; of payments that go back each on their own also which one it is, by its number where others
        would have the same name (`numbered`)."""
        if self.paid_in is None:
            return self.destination
        known = {
            "where": self.destination,
            "amount": formats.money(self.paid_in.amount),
            "at": formats.moment(self.paid_in.at),
            "number": self.paid_in.pk,
        }
        if self.numbered:
            return _("%(where)s, %(amount)s paid in on %(at)s (top-up %(number)s)") % known
        return _("%(where)s, %(amount)s paid in on %(at)s") % known

    @property
    def total(self) -> Money:
        return self.now + self.stuck + Money.total(amount for _at, amount in self.later)

    @property
    def days(self) -> list[Freed]:
        """What comes later, a line for each day of the viewer's zone, the nearest first."""
        days = groupby(sorted(self.later), key=lambda one: timezone.localdate(one[0]))
        waiting = [list(payments) for _day, payments in days]
        return [Freed(each[-1][0], Money.total(amount for _at, amount in each), len(each)) for each in waiting]

    def parts(self, amount: Money) -> list[tuple[Money, Lot | None]]:
        """How a sum is taken: at once, or from one payment after the other; never more than there is now."""
        if self.route == EARNINGS:
            return [(min(amount, self.now), None)]
        found: list[tuple[Money, Lot | None]] = []
        for lot in self.free_lots:
            if amount <= ZERO:
                break
            found.append((min(lot.left, amount), lot))
            amount -= found[-1][0]
        return found

    def net(self, amount: Money) -> Money:
        """What arrives of it: the fee is taken of each part (WDR-01)."""
        return Money.total(part - withdrawal_fee(part) for part, _lot in self.parts(amount))


@dataclass(frozen=True)
class Block:
    """Something that keeps money here, and until when if that is known."""

    sentence: str | Promise
    until: datetime | None = None
    mend: str = ""


@dataclass(frozen=True)
class Limit:
    """What may be withdrawn in all until a moment, and what is left of that (WDR-05)."""

    until: datetime
    left: Money


def sources(user: User, now: datetime) -> list[Source]:
    """Everything on the main balance by where it may go: earnings first, then what each card paid in, the oldest first."""
    main = ledger.main_of(user)
    balance = ledger.balance(main)
    bound = [lot for lot in _lots(main) if lot.released_at is None]
    checks = [lot for lot in bound if lot.top_up is None]
    groups: dict[str, list[Lot]] = {}
    for lot in bound:
        if lot.top_up is not None:
            groups.setdefault(route_of(lot.top_up), []).append(lot)
    cards = [_split(route, group[0].top_up.source, group, now) for route, group in groups.items() if group[0].top_up]
    details = PayoutDetails.objects.filter(user=user).first()
    card = details.card if details and details.card else _("your payout card")
    # What came by check goes where earnings go, as soon as it cannot bounce any more (PAY-01).
    waiting = _split(EARNINGS, card, checks, now)
    loose = balance - Money.total(lot.left for lot in bound)
    earnings = Source(EARNINGS, card, loose + waiting.now, waiting.later, stuck=waiting.stuck)
    return [earnings, *_told_apart(cards)]


def _told_apart(found: Sequence[Source]) -> list[Source]:
    """Each with a name of its own: payments of one sum in one minute by the same way are named with their numbers."""
    names = Counter(source.label for source in found)
    return [replace(source, numbered=names[source.label] > 1) for source in found]


def usable(user: User, found: Sequence[Source], now: datetime) -> list[Source]:
    """Those of the sources of which something can be withdrawn now: enough for the least sum, by a way that nothing blocks."""
    room = limit(user, now)
    if (room and room.left < WITHDRAWAL_LEAST) or blocks(user, "", now):
        return []
    shut = {EARNINGS} if blocks(user, EARNINGS, now) else set()
    return [source for source in found if source.now >= WITHDRAWAL_LEAST and source.route not in shut]


def route_of(top_up: TopUp) -> str:
    """Payments by one card go back together; those by other ways each on their own."""
    return f"card-{top_up.fingerprint}" if top_up.fingerprint else f"payment-{top_up.pk}"


def blocks(user: User, route: str, now: datetime) -> list[Block]:
    """What keeps this user from withdrawing by this route now, the weightiest first."""
    found: list[Block] = []
    if not user.is_active:
        found.append(Block(_("This account is closed.")))
    if claims_of(user).exists():
        why = (
            _("A bank has taken a payment of yours back. Until this is resolved, nothing can be withdrawn.")
            if is_claimed(user)
            else _("A payment of yours was taken back. Until you owe nothing more, nothing can be withdrawn.")
        )
        found.append(Block(why, mend=CLAIMS))
    if route == EARNINGS:
        found += _earnings_blocks(user, now)
    return found


def newest(user: User) -> int:
    """The number of the user's newest withdrawal; 0 before the first."""
    return Withdrawal.objects.filter(user=user).order_by("-id").values_list("pk", flat=True).first() or 0


def claims_of(user: User) -> QuerySet[Chargeback]:
    """Chargebacks that block withdrawals: those the bank has not decided, and those of which something is still owed."""
    standing = Q(status=ChargebackStatus.OPEN) | Q(owed__gt=ZERO)
    return taken_back_of(user).filter(standing)


def is_claimed(user: User) -> bool:
    """Whether a bank is behind one of those, and not staff who took a payment back or sent it back by hand, nor a failure."""
    return claims_of(user).filter(top_up__isnull=False).exclude(why__in=(SENT_BACK, PAYMENT_FAILED)).exists()


def limit(user: User, now: datetime) -> Limit | None:
    """The limit after new or changed payout details or another e-mail address; empty when there is none (WDR-05, WDR-06)."""
    card = PayoutDetails.objects.filter(user=user).values_list("changed_at", "limited_since").first() or (None, None)
    # Each change with the moment from which its sum is counted: replacing the card once more begins no new one.
    changes = [(card[0], card[1] or card[0]), (user.email_changed_at, user.email_changed_at)]
    lasting = [(at, since) for at, since in changes if at and since and at + LIMITED_FOR > now]
    if not lasting:
        return None
    first = min(since for _at, since in lasting)
    spent = Withdrawal.objects.filter(user=user, at__gte=first).exclude(status__in=RETURNED)
    asked = spent.aggregate(total=Sum("amount"))["total"] or ZERO
    return Limit(max(at for at, _since in lasting) + LIMITED_FOR, max(LIMITED_TO - asked, ZERO))


def _earnings_blocks(user: User, now: datetime) -> list[Block]:
    found: list[Block] = []
    if not has_form(user) and has_earned(user):
        found.append(_no_form(user))
    details = PayoutDetails.objects.filter(user=user).first()
    if details is None or not details.is_ready:
        found.append(Block(_("Name the card that money is paid out to."), mend="payout-details"))
    if details and details.usable_from and details.usable_from > now:
        found.append(
            Block(
                _("The payout card was changed too soon after your e-mail or login. It can be used from %(at)s.")
                % {"at": formats.moment(details.usable_from)},
                details.usable_from,
            )
        )
    return found


def _no_form(user: User) -> Block:
    if may_sell(user):
        return Block(_("Sign a tax form first: it is needed before the first withdrawal of earnings."), mend="tax")
    return Block(
        _(
            "You have earned something here, and your answer is that you live in the United States without permission to "
            "work there. There is no tax form to sign for that, so nothing can go to your payout card; it can be spent here."
        ),
        mend=NOT_PERMITTED,
    )


def _lots(main: ledger.Place) -> QuerySet[Lot]:
    rows = Lot.objects.filter(account__key=main.key, left__gt=ZERO).select_related("top_up").order_by("id")
    return rows.annotate(is_lost=Q(top_up__in=lost_payments()) | Q(announced__chargeback__isnull=False))


def lost_payments() -> QuerySet[Chargeback]:
    """Payments that failed, or that a bank has taken something of back for good: nothing can go back to them."""
    lost = Chargeback.objects.filter(status=ChargebackStatus.LOST, top_up__isnull=False).exclude(why=SENT_BACK)
    return lost.values("top_up")  # type: ignore[return-value]


def _split(route: str, destination: str, lots: list[Lot], now: datetime) -> Source:
    stuck = [lot for lot in lots if lot.is_lost]  # type: ignore[attr-defined]
    rest = [lot for lot in lots if lot not in stuck]
    free = [lot for lot in rest if lot.free_at <= now]
    alone = next((lot.top_up for lot in lots if lot.top_up and not lot.top_up.fingerprint), None)
    later = tuple((lot.free_at, lot.left) for lot in rest if lot.free_at > now)
    return Source(
        route,
        destination,
        Money.total(lot.left for lot in free),
        later,
        free,
        Money.total(lot.left for lot in stuck),
        alone,
    )
