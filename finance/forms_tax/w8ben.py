"""Form W-8BEN, for individuals who live outside the United States and are no citizens of it (TAX-01)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from finance.forms_tax.signing import (
    HOME,
    NO_HOME,
    OLDEST,
    RATE,
    TIN,
    CountryField,
    SignedForm,
    born_adult,
    clean_ssn,
    line,
)
from finance.models import TaxFormKind
from finance.rules import TAX_ADULT_YEARS, TREATY_RATE_MOST

TREATY = ("treaty_country", "treaty_article", "treaty_rate", "treaty_income", "treaty_reason")


class W8BENForm(SignedForm):
    """The certificate of foreign status of a beneficial owner."""

    kind = TaxFormKind.W8BEN
    sections = [
        (_("Who you are"), ["name", "citizenship", "born"]),
        (_("Permanent residence"), ["address", "city", "country"]),
        (_("Mailing address, if different"), ["mail_address", "mail_city", "mail_country"]),
        (_("Tax numbers"), ["foreign_tin", "no_foreign_tin", "us_tin"]),
        (_("Claim of tax treaty benefits, if you make one"), list(TREATY)),
        (_("Certification"), ["capacity", "certified", "signature"]),
    ]
    statements = [
        _(
            "I have examined the information on this form, and to the best of my knowledge and belief it is true, "
            "correct and complete."
        ),
        _("I am the beneficial owner of all the income to which this form relates, or sign for the one who is."),
        _("The person named in the first line is not a U.S. person."),
        _(
            "This form relates to income that is not effectively connected with the conduct of a trade or business in the "
            "United States, or that is but is not subject to tax under a treaty."
        ),
        _(
            "The person named in the first line is a resident of the treaty country, if one is entered, within its meaning."
        ),
        _("For broker transactions or barter exchanges, the beneficial owner is an exempt foreign person."),
        _("I will submit a new form within 30 days if any statement on this one becomes incorrect."),
    ]

    name = line(_("Name of the individual who is the beneficial owner"), complete="name")
    citizenship = CountryField(label=_("Country of citizenship"), without=HOME)
    born = forms.DateField(
        label=_("Date of birth"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "bday"}),
    )
    address = line(
        _("Street, number, apartment"),
        complete="street-address",
        help_text=_("Where you live. No P.O. box and no address in care of somebody else."),
    )
    city = line(_("City or town, state or province, postal code"))
    country = CountryField(label=_("Country"), without=HOME)
    mail_address = line(_("Street, number, or P.O. box"), required=False)
    mail_city = line(_("City or town, state or province, postal code"), required=False)
    mail_country = CountryField(label=_("Country"), required=False)
    foreign_tin = line(_("Tax number in your country"), 30, required=False)
    no_foreign_tin = forms.BooleanField(
        label=_("The law does not require me to have a tax number there"), required=False
    )
    us_tin = line(_("U.S. tax number (SSN or ITIN), if you have one"), 11, required=False)
    treaty_country = CountryField(
        label=_("Country of which you are a resident for the treaty"), without=HOME, required=False
    )
    treaty_article = line(_("Article and paragraph of the treaty"), 60, required=False)
    treaty_rate = line(_("Rate of withholding, in percent"), 8, required=False)
    treaty_income = line(_("Type of income"), 60, required=False)
    treaty_reason = line(_("Why you are eligible for this rate"), 300, required=False)
    capacity = forms.BooleanField(label=_("I have the capacity to sign for the person named in the first line"))
    certified = forms.BooleanField(label=_("Under penalties of perjury, I certify the statements above"))

    def clean_born(self) -> date:
        born: date = self.cleaned_data["born"]
        if not OLDEST <= born <= self.today:
            raise ValidationError(_("Please check the year."), "born")
        if not born_adult(born, self.today):
            raise ValidationError(
                _("Who sells here is at least %(years)d years old."), "young", {"years": TAX_ADULT_YEARS}
            )
        return born

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if NO_HOME.search(address):
            raise ValidationError(_("Enter where you live: no P.O. box, and not in care of somebody else."), "box")
        return address

    def clean_us_tin(self) -> str:
        number: str = self.cleaned_data["us_tin"]
        return clean_ssn(number) if number else ""

    def clean_foreign_tin(self) -> str:
        number: str = self.cleaned_data["foreign_tin"]
        if number and (not TIN.fullmatch(number.strip()) or not number.strip(" 0./-")):
            raise ValidationError(_("Enter the number as it is written in your country."), "number")
        return number

    def clean_treaty_rate(self) -> str:
        """A percentage such as 10 or 12.5, from nothing to what is withheld without a treaty."""
        text: str = self.cleaned_data["treaty_rate"]
        if not text:
            return ""
        found = RATE.fullmatch(text.strip())
        hundredths = int(found["whole"]) * 100 + int((found["rest"] or "").ljust(2, "0")) if found else -1
        if not 0 <= hundredths <= TREATY_RATE_MOST * 100:
            raise ValidationError(_("Enter a percentage from 0 to %(most)d."), "rate", {"most": TREATY_RATE_MOST})
        return f"{hundredths // 100}.{hundredths % 100:02d}"

    def clean(self) -> dict[str, Any]:
        """Lines that belong together."""
        given = super().clean()
        if given.get("no_foreign_tin") and given.get("foreign_tin"):
            self.add_error("no_foreign_tin", _("You have entered a number: take one of the two away."))
        if not (given.get("no_foreign_tin") or given.get("us_tin")):
            self._want("foreign_tin", _("Enter a tax number, or mark that the law does not require one."))
        if any(given.get(name) for name in ("mail_address", "mail_city", "mail_country")):
            for name in ("mail_address", "mail_city", "mail_country"):
                self._want(name, _("A mailing address is written in full."))
        if any(given.get(name) for name in TREATY):
            for name in ("treaty_country", "treaty_article", "treaty_rate", "treaty_income"):
                self._want(name, _("A claim names country, article, rate and income."))
        self._same_name()
        return given
