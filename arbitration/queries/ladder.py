"""The steps of a disagreement: talk, mediation, arbitration; where the order is, what comes next and by when (DIS-01)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from core import formats
from orders.models import Dispute, Order, Policy
from orders.queries.clocks import Clock
from orders.rules import Terms

TALK, MEDIATION, ARBITRATION = "talk", "mediation", "arbitration"
_STEP_OF = {
    Dispute.NONE: TALK,
    Dispute.REQUEST: TALK,
    Dispute.REJECTION: MEDIATION,
    Dispute.ARBITRATION: ARBITRATION,
}


@dataclass(frozen=True)
class Rung:
    """One step: its name, what it is, and, where the order is now, who must act until when and what follows."""

    name: str
    words: str
    is_current: bool
    clock: Clock | None = None


def ladder(order: Order, clock: Clock | None) -> list[Rung]:
    """The steps of an open order, with the clock of its dispute in the viewer's words; none once it is over.

    Mediation is for orders whose buyer may reject the job (REV-02).
    """
    if not order.is_open:
        return []
    names = {TALK: _("Talk to each other"), MEDIATION: _("Mediation"), ARBITRATION: _("Arbitration")}
    current = _STEP_OF[Dispute(order.dispute)]
    steps = [TALK, MEDIATION, ARBITRATION] if order.policy == Policy.REJECTION else [TALK, ARBITRATION]
    return [
        Rung(names[step], _words(order, step), step == current, clock if step == current else None) for step in steps
    ]


def _words(order: Order, step: str) -> str:
    names = {"buyer": order.buyer.shown_name, "seller": order.seller.shown_name}
    if step == TALK:
        return _("Write in the order first. Either side can also cancel, or ask the other to.")
    if step == MEDIATION:
        span = formats.elapsed(Terms(**order.terms).reject_within)
        return _(
            "%(buyer)s can reject the job. %(seller)s then has %(time)s to approve that or to hire an independent mediator."
        ) % {**names, "time": span}
    return _("If you cannot agree, either side can ask support to decide. Every timer and the money then stand still.")
