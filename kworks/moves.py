"""Every legal step of a kwork's life, as data: who may take it, and where it leads the draft and what is on sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kworks.models import DraftStatus, KworkStatus


class Actor(StrEnum):
    """Who takes a step."""

    SELLER = "seller"
    MODERATOR = "moderator"


@dataclass(frozen=True)
class Move:
    """One verb: for each status it may start from, the one it leads to. An empty side is neither asked nor changed."""

    actor: Actor
    draft: Mapping[DraftStatus, DraftStatus] = field(default_factory=dict)
    kwork: Mapping[KworkStatus, KworkStatus] = field(default_factory=dict)
    event: str = ""


_EDITING, _WAITING = DraftStatus.EDITING, DraftStatus.WAITING
_RETURNED, _REJECTED, _ACCEPTED = DraftStatus.RETURNED, DraftStatus.REJECTED, DraftStatus.ACCEPTED
_NEW, _ON_SALE, _PAUSED = KworkStatus.NEW, KworkStatus.ON_SALE, KworkStatus.PAUSED

MOVES: dict[str, Move] = {
    # What was returned stays so while it is being corrected: its remarks are still open.
    "save": Move(Actor.SELLER, {_EDITING: _EDITING, _RETURNED: _RETURNED, _ACCEPTED: _EDITING}),
    "submit": Move(Actor.SELLER, {_EDITING: _WAITING, _RETURNED: _WAITING}, event="kwork.submitted"),
    "withdraw": Move(Actor.SELLER, {_WAITING: _EDITING}, event="kwork.withdrawn"),
    "discard": Move(
        Actor.SELLER,
        {_EDITING: _ACCEPTED, _RETURNED: _ACCEPTED, _REJECTED: _ACCEPTED},
        {_ON_SALE: _ON_SALE, _PAUSED: _PAUSED},
        event="kwork.change_discarded",
    ),
    "accept": Move(
        Actor.MODERATOR,
        {_WAITING: _ACCEPTED},
        {_NEW: _ON_SALE, _ON_SALE: _ON_SALE, _PAUSED: _PAUSED},
        event="kwork.accepted",
    ),
    "return": Move(Actor.MODERATOR, {_WAITING: _RETURNED}, event="kwork.returned"),
    "reject": Move(Actor.MODERATOR, {_WAITING: _REJECTED}, event="kwork.rejected"),
    "pause": Move(Actor.SELLER, kwork={_ON_SALE: _PAUSED}, event="kwork.paused"),
    "resume": Move(Actor.SELLER, kwork={_PAUSED: _ON_SALE}, event="kwork.resumed"),
}
