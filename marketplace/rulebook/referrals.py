"""REF: referrals."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core.formats import percent
from marketplace.rulebook.rule import Rule
from referrals import rules

_YEARS = ngettext_lazy("%(years)s year", "%(years)s years", rules.ACTIVE_YEARS) % {"years": rules.ACTIVE_YEARS}

RULES = [
    Rule(
        "REF-01",
        _(
            "Everyone has a referral link. Who registers through it becomes the referral of its owner. The browser "
            "remembers the link for %(cookie)s, and the first link counts."
        ),
        {"cookie": rules.COOKIE_FOR},
    ),
    Rule(
        "REF-02",
        _(
            "The owner earns %(sale)s of the order total for each sale and %(purchase)s for each purchase of a "
            "referral, counted on what was paid from the main balance and not returned, rounded down to the cent. It is "
            "paid out of the site's commission when the order is completed or settled with a split, never exceeds it, "
            "and is never taken back. An owner whose account is closed at that moment earns nothing of it, also not later."
        ),
        {"sale": percent(rules.RATES["sale"]), "purchase": percent(rules.RATES["purchase"])},
    ),
    Rule(
        "REF-03",
        _(
            "A referral is active once, within %(within)s of registration, it places an order or has a kwork pass "
            "moderation. Active ones stay attached for %(years)s from registration, others for %(within)s."
        ),
        {"within": rules.ACTIVE_WITHIN, "years": str(_YEARS)},
    ),
    Rule(
        "REF-04",
        _(
            "Your referral pages show the link, banners and texts, clicks, registrations and active referrals, and what "
            "each referral and each month has earned. Staff can void a referral that was not won honestly: from then on "
            "it pays nothing, and you are told why."
        ),
    ),
    Rule(
        "REF-05",
        _(
            "Nobody is their own referral, and no ring of referrals is possible: a link attaches nobody in a browser in "
            "which its owner was signed in within the last %(visit)s. Accounts that look like one person's, "
            "and referrals who trade mainly with their referrer (%(orders)s orders or more, %(share)s of all), are shown "
            "to staff."
        ),
        {"visit": rules.VISIT, "orders": rules.TRADE_ORDERS_LEAST, "share": percent(rules.TRADE_PERCENT_LEAST * 100)},
    ),
    Rule(
        "GRP-01",
        _(
            "Where the site has turned them on, there are four monthly rewards on top: group reward, growth bonus, director "
            "reward and work bonus. They are computed from the site's commission on completed orders and never paid for "
            "recruiting as such. Together they never exceed the share of that commission which the site has set, %(cap)s "
            "at most: all are then lowered in proportion."
        ),
        {"cap": percent(rules.GROUP_CAP_MOST)},
    ),
    Rule(
        "GRP-02",
        _(
            "The page of your group shows its members by login, what they bring in, the month's computation line by line "
            "and its forecast. Each month is reckoned once, %(after)s after its end (UTC), and each reward is paid once."
        ),
        {"after": rules.GROUP_RECKONED_AFTER},
    ),
]
