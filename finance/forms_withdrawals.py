"""What users and staff type about money that goes out."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyFormField
from core.formats import money, price
from core.forms import MoneyInput
from core.money import Money
from finance.queries.withdrawable import Source
from finance.rules import WITHDRAWAL_LEAST


class WithdrawForm(forms.Form):
    """How much goes where, of the sources that something can be withdrawn of now.

    `net` is what the page has shown to arrive, so that nothing else is agreed to (WDR-01); `newest` is the newest
    withdrawal that it knew of, so that a form sent twice asks once.
    """

    route = forms.ChoiceField(label=_("Where to"), widget=forms.RadioSelect)
    amount = MoneyFormField(label=_("Amount"), least=WITHDRAWAL_LEAST, widget=MoneyInput())
    net = MoneyFormField(required=False, widget=forms.HiddenInput())
    newest = forms.IntegerField(required=False, min_value=0, max_value=2**62, widget=forms.HiddenInput())

    def __init__(self, sources: Sequence[Source], *args: object, most: Money | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.sources = {source.route: source for source in sources}
        self.most = most  # of all together, while a limit lasts (WDR-05)
        route = self.fields["route"]
        assert isinstance(route, forms.ChoiceField)
        route.choices = [
            (
                source.route,
                _("%(where)s: up to %(most)s")
                % {"where": capfirst(source.label), "most": money(self._most_to(source))},
            )
            for source in self.sources.values()
        ]
        self.fields["amount"].help_text = _("At least %(least)s.") % {"least": price(WITHDRAWAL_LEAST)}

    def _most_to(self, source: Source) -> Money:
        return source.now if self.most is None else min(source.now, self.most)

    @property
    def source(self) -> Source:
        """The chosen part of the balance."""
        return self.sources[self.cleaned_data["route"]]

    @property
    def sum(self) -> Money:
        """The cleaned sum."""
        amount: Money = self.cleaned_data["amount"]
        return amount

    @property
    def too_much(self) -> str:
        """What to say when there is less than the sum for the chosen destination; empty when there is enough."""
        if not self.is_bound or not self.is_valid() or self.sum <= self._most_to(self.source):
            return ""
        return _("At most %(most)s can go to %(where)s now.") % {
            "most": money(self._most_to(self.source)),
            "where": self.source.destination,
        }

    @property
    def shown_net(self) -> Money | None:
        """What the page has shown to arrive; empty when it has shown nothing yet."""
        net: Money | None = self.cleaned_data.get("net")
        return net


class ApproveForm(forms.Form):
    """The batch as it was shown: a digest of every withdrawal in it."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput())
