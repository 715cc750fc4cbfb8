"""Which public logins may be chosen (ACC-04): each refusal is a sentence of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import FormerLogin, User
from core.refusals import Invalid

WORDS = Path(__file__).parent / "words"

_ALLOWED = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_SEPARATORS = re.compile(r"[-_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DIGITS = re.compile(r"\d+")
_FIRST_SEGMENT = re.compile(r"\^?([a-z0-9-]+)(?:/|$)")
_LEET = (str.maketrans("0134578", "oieastb"), str.maketrans("0134578", "oleastb"), str.maketrans("69", "gg"))


def check(login: str, *, by: User | None = None) -> None:
    """Raise Invalid with the reason why `login` cannot be chosen; `by` may have their own in another letter case.

    A login that somebody gave up stays theirs (ACC-07).
    """
    sentence = _shape(login) or _meaning(login) or _taken(login, by)
    if sentence:
        raise Invalid(sentence)


def _shape(login: str) -> str:
    if len(login) < rules.LOGIN_LEAST:
        return _("A login has at least %(least)d characters.") % {"least": rules.LOGIN_LEAST}
    if len(login) > rules.LOGIN_MOST:
        return _("A login has at most %(most)d characters.") % {"most": rules.LOGIN_MOST}
    if not _ALLOWED.fullmatch(login):
        return _("A login is made of Latin letters, digits, “-” and “_” only.")
    if _SEPARATORS.fullmatch(login):
        return _("A login needs at least one letter or digit.")
    return ""


def _meaning(login: str) -> str:
    if re.search(rf"\d{{{rules.PHONE_DIGITS},}}", _SEPARATORS.sub("", login)):
        return _("A login must not be or hold a phone number.")
    if _is_reserved(login):
        return _("This login is reserved for the site itself. Please choose another.")
    if _is_offensive(login):
        return _("This login holds a word that others would take badly. Please choose another.")
    return ""


def _taken(login: str, by: User | None) -> str:
    if by is not None and by.login == login:
        return _("This is your login already.")
    others = User.objects.filter(login__iexact=login)
    formers = FormerLogin.objects.filter(login__iexact=login)
    if by is not None:
        others, formers = others.exclude(pk=by.pk), formers.exclude(user=by)
    if others.exists() or formers.exists():
        return _("This login is taken. Upper and lower case letters count as the same.")
    return ""


def _is_reserved(login: str) -> bool:
    reserved = _words("reserved") | first_segments()
    staff = _words("staff")
    site = re.sub(r"[^a-z0-9]", "", settings.SITE_NAME.lower())
    for reading in _readings(login):
        tokens = set(_tokens(reading))
        if _SEPARATORS.sub("", reading) in reserved | staff or tokens & staff or site in _SEPARATORS.sub("", reading):
            return True
    return False


def _is_offensive(login: str) -> bool:
    anywhere, alone = _words("anywhere"), _words("alone")
    for reading in _readings(login):
        compact = _SEPARATORS.sub("", reading)
        spellings = {compact, re.sub(r"(.)\1{2,}", r"\1", compact), re.sub(r"(.)\1{2,}", r"\1\1", compact)}
        if any(word in spelling for word in anywhere for spelling in spellings):
            return True
        if spellings & alone or alone & set(_tokens(reading)):
            return True
    return False


def _readings(login: str) -> Iterator[str]:
    """The login in lower case, with digits left out, and with digits read as the letters they resemble."""
    apart = _CAMEL.sub("-", login)
    for text in {login.lower(), apart.lower()}:
        yield text
        yield _DIGITS.sub("-", text)
        yield from (text.translate(table) for table in _LEET)


def _tokens(reading: str) -> list[str]:
    return _SEPARATORS.split(reading)


@cache
def _words(name: str) -> frozenset[str]:
    lines = (WORDS / f"{name}.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if (word := line.partition("#")[0].strip().lower()))


@cache
def first_segments() -> frozenset[str]:
    """The first part of every address of the site: as logins they would look like pages of it."""
    return frozenset(_SEPARATORS.sub("", segment) for segment in _segments(get_resolver().url_patterns))


def _segments(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        found = _FIRST_SEGMENT.match(str(pattern.pattern))
        if found:
            yield found[1]
        elif isinstance(pattern, URLResolver) and not str(pattern.pattern):
            yield from _segments(pattern.url_patterns)
