"""What users type about money."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyFormField
from core.formats import price
from core.forms import MoneyInput
from core.money import Money
from finance.rules import RETURN_TO_MOST, TOP_UP_LEAST, TOP_UP_MOST
from finance.steps.top_ups import is_local


class TopUpForm(forms.Form):
    """How much to add, within the bounds; `next` is the page of this site to go on with afterward."""

    amount = MoneyFormField(label=_("Amount"), least=TOP_UP_LEAST, most=TOP_UP_MOST, widget=MoneyInput())
    next = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["amount"].help_text = _("From %(least)s to %(most)s at a time.") % {
            "least": price(TOP_UP_LEAST),
            "most": price(TOP_UP_MOST),
        }

    def clean_next(self) -> str:
        """An address elsewhere is left out, not followed; so is one too long to be kept: nobody could mend what is not shown."""
        path: str = self.cleaned_data["next"]
        return path if is_local(path) and len(path) <= RETURN_TO_MOST else ""

    @property
    def sum(self) -> Money:
        """The cleaned amount."""
        amount: Money = self.cleaned_data["amount"]
        return amount
