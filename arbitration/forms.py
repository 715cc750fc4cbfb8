"""What is written and chosen in a disagreement, as forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import BigIntegerField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from arbitration.models import CaseEntry, CaseFile
from arbitration.rules import TEXT_MOST
from core import formats
from core.fields import MoneyFormField
from core.forms import MoneyInput
from core.models import Upload
from core.money import ZERO, Money
from core.numbers import small_int
from orders.forms import WriteForm
from orders.models import Order


def sent_number(data: QueryDict, name: str) -> int | None:
    """A whole number that a hidden field carried; None for anything else."""
    return small_int(data.get(name, ""), 0, BigIntegerField.MAX_BIGINT)


def sent_cents(data: QueryDict, name: str) -> Money | None:
    """An amount in cents that a hidden field carried; None for anything else."""
    cents = sent_number(data, name)
    return None if cents is None else Money(cents)


class ReasonForm(forms.Form):
    """A text to the other side; the step says whether it may be empty."""

    use_required_attribute = False

    text = forms.CharField(label=_("Message"), max_length=TEXT_MOST, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, name: str, *args: Any, label: Any, required: bool = True, **given: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{name}-%s", **given})
        self.name = name
        self.fields["text"].label = label
        self.fields["text"].required = required

    @property
    def written(self) -> str:
        """The text as it can be taken; nothing while it is refused."""
        return str(self.cleaned_data.get("text", "")) if self.is_valid() else ""


class ProhibitedForm(ReasonForm):
    """Staff cancel for prohibited content and say what that does to the seller's rating (CAN-14)."""

    rating = forms.ChoiceField(
        label=_("Effect on the seller's rating"),
        choices=[("lowered", _("It counts against the rating")), ("kept", _("No effect"))],
        widget=forms.RadioSelect,
    )
    field_order = ("rating", "text")


class StatementForm(WriteForm):
    """A side's view with files, for a case."""

    def _still_unsent(self, ids: list[str]) -> list[Upload]:
        """Also nothing that was attached to a case already."""
        kept = super()._still_unsent(ids)
        sent = set(CaseFile.objects.filter(upload__in=kept).values_list("upload_id", flat=True))
        return [upload for upload in kept if upload.pk not in sent]

    @property
    def text_written(self) -> str:
        return str(self.cleaned_data["text"])

    def was_stated(self, order: Order) -> bool:
        """Whether this very form was taken already: a second click, or the page sent again."""
        token = self.sent_token
        return (
            token is not None
            and CaseEntry.objects.filter(case__order=order, token=token, author_id=self.by.pk).exists()
        )


class SplitForm(forms.Form):
    """How much of the order's money the buyer gets back; `shown` are the cents whose effect was on the page (CAN-19)."""

    use_required_attribute = False

    refunded = MoneyFormField(label=_("The buyer gets back"), least=ZERO, widget=MoneyInput())
    text = forms.CharField(
        label=_("Explanation"), max_length=TEXT_MOST, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    shown = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, order: Order, *args: Any, explained: bool = False, **given: Any) -> None:
        super().__init__(*args, **{"auto_id": "split-%s", **given})
        field = self.fields["refunded"]
        assert isinstance(field, MoneyFormField)
        field.most = order.total
        field.help_text = _("From %(least)s to %(total)s; the rest goes to the seller.") % {
            "least": formats.price(ZERO),
            "total": formats.money(order.total),
        }
        self.fields["text"].required = explained

    @property
    def sum(self) -> Money | None:
        """The cleaned sum; empty while it cannot be read."""
        self.is_valid()
        found = self.cleaned_data.get("refunded") if self.is_bound else None
        return found if isinstance(found, Money) else None

    @property
    def was_shown(self) -> bool:
        """Whether the page showed what follows from just this sum."""
        return self.sum is not None and self.cleaned_data.get("shown") == self.sum.cents
