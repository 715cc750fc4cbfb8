"""How forms are drawn everywhere, and the few inputs that Django has not got."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import Widget
from django_stubs_ext import StrOrPromise


class HouseField(forms.BoundField):
    """A field that takes the keyboard where it is the first of a refused form that is wrong, and else leaves it to that one.

    What stands first on the page wins, so a summary of the errors above the fields comes before them.
    """

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        known = super().build_widget_attrs(attrs, widget)
        if self.form.errors:
            known["autofocus"] = self.name == next(
                (each.name for each in self.form.visible_fields() if each.errors), ""
            )
        return known


class HouseRenderer(TemplatesSetting):
    """Draws each field with components/field.html."""

    field_template_name = "components/field.html"
    bound_field_class = HouseField


class AffixInput(forms.TextInput):
    """A text input with something fixed written before or after it inside the box."""

    def __init__(
        self, attrs: dict[str, Any] | None = None, *, prefix: StrOrPromise = "", suffix: StrOrPromise = ""
    ) -> None:
        super().__init__(attrs)
        self.prefix = prefix
        self.suffix = suffix


class MoneyInput(AffixInput):
    """Dollars and cents as text, with the dollar sign in front."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})}, prefix="$")


class FilesInput(forms.FileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several uploaded files, each checked like one; cleans to a list, empty when nothing was sent."""

    widget = FilesInput

    def clean(self, data: Sequence[UploadedFile[Any]] | None, initial: object = None) -> list[UploadedFile[Any]]:
        if not data:
            super().clean(None, initial)
            return []
        return [super(FilesField, self).clean(file, initial) for file in data]
