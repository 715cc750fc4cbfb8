"""What templates may use everywhere: icons, wrapping components, money, moments, fields."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from core import formats
from core.forms import AffixInput, FilesField, MoneyInput
from core.money import Money, dollars
from core.templatetags import house

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
ICON_IN_TEMPLATE = re.compile(r"""{% icon "([^"]+)"|icon_name="([^"]+)"|icon_name\|default:"([^"]+)\"""")


def draw(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("amount", "money", "price"),
    [
        (Money(123450), "$1,234.50", "$1,234.50"),
        (dollars(10), "$10.00", "$10"),
        (Money(5), "$0.05", "$0.05"),
        (Money(-800), "−$8.00", "−$8"),
    ],
)
def test_money_is_written_with_grouping_and_cents(amount: Money, money: str, price: str) -> None:
    assert draw("{{ amount|money }} {{ amount|price }}", amount=amount) == f"{money} {price}"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "Mar 2, 2026, 2:05 PM UTC"),
        ("America/New_York", "Mar 2, 2026, 9:05 AM EST"),
        ("Asia/Kathmandu", "Mar 2, 2026, 7:50 PM UTC+5:45"),
        ("America/Sao_Paulo", "Mar 2, 2026, 11:05 AM UTC−3"),
    ],
)
def test_a_moment_is_in_the_viewers_zone_and_names_it(zone: str, words: str) -> None:
    with timezone.override(zone):
        assert draw("{{ at|moment }}", at=AT) == f'<time datetime="2026-03-02T14:05:00+00:00">{words}</time>'


def test_a_missing_moment_is_nothing() -> None:
    assert draw("{{ at|moment }}{{ at|day }}", at=None) == ""


def test_the_date_is_the_viewers() -> None:
    with timezone.override("Asia/Tokyo"):
        assert "Mar 3, 2026" in draw("{{ at|day }}", at=AT + timedelta(hours=4))


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(hours=-3, minutes=-20), "3 hours ago"),
        (timedelta(days=2, hours=5), "in 2 days"),
    ],
)
def test_distance_in_time_is_in_the_largest_unit(away: timedelta, words: str) -> None:
    shown = draw("{% when at %}", at=AT + away, now=AT).replace("\xa0", " ")
    assert f">{words}<" in shown
    assert "data-relative" in shown


def test_a_countdown_says_the_two_largest_units_and_then_that_time_is_over() -> None:
    soon = draw("{% countdown at %}", at=AT + timedelta(days=1, hours=4, minutes=9), now=AT)
    assert ">1 day, 4 hours<" in soon.replace("\xa0", " ")
    assert f">{formats.over()}<" in draw("{% countdown at %}", at=AT, now=AT)


def test_days_have_their_plural_and_say_what_they_change() -> None:
    assert [formats.days(count) for count in (1, 4)] == ["1 day", "4 days"]
    assert [formats.days_change(count) for count in (2, -1, 0)] == ["2 days more", "1 day less", ""]


@pytest.mark.parametrize(("name", "letters"), [("Bea Miller", "BM"), ("sam_77", "S7"), ("K", "K"), ("", "?")])
def test_initials(name: str, letters: str) -> None:
    assert house.initials(name) == letters


def test_a_name_keeps_its_hue() -> None:
    assert house.hue("bea") == house.hue("bea")
    assert {house.hue(chr(letter)) for letter in range(97, 110)} == set(range(house.AVATAR_HUES))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("image/png", "file-image"),
        ("audio/mpeg", "file-audio"),
        ("application/zip", "file-archive"),
        ("application/vnd.rar", "file-archive"),
        ("", "file"),
    ],
)
def test_files_have_an_icon_of_their_kind(kind: str, name: str) -> None:
    assert house.file_icon(kind) == name


def test_an_icon_speaks_only_when_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in draw('{% icon "heart" %}')
    assert 'role="img" aria-label="A &lt;b&gt;"' in draw('{% icon "heart" label=label %}', label="A <b>")


def test_every_icon_that_templates_name_is_in_the_sprite() -> None:
    there = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons/lucide.svg").read_text()))
    named = {
        next(filter(None, match))
        for path in ROOT.glob("templates/**/*.html")
        for match in ICON_IN_TEMPLATE.findall(path.read_text())
    }
    assert named - there == set()


def test_wrap_gives_a_component_its_content_and_escapes_its_parameters() -> None:
    card = draw('{% wrap "card" title=title %}<p>{{ word }}</p>{% endwrap %}', title="A & B", word="<i>")
    assert "A &amp; B" in card
    assert "<p>&lt;i&gt;</p>" in card


def test_wrap_leaves_nothing_behind_in_the_context() -> None:
    assert draw('{% wrap "alert" tone="info" title="T" %}x{% endwrap %}[{{ content }}{{ tone }}]').endswith("[]")


def test_pages_near_the_current_one_are_listed_and_gaps_are_marked() -> None:
    paginator = Paginator([*range(200)], 10)
    assert list(house.pages(paginator, 7)) == [1, "…", 6, 7, 8, "…", 20]


class SampleForm(forms.Form):
    """A field of each shape that field.html tells apart."""

    title = forms.CharField(label="Title", help_text="In a few words.")
    price = forms.CharField(widget=MoneyInput(), required=False)
    days = forms.CharField(widget=AffixInput(suffix="days"))
    kind = forms.ChoiceField(widget=forms.RadioSelect, choices=[("a", "A"), ("b", "B")])
    terms = forms.BooleanField(label="I have read the terms")
    pictures = FilesField(required=False)


def test_a_field_names_its_help_and_its_errors_for_screen_readers() -> None:
    shown = SampleForm({})["title"].as_field_group()
    assert '<label class="field__label" for="id_title">Title</label>' in shown
    assert 'aria-invalid="true"' in shown
    described = re.search(r'aria-describedby="([^"]+)"', shown)
    assert described is not None
    assert all(f'id="{name}"' in shown for name in described[1].split())


def test_only_optional_fields_say_so() -> None:
    form = SampleForm()
    assert "optional" in form["price"].as_field_group()
    assert "optional" not in form["title"].as_field_group()


def test_what_stands_before_and_after_an_input_is_drawn() -> None:
    form = SampleForm()
    assert re.search(r"<span>\$</span>\s*<input", form["price"].as_field_group())
    assert re.search(r">\s*<span>days</span>", form["days"].as_field_group())


def test_choices_are_grouped_and_a_checkbox_comes_before_its_words() -> None:
    form = SampleForm()
    assert "<fieldset" in form["kind"].as_field_group()
    assert "<legend>Kind</legend>" in form["kind"].as_field_group()
    terms = form["terms"].as_field_group()
    assert terms.index("<input") < terms.index("I have read the terms")


def test_the_summary_of_errors_links_to_each_field() -> None:
    summary = draw('{% include "components/form_errors.html" %}', form=SampleForm({}))
    for field in ("title", "days", "kind", "terms"):
        assert f'href="#id_{field}"' in summary
    assert draw('{% include "components/form_errors.html" %}', form=SampleForm()).strip() == ""


def test_several_files_are_taken_and_none_is_an_empty_list() -> None:
    sent: list[UploadedFile[Any]] = [SimpleUploadedFile(name, b"x") for name in ("a.png", "b.png")]
    given = {"title": "t", "days": "1", "kind": "a", "terms": "on"}
    form = SampleForm(given, MultiValueDict({"pictures": sent}))
    assert form.is_valid(), form.errors
    assert [file.name for file in form.cleaned_data["pictures"]] == ["a.png", "b.png"]
    nothing = SampleForm(given)
    assert nothing.is_valid()
    assert nothing.cleaned_data["pictures"] == []


def test_an_empty_file_among_several_is_refused() -> None:
    form = SampleForm(
        {}, MultiValueDict({"pictures": [SimpleUploadedFile("a.png", b"x"), SimpleUploadedFile("b.png", b"")]})
    )
    assert "pictures" in form.errors


def test_a_person_without_a_picture_is_shown_by_initials() -> None:
    user = SimpleNamespace(login="bea", shown_name="Bea Miller", picture_url="")
    assert "BM" in draw('{% include "components/avatar.html" %}', user=user)
    user.picture_url = "/media/bea.jpg"
    assert '<img src="/media/bea.jpg"' in draw('{% include "components/avatar.html" %}', user=user)


def test_error_pages_that_may_not_rely_on_the_context_need_nothing() -> None:
    for code in ("400", "500"):
        page = (ROOT / f"templates/{code}.html").read_text()
        assert "<h1>" in draw(page)
        assert "9f2c41" in draw(page, request_id="9f2c41")


class Sending(forms.Form):
    shown = forms.CharField()
    zone = forms.CharField(widget=forms.HiddenInput())


@pytest.mark.parametrize("component", ["components/form_errors.html", "components/form_wide_errors.html"])
def test_what_is_wrong_with_a_hidden_field_is_said_in_words(component: str) -> None:
    said = render_to_string(component, {"form": Sending({"shown": "x", "zone": "\0"})})
    assert "What this page sends by itself was not understood: Null characters are not allowed." in said
    assert "#id_zone" not in said
    assert "What this page sends" not in render_to_string(component, {"form": Sending({"shown": "x", "zone": "UTC"})})
