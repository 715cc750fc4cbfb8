"""What users and staff type about promo codes and bonuses (FIN-04)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.fields import MoneyFormField
from core.forms import MoneyInput
from core.money import Money
from finance.models import PromoCode
from finance.rules import BONUS_MOST, BONUS_REASON_MOST, PROMO_EARLIEST, PROMO_LATEST
from finance.steps import promo

CODE_LEAST = 4


class RedeemForm(forms.Form):
    """A code, in any letter case."""

    code = forms.CharField(
        label=_("Promo code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].max_length = None  # type: ignore[attr-defined]  # no counter under a code


class GiveForm(forms.Form):
    """Whom to give how much, and why."""

    login = forms.CharField(label=_("Login"), max_length=40)
    amount = MoneyFormField(label=_("Amount"), least=Money(1), most=BONUS_MOST, widget=MoneyInput())
    reason = forms.CharField(
        label=_("Reason"), max_length=BONUS_REASON_MOST, help_text=_("The user reads it in the notice.")
    )
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def clean_login(self) -> User:
        user = User.objects.filter(login__iexact=self.cleaned_data["login"].strip(), is_active=True).first()
        if user is None:
            raise ValidationError(_("There is no such user."), "unknown")
        return user


class PromoCodeForm(forms.ModelForm[PromoCode]):
    """A code in the admin."""

    class Meta:
        model = PromoCode
        fields = ["code", "amount", "valid_from", "valid_until", "most_uses", "most_per_user", "note"]

    def clean_code(self) -> str:
        code = promo.normal(self.cleaned_data["code"])
        if len(code) < CODE_LEAST or not code.replace("-", "").isascii() or not code.replace("-", "").isalnum():
            raise ValidationError(_("At least %(least)d letters, digits and hyphens."), "code", {"least": CODE_LEAST})
        return code

    def clean(self) -> dict[str, Any]:
        """What the database would refuse is told at its field."""
        cleaned = super().clean() or {}
        least, most = cleaned.get("most_uses"), self.instance.uses
        if least is not None and least < max(most, 1):
            self.add_error(
                "most_uses", _("It was used %(uses)d times already.") % {"uses": most} if most else _("At least 1.")
            )
        if cleaned.get("most_per_user") == 0:
            self.add_error("most_per_user", _("At least 1."))
        amount = cleaned.get("amount")
        if amount is not None and not Money(0) < amount <= BONUS_MOST:
            self.add_error("amount", _("More than nothing, and at most %(most)s.") % {"most": BONUS_MOST})
        for name in ("valid_from", "valid_until"):
            if name in cleaned and not PROMO_EARLIEST <= cleaned[name] <= PROMO_LATEST:
                years = {"first": PROMO_EARLIEST.year, "last": PROMO_LATEST.year}
                self.add_error(name, _("Choose a time between the beginnings of %(first)d and %(last)d (UTC).") % years)
        begins = cleaned.get("valid_from", self.instance.valid_from)
        ends = cleaned.get("valid_until", self.instance.valid_until)
        if begins and ends and ends <= begins:
            self.add_error("valid_until", _("The end lies before the beginning."))
        return cleaned
