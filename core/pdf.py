"""Documents as PDF: headings, paragraphs, facts and tables under a running head, with "page x of y" at the foot.

The same content gives the same bytes. Nothing that a person wrote is read as markup, and no character is lost: those
that the letters of the document lack are written as their number in Unicode.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, partial
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK, SOFT, LINE, SUNKEN = HexColor("#191c1a"), HexColor("#5a605b"), HexColor("#d4d0c7"), HexColor("#f3f1ec")
MARGIN, HEAD, FOOT = 18 * mm, 24 * mm, 20 * mm
WIDTH = A4[0] - 2 * MARGIN
PAD = 4
FRAME = 6  # reportlab keeps so much free on each side of the text


class Pdf:
    """A document that is written from top to bottom and then drawn by `content`.

    `running` stands on top of every page, `foot` beside the page's number.
    """

    def __init__(self, *, title: str, author: str, running: str, foot: str) -> None:
        self.title, self.author, self.running, self.foot = title, author, running, foot
        self._story: list[Flowable] = []

    def heading(self, text: str, level: int = 1) -> None:
        """A title (1), a part (2) or something inside a part (3); it stays with what follows."""
        self._story.append(Paragraph(_markup(text), _style(f"heading{level}")))

    def text(self, text: str, style: str = "text") -> None:
        """A paragraph with its own line breaks; `style` is text, soft (a remark) or quoted (somebody's own words)."""
        for part in _marked_lines(text):
            self._story.append(Paragraph(part, _style(style)))

    def mark(self, text: str) -> None:
        """Words in a frame, which nobody overlooks."""
        self._story.append(Paragraph(_markup(text), _style("mark")))

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Terms and what they are, in two columns."""
        rows = [[_cell(term, "term"), _cell(value)] for term, value in pairs]
        self._table(rows, (30, 70), head=False)

    def table(
        self, head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int], *, numbers: Sequence[int] = ()
    ) -> None:
        """A table whose head is repeated on each page; `widths` are parts of the page, `numbers` columns of figures."""
        styles = ["number" if column in numbers else "cell" for column in range(len(head))]
        top = [_cell(each, f"head-{style}") for each, style in zip(head, styles, strict=True)]
        body = [[_cell(value, style) for value, style in zip(row, styles, strict=True)] for row in rows]
        self._table([top, *body], widths, head=True)

    def content(self) -> bytes:
        """The finished file."""
        _fonts()
        file = BytesIO()
        template = SimpleDocTemplate(
            file,
            pagesize=A4,
            leftMargin=MARGIN - FRAME,
            rightMargin=MARGIN - FRAME,
            topMargin=HEAD,
            bottomMargin=FOOT,
            title=_printable(self.title),
            author=_printable(self.author),
            creator=_printable(self.author),
            invariant=1,  # no time of making and no random name: the same content is the same file
        )
        template.build(self._story, canvasmaker=partial(_Counted, document=self))
        return file.getvalue()

    def _table(self, rows: list[list[Flowable]], widths: Sequence[int], *, head: bool) -> None:
        if not rows:
            return
        whole = sum(widths)
        table = LongTable(
            rows,
            colWidths=[WIDTH * width / whole for width in widths],
            repeatRows=1 if head else 0,
            splitInRow=1,
            spaceBefore=2,
            spaceAfter=8,
        )
        commands: list[Any] = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), PAD),
            ("RIGHTPADDING", (0, 0), (-1, -1), PAD),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]
        commands.append(("BACKGROUND", (0, 0), (-1, 0), SUNKEN) if head else ("LEFTPADDING", (0, 0), (0, -1), 0))
        table.setStyle(commands)
        self._story += [table, Spacer(0, 4)]


class _Counted(Canvas):
    """Keeps every page until the last one is known, so that each can say how many there are."""

    def __init__(self, *args: Any, document: Pdf, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._document = document
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined] # which its stubs leave out

    def save(self) -> None:
        pages = self._pages
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            self._furnish(number, len(pages))
            super().showPage()
        super().save()

    def _furnish(self, number: int, of: int) -> None:
        wide, high = A4
        self.setStrokeColor(LINE)
        self.setLineWidth(0.4)
        self.setFillColor(SOFT)
        self.setFont(REGULAR, 8)
        self.drawString(MARGIN, high - 14 * mm, _fitting(self._document.running, WIDTH))
        self.line(MARGIN, high - 16 * mm, wide - MARGIN, high - 16 * mm)
        counted = _("page %(number)s of %(count)s") % {"number": number, "count": of}
        self.line(MARGIN, 14 * mm, wide - MARGIN, 14 * mm)
        self.drawString(MARGIN, 10 * mm, _fitting(self._document.foot, WIDTH - 40 * mm))
        self.drawRightString(wide - MARGIN, 10 * mm, counted)


def _printable(text: str) -> str:
    """The text in characters that the fonts have; any other as its number, such as [U+1F600]."""
    known = _fonts()
    return "".join(each if ord(each) in known or each == "\n" else _spelled(each) for each in text)


def _spelled(character: str) -> str:
    return "    " if character == "\t" else "" if character == "\r" else f"[U+{ord(character):04X}]"


def _markup(text: str) -> str:
    return escape(_printable(text)).replace("\n", "<br/>")


def _marked_lines(text: str) -> list[str]:
    """Each line as a paragraph of its own, so that a long text breaks between pages; an empty one keeps its height."""
    return [escape(line) or "\N{NO-BREAK SPACE}" for line in _printable(text).split("\n")]


def _cell(text: str, style: str = "cell") -> Flowable:
    return Paragraph(_markup(text), _style(style))


def _fitting(text: str, most: float) -> str:
    """One line of small print that is no wider than `most` points, cut at its end."""
    line = " ".join(_printable(text).split())
    if pdfmetrics.stringWidth(line, REGULAR, 8) <= most:
        return line
    while line and pdfmetrics.stringWidth(f"{line}…", REGULAR, 8) > most:
        line = line[:-1]
    return f"{line}…"


@cache
def _fonts() -> frozenset[int]:
    """Make both fonts known to reportlab; gives the characters that they have."""
    known: set[int] = set()
    for name in (REGULAR, BOLD):
        font = TTFont(name, str(FONTS / f"{name}.ttf"))
        pdfmetrics.registerFont(font)
        letters = {code for code in font.face.charToGlyph if code >= ord(" ")}
        known = known & letters if known else letters
    # Marks of direction and joiners have no picture: they are spelled out as well, so that nothing hides.
    return frozenset(known - {0x200B, 0x200C, 0x200D, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070)})


@cache
def _style(name: str) -> ParagraphStyle:
    _fonts()
    plain = ParagraphStyle("text", fontName=REGULAR, fontSize=9.5, leading=14, textColor=INK, splitLongWords=1)
    small = {"fontSize": 8.5, "leading": 12}
    made: dict[str, dict[str, Any]] = {
        "text": {},
        "soft": {"textColor": SOFT, **small},
        "quoted": {"leftIndent": 8, "borderColor": LINE},
        "mark": {
            "fontName": BOLD,
            "borderColor": INK,
            "borderWidth": 1,
            "borderPadding": 7,
            "leftIndent": 8,
            "rightIndent": 8,
            "spaceBefore": 10,
            "spaceAfter": 16,
        },
        "heading1": {"fontName": BOLD, "fontSize": 17, "leading": 22, "spaceAfter": 6, "keepWithNext": 1},
        "heading2": {
            "fontName": BOLD,
            "fontSize": 12.5,
            "leading": 17,
            "spaceBefore": 14,
            "spaceAfter": 4,
            "keepWithNext": 1,
        },
        "heading3": {"fontName": BOLD, "spaceBefore": 7, "spaceAfter": 1, "keepWithNext": 1},
        "term": {"textColor": SOFT, **small},
        "cell": small,
        "number": {"alignment": TA_RIGHT, **small},
        "head-cell": {"fontName": BOLD, **small},
        "head-number": {"fontName": BOLD, "alignment": TA_RIGHT, **small},
    }
    return ParagraphStyle(name, parent=plain, **made[name])
