"""Every rule that is built, with the numbers the site runs: printed by `/rules/`, proven by the marked tests."""

from django.utils.translation import gettext_lazy as _

from marketplace.rulebook import accounts, disputes, kworks, money, orders, referrals, withdrawals
from marketplace.rulebook.rule import Chapter, Row, Rule

CHAPTERS = [
    Chapter(_("Accounts"), accounts.RULES),
    Chapter(_("Kworks"), kworks.RULES),
    Chapter(_("Orders"), orders.RULES),
    Chapter(_("Canceling an order"), disputes.CANCELING, disputes.COLUMNS, disputes.TABLE),
    Chapter(_("Arbitration"), disputes.ARBITRATION),
    Chapter(_("Rejection and mediation"), disputes.REJECTION),
    Chapter(_("Money"), money.RULES),
    Chapter(_("Withdrawals"), withdrawals.RULES),
    Chapter(_("Referrals"), referrals.RULES),
]

# Rules of which a part stands and is tested, but which are not whole yet and so are not published.
BEGUN = frozenset({"CAT-19", "MSG-05"})

__all__ = ["BEGUN", "CHAPTERS", "Rule", "all_rules"]


def all_rules() -> list[Rule | Row]:
    """The built rules of all chapters, in the order of the page."""
    found: list[Rule | Row] = []
    for chapter in CHAPTERS:
        found += [*chapter.rows, *chapter.rules]
    return found
