"""The steps that an order's two sides take: each is a POST, shows a refusal as a sentence and loses nothing typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import UserRequest
from core import clock
from core.models import Upload
from core.refusals import Refusal
from orders.forms import WriteForm
from orders.models import Message, Order
from orders.moves import MOVES
from orders.queries.whose import orders_of
from orders.rules import WRITE_LIMIT
from orders.steps import ending, thread, work
from orders.steps.moving import check
from orders.views.page import form_of, show

Pressed = Callable[[int, User, datetime], None]
Written = Callable[[int, WriteForm, datetime], Message]


class Rest(TypedDict):
    """What every written step is given besides its text."""

    files: list[Upload]
    token: UUID | None
    by: User


PRESSED: dict[str, tuple[Pressed, Promise]] = {
    "start": (lambda pk, by, now: work.start(pk, by=by, now=now), _("You started working.")),
    "remind": (
        lambda pk, by, now: work.remind(pk, by=by, now=now),
        _("The buyer was reminded of the information."),
    ),
    "accept": (
        lambda pk, by, now: ending.accept(pk, by=by, now=now),
        _("You accepted the result, and the seller was paid."),
    ),
}
WRITTEN: dict[str, tuple[Written, Promise | str]] = {
    "send_information": (
        lambda pk, form, now: work.send_information(pk, text=_text(form), **_rest(form), now=now),
        _("The information was sent."),
    ),
    "deliver": (
        lambda pk, form, now: work.deliver(pk, text=_text(form), **_rest(form), now=now),
        _("The result was delivered."),
    ),
    "return": (
        lambda pk, form, now: work.return_for_revision(pk, reasons=_text(form), **_rest(form), now=now),
        _("The result was returned for revision."),
    ),
    "write": (lambda pk, form, now: thread.write(pk, text=_text(form), **_rest(form), now=now), ""),
}


@login_required
@require_POST
def press(request: UserRequest, number: str, verb: str) -> HttpResponse:
    """Take a step that needs nothing written: start working, accept."""
    order = get_object_or_404(orders_of(request.user), number=number)
    step, words = PRESSED[verb]
    try:
        step(order.pk, request.user, clock.now())
    except Refusal as refusal:
        order.refresh_from_db()
        tell = messages.info if order.status == MOVES[verb].target else messages.error
        tell(request, str(refusal))
    else:
        messages.success(request, str(words))
    return redirect(order)


@login_required
@require_POST
def write(request: UserRequest, number: str, verb: str) -> HttpResponse:
    """Take a step that is written with files: information, delivery, return, message. The same form counts once."""
    viewer, now = request.user, clock.now()
    order = get_object_or_404(orders_of(viewer), number=number)
    step, words = WRITTEN[verb]
    form = form_of(verb, viewer, data=request.POST, files=request.FILES)
    valid = form.is_valid()
    if _was_sent(order, form):
        return redirect(order)
    try:
        check(order, MOVES[verb], by=viewer, now=now)
        WRITE_LIMIT.count(by=viewer, now=now)
    except Refusal as refusal:
        # Nothing is stored for a step that cannot be taken.
        form.add_error(None, str(refusal))
    else:
        form.receive(now)
    if valid and not form.errors:
        try:
            step(order.pk, form, now)
        except Refusal as refusal:
            if _was_sent(order, form):
                return redirect(order)
            form.add_error(None, str(refusal))
        else:
            if words:
                messages.success(request, str(words))
            return redirect(order)
    order.refresh_from_db()
    return show(request, order, refused=form)


def _text(form: WriteForm) -> str:
    return str(form.cleaned_data["text"])


def _rest(form: WriteForm) -> Rest:
    return {"files": form.kept, "token": form.sent_token, "by": form.by}


def _was_sent(order: Order, form: WriteForm) -> bool:
    """Whether this very form was taken already: a second click, or the page sent again."""
    token = form.sent_token
    return token is not None and Message.objects.filter(order=order, token=token, author=form.by).exists()
