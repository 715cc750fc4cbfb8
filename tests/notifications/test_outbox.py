"""Development's outbox keeps the newest letters as files."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from pytest_django.fixtures import Settings

from notifications import outbox
from notifications.outbox import OutboxBackend


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """An outbox of the test's own, not made yet."""
    settings.MAIL_OUTBOX_DIR = tmp_path / "outbox"
    return tmp_path / "outbox"


def send(subject: str = "Hello") -> None:
    mail = EmailMultiAlternatives(subject, "In words: żółć", "Workhall <no-reply@localhost>", ["bea@example.org"])
    mail.attach_alternative("<p>In words: żółć</p>", "text/html")
    assert OutboxBackend().send_messages([mail]) == 1


def test_an_outbox_that_was_never_used_is_empty() -> None:
    assert outbox.keys() == []


def test_a_letter_can_be_read_as_it_was_sent() -> None:
    send("Zażółć: a long subject that mail programs fold because it does not fit into one line of seventy-six")
    [key] = outbox.keys()
    letter = outbox.letter(key)
    assert letter
    assert letter.subject.startswith("Zażółć: a long subject")
    assert (letter.to, letter.sender) == ("bea@example.org", "Workhall <no-reply@localhost>")
    assert letter.text.strip() == "In words: żółć"
    assert letter.html.strip() == "<p>In words: żółć</p>"


def test_a_letter_without_html_is_text_only() -> None:
    OutboxBackend().send_messages([EmailMessage("Hello", "Words", "a@example.org", ["b@example.org"])])
    letter = outbox.letter(outbox.keys()[0])
    assert letter
    assert (letter.text.strip(), letter.html) == ("Words", "")


def test_the_newest_letter_is_first() -> None:
    for subject in ("first", "second"):
        send(subject)
    found = [outbox.letter(key) for key in outbox.keys()]  # noqa: SIM118 - a function
    assert [letter.subject for letter in found if letter] == ["second", "first"]


def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "KEPT", 3)
    for number in range(5):
        send(str(number))
    found = [outbox.letter(key) for key in outbox.keys()]  # noqa: SIM118 - a function
    assert [letter.subject for letter in found if letter] == ["4", "3", "2"]


@pytest.mark.parametrize("key", ["", "../secret", "00000000000000000000-00000000", "x" * 30])
def test_a_key_that_is_none_opens_no_file(key: str, folder: Path) -> None:
    folder.mkdir()
    (folder.parent / "secret.eml").write_text("Subject: secret\n\n")
    assert outbox.letter(key) is None
