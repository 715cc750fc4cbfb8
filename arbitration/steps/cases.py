"""A case of arbitration: opened by a side, heard, decided by support staff (ARB-01 to ARB-06, ARB-08)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from arbitration.foresight import shares
from arbitration.models import Case, CaseEntry, CaseFile, CaseStatus, EntryKind, WaitsFor
from arbitration.queries.whose import is_arbiter, mediates
from arbitration.steps.canceling import checked
from arbitration.steps.overtaking import overtake
from core.events import record
from core.models import Upload
from core.money import Money
from core.refusals import Invalid, NotAllowed, OutOfTurn
from orders.models import Attachment, Fault, Order
from orders.moves import Actor
from orders.rules import FILES_MOST, too_many_files
from orders.steps.ending import Ending, canceling, end
from orders.steps.moving import actor_of, moving

_OWN = gettext_lazy("You take part in this order: somebody else has to deal with it.")


@dataclass(frozen=True)
class Decision:
    """What support decides: `refunded` cents to the buyer, the rest to the seller; in whose favor, and why (ARB-04).

    `beyond_order` states that the buyer's demands went beyond the order: then no feedback (ARB-06). `total` is what the
    order held when the decision was looked at; empty when it was not.
    """

    refunded: Money
    favor: Actor
    beyond_order: bool
    reason: str
    total: Money | None = None


def open_case(
    order_id: int, *, text: str, files: Sequence[Upload] = (), token: UUID | None = None, by: User, now: datetime
) -> Case:
    """Either side asks support to decide, with a description and files: timers and escrow freeze (ARB-01, ARB-02).

    What was being asked of the order meanwhile falls away. Refused: an order that is over or in arbitration already.
    """
    with moving(order_id, "open_case", by=by, now=now) as step:
        order = step.order
        overtake(order_id, now)
        asked = WaitsFor.SELLER if by.pk == order.buyer_id else WaitsFor.BUYER
        case = Case.objects.create(order=order, opened_by=by, waits_for=asked, at=now)
        _enter(case, EntryKind.STATEMENT, text, files=files, token=token, by=by, now=now)
        record("case.opened", case, by=by, now=now)
        step.facts |= {"case": case.pk, "text": text.strip()}
    return case


def state(
    case_id: int, *, text: str, files: Sequence[Upload] = (), token: UUID | None = None, by: User, now: datetime
) -> CaseEntry:
    """A side gives its view or answers a question, with files (ARB-02, ARB-03)."""
    with _hearing(case_id) as case:
        actor = actor_of(case.order, by)
        if actor is None:
            raise NotAllowed(_("You take no part in this order."))
        entry = _enter(case, EntryKind.STATEMENT, text, files=files, token=token, by=by, now=now)
        if case.waits_for == actor.value:
            case.waits_for = WaitsFor.SUPPORT
            case.save(update_fields=["waits_for"])
        record("case.stated", case, by=by, now=now, entry=entry.pk, side=actor.value)
    return entry


def claim(case_id: int, *, over: bool = True, by: User, now: datetime) -> None:
    """An arbiter takes a case; another can take it over, unless `over` says no (ARB-03). Refused: a side (ARB-08)."""
    with _handling(case_id, by) as case:
        if case.arbiter_id == by.pk:
            raise OutOfTurn(_("You have taken this case already."))
        if case.arbiter and not over:
            raise OutOfTurn(_("%(name)s has taken this case meanwhile.") % {"name": case.arbiter.shown_name})
        case.arbiter = by
        case.save(update_fields=["arbiter"])
        record("case.claimed", case, by=by, now=now)


def ask(case_id: int, to: WaitsFor, *, text: str, token: UUID | None = None, by: User, now: datetime) -> CaseEntry:
    """An arbiter asks one side; the case waits for it (ARB-03)."""
    if to == WaitsFor.SUPPORT:
        raise Invalid(_("Choose the side that you ask."))
    with _handling(case_id, by) as case:
        entry = _enter(case, EntryKind.QUESTION, text, to=to, token=token, by=by, now=now)
        case.waits_for = to
        case.save(update_fields=["waits_for"])
        record("case.asked", case, by=by, now=now, entry=entry.pk, to=to)
    return entry


def note(case_id: int, *, text: str, token: UUID | None = None, by: User, now: datetime) -> CaseEntry:
    """An arbiter writes something that only staff see (ARB-03)."""
    with _handling(case_id, by) as case:
        entry = _enter(case, EntryKind.NOTE, text, token=token, by=by, now=now)
        record("case.noted", case, by=by, now=now, entry=entry.pk)
    return entry


def note_reading(case_id: int, what: str, *, by: User, now: datetime) -> None:
    """Every reading by staff is logged (ARB-08): `what` is the page, the export, a file's name."""
    with transaction.atomic():
        record("case.read", Case.objects.get(pk=case_id), by=by, now=now, what=what[:200])


def decide(case_id: int, decision: Decision, *, by: User, now: datetime) -> None:
    """Support decides, and the money moves at once (ARB-04): in the buyer's favor it lowers the seller's rating (ARB-05).

    Refused: a closed case, one's own, one that a colleague has taken, a split that does not add up or contradicts the
    favor, no written reason.
    """
    reason = checked(decision.reason)
    if not reason:
        raise Invalid(_("Write the reason of your decision: both sides read it."))
    _check_arbiter(by)
    order_id = Case.objects.values_list("order_id", flat=True).get(pk=case_id)
    if mediates(by, order_id):
        raise NotAllowed(_OWN)
    with canceling(order_id, "decide", by=by, now=now, actor=Actor.STAFF) as step:
        case = Case.objects.select_for_update().get(pk=case_id)
        _check_open(case)
        if case.arbiter_id not in (None, by.pk):
            raise OutOfTurn(_("Somebody else has taken this case. Take it over before you decide it."))
        if decision.total is not None and decision.total != step.order.total:
            raise OutOfTurn(_("What the order holds has changed since you looked. Look at the decision again."))
        foreseen = shares(step.order, decision.refunded)
        check_favor(step.order, decision)
        against = decision.favor is Actor.BUYER
        ending = Ending(
            "ARB-04",
            Fault.SELLER if against else Fault.BUYER,
            lowers_seller=against,
            feedback=not decision.beyond_order,
        )
        overtake(order_id, now, case=False)
        end(step, ending, refunded=decision.refunded, by=by, now=now)
        case.status, case.closed_at, case.arbiter, case.reason = CaseStatus.DECIDED, now, by, reason
        case.refunded, case.paid = foreseen.refunded, foreseen.paid
        case.favor, case.beyond_order = decision.favor, decision.beyond_order
        case.save()
        record("case.decided", case, by=by, now=now, favor=decision.favor)
        step.facts |= {"favor": decision.favor, "text": reason}


def check_favor(order: Order, decision: Decision) -> None:
    """Refuse a favor that the sums contradict: who gets all of the money has won (ARB-05)."""
    if decision.favor not in (Actor.BUYER, Actor.SELLER):
        raise Invalid(_("Say in whose favor you decide."))
    if decision.refunded == order.total and decision.favor is not Actor.BUYER:
        raise Invalid(_("All of the money to the buyer is a decision in the buyer's favor."))
    if not decision.refunded and decision.favor is not Actor.SELLER:
        raise Invalid(_("All of the money to the seller is a decision in the seller's favor."))


def _check_arbiter(by: User) -> None:
    if not is_arbiter(by):
        raise NotAllowed(_("Only support staff can do this."))


def _check_open(case: Case) -> None:
    if case.status != CaseStatus.OPEN:
        raise OutOfTurn(_("This case is closed: “%(status)s”.") % {"status": case.get_status_display()})


@contextmanager
def _hearing(case_id: int) -> Iterator[Case]:
    """An open case, locked behind its order; refused once it is closed."""
    with transaction.atomic():
        order_id = Case.objects.values_list("order_id", flat=True).get(pk=case_id)
        order = Order.objects.select_for_update(of=("self",)).select_related("buyer", "seller").get(pk=order_id)
        case = Case.objects.select_for_update().get(pk=case_id)
        case.order = order
        _check_open(case)
        yield case


@contextmanager
def _handling(case_id: int, by: User) -> Iterator[Case]:
    """An open case for an arbiter who is no side of it (ARB-08)."""
    _check_arbiter(by)
    with _hearing(case_id) as case:
        if actor_of(case.order, by) is not None or mediates(by, case.order_id):
            raise NotAllowed(_OWN)
        yield case


def _enter(
    case: Case,
    kind: EntryKind,
    text: str,
    *,
    to: str = "",
    files: Sequence[Upload] = (),
    token: UUID | None,
    by: User,
    now: datetime,
) -> CaseEntry:
    text = checked(text)
    if not text:
        raise Invalid(_("Describe it in a few sentences."))
    if len(files) > FILES_MOST:
        raise Invalid(too_many_files())
    if any(upload.owner_id != by.pk for upload in files):
        raise NotAllowed(_("You can attach only files of your own."))
    sent = CaseFile.objects.filter(upload__in=files).exists() or Attachment.objects.filter(upload__in=files).exists()
    if sent:
        raise OutOfTurn(_("This file has been sent already."))
    if token and CaseEntry.objects.filter(case=case, token=token).exists():
        raise OutOfTurn(_("This has been sent already."))
    entry = CaseEntry.objects.create(case=case, kind=kind, to=to, author=by, text=text, token=token or uuid4(), at=now)
    CaseFile.objects.bulk_create([CaseFile(entry=entry, upload=upload) for upload in files])
    return entry
