"""Model and form fields for the ground floor's own types."""

from __future__ import annotations

from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import formats
from core.money import Money

_Set = TypeVar("_Set")
_Get = TypeVar("_Get")


class MoneyField(models.Field[_Set, _Get]):
    """Whole cents in a bigint column, Money in Python."""

    _pyi_private_set_type: Money | int
    _pyi_private_get_type: Money

    description = "an amount of US dollars in whole cents"

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if isinstance(kwargs.get("default"), Money):
            kwargs["default"] = kwargs["default"].cents
        return name, path, args, kwargs

    def get_default(self) -> Any:
        default = super().get_default()
        return Money(default) if isinstance(default, int) else default

    def from_db_value(self, value: int | None, expression: object, connection: object) -> Money | None:
        return None if value is None else Money(value)

    def to_python(self, value: Any) -> Money | None:
        if value is None or isinstance(value, Money):
            return value
        if isinstance(value, int):
            return Money(value)
        try:
            return Money.parse(str(value))
        except ValueError as error:
            raise ValidationError(_("Enter an amount in dollars, for example 12.50.")) from error

    def get_prep_value(self, value: Any) -> int | None:
        if isinstance(value, Money):
            return value.cents
        return None if value is None else int(value)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": MoneyFormField, **kwargs})


class MoneyFormField(forms.CharField):
    """A typed amount in dollars; it is refused below `least` and above `most`."""

    def __init__(self, *, least: Money | None = None, most: Money | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, Money) else value

    def to_python(self, value: Any) -> Money | None:  # type: ignore[override]
        if isinstance(value, Money):
            return value
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            return Money.parse(text or "")
        except ValueError as error:
            raise ValidationError(_("Enter an amount in dollars, for example 12.50."), "invalid") from error

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        if self.least is not None and value < self.least:
            raise ValidationError(_("The least is %(least)s."), "least", {"least": formats.price(self.least)})
        if self.most is not None and value > self.most:
            raise ValidationError(_("The most is %(most)s."), "most", {"most": formats.price(self.most)})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))
