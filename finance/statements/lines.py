"""What stands on a statement: the lines of a period, and what each balance was before and after them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core.money import ZERO, Money
from core.refusals import Refusal
from finance.models import Account, Posting
from finance.queries.history import Wanted, walked
from finance.queries.ranges import Period, ends


class TooLong(Refusal):
    """A document of this period would have no end."""

    def __init__(self, most: int) -> None:
        sentence = ngettext(
            "This statement holds up to %(most)s movement. Choose a shorter period, or download the table (CSV).",
            "This statement holds up to %(most)s movements. Choose a shorter period, or download the table (CSV).",
            most,
        )
        super().__init__(sentence % {"most": most})


@dataclass(frozen=True)
class Section:
    """One balance over a period; `lines` are in the order in which it moved, with their entries."""

    account: Account
    lines: list[Posting]
    opening: Money

    @property
    def closing(self) -> Money:
        return (self.lines[-1].balance_after or ZERO) if self.lines else self.opening

    @property
    def came_in(self) -> Money:
        return Money.total(line.amount for line in self.lines if line.amount > ZERO)

    @property
    def went_out(self) -> Money:
        return Money.total(line.amount for line in self.lines if line.amount < ZERO)

    @property
    def name(self) -> str:
        return _("Bonus balance") if self.account.kind == "bonus" else _("Main balance")


def sections(user: User, period: Period, *, most: int) -> list[Section]:
    """The main and the bonus balance over a period, with so many lines at most. Refused with TooLong."""
    found, room = [], most
    for account, rows in walked(user, Wanted(period=period)):
        lines = list(rows.order_by("pk")[: room + 1])
        room -= len(lines)
        if room < 0:
            raise TooLong(most)
        found.append(Section(account, lines, _opening(account, lines, period)))
    return sorted(found, key=lambda section: section.account.kind, reverse=True)  # main before bonus


def _opening(account: Account, lines: list[Posting], period: Period) -> Money:
    if lines:
        return (lines[0].balance_after or ZERO) - lines[0].amount
    if period.since is None:
        return ZERO
    # Nothing happened in the period: what there was is what the last line before it left.
    before = ends(account.pk, Period(until=period.since)).last
    left = Posting.objects.filter(account=account.pk, pk=before).values_list("balance_after", flat=True).first()
    return left or ZERO
