"""Every rule that is built, with the numbers the site runs: printed by `/rules/`, proven by the marked tests."""

from django.utils.translation import gettext_lazy as _

from marketplace.rulebook import accounts, kworks, money, orders
from marketplace.rulebook.rule import Rule

CHAPTERS = [
    (_("Accounts"), accounts.RULES),
    (_("Kworks"), kworks.RULES),
    (_("Orders"), orders.RULES),
    (_("Money"), money.RULES),
]

# Rules of which a part stands and is tested, but which are not whole yet and so are not published.
BEGUN = frozenset({"CAN-19", "FIN-03", "FIN-05", "MSG-05"})

__all__ = ["BEGUN", "CHAPTERS", "Rule", "all_rules"]


def all_rules() -> list[Rule]:
    """The built rules of all chapters, in the order of the page."""
    return [rule for _title, rules in CHAPTERS for rule in rules]
