"""Which movements of the balance to show, and which period a statement is of (FIN-05)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from finance.models import AccountKind
from finance.queries.history import OWN_KINDS, OWN_VERBS, Wanted
from finance.queries.ranges import BEGINNING, END, Period

REFERENCE_MOST = 40
DAY = timedelta(days=1)


class PeriodForm(forms.Form):
    """From a day to another one, both included, as days of the user's own zone; either may be left open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("from", _("From")), ("to", _("To"))):
            self.fields[name] = forms.DateField(
                label=label, required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in ("from", "to"):
            day = given.get(name)
            if day and not BEGINNING.date() < day < END.date() - DAY:
                self.add_error(name, _("Enter a day of this century or the next one."))
        if given.get("from") and given.get("to") and given["from"] > given["to"]:
            self.add_error("to", _("The period ends before it begins."))
        return self.cleaned_data

    @property
    def first_day(self) -> date | None:
        return self.cleaned_data.get("from")

    @property
    def last_day(self) -> date | None:
        return self.cleaned_data.get("to")

    @property
    def period(self) -> Period:
        """The period in UTC."""
        return Period(_midnight(self.first_day), _midnight(self.last_day + DAY if self.last_day else None))


class MovementFilter(PeriodForm):
    """Which movements to show; what is not understood is told beside its field and left out."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[("", _("All kinds")), *((verb.value, verb.label) for verb in OWN_VERBS)],
    )
    account = forms.ChoiceField(
        label=_("Balance"),
        required=False,
        choices=[("", _("Both")), *((kind.value, AccountKind(kind).label) for kind in OWN_KINDS)],
    )
    reference = forms.CharField(label=_("Order"), required=False, max_length=REFERENCE_MOST)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput())
    after = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput())

    @property
    def wanted(self) -> Wanted:
        given = self.cleaned_data
        return Wanted(given.get("kind", ""), given.get("account", ""), given.get("reference", ""), self.period)

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves out movements."""
        return self.wanted != Wanted()


def _midnight(day: date | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone()).astimezone(UTC)
