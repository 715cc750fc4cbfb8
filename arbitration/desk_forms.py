"""What support staff write at the desk: questions, notes, decisions."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from arbitration.models import Case, CaseEntry, WaitsFor
from arbitration.queries.desk import CLOSED, MINE, UNCLAIMED, Wish
from arbitration.rules import TEXT_MOST
from arbitration.steps.cases import Decision
from core import formats
from core.fields import MoneyFormField
from core.forms import MoneyInput
from core.money import ZERO, Money
from kworks.models import Category
from orders.models import Order
from orders.moves import Actor

NUMBER_MOST = 40  # characters of what is searched for


class QueueForm(forms.Form):
    """Which cases to show; what is not understood is left out."""

    q = forms.CharField(label=_("Order number or login"), required=False, max_length=NUMBER_MOST)
    waits = forms.ChoiceField(label=_("Waits for"), required=False, choices=[("", _("Anybody")), *WaitsFor.choices])
    claimed = forms.ChoiceField(
        label=_("Taken by"),
        required=False,
        choices=[("", _("Anybody or nobody")), (UNCLAIMED, _("Nobody yet")), (MINE, _("Me"))],
    )
    category = forms.TypedChoiceField(label=_("Category"), required=False, coerce=int, empty_value=None)

    def __init__(self, tab: str, categories: list[Category], *args: Any, **given: Any) -> None:
        super().__init__(*args, **{"auto_id": "queue-%s", **given})
        if tab == CLOSED:
            del self.fields["waits"]  # a closed case waits for nobody
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All categories")), *((each.pk, each.name) for each in categories)]
        self.fields["q"].widget.input_type = "search"

    @property
    def wish(self) -> Wish:
        self.is_valid()
        found = self.cleaned_data
        return Wish(found.get("waits", ""), found.get("claimed", ""), found.get("category"), found.get("q", ""))

    @property
    def is_narrowed(self) -> bool:
        return self.wish != Wish()


class DeskForm(forms.Form):
    """A text of support; `token` makes a double click one entry."""

    use_required_attribute = False

    text = forms.CharField(label=_("Text"), max_length=TEXT_MOST, widget=forms.Textarea(attrs={"rows": 3}))
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, name: str, *args: Any, label: Any, help_text: Any = "", **given: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{name}-%s", **given})
        self.name = name
        self.fields["text"].label = label
        self.fields["text"].help_text = help_text

    @property
    def written(self) -> str:
        """What was typed, whatever became of it."""
        return str(self["text"].value() or "")

    @property
    def sent_token(self) -> UUID | None:
        self.is_valid()
        token = self.cleaned_data.get("token")
        return token if isinstance(token, UUID) else None

    def was_sent(self, case: Case, by: User) -> bool:
        """Whether this very form was taken already: a second click, or the page sent again."""
        token = self.sent_token
        return token is not None and CaseEntry.objects.filter(case=case, token=token, author=by).exists()


class DecideForm(forms.Form):
    """A decision: the sum to the buyer, in whose favor, whether the demands went beyond the order, and why (ARB-04).

    `shown` is what the preview showed: the sums in cents, as one text; it is empty until there was one.
    """

    use_required_attribute = False

    refunded = MoneyFormField(label=_("The buyer gets back"), least=ZERO, widget=MoneyInput())
    favor = forms.ChoiceField(
        label=_("In whose favor"),
        choices=[(Actor.BUYER.value, _("The buyer")), (Actor.SELLER.value, _("The seller"))],
        widget=forms.RadioSelect,
        help_text=_("In the buyer's favor, it counts against the seller's rating."),
        error_messages={"required": _("Say in whose favor you decide.")},
    )
    beyond_order = forms.BooleanField(
        label=_("The buyer's demands went beyond the order"),
        required=False,
        help_text=_("Then the buyer cannot leave feedback."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=TEXT_MOST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Both sides read it."),
        error_messages={"required": _("Write the reason of your decision: both sides read it.")},
    )
    shown = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, order: Order, *args: Any, **given: Any) -> None:
        super().__init__(*args, **{"auto_id": "decide-%s", **given})
        self.order = order
        field = self.fields["refunded"]
        assert isinstance(field, MoneyFormField)
        field.most = order.total
        field.help_text = _("From %(least)s to %(total)s; the seller gets the rest, less the commission.") % {
            "least": formats.price(ZERO),
            "total": formats.money(order.total),
        }

    @property
    def written(self) -> str:
        """The reason as it was typed, whatever became of it."""
        return str(self["reason"].value() or "")

    @property
    def decision(self) -> Decision:
        """The cleaned decision, for the total that stands now."""
        found = self.cleaned_data
        refunded: Money = found["refunded"]
        return Decision(refunded, Actor(found["favor"]), found["beyond_order"], found["reason"], total=self.order.total)
