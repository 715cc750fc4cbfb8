"""The properties that a category asks for (CAT-07): asking for them in a form, and saying them in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.forms import AffixInput
from kworks.content import MANY
from kworks.models import Attribute, AttributeKind
from kworks.rules import NUMBER_MOST

YES, NO = "yes", "no"


class ManyInput(forms.CheckboxSelectMultiple):
    """Boxes to tick that also send their key, so that a draft can forget an earlier answer when none is ticked."""

    template_name = "kworks/editor/many.html"

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        return {**context, "many": MANY, "key": self.key}


def form_field(attribute: Attribute) -> forms.Field:
    """The form field that asks for the attribute; it cleans to what a kwork stores."""
    asked: dict[str, Any] = {"label": attribute.name, "required": attribute.required}
    options = [(option["key"], option["name"]) for option in attribute.options]
    match AttributeKind(attribute.kind):
        case AttributeKind.CHOICE:
            return forms.ChoiceField(choices=[("", _("Choose…")), *options], **asked)
        case AttributeKind.CHOICES:
            return forms.MultipleChoiceField(choices=options, widget=ManyInput(attribute.key), **asked)
        case AttributeKind.NUMBER:
            widget = AffixInput({"inputmode": "numeric", "autocomplete": "off"}, suffix=attribute.unit)
            return forms.IntegerField(min_value=0, max_value=NUMBER_MOST, widget=widget, **asked)
        case AttributeKind.YES_NO:
            return forms.TypedChoiceField(
                choices=[(YES, _("Yes")), (NO, _("No"))],
                coerce=lambda answer: answer == YES,
                empty_value=None,
                widget=forms.RadioSelect,
                **asked,
            )


def facts(attributes: Iterable[Attribute], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value in words of each attribute that has a value."""
    found = ((attribute.name, words(attribute, values.get(attribute.key))) for attribute in attributes)
    return [(name, text) for name, text in found if text]


def words(attribute: Attribute, value: Any) -> str:
    """The value in words; nothing for none. Options that the category no longer has are left out."""
    if value in (None, "", []):
        return ""
    names = {option["key"]: option["name"] for option in attribute.options}
    match AttributeKind(attribute.kind):
        case AttributeKind.YES_NO:
            return _("Yes") if value in (True, YES) else _("No")
        case AttributeKind.NUMBER:
            number = number_format(value, force_grouping=True) if str(value).isdigit() else str(value)
            return f"{number} {attribute.unit}".strip()
        case _:
            keys = value if isinstance(value, list) else [value]
            return ", ".join(names[key] for key in keys if key in names)
