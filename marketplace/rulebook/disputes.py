"""CAN, ARB, REV, DIS: canceling an order, arbitration, rejection and mediation."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from arbitration.rules import REASONS, Reason, Window
from marketplace.rulebook.rule import Row, Rule
from orders import rules
from orders.moves import Actor

COLUMNS = (_("Who"), _("Reason"), _("Available"), _("Confirmation"), _("Seller's rating"), _("Buyer's feedback"))

_AVAILABLE: dict[Window, str | Promise] = {
    Window.MISTAKE: _("within %(mistake)s of the order, nothing delivered"),
    Window.EXPIRED: _("while the order is Expired"),
    Window.OPEN: _("while the order is open"),
    Window.SELLER_SILENT: _("the seller is silent for %(silent)s after a buyer's message"),
    Window.DELIVERED: _("after a first delivery"),
    Window.SELLER_BUSY: _("before the start, or the seller is silent for %(silent)s"),
    Window.BEFORE_START: _("before the start"),
    Window.REMINDED: _("before the start, after a reminder that brought nothing"),
    Window.BUYER_SILENT: _("in work, the buyer is silent for %(silent)s after a seller's message"),
}
_NUMBERS = {
    "mistake": rules.MISTAKE_WITHIN,
    "silent": rules.SILENT_AFTER,
    "answer": rules.ANSWER_WITHIN,
}


def _confirmation(reason: Reason) -> str | Promise:
    if reason.asks is None:
        return _("none, at once")
    if reason.at_once_if_expired:
        return _("seller, %(answer)s; at once if Expired")
    return _("seller, %(answer)s") if reason.asks is Actor.SELLER else _("buyer, %(answer)s")


def _row(reason: Reason) -> Row:
    return Row(
        reason.rule,
        numbers=_NUMBERS,
        cells=(
            _("buyer") if reason.actor is Actor.BUYER else _("seller"),
            reason.title,
            _AVAILABLE[reason.window],
            _confirmation(reason),
            _("lowered") if reason.lowers_seller else _("no effect"),
            _("yes") if reason.feedback else _("no"),
        ),
    )


TABLE = [
    *[_row(reason) for reason in REASONS.values()],
    Row(
        "CAN-14",
        cells=(
            _("support"),
            rules.CAUSES["CAN-14"],
            _("any time"),
            _("none, at once"),
            _("as support decides"),
            _("no"),
        ),
    ),
]

CANCELING = [
    Rule(
        "CAN-15",
        _(
            "A request that is not answered in %(answer)s is confirmed by itself. The other side confirms, or "
            "declines with a "
            "reason; the asking side can withdraw. There is one request at a time; what needs no answer does not "
            "wait for it."
        ),
        {"answer": rules.ANSWER_WITHIN},
    ),
    Rule("CAN-16", _("Every cancellation refunds the whole escrow at once, to the balances it came from.")),
    Rule(
        "CAN-17",
        _(
            "While a request waits, the clocks of the start, of the review, of an answer and of inactivity stand still, and go "
            "on with what "
            "was left if it is declined or withdrawn. The lead time keeps running."
        ),
    ),
    Rule(
        "CAN-18",
        _(
            "Where a cancellation lowers the seller's rating the buyer may leave feedback; also when the seller "
            "did not start in "
            "time, and when late work ends for inactivity."
        ),
    ),
    Rule(
        "CAN-19",
        _(
            "Before you press the button you see exactly what will follow: the refund and its balance, whether "
            "and until when "
            "the other side decides, the effect on the rating, and the right to feedback. The preview and the "
            "step are one."
        ),
    ),
]

ARBITRATION = [
    Rule(
        "ARB-01",
        _("If the sides cannot agree, either opens arbitration on the order's page, with a description and files."),
    ),
    Rule(
        "ARB-02",
        _(
            "Opening freezes every clock and the escrow. Both sides are told, and the other side is asked for "
            "its view. What was "
            "being asked of the order before falls away."
        ),
    ),
    Rule(
        "ARB-03",
        _("Support sees every open case by age, sum and whose word it waits for; it asks either side, and decides."),
    ),
    Rule(
        "ARB-04",
        _(
            "Support gives the money to the buyer, to the seller, or splits it by sum, with a written reason to "
            "both. It moves "
            "at once; the commission is taken only from what the seller gets. A refund in part returns in "
            "proportion to the balances it came from."
        ),
    ),
    Rule(
        "ARB-05", _("A decision in the buyer's favor lowers the seller's rating; one in the seller's favor does not.")
    ),
    Rule(
        "ARB-06",
        _(
            "After every arbitration the buyer may leave feedback, unless support states that the demands went "
            "beyond the order."
        ),
    ),
    Rule(
        "ARB-07",
        _(
            "Until the decision the sides may still settle: the buyer accepts the work, the seller gives the "
            "money back, or both "
            "agree on a split. An agreed split changes no rating; giving all of the money back counts like "
            "canceling for a reason of one's own."
        ),
    ),
    Rule(
        "ARB-08",
        _(
            "Every step of a case is logged with who and when, reading by staff included (an open page once in %(again)s), and "
            "can be exported as one document. Nobody decides a case of their own."
        ),
        {"again": rules.READ_NOTED_EVERY},
    ),
]

REJECTION = [
    Rule("REV-01", _("The client may ask for as many revisions as needed, with reasons, until approving the work.")),
    Rule(
        "REV-02",
        _(
            "In orders that carry this policy the client may reject the job at any time with a reason, instead "
            "of canceling. If the "
            "freelancer approves, the order is canceled and refunded in full; it lowers the "
            "rating, and the client may leave feedback."
        ),
    ),
    Rule(
        "REV-03",
        _(
            "The freelancer has %(reject)s to approve or to hire an independent mediator. If neither happens and "
            "the work "
            "is not approved either, the rejection takes effect by itself: refunded, and counted as failed."
        ),
        {"reject": rules.REJECT_WITHIN},
    ),
    Rule(
        "REV-04",
        _(
            "Meanwhile the freelancer can improve and deliver. If the client approves the work, the rejection "
            "falls away."
        ),
    ),
    Rule(
        "REV-05",
        _(
            "A mediator is admitted by the site and named with a fee, which the freelancer who hires pays from "
            "the main balance: it is "
            "set aside, and paid with the proposal. The mediator has %(mediate)s to propose a settlement, and "
            "both sides as long "
            "to agree. If both do, it is carried out; if not, the time of the rejection goes on, and either may "
            "open arbitration."
        ),
        {"mediate": rules.MEDIATE_WITHIN},
    ),
    Rule(
        "DIS-01",
        _(
            "Talk to each other, then mediation where the order has it, then arbitration: the page shows the "
            "step and the next."
        ),
    ),
]
