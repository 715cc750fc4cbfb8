"""The statement as a document (PDF)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.pdf import Pdf
from finance.models import Posting
from finance.queries.naming import Named, with_names
from finance.queries.ranges import Period
from finance.rules import STATEMENT_PRINTED_MOST
from finance.statements.lines import Section, sections

Days = tuple[date | None, date | None]
WIDTHS = (21, 38, 14, 14)


def sheet(user: User, period: Period, days: Days, *, now: datetime) -> bytes:
    """The user's balances over a period, with every line. Refused with TooLong."""
    found = sections(user, period, most=STATEMENT_PRINTED_MOST)
    site = settings.SITE_NAME
    pdf = Pdf(
        title=_("Statement"),
        author=site,
        running=_("%(site)s · Statement of %(name)s (%(login)s)")
        % {"site": site, "name": user.shown_name, "login": user.login},
        foot=_("Made %(at)s") % {"at": formats.moment(now)},
    )
    pdf.heading(_("Statement"))
    pdf.facts([(_("For"), f"{user.shown_name} ({user.login})"), (_("Period"), in_words(days)), *_sums(found)])
    names = {row.pk: name for row, name in with_names(user, [line for each in found for line in each.lines])}
    for section in found:
        _section(pdf, section, names)
    if not found:
        pdf.text(_("Nothing has moved yet."))
    _how_to_check(pdf)
    return pdf.content()


def in_words(days: Days) -> str:
    """The period as people say it."""
    first, last = (formats.date(day) if day else "" for day in days)
    if first and last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("from %(first)s on") % {"first": first}
    return _("until %(last)s") % {"last": last} if last else _("everything so far")


def _sums(found: list[Section]) -> list[tuple[str, str]]:
    words = _("%(opening)s at the beginning, %(came_in)s in, %(went_out)s out, %(closing)s at the end")
    return [
        (
            section.name,
            words
            % {
                "opening": formats.money(section.opening),
                "came_in": formats.money(section.came_in),
                "went_out": formats.money(section.went_out),
                "closing": formats.money(section.closing),
            },
        )
        for section in found
    ]


def _section(pdf: Pdf, section: Section, names: Mapping[int, Named]) -> None:
    pdf.heading(section.name, 2)
    if not section.lines:
        pdf.text(_("No movements in this period."))
        return
    head = [_("Date"), _("What"), _("Amount"), _("Balance after")]
    lines = (_cells(line, names[line.pk]) for line in section.lines)
    rows = [["", _("At the beginning"), "", formats.money(section.opening)], *lines]
    pdf.table(head, rows, WIDTHS, numbers=(2, 3))


def _cells(line: Posting, name: Named) -> list[str]:
    assert line.balance_after is not None
    what = " · ".join(filter(None, (str(line.entry.get_verb_display()), str(name))))
    return [formats.moment(line.entry.at), what, formats.money(line.amount), formats.money(line.balance_after)]


def _how_to_check(pdf: Pdf) -> None:
    pdf.heading(_("How to check this statement"), 2)
    pdf.text(
        _(
            "The balance page gives the same statement as JSON, which carries a proof for each line: that it stands in the "
            "sealed ledger, unchanged. %(page)s says how to check it without trusting this site."
        )
        % {"page": f"{settings.SITE_URL}/proof/"}
    )
