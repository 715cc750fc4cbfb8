"""WDR: being paid out."""

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from core.formats import percent
from finance import rules
from marketplace.rulebook.rule import Rule

RULES = [
    Rule(
        "WDR-01",
        _(
            "You withdraw at least %(least)s from the main balance, in US dollars. What you earned, and what came by bank "
            "transfer, check or money order, goes to your %(brands)s debit card from a bank in the United States, not to cards "
            "from other countries or bank accounts; what you paid in otherwise goes back there (WDR-02). The fee is %(fee)s; it "
            "and what arrives are shown before you agree."
        ),
        {
            "least": rules.WITHDRAWAL_LEAST,
            "brands": lazy(rules.payout_brands, str)(),
            "fee": percent(rules.WITHDRAWAL_FEE_BASIS_POINTS),
        },
    ),
    Rule(
        "WDR-02",
        _(
            "What you paid in by card or on the payment service's page goes back only where it came from, %(days)s after you "
            "paid it in; support can let it go earlier, or elsewhere when it cannot go back. What came by check or money order "
            "goes where earnings go, %(checks)s after it came; a bank transfer and what you earned are not bound. Spending "
            "takes bound money first, the oldest first, and a refund returns it to where it was taken from."
        ),
        {"days": rules.BOUND_FOR, "checks": rules.OFFLINE_BOUND_FOR},
    ),
    Rule(
        "WDR-03",
        _(
            "Withdrawals are put together every %(weekdays)s at %(hour)s:00 UTC, looked at and approved by "
            "%(people)s of staff, then sent by the payment service. Staff can reject one with a reason; then, and when it "
            "cannot be paid, all of it returns, the fee too. While a bank takes a payment of yours back, or you owe something "
            "after one that was taken back, nothing is sent. What the payment service neither pays nor returns is settled by "
            "%(people)s of staff, from %(days)s after it was sent."
        ),
        {
            "weekdays": lazy(rules.payment_weekdays, str)(),
            "hour": str(rules.PAYMENT_HOUR),
            "people": str(rules.APPROVALS_NEEDED),
            "days": rules.SETTLE_AFTER,
        },
    ),
    Rule(
        "WDR-04",
        _(
            "A sum is set aside as soon as you ask for it. You can cancel until the payment date; then it returns at once."
        ),
    ),
    Rule(
        "WDR-05",
        _(
            "For %(week)s after a payout card was named or replaced, or after your e-mail address changed, you can withdraw "
            "%(most)s in all."
        ),
        {"week": rules.LIMITED_FOR, "most": rules.LIMITED_TO},
    ),
    Rule(
        "WDR-06",
        _(
            "For %(week)s after your e-mail address or login changed, the payout card cannot be named or replaced here; one "
            "that was replaced at the payment service all the same is not used until that time is over."
        ),
        {"week": rules.LIMITED_FOR},
    ),
]
