"""A seller's own kworks: the list, and the steps that are one press each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.queries import has_confirmed_email
from accounts.requests import UserRequest
from core import clock
from core.refusals import Refusal
from kworks import queries, rules, sheets
from kworks.models import Kwork
from kworks.steps import drafting, publishing
from kworks.steps.moving import may


class Verb(Protocol):
    def __call__(self, kwork_id: int, *, by: User, now: datetime) -> None: ...


@dataclass(frozen=True)
class Press:
    """A step without further input: the word on its button, what is said when it is done, and when it is offered."""

    step: Verb
    words: str | Promise
    done: str | Promise
    icon: str
    offered: Callable[[Kwork, User], bool]


PRESSES: dict[str, Press] = {
    "withdraw": Press(
        drafting.withdraw_from_moderation,
        _("Take back"),
        _("You have taken it back from moderation. Send it again when it is ready."),
        "undo-2",
        lambda kwork, by: may(kwork, "withdraw", by=by),
    ),
    "pause": Press(
        publishing.pause,
        _("Pause"),
        _("Paused: buyers do not see it. Running orders go on."),
        "pause",
        lambda kwork, by: may(kwork, "pause", by=by),
    ),
    "resume": Press(
        publishing.resume,
        _("Resume"),
        _("It is on sale again."),
        "play",
        lambda kwork, by: may(kwork, "resume", by=by),
    ),
    "discard": Press(
        drafting.discard_change,
        _("Discard the change"),
        _("The change is gone; the accepted version is as it was."),
        "rotate-ccw",
        lambda kwork, by: may(kwork, "discard", by=by),
    ),
    "remove": Press(
        drafting.remove,
        _("Delete"),
        _("The kwork is deleted."),
        "trash-2",
        lambda kwork, by: drafting.is_removable(kwork),
    ),
}


@dataclass(frozen=True)
class Row:
    """A kwork in the list, under the title and with the cover that its seller knows it by."""

    kwork: Kwork
    title: str
    cover_url: str
    presses: list[tuple[str, Press]]


@require_safe
@login_required
def my_kworks(request: UserRequest) -> HttpResponse:
    """All kworks of the viewer with what buyers see, what waits, and what can be done."""
    page = Paginator(queries.mine(request.user), rules.KWORKS_PER_PAGE).get_page(request.GET.get("page"))
    known = {
        "page": page,
        "rows": _rows(page.object_list, request.user),
        "confirmed": has_confirmed_email(request.user),
        "days": rules.MODERATION_DAYS,
    }
    return render(request, "kworks/mine.html", known)


@require_POST
@login_required
def press(request: UserRequest, pk: int, verb: str) -> HttpResponse:
    """Take one step with an own kwork; a second press says that it has been done."""
    kwork = get_object_or_404(Kwork, pk=pk, seller=request.user)
    chosen = PRESSES[verb]
    try:
        chosen.step(kwork.pk, by=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(chosen.done))
    return redirect("my-kworks")


def _rows(kworks: Iterable[Kwork], by: User) -> list[Row]:
    listed = list(kworks)
    first = {kwork.pk: images[0] for kwork in listed if (images := kwork.draft.content.get("images"))}
    covers = {shown.upload: shown.thumb_url for shown in sheets.of_uploads(first.values(), "")}
    return [
        Row(
            kwork,
            kwork.draft.content.get("title", "").strip() or kwork.title or str(_("Untitled kwork")),
            kwork.cover_url or covers.get(first.get(kwork.pk, ""), ""),
            [(name, each) for name, each in PRESSES.items() if each.offered(kwork, by)],
        )
        for kwork in listed
    ]
