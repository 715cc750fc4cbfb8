"""The one door: every change of a kwork goes through `moving` (lock, check, change, event, commit)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.refusals import NotAllowed, OutOfTurn
from kworks.models import DraftStatus, Kwork, KworkDraft, KworkStatus
from kworks.moves import MOVES, Actor, Move

MODERATE = "kworks.moderate"


@dataclass
class Moving:
    """A locked kwork and its draft in the middle of one step; `facts` go into the event written when the step ends."""

    kwork: Kwork
    draft: KworkDraft
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def moving(kwork_id: int, verb: str, *, by: User, now: datetime) -> Iterator[Moving]:
    """Lock the kwork, refuse what its moves do not allow to this person now, then change both statuses and record.

    Raises NotAllowed for the wrong person and OutOfTurn for the wrong moment.
    """
    move = MOVES[verb]
    with transaction.atomic():
        step = _lock(kwork_id)
        check(step.kwork, step.draft, move, by=by)
        yield step
        if move.draft:
            step.draft.status = move.draft[DraftStatus(step.draft.status)]
            step.draft.save()
        if move.kwork:
            step.kwork.status = move.kwork[KworkStatus(step.kwork.status)]
            step.kwork.save()
        if move.event:
            record(move.event, step.kwork, by=by, now=now, **step.facts)


def check(kwork: Kwork, draft: KworkDraft, move: Move, *, by: User) -> None:
    """Raise the refusal that keeps this person from this move now, if there is one."""
    if move.actor is Actor.SELLER and by.pk != kwork.seller_id:
        raise NotAllowed(_("Only its seller can do this."))
    if move.actor is Actor.MODERATOR:
        if not by.has_perm(MODERATE):
            raise NotAllowed(_("Only moderators can decide this."))
        if by.pk == kwork.seller_id:
            raise NotAllowed(_("This is your own kwork: another moderator has to decide."))
    if move.draft and draft.status not in move.draft:
        raise OutOfTurn(_not_now(draft, move))
    if move.kwork and kwork.status not in move.kwork:
        raise OutOfTurn(
            _("This is not possible: the kwork is now “%(status)s”.") % {"status": KworkStatus(kwork.status).label}
        )


def may(kwork: Kwork, verb: str, *, by: User) -> bool:
    """Whether `moving` would let this person take the step now; pages show just these buttons."""
    try:
        check(kwork, kwork.draft, MOVES[verb], by=by)
    except (NotAllowed, OutOfTurn):
        return False
    return True


def _lock(kwork_id: int) -> Moving:
    # Not `FOR UPDATE` in full: rows that point here (a checkout, an order) may be written meanwhile. The category is asked for
    # afterward, because it can change: joined, it would be as it was before the lock was waited for.
    locked = Kwork.objects.select_for_update(of=("self",), no_key=True)
    kwork = locked.select_related("seller").defer("search").get(pk=kwork_id)
    draft = KworkDraft.objects.select_for_update(of=("self",)).get(kwork_id=kwork_id)
    draft.kwork = kwork
    return Moving(kwork, draft)


def _not_now(draft: KworkDraft, move: Move) -> str:
    if move.actor is Actor.MODERATOR:
        return _("This has been decided already or withdrawn: it is now “%(status)s”.") % {
            "status": DraftStatus(draft.status).label
        }
    if draft.status == DraftStatus.WAITING:
        return _("It is in moderation. To change it, take it back first.")
    if draft.status == DraftStatus.REJECTED:
        return _("A moderator has rejected it, so it cannot be changed or sent again.")
    if draft.status == DraftStatus.ACCEPTED:
        return _("There is no change to send: this version is the accepted one.")
    return _("This is not possible: the draft is now “%(status)s”.") % {"status": DraftStatus(draft.status).label}
