"""Documents as PDF, from what was written down when they were issued, with a mark of what became of a payment since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from core import formats
from core.money import ZERO, Money
from core.pdf import Pdf
from finance.documents.since import Since
from finance.models import Document, DocumentKind

LETTERS = {DocumentKind.RECEIPT: "R", DocumentKind.INVOICE: "I"}
DIGITS = 6
Facts = dict[str, Any]
Row = tuple[str, str]


def number_of(document: Document) -> str:
    """R-000017, I-000042."""
    return f"{LETTERS[DocumentKind(document.kind)]}-{document.number:0{DIGITS}d}"


def title_of(document: Document) -> str:
    """Receipt R-000017."""
    return _("%(kind)s %(number)s") % {"kind": document.get_kind_display(), "number": number_of(document)}


def pdf(document: Document, since: Since | None = None) -> bytes:
    """The document, and what became of its payment `since`; the same one is the same file until more becomes of it."""
    site, title = settings.SITE_NAME, title_of(document)
    made = Pdf(
        title=title,
        author=site,
        running=" · ".join([site, title, *([since.headline] if since else [])]),
        foot=_("Issued %(at)s") % {"at": formats.moment(document.at)},
    )
    made.heading(title)
    if since:
        made.mark("\n".join([since.headline, *(f"{formats.moment(turn.at)}: {turn.text}" for turn in since.turns)]))
    if document.kind == DocumentKind.RECEIPT:
        _receipt(made, document, since)
    else:
        _invoice(made, document)
    made.text(_("Amounts are in US dollars. No taxes are stated."), "soft")
    return made.content()


def _receipt(made: Pdf, document: Document, since: Since | None) -> None:
    facts = document.facts
    names = {"top-up": _("Top-up %(number)s"), "offline": _("Payment %(number)s")}
    what = names[facts["what"]] % {"number": facts["for"]}
    made.facts(
        [
            (_("Received from"), _person(facts["payer"])),
            (_("Received by"), f"{settings.SITE_NAME}, {settings.SITE_URL}"),
            (_("For"), _("%(what)s: added to the main balance") % {"what": what}),
            (_("Paid by"), facts["source"]),
            (_("Paid at"), _moment(facts["paid_at"])),
            (_("Amount"), formats.money(Money(facts["amount"]))),
            *_undone(since),
        ]
    )


def _undone(since: Since | None) -> list[Row]:
    if since is None or not since.gone:
        return []
    fees = [(_("Fees for withdrawing it"), formats.money(-since.fees))] if since.fees else []
    return [(_("Undone since"), formats.money(-since.undone)), *fees, (_("Remains"), formats.money(since.remains))]


def _invoice(made: Pdf, document: Document) -> None:
    facts = document.facts
    made.facts(
        [
            (_("Seller"), _person(facts["seller"])),
            (_("Buyer"), _person(facts["buyer"])),
            (_("Order"), facts["order"]),
            (_("Ordered"), _moment(facts["placed_at"])),
            (_("Completed"), _moment(facts["ended_at"])),
            (_("Paid through"), f"{settings.SITE_NAME}, {settings.SITE_URL}"),
        ]
    )
    made.heading(_("What was ordered"), 2)
    head = [_("What"), _("Quantity"), _("Each"), _("Sum")]
    rows = [[line["what"], str(line["quantity"]), *map(_cents, (line["each"], line["sum"]))] for line in facts["lines"]]
    made.table(head, rows, (10, 2, 3, 3), numbers=(1, 2, 3))
    made.facts(_sums(facts))


def _sums(facts: Facts) -> list[Row]:
    """The price and how it was paid, and what of it returned; the site's commission is the seller's matter."""
    rows = [(_("Total"), _cents(facts["total"]))]
    if Money(facts["from_bonus"]) > ZERO:
        rows.append((_("Paid from the main balance"), _cents(facts["from_main"])))
        rows.append((_("Paid from the bonus balance"), _cents(facts["from_bonus"])))
    if Money(facts["refunded"]) > ZERO:
        rows.append((_("Returned to the buyer"), _cents(-facts["refunded"])))
    rows.append((_("Paid in the end"), _cents(facts["total"] - facts["refunded"])))
    return rows


def _person(facts: Facts) -> str:
    return f"{facts['name']} ({facts['login']})"


def _cents(cents: int) -> str:
    return formats.money(Money(cents))


def _moment(text: str) -> str:
    return formats.moment(datetime.fromisoformat(text))
