"""Where the keyboard goes after a refused form: to the summary of what is wrong, else to the first field that is."""

from __future__ import annotations

import re

from django import forms
from django.template.loader import render_to_string


class Asking(forms.Form):
    first = forms.CharField(widget=forms.TextInput({"autofocus": True}))
    second = forms.CharField()
    third = forms.CharField()

    def clean(self) -> None:
        if self.cleaned_data.get("third") == "no":
            raise forms.ValidationError("No means no.")


def _marked(html: str) -> list[str]:
    """The ids of what is marked, or the name of its element where it has none."""
    return [
        re.sub(r'.* id="(\w+)".*', r"\1", tag, flags=re.DOTALL) for tag in re.findall(r"<[^>]* autofocus[^>]*>", html)
    ]


def _fields(form: forms.Form) -> str:
    return "".join(field.as_field_group() for field in form)


def test_a_form_that_was_not_sent_leaves_the_keyboard_to_its_widgets() -> None:
    assert _marked(_fields(Asking())) == ["id_first"]


def test_the_first_wrong_field_takes_the_keyboard_and_nothing_else_does() -> None:
    assert _marked(_fields(Asking({"first": "x"}))) == ["id_second"]
    assert _marked(_fields(Asking({}))) == ["id_first"]


def test_what_is_wrong_with_the_whole_form_takes_it_from_every_field() -> None:
    form = Asking({"first": "x", "second": "y", "third": "no"})
    assert _marked(_fields(form)) == []
    for component in ("components/form_errors.html", "components/form_wide_errors.html"):
        summary = render_to_string(component, {"form": form})
        assert re.search(r'<div class="alert[^>]* role="alert" tabindex="-1" autofocus>', summary)


def test_a_form_without_mistakes_takes_nothing() -> None:
    form = Asking({"first": "x", "second": "y", "third": "z"})
    assert _marked(_fields(form)) == ["id_first"]
    assert "autofocus" not in render_to_string("components/form_errors.html", {"form": form})


def test_a_sample_of_a_refused_form_takes_nothing() -> None:
    form = Asking({"first": "x", "second": "y", "third": "no"})
    for component in ("components/form_errors.html", "components/form_wide_errors.html"):
        assert "autofocus" not in render_to_string(component, {"form": form, "sample": 1})
