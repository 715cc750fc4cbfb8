"""What binds money that is paid in, in the numbers of the rules (WDR-01, WDR-02)."""

from django import template

from core.formats import percent
from core.money import Money
from finance.rules import BOUND_FOR, WITHDRAWAL_FEE_BASIS_POINTS, WITHDRAWAL_LEAST

register = template.Library()


@register.simple_tag
def binding_terms() -> dict[str, int | str | Money]:
    """The days, the least sum and the fee of a withdrawal of what was paid in, for finance/binding.html."""
    return {"days": BOUND_FOR.days, "least": WITHDRAWAL_LEAST, "fee": percent(WITHDRAWAL_FEE_BASIS_POINTS)}
