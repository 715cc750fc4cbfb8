"""CAT: kworks and the catalogue."""

from django.utils.translation import gettext_lazy as _

from core.uploads import KINDS, MOST_BYTES
from kworks import rules
from marketplace.rulebook.rule import Rule

RULES = [
    Rule(
        "CAT-01",
        _(
            "A kwork is a service of fixed scope: title, description, category, attributes, pictures, an optional "
            "video, an exact volume, a lead time in days, an instruction to the buyer and a price."
        ),
    ),
    Rule(
        "CAT-02",
        _(
            "Prices start at %(least)s, of which the seller receives %(share)s. Each category has either one fixed "
            "base price or free prices with a minimum and a step."
        ),
        {"least": rules.PRICE_LEAST, "share": rules.seller_share(rules.PRICE_LEAST)},
    ),
    Rule(
        "CAT-04",
        _(
            "A kwork offers up to %(most)s extras. Each costs the buyer from %(low)s to %(high)s, of which the seller "
            "receives %(low_share)s to %(high_share)s, and adds or saves days."
        ),
        {
            "most": rules.EXTRAS_MOST,
            "low": rules.EXTRA_PRICE_LEAST,
            "high": rules.EXTRA_PRICE_MOST,
            "low_share": rules.seller_share(rules.EXTRA_PRICE_LEAST),
            "high_share": rules.seller_share(rules.EXTRA_PRICE_MOST),
        },
    ),
    Rule("CAT-05", _("You order any quantity of a kwork and of its extras. Total = units × price + extras.")),
    Rule(
        "CAT-06",
        _(
            "Of several units the first takes the whole lead time and every further one half of it: 4 days × 3 units "
            "are 8 days. Extras add or save their days; an order never takes less than 1 day."
        ),
    ),
    Rule("CAT-07", _("Categories form a tree of sections and categories; popular ones have attributes of their own.")),
    Rule(
        "CAT-15",
        _(
            "A kwork's page shows pictures, video, what is included, extras with a running total, the lead time, the "
            "seller, feedback, and similar kworks of other sellers."
        ),
        later=_("packages side by side, pictures of finished work beside feedback"),
    ),
    Rule("CAT-16", _("Only users with a confirmed e-mail address create kworks. A draft is saved as you type.")),
    Rule(
        "CAT-18",
        _(
            "Every new or changed kwork waits for a moderator, at most %(days)s days. It is accepted, returned with "
            "reasons for each field, or rejected; the old version stays on sale meanwhile."
        ),
        {"days": rules.MODERATION_DAYS},
    ),
    Rule(
        "CAT-20",
        _("Accepted files are %(kinds)s, at most %(size)s MB each, judged by their content. Pictures are re-encoded."),
        {"kinds": ", ".join(KINDS), "size": MOST_BYTES // 1024**2},
    ),
]
