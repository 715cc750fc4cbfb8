"""The two questions and the two forms of the tax office, with what can be checked of them (TAX-01)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import countries
from core.visible import visible
from finance.models import Residence, TaxFormKind
from finance.rules import TAX_ADULT_YEARS

HOME = "US"
STATE = re.compile(
    "A[AEKLPRSZ]|C[AOT]|D[CE]|FL|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEINOPST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]"
)
ZIP = re.compile(r"\d{5}(-\d{4})?", re.ASCII)
NO_HOME = re.compile(
    r"\bp\.?\s*o\.?\s*box\b|\bpost\s+office\s+box\b|\bpostfach\b|\bc/o\b|\bin\s+care\s+of\b", re.IGNORECASE
)
TIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{3,29}")
RATE = re.compile(r"(?P<whole>\d{1,2})(?:[.,](?P<rest>\d{1,2}))?\s*%?", re.ASCII)
OLDEST = date(1900, 1, 1)


def clean_ssn(text: str) -> str:
    """Nine digits as 123-45-6789, of a number that the tax office could have given: an SSN, or an ITIN, which begins with 9."""
    digits = _nine_digits(text, r"\d{3}-?\d{2}-?\d{4}")
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area in ("000", "666") or group == "00" or serial == "0000":
        raise ValidationError(_("No such number is given out. Please check it."), "number")
    return f"{area}-{group}-{serial}"


def clean_ein(text: str) -> str:
    """Nine digits as 12-3456789."""
    digits = _nine_digits(text, r"\d{2}-?\d{7}")
    if digits.startswith("00") or digits.endswith("0000000"):
        raise ValidationError(_("No such number is given out. Please check it."), "number")
    return f"{digits[:2]}-{digits[2:]}"


def _nine_digits(text: str, pattern: str) -> str:
    text = text.strip().replace(" ", "-")
    if not re.fullmatch(pattern, text, re.ASCII):
        raise ValidationError(_("Enter its nine digits."), "digits")
    return text.replace("-", "")


def born_adult(born: date, today: date) -> bool:
    """Whether who was born then is of age today."""
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return years >= TAX_ADULT_YEARS


class QuestionsForm(forms.Form):
    """The two questions from which the form follows."""

    citizen = forms.TypedChoiceField(
        label=_("Are you a citizen of the United States?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    residence = forms.TypedChoiceField(
        label=_("Where do you live?"), choices=Residence.choices, coerce=Residence, widget=forms.RadioSelect
    )


class CountryField(forms.ChoiceField):
    """A country; some forms are not for all of them."""

    def __init__(self, *, without: str = "", **kwargs: Any) -> None:
        def choices() -> list[tuple[str, Any]]:
            named = [(code, name) for code, name in countries.choices()[1:] if code != without]
            return [("", _("Choose a country")), *named]

        super().__init__(choices=choices, **kwargs)


class LineField(forms.CharField):
    """One line, cleaned before anything is checked of it: what shows no letter and no digit is empty."""

    def to_python(self, value: Any) -> str:
        text = " ".join(visible(super().to_python(value) or "").split())
        return text if any(letter.isalnum() for letter in text) else ""


def line(label: Any, most: int = 100, **kwargs: Any) -> forms.CharField:
    """One line of a form, without a counter under it."""
    complete = kwargs.pop("complete", "off")
    field = LineField(label=label, widget=forms.TextInput(attrs={"autocomplete": complete}), **kwargs)
    field.validators.append(_no_longer_than(most))
    return field


def _no_longer_than(most: int) -> Any:
    def check(text: str) -> None:
        if len(text) > most:
            raise ValidationError(_("At most %(most)d characters."), "long", {"most": most})

    return check


class SignedForm(forms.Form):
    """What both forms share: lines of clean text, sections to draw, statements that are signed by typing one's name."""

    kind: ClassVar[TaxFormKind]
    sections: ClassVar[list[tuple[Any, list[str]]]]
    statements: ClassVar[list[str | Promise]]

    signature = line(
        _("Signature"), help_text=_("Type your full name. It counts as your signature, with the date of today.")
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.order_fields([name for _title, names in self.sections for name in names])

    def clean(self) -> dict[str, Any]:
        super().clean()
        return self.cleaned_data

    def drawn(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The sections with their fields, for the page."""
        return [(title, [self[name] for name in names]) for title, names in self.sections]

    def content(self) -> dict[str, object]:
        """What is signed, as plain JSON: every field, and the statements in the words that were shown."""
        fields = {
            name: value.isoformat() if isinstance(value, date) else value for name, value in self.cleaned_data.items()
        }
        return {"fields": fields, "statements": [str(each) for each in self.statements]}

    def _same_name(self) -> None:
        """The signature must be the name in the first line."""
        name, signed = (self.cleaned_data.get(each, "") for each in ("name", "signature"))
        if name and signed and name.casefold() != signed.casefold():
            self.add_error("signature", _("Type the name exactly as in the first line."))

    def _want(self, name: str, sentence: Any) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, sentence)
