"""ACC-04: which logins may be chosen."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts import logins
from accounts.models import User
from core.refusals import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.rule("ACC-04")]


def refusal(login: str, by: User | None = None) -> str:
    with pytest.raises(Invalid) as caught:
        logins.check(login, by=by)
    return str(caught.value)


@pytest.mark.parametrize(
    "login", ["nina", "Nina-77", "a_b", "x-1", "n" * 30, "class_act", "scunthorpe", "sam1990", "grape-fruit", "peacock"]
)
def test_ordinary_logins_may_be_chosen(login: str) -> None:
    logins.check(login)


@pytest.mark.parametrize("login", ["", "ab", "-"])
def test_too_short(login: str) -> None:
    assert refusal(login) == "A login has at least 3 characters."


def test_too_long() -> None:
    assert refusal("n" * 31) == "A login has at most 30 characters."


@pytest.mark.parametrize("login", ["nina smith", "nína", "nina@home", "нина", "nina.b", "nina\n", "nina１２"])
def test_only_latin_letters_digits_and_two_signs(login: str) -> None:
    assert refusal(login) == "A login is made of Latin letters, digits, “-” and “_” only."


def test_separators_alone_are_no_login() -> None:
    assert refusal("-_-") == "A login needs at least one letter or digit."


@pytest.mark.parametrize("login", ["5551234567", "555-123-4567", "call_555_12_34", "8_800_555-35-35", "nina5551234"])
def test_phone_numbers_are_refused(login: str) -> None:
    assert refusal(login) == "A login must not be or hold a phone number."


@pytest.mark.parametrize(
    "login",
    [
        "admin",
        "ADMIN",
        "Adm1n",
        "ad-min",
        "support",
        "workhall",
        "WorkHall-help",
        "moderator",
        "nina_support",
        "OfficialNina",
    ],
)
def test_words_of_the_site_are_reserved(login: str) -> None:
    assert refusal(login) == "This login is reserved for the site itself. Please choose another."


@pytest.mark.parametrize("login", ["orders", "kworks", "users", "agreements", "healthz", "login", "signup", "settings"])
def test_first_parts_of_addresses_are_reserved(login: str) -> None:
    assert "reserved" in refusal(login)


@pytest.mark.parametrize(
    "login",
    ["fuckyou", "FuCk_you", "f-u-c-k", "fuuuuck", "sh1t", "5hit", "BigAss", "big_a55", "n4zi", "a5shole", "ass"],
)
def test_bad_words_are_refused_also_in_disguise(login: str) -> None:
    assert refusal(login) == "This login holds a word that others would take badly. Please choose another."


@pytest.mark.parametrize("login", ["sten", "Sten", "STEN"])
def test_a_login_taken_in_another_letter_case_is_refused(sten: User, login: str) -> None:
    assert refusal(login) == "This login is taken. Upper and lower case letters count as the same."


def test_ones_own_login_is_not_taken_by_oneself(sten: User) -> None:
    logins.check("STEN", by=sten)


def test_it_is_said_while_typing(client: Client, sten: User) -> None:
    assert "“nina” is free." in client.get("/signup/login/", {"username": "nina"}).content.decode()
    assert "This login is taken." in client.get("/signup/login/", {"username": "Sten"}).content.decode()
    assert client.get("/signup/login/").content.decode().strip() == ""
