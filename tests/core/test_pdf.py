"""Documents keep every word they were given, whatever it is made of, on pages that are numbered."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from core.pdf import Pdf

LONG = "unbreakable" * 60
ODD = [
    "plain",
    "<b>no markup</b> & &amp; <br/>",
    "Жанна Ωmega ßtraße Đặng",
    "שלום العربية",
    "bell \x07, tab\tand return\r\n",
    "joined \u200d\ufe0f, turned \u202eabc",
    "\U0001f600 日本",
    "",
    LONG,
]


def _a_document() -> Pdf:
    return Pdf(title="A <title>", author="Workhall", running="What it is " * 40, foot="by Ada " * 60)


def _read(document: Pdf) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(document.content())).pages]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_nothing_that_people_write_breaks_a_document(text: str) -> None:
    document = _a_document()
    document.heading(text)
    document.text(text)
    document.text(text, "quoted")
    document.facts([(text, text)])
    document.table([text, "n"], [[text, "1"]], (3, 1), numbers=(1,))
    assert _read(document)


def test_what_the_letters_lack_is_written_as_its_number() -> None:
    document = _a_document()
    document.text("smile \U0001f600 <b>bold</b> \u202e turned")
    page = _read(document)[0]
    assert "smile [U+1F600] <b>bold</b> [U+202E] turned" in page


def test_a_word_wider_than_the_page_is_broken_and_whole() -> None:
    document = _a_document()
    document.text(LONG)
    document.table(["Word"], [[LONG]], (1,))
    assert "".join(_read(document)[0].split()).count(LONG) == 2


def test_pages_are_numbered_and_a_cell_may_be_longer_than_one() -> None:
    document = _a_document()
    document.table(["One", "Two"], [["word " * 4_000, "short"]], (1, 1))
    document.text("The end.")
    pages = _read(document)
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in page
    assert sum(page.count("word") for page in pages) == 4_000
    assert "The end." in pages[-1]


def test_the_same_content_is_the_same_file() -> None:
    def made(text: str) -> bytes:
        document = _a_document()
        document.text(text)
        return document.content()

    assert made("same") == made("same") != made("other")


def test_a_table_without_rows_is_left_out() -> None:
    document = _a_document()
    document.facts([])
    document.text("Only this.")
    assert "Only this." in _read(document)[0]
