"""Form W-9, for citizens and residents of the United States (TAX-01)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from finance.forms_tax.signing import HOME, STATE, ZIP, CountryField, SignedForm, clean_ein, clean_ssn, line
from finance.models import TaxFormKind

INDIVIDUAL = "individual"
CLASSES = [
    (INDIVIDUAL, _("Individual or sole proprietor")),
    ("c_corporation", _("C corporation")),
    ("s_corporation", _("S corporation")),
    ("partnership", _("Partnership")),
    ("trust", _("Trust or estate")),
    ("llc", _("Limited liability company (LLC)")),
    ("other", _("Other")),
]


class W9Form(SignedForm):
    """The request for taxpayer identification number and certification."""

    kind = TaxFormKind.W9
    sections = [
        (_("Who you are"), ["name", "business_name", "classification", "llc_class", "other_class", "foreign_owners"]),
        (_("Exemptions"), ["exempt_payee", "exempt_fatca"]),
        (_("Address"), ["address", "city", "state", "zip", "country"]),
        (_("Taxpayer identification number"), ["tin_type", "tin"]),
        (_("Certification"), ["withheld", "certified", "signature"]),
    ]
    statements = [
        _("The number shown on this form is my correct taxpayer identification number."),
        _(
            "I am not subject to backup withholding, because I am exempt from it, or the IRS has not told me that I am, "
            "or it has told me that I am no longer. (Not stated by who marks below that the IRS has told them.)"
        ),
        _("I am a U.S. citizen or other U.S. person."),
        _("The FATCA code entered on this form, if any, is correct."),
    ]

    name = line(_("Name"), help_text=_("As on your income tax return."), complete="name")
    business_name = line(_("Business name, if different"), required=False)
    classification = forms.ChoiceField(label=_("Federal tax classification"), choices=CLASSES, widget=forms.RadioSelect)
    llc_class = forms.ChoiceField(
        label=_("Tax classification of the LLC"),
        required=False,
        choices=[("", "—"), ("C", _("C corporation")), ("S", _("S corporation")), ("P", _("Partnership"))],
    )
    other_class = line(_("Which other classification"), 60, required=False)
    foreign_owners = forms.BooleanField(
        label=_("A partnership, trust or estate with foreign partners, owners or beneficiaries"), required=False
    )
    exempt_payee = line(_("Exempt payee code"), 2, required=False, help_text=_("Only certain entities have one."))
    exempt_fatca = line(_("Code of exemption from FATCA reporting"), 2, required=False)
    address = line(_("Number, street, apartment or suite"), complete="street-address")
    city = line(_("City or town"), 60, complete="address-level2")
    state = line(_("State"), 40, complete="address-level1", help_text=_("In the United States its two letters."))
    zip = line(_("ZIP code"), 12, complete="postal-code")
    country = CountryField(label=_("Country"), initial=HOME)
    tin_type = forms.ChoiceField(
        label=_("Kind of number"),
        choices=[
            ("ssn", _("Social security number or ITIN")),
            ("ein", _("Employer identification number")),
        ],
        widget=forms.RadioSelect,
    )
    tin = line(_("Number"), 11)
    withheld = forms.BooleanField(
        label=_("The IRS has told me that I am subject to backup withholding"), required=False
    )
    certified = forms.BooleanField(label=_("Under penalties of perjury, I certify the statements above"))

    def clean(self) -> dict[str, Any]:
        """Lines that belong together, and the number by its kind."""
        given = super().clean()
        kind = given.get("classification")
        if kind == "llc":
            self._want("llc_class", _("Choose how the LLC is taxed."))
        if kind == "other":
            self._want("other_class", _("Say which one."))
        if kind == INDIVIDUAL:
            self._same_name()
        for name, codes in (("exempt_payee", _PAYEE_CODES), ("exempt_fatca", "ABCDEFGHIJKLM")):
            if given.get(name) and given[name].upper() not in codes:
                self.add_error(name, _("There is no such code."))
        if given.get("country") == HOME:
            self._check_home(given)
        self._clean_tin(given)
        return given

    def _check_home(self, given: dict[str, Any]) -> None:
        state = given.get("state", "").upper()
        if state and not STATE.fullmatch(state):
            self.add_error("state", _("Enter the two letters of a state."))
        elif state:
            given["state"] = state
        if given.get("zip") and not ZIP.fullmatch(given["zip"]):
            self.add_error("zip", _("Enter five digits, or nine with a hyphen."))

    def _clean_tin(self, given: dict[str, Any]) -> None:
        if given.get("tin") and given.get("tin_type"):
            try:
                given["tin"] = (clean_ssn if given["tin_type"] == "ssn" else clean_ein)(given["tin"])
            except ValidationError as error:
                self.add_error("tin", error)


_PAYEE_CODES = [str(number) for number in range(1, 14)]
