"""Everything about one case for those who decide it: what was said, what staff did, the order and its money (ARB-03, ARB-08)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.models import Case, CaseEntry, CaseFile, EntryKind, Settlement, WaitsFor
from core import events, formats
from core.models import Event, Upload
from core.money import Money
from finance.models import Entry
from orders.models import Attachment, Order
from orders.queries import story
from orders.queries.story import File, Said
from orders.rules import READ_NOTED_EVERY

PAGE, EXPORT, EXPORT_WITH_NOTES = "case", "export", "export with notes"
FILE = "file: "  # before its name, which may be any


@dataclass(frozen=True)
class Spoken:
    """Something written in the case, with who that is to it, and its files at the desk's own addresses."""

    entry: CaseEntry
    role: str
    heading: str
    files: list[File]


@dataclass(frozen=True)
class Logged:
    """One step of the log, in words."""

    at: datetime
    actor: str
    words: str

    @property
    def exactly(self) -> str:
        """The moment to the second, in the viewer's zone."""
        return formats.exact_moment(self.at)


@dataclass(frozen=True)
class Moved:
    """One posting of the order's money, in cents."""

    key: str
    verb: str
    account: str
    amount: Money
    at: datetime
    by: str


@dataclass(frozen=True)
class Evidence:
    """A file of the order or the case, and where it stands."""

    upload: Upload
    owner: str
    place: str


def role_of(order: Order, user_id: int | None) -> str:
    """What somebody is to the order, in a word."""
    if user_id == order.buyer_id:
        return _("Buyer")
    return _("Seller") if user_id == order.seller_id else _("Support")


def spoken(case: Case, *, notes: bool = True) -> list[Spoken]:
    """Statements, questions and, for staff, notes, in the order in which they were written."""
    entries = CaseEntry.objects.filter(case=case).select_related("author").prefetch_related("files__upload")
    if not notes:
        entries = entries.exclude(kind=EntryKind.NOTE)
    return [
        Spoken(
            entry,
            role_of(case.order, entry.author_id),
            _heading(entry),
            [desk_file(case, each.upload) for each in entry.files.all()],
        )
        for entry in entries
    ]


def _heading(entry: CaseEntry) -> str:
    if entry.kind == EntryKind.QUESTION:
        return _("Question to the buyer") if entry.to == WaitsFor.BUYER else _("Question to the seller")
    return _("Private note") if entry.kind == EntryKind.NOTE else _("Statement")


def desk_file(case: Case, upload: Upload) -> File:
    """A file with the address at which its reading is logged."""
    return File(upload.name, upload.size, upload.content_type, reverse("desk-file", args=[case.pk, upload.pk]))


def thread(case: Case, viewer: User) -> list[Said]:
    """The order's messages, their files at the desk's own addresses."""
    found = story.thread(case.order, viewer)
    return [
        replace(said, files=[desk_file(case, each.upload) for each in said.message.attachments.all()]) for said in found
    ]


def upload_in(case: Case, key: UUID) -> QuerySet[Upload]:
    """A file by its key, if it came with the case or with a message of the order."""
    in_case = CaseFile.objects.filter(entry__case=case).values("upload")
    in_order = Attachment.objects.filter(message__order=case.order_id).values("upload")
    return Upload.objects.filter(Q(pk__in=in_case) | Q(pk__in=in_order), pk=key)


def settlements(case: Case) -> list[Settlement]:
    """Every proposal to settle that was made on the order."""
    return list(Settlement.objects.filter(order=case.order_id).select_related("by"))


def moved(order: Order) -> list[Moved]:
    """Every posting that names the order, in the order in which it was booked; fees of mediators are among them."""
    entries = Entry.objects.filter(reference=order.number).select_related("by").order_by("pk")
    return [
        Moved(
            entry.key,
            entry.get_verb_display(),
            f"{posting.account.get_kind_display()} ({posting.account.key})",
            posting.amount,
            entry.at,
            entry.by.shown_name if entry.by else _("automatically"),
        )
        for entry in entries.prefetch_related("postings__account")
        for posting in sorted(entry.postings.all(), key=lambda each: each.pk)
    ]


def evidence(said: Iterable[Said], statements: Iterable[Spoken]) -> list[Evidence]:
    """Every file of the order and the case, as it was received."""
    in_order = [
        Evidence(each.upload, said_.message.author.shown_name, said_.note or _("Message"))
        for said_ in said
        for each in said_.message.attachments.all()
    ]
    in_case = [
        Evidence(each.upload, one.entry.author.shown_name, one.heading)
        for one in statements
        for each in one.entry.files.all()
    ]
    return in_order + in_case


def was_read_lately(case: Case, by: User, now: datetime) -> bool:
    """Whether this reading of the page is in the log already."""
    reads = events.timeline(case).filter(kind="case.read", by=by, at__gt=now - READ_NOTED_EVERY)
    return reads.filter(facts__what=PAGE).exists()


def log(case: Case) -> list[Logged]:
    """Every step on the case, readings by staff included, oldest first (ARB-08)."""
    return [
        Logged(event.at, event.by.shown_name if event.by else _("automatically"), _in_words(event))
        for event in events.timeline(case)
    ]


def _in_words(event: Event) -> str:
    words = _KINDS.get(event.kind)
    return words(event) if words else event.kind


def _read(event: Event) -> str:
    what = str(event.facts.get("what", ""))
    known = {
        PAGE: _("Read the case"),
        EXPORT: _("Exported the case"),
        EXPORT_WITH_NOTES: _("Exported the case with private notes"),
    }
    return known.get(what) or _("Fetched the file “%(name)s”") % {"name": what.removeprefix(FILE)}


def _asked(event: Event) -> str:
    return _("Asked the buyer") if event.facts.get("to") == WaitsFor.BUYER else _("Asked the seller")


def _decided(event: Event) -> str:
    in_favor = event.facts.get("favor")
    return _("Decided for the buyer") if in_favor == WaitsFor.BUYER else _("Decided for the seller")


_KINDS: dict[str, Callable[[Event], str]] = {
    "case.opened": lambda _event: _("Opened the case"),
    "case.stated": lambda _event: _("Gave a statement"),
    "case.claimed": lambda _event: _("Took the case"),
    "case.asked": _asked,
    "case.noted": lambda _event: _("Wrote a private note"),
    "case.read": _read,
    "case.decided": _decided,
    "case.closed": lambda _event: _("Closed with the order, which was canceled for prohibited content"),
    "case.settled": lambda _event: _("Settled the case with the other side"),
}
