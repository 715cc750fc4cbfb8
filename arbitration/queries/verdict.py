"""What a decision would do, before it is made: every posting, rating and feedback (ARB-03 to ARB-06)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from arbitration.foresight import shares
from arbitration.steps.cases import Decision
from core.money import ZERO, Money
from finance import ledger
from orders.models import Order
from orders.moves import Actor


@dataclass(frozen=True)
class Line:
    """One posting that will be made, in cents: whose account, its key in the ledger."""

    account: str
    key: str
    amount: Money


@dataclass(frozen=True)
class Verdict:
    """A decision as it would be carried out now."""

    decision: Decision
    lines: list[Line]
    effects: list[str]

    @property
    def seal(self) -> str:
        """Everything that is shown of it as one text: whoever presses the last button has looked at just this."""
        chosen = f"{self.decision.favor.value} {self.decision.beyond_order:d}"
        return f"{chosen} {' '.join(str(line.amount.cents) for line in self.lines)}"


def foreseen(order: Order, decision: Decision) -> Verdict:
    """What `cases.decide` would do with this decision now. Raises its refusal of a sum that the order does not hold."""
    found = shares(order, decision.refunded)
    names = {"buyer": order.buyer.shown_name, "seller": order.seller.shown_name}
    main, bonus = ledger.main_of(order.buyer), ledger.bonus_of(order.buyer)
    lines = [
        Line(_("Escrow of the order"), ledger.escrow_of(order.escrow_key).key, -order.total),
        Line(_("Main balance of %(buyer)s (buyer)") % names, main.key, found.refund.get(main, ZERO)),
        Line(_("Bonus balance of %(buyer)s (buyer)") % names, bonus.key, found.refund.get(bonus, ZERO)),
        Line(_("Main balance of %(seller)s (seller)") % names, ledger.main_of(order.seller).key, found.paid),
        Line(_("Commission of the site"), ledger.COMMISSION.key, found.commission),
    ]
    return Verdict(decision, lines, effects(order, decision))


def effects(order: Order, decision: Decision) -> list[str]:
    """What a decision does besides the money: rating (ARB-05) and feedback (ARB-06)."""
    names = {"buyer": order.buyer.shown_name, "seller": order.seller.shown_name}
    return [
        _("It counts against the rating of %(seller)s.") % names
        if decision.favor is Actor.BUYER
        else _("It has no effect on the rating of %(seller)s.") % names,
        _("%(buyer)s cannot leave feedback: the demands went beyond the order.") % names
        if decision.beyond_order
        else _("%(buyer)s may leave feedback on this order, also negative.") % names,
        _("The order ends at once, and both sides are told your reason."),
    ]
