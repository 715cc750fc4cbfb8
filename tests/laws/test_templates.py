"""Laws 9 and 13: pages without inline code, forms that are protected, words that can be translated."""

from __future__ import annotations

import re

from tests.laws.source import named, templates

INLINE = re.compile(r"<style\b|\sstyle=|\son[a-z]+=[\"']|javascript:", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>")
FORM = re.compile(r"<form\b[^>]*method=[\"']post[\"'][^>]*>(?P<inside>.*?)</form>", re.IGNORECASE | re.DOTALL)
NOT_WORDS = [
    re.compile(r"{#.*?#}", re.DOTALL),
    re.compile(r"{% comment.*?{% endcomment %}", re.DOTALL),
    re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL),
    re.compile(r"{% block \w*class\w* %}.*?{% endblock\b[^%]*%}"),
    re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL),
    re.compile(r"<(script|svg|code|kbd)\b.*?</\1>", re.DOTALL),
    re.compile(r"<!DOCTYPE[^>]*>|<[^>]*>", re.DOTALL),
    re.compile(r"&\w+;"),
]
SPOKEN_ATTRIBUTE = re.compile(r"\s(?:aria-label|placeholder|title|alt)=\"(?P<words>[^\"{]*[A-Za-z]{2,}[^\"{]*)\"")
# Pages for people who build the site, and the texts of mails, which have a language of their own.
NOT_FOR_USERS = ("templates/styleguide/", "templates/devtools/")


def _text(path: str, source: str) -> str:
    for pattern in NOT_WORDS:
        source = pattern.sub(" ", source)
    return source


def test_no_page_has_inline_code() -> None:
    found = [named(path) for path in templates() if INLINE.search(path.read_text()) and "/emails/" not in str(path)]
    assert found == []


def test_scripts_are_own_files_or_carry_a_nonce() -> None:
    bare = [
        f"{named(path)}: {script.group(0)}"
        for path in templates()
        for script in SCRIPT.finditer(path.read_text())
        if "nonce=" not in script["attributes"] and "src=" not in script["attributes"]
    ]
    assert bare == []


def test_every_posting_form_is_protected() -> None:
    bare = [
        named(path)
        for path in templates()
        for form in FORM.finditer(path.read_text())
        if "csrf_token" not in form["inside"] and "endelement" not in form["inside"]
    ]
    assert bare == []


def test_every_word_on_a_page_can_be_translated() -> None:
    found = []
    for path in templates():
        if named(path).startswith(NOT_FOR_USERS):
            continue
        source = path.read_text()
        words = re.findall(r"[A-Za-z]{2,}[^\n]*", _text(named(path), source))
        spoken = [match["words"] for match in SPOKEN_ATTRIBUTE.finditer(source)]
        found += [f"{named(path)}: {word.strip()[:60]}" for word in (*words, *spoken)]
    assert found == []
