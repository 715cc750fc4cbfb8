"""ORD, RAT: the life of an order, and feedback on it."""

from django.utils.translation import gettext_lazy as _

from finance.rules import TOP_UP_MOST
from marketplace.rulebook.rule import Rule
from orders import rules

RULES = [
    Rule(
        "ORD-01",
        _(
            "An order is paid from your balance. If it is short, you add the missing sum on the payment page and the order "
            "places itself once that is paid; if nothing is paid, nothing is ordered and your choice is kept. Where more than "
            "%(most)s is missing, you add a part of it first. Money that comes in another way, such as a bank transfer, "
            "orders nothing by itself: once it is on your balance, press Order."
        ),
        {"most": TOP_UP_MOST},
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
            "may cancel at once, or reject the job where the order is left by rejection."
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
        "ORD-10",
        _(
            "If neither side does anything in an order in work for %(idle)s, it is canceled by itself, the buyer is refunded, "
            "and it counts as an automatic cancellation. Both sides are told %(first)s and %(last)s before."
        ),
        {"idle": rules.IDLE_AFTER, "first": rules.IDLE_WARNINGS[0], "last": rules.IDLE_WARNINGS[1]},
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
        "ORD-14",
        _(
            "Inside an order the seller may offer further extras or another kwork. If the buyer accepts, the price joins "
            "the order's escrow and its days move the deadline; if not, the order goes on as it was."
        ),
    ),
    Rule(
        "ORD-15",
        _("The buyer can order the same again, at today's price. Repeated orders are noted for the rating."),
    ),
    Rule(
        "ORD-16",
        _("Every automatic step happens within %(minute)s of its time, once, also after a standstill of the site."),
        {"minute": rules.SWEEP_EVERY},
    ),
    Rule(
        "RAT-06",
        _("After completion the buyer leaves a like or a dislike with a text, shown on kwork and profile."),
    ),
]
