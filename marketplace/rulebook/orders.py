"""ORD, CAN, RAT: the life of an order, canceling it, and feedback on it."""

from django.utils.translation import gettext_lazy as _

from marketplace.rulebook.rule import Rule
from orders import rules

RULES = [
    Rule(
        "ORD-01",
        _(
            "An order is paid from your balance. If it is short, you add the missing sum by card and the order places "
            "itself once that is paid; if nothing is paid, nothing is ordered and your choice is kept."
        ),
    ),
    Rule("ORD-02", _("The money leaves the buyer's balance with the order and is held in escrow until its end.")),
    Rule(
        "ORD-03",
        _("The seller is told at once, on the site and by e-mail. Orders are listed with their counts by status."),
    ),
    Rule(
        "ORD-04",
        _("After paying, the buyer is shown the seller's instruction and sends the information, at once or later."),
    ),
    Rule(
        "ORD-05",
        _(
            "The seller has %(start)s to press Start working. Otherwise the order is canceled by itself, the buyer "
            "is refunded to the balance, and the seller's rating is lowered."
        ),
        {"start": rules.START_WITHIN},
    ),
    Rule(
        "ORD-06",
        _("The lead time runs from the earlier of: the buyer sent the information; the seller started work."),
    ),
    Rule(
        "ORD-07",
        _(
            "A deadline is never extended. After it the order shows as Expired; work and delivery can go on, and the buyer "
            "may cancel at once."
        ),
    ),
    Rule(
        "ORD-08",
        _("The buyer has %(review)s to accept a delivery or return it; otherwise the order completes by itself."),
        {"review": rules.REVIEW_WITHIN},
    ),
    Rule(
        "ORD-09",
        _(
            "Returning for revision needs reasons and cannot ask for more than was ordered. Deliveries and returns "
            "are numbered and kept. Time in review does not count against the seller."
        ),
    ),
    Rule(
        "ORD-11",
        _("Completion pays the seller's share to the main balance; the rest is the site's commission."),
    ),
    Rule(
        "ORD-12",
        _(
            "The order's page shows its status, its clocks, what each side may do now and what happens if nobody does "
            "anything, with everything written and handed over."
        ),
    ),
    Rule(
        "ORD-13",
        _("While an order runs, both sides talk in its thread. Contact data belong only there, only for the work."),
    ),
    Rule(
        "ORD-16",
        _("Every automatic step happens within %(minute)s of its time, once, also after a standstill of the site."),
        {"minute": rules.SWEEP_EVERY},
    ),
    Rule(
        "CAN-01",
        _(
            "Ordered by mistake: the buyer cancels within %(mistake)s of ordering, before anything is delivered. "
            "It takes effect at once and no rating changes."
        ),
        {"mistake": rules.MISTAKE_WITHIN},
    ),
    Rule(
        "CAN-02",
        _(
            "Not done on time: the buyer cancels an order that is Expired. It takes effect at once, the seller's "
            "rating is lowered, and the buyer may leave feedback."
        ),
    ),
    Rule("CAN-16", _("Every cancellation refunds the whole escrow at once, to the balances it came from.")),
    Rule(
        "CAN-18",
        _(
            "After a cancellation for delay the buyer may leave feedback: as not done on time, and when the seller did "
            "not start in time."
        ),
    ),
    Rule(
        "RAT-06",
        _("After completion the buyer leaves a like or a dislike with a text, shown on kwork and profile."),
    ),
]
