"""What users and staff type about payments that no machine confirms (PAY-01)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyFormField
from core.formats import price
from core.forms import MoneyInput
from core.money import Money
from finance.models import OfflinePayment, OfflineStatus, OfflineWay
from finance.rules import EVIDENCE_MOST, OFFLINE_LEAST, OFFLINE_MOST, OFFLINE_RECEIVED_MOST


class AnnounceForm(forms.Form):
    """By which way, and how much; `newest` is the newest announcement that the page knew of."""

    way = forms.TypedChoiceField(
        label=_("Way of paying"),
        choices=OfflineWay.choices,
        coerce=OfflineWay,
        initial=OfflineWay.BANK,
        widget=forms.RadioSelect,
    )
    amount = MoneyFormField(label=_("Amount"), least=OFFLINE_LEAST, most=OFFLINE_MOST, widget=MoneyInput())
    newest = forms.IntegerField(required=False, min_value=0, max_value=2**62, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bounds = {"least": price(OFFLINE_LEAST), "most": price(OFFLINE_MOST)}
        self.fields["amount"].help_text = _("From %(least)s to %(most)s at a time.") % bounds


class SearchForm(forms.Form):
    """A reference, also inside of a whole line of a bank statement, or a part of a login."""

    q = forms.CharField(label=_("Reference, statement line or login"), required=False, max_length=300)
    ended = forms.BooleanField(label=_("Ended ones, too"), required=False)


class ConfirmForm(forms.Form):
    """What was received and by which way, said anew by each who confirms it, and what shows it."""

    way = forms.TypedChoiceField(
        label=_("It came by"), choices=OfflineWay.choices, coerce=OfflineWay, widget=forms.RadioSelect
    )
    received = MoneyFormField(
        label=_("Amount received"), least=Money(1), most=OFFLINE_RECEIVED_MOST, widget=MoneyInput()
    )
    is_other_sum = forms.BooleanField(label=_("Another sum than announced was received"), required=False)
    evidence = forms.CharField(
        label=_("Evidence"),
        max_length=EVIDENCE_MOST,
        help_text=_(
            "The line of the bank statement, or the number of the check or money order; one that no other payment rests on."
        ),
    )

    prefix = "confirm"

    def __init__(self, *args: Any, payment: OfflinePayment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payment = payment
        if payment.status == OfflineStatus.SECOND:
            del self.fields["is_other_sum"]  # the first person has said so
        else:
            self.fields["way"].initial = payment.way  # the second person looks for oneself

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        received = given.get("received")
        differs = received is not None and received != self.payment.amount
        if differs and "is_other_sum" in self.fields and not given.get("is_other_sum"):
            self.add_error("is_other_sum", ValidationError(_("Mark this, or correct the amount.")))
        return given


class RejectForm(forms.Form):
    """Why an announced payment is ended."""

    reason = forms.CharField(label=_("Reason"), max_length=EVIDENCE_MOST, help_text=_("The user reads it."))
    prefix = "reject"

    def __init__(self, *args: Any, payment: OfflinePayment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payment = payment


class SendBackForm(RejectForm):
    """Why what the first person confirmed is not so."""

    reason = forms.CharField(label=_("Reason"), max_length=EVIDENCE_MOST, help_text=_("Only staff reads it."))
    prefix = "send_back"


class TakeBackForm(RejectForm):
    """Why what was credited is taken back."""

    prefix = "take_back"
