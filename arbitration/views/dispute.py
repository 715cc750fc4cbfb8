"""What is going on in a disagreement, on the order's page, and the steps that both sides take in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse
from django.http.request import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import UserRequest
from arbitration.forms import ReasonForm, SplitForm, StatementForm, sent_cents, sent_number
from arbitration.models import Case, Mediator, Settlement, SettlementStatus
from arbitration.queries import standing
from arbitration.queries.hearing import hearing
from arbitration.queries.preview import settled_lines
from arbitration.queries.whose import is_arbiter
from arbitration.steps import canceling, cases, promised, rejecting, settling
from arbitration.steps.promised import Changed
from core import clock
from core.refusals import OutOfTurn, Refusal
from orders.models import Dispute, Order
from orders.queries.whose import orders_of, orders_seen_by
from orders.rules import WRITE_LIMIT
from orders.steps.reading import PAGE, note_reading

CASE_POLL, POLL = "every 15s", "every 60s"


@dataclass(frozen=True)
class Press:
    """A step that needs nothing written. `promises`: only while the order holds what the page showed; `answers`: only the
    request that the page showed (CAN-19)."""

    step: Callable[[int, User, datetime], None]
    words: str | Promise
    promises: bool = False
    answers: bool = False


PRESSES = {
    "confirm": Press(
        lambda pk, by, now: canceling.confirm(pk, by=by, now=now),
        gettext_lazy("You confirmed: the order was canceled and the buyer refunded."),
        promises=True,
        answers=True,
    ),
    "withdraw": Press(
        lambda pk, by, now: canceling.withdraw(pk, by=by, now=now),
        gettext_lazy("You withdrew the request. The order goes on."),
        answers=True,
    ),
    "approve": Press(
        lambda pk, by, now: rejecting.approve(pk, by=by, now=now),
        gettext_lazy("You approved the rejection: the order was canceled and the buyer refunded."),
        promises=True,
    ),
    "withdraw-rejection": Press(
        lambda pk, by, now: rejecting.withdraw(pk, by=by, now=now),
        gettext_lazy("You withdrew the rejection. The order goes on."),
    ),
    "end-mediation": Press(
        lambda pk, by, now: rejecting.end_mediation(pk, by=by, now=now),
        gettext_lazy("You declined the proposal: the mediation is over."),
    ),
    "give-in": Press(
        lambda pk, by, now: settling.concede(pk, by=by, now=now),
        gettext_lazy("The disagreement is settled, and the money has moved."),
        promises=True,
    ),
}


@login_required
@require_safe
def order_dispute(request: UserRequest, number: str) -> HttpResponse:
    """Show what the two sides disagree on to whoever sees the order."""
    order = get_object_or_404(orders_seen_by(request.user), number=number)
    if not request.htmx:  # in place, the order's page has noted it
        note_reading(order, PAGE, by=request.user, now=clock.now())
    return show(request, order)


def show(request: UserRequest, order: Order, *, refused: Form | None = None, problem: str = "") -> HttpResponse:
    """Draw it as it now stands; `refused` is a form that was not taken, shown with all it holds."""
    viewer, now = request.user, clock.now()
    heard = hearing(order, viewer, now)
    context = {
        "order": order,
        "other": order.seller if viewer.pk == order.buyer_id else order.buyer,
        "is_buyer": viewer.pk == order.buyer_id,
        "asked": standing.asked(order, viewer, now),
        "declined": standing.declined(order),
        "rejected": standing.rejected(order, viewer, now),
        "hearing": heard,
        "ended": standing.ended(order),
        "may_arbitrate": is_arbiter(viewer),
        "decline_form": refused if isinstance(refused, ReasonForm) else _decline_form(),
        "state_form": refused if isinstance(refused, StatementForm) else _state_form(viewer),
        "split_form": refused if isinstance(refused, SplitForm) else SplitForm(order),
        "split_follows": split_follows(order, refused, viewer),
        "problem": problem,
        "orphan": _orphan(order, refused, heard is not None),
        "poll": CASE_POLL if order.dispute == Dispute.ARBITRATION else POLL,
        "now": now,
        "breadcrumbs": [
            (_("Order %(number)s") % {"number": order.number}, order.get_absolute_url()),
            (_("Disagreement"), ""),
        ],
    }
    part = "#dispute" if request.htmx else ""
    return render(request, f"arbitration/dispute.html{part}", context)


@login_required
@require_POST
def press(request: UserRequest, number: str, verb: str) -> HttpResponse:
    """Take a step of a disagreement that needs nothing written."""
    order = get_object_or_404(orders_of(request.user), number=number)
    chosen = PRESSES[verb]
    now, shown, asked = clock.now(), sent_cents(request.POST, "total"), sent_number(request.POST, "request")
    try:
        WRITE_LIMIT.count(by=request.user, now=now)
        with (
            promised.as_asked(order.pk, asked) if chosen.answers else nullcontext(),
            promised.as_shown(order.pk, shown) if chosen.promises else nullcontext(),
        ):
            chosen.step(order.pk, request.user, now)
    except Refusal as refusal:
        _tell(request, order, refusal)
    else:
        messages.success(request, str(chosen.words))
    return redirect(order)


@login_required
@require_POST
def decline(request: UserRequest, number: str) -> HttpResponse:
    """The other side declines a request to cancel, with a reason (CAN-15)."""
    order = get_object_or_404(orders_of(request.user), number=number)
    form = _decline_form(request.POST)
    if not form.is_valid():
        return show(request, order, refused=form)
    try:
        with promised.as_asked(order.pk, sent_number(request.POST, "request")):
            canceling.decline(order.pk, text=form.written, by=request.user, now=clock.now())
    except Refusal as refusal:
        order.refresh_from_db()
        last = standing.declined(order)
        if last is not None and last.answer == form.written:
            messages.info(request, _("You have declined the request already."))
            return redirect(order)
        return show(request, order, refused=form, problem=str(refusal))
    messages.success(request, _("You declined the request. The order goes on."))
    return redirect(order)


@login_required
@require_POST
def hire(request: UserRequest, number: str) -> HttpResponse:
    """The seller hires a mediator for the fee that was shown (REV-05)."""
    order = get_object_or_404(orders_of(request.user), number=number)
    pk = sent_number(request.POST, "mediator")
    mediator = Mediator.objects.select_related("user").filter(pk=pk or 0).first()
    try:
        if mediator is None:
            raise OutOfTurn(_("Choose an independent mediator from the list."))
        if mediator.fee != sent_cents(request.POST, "fee"):
            raise Changed
        rejecting.hire(order.pk, mediator, by=request.user, now=clock.now())
    except Refusal as refusal:
        _tell(request, order, refusal)
    else:
        messages.success(request, _("You hired %(name)s.") % {"name": mediator.user.shown_name})
    return redirect(order)


@login_required
@require_POST
def state(request: UserRequest, number: str) -> HttpResponse:
    """A side gives its view or answers support's question, with files (ARB-02). The same form counts once."""
    viewer, now = request.user, clock.now()
    order = get_object_or_404(orders_of(viewer), number=number)
    case = Case.objects.filter(order=order).first()
    form = _state_form(viewer, data=request.POST, files=request.FILES)
    valid = form.is_valid()
    if form.was_stated(order):
        return redirect(order)
    problem = ""
    try:
        if case is None or order.dispute != Dispute.ARBITRATION:
            raise OutOfTurn(_("The order is not in arbitration, so nothing can be stated."))
        WRITE_LIMIT.count(by=viewer, now=now)
        form.receive(now)
        if valid and not form.errors:
            cases.state(case.pk, text=form.text_written, files=form.kept, token=form.sent_token, by=viewer, now=now)
    except Refusal as refusal:
        problem = str(refusal)
    if problem or form.errors:
        order.refresh_from_db()
        return show(request, order, refused=form, problem=problem)
    messages.success(request, _("Your statement was added to the case."))
    return redirect(order)


@login_required
@require_POST
def offer(request: UserRequest, number: str) -> HttpResponse:
    """A side proposes how to share the money; only what the page has shown to follow is proposed (ARB-07, CAN-19)."""
    viewer = request.user
    order = get_object_or_404(orders_of(viewer), number=number)
    form = SplitForm(order, request.POST)
    if not form.is_valid() or not form.was_shown or form.sum is None:
        return show(request, order, refused=form)
    text = form.cleaned_data["text"]
    if Settlement.objects.filter(
        order=order, by=viewer, status=SettlementStatus.OPEN, refunded=form.sum, text=text
    ).exists():
        messages.info(request, _("You have proposed this already."))
        return redirect(order)
    now = clock.now()
    try:
        WRITE_LIMIT.count(by=viewer, now=now)
        settling.offer(order.pk, form.sum, text=text, by=viewer, now=now)
    except Refusal as refusal:
        order.refresh_from_db()
        return show(request, order, refused=form, problem=str(refusal))
    messages.success(request, _("The other side was told of your proposal."))
    return redirect(order)


@login_required
@require_safe
def split(request: UserRequest, number: str) -> HttpResponse:
    """What would follow from the sum that is being typed (CAN-19)."""
    order = get_object_or_404(orders_of(request.user), number=number)
    form = SplitForm(order, request.GET)
    context = {"split_form": form, "split_follows": split_follows(order, form, request.user)}
    return render(request, "arbitration/split_follows.html", {**context, "live": True})


@login_required
@require_POST
def answer(request: UserRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """A side agrees to a proposal, or declines or withdraws it (ARB-07, REV-05)."""
    viewer, now = request.user, clock.now()
    order = get_object_or_404(orders_of(viewer), number=number)
    settlement = get_object_or_404(Settlement, pk=pk, order=order)
    try:
        if verb == "decline":
            settling.decline(settlement.pk, by=viewer, now=now)
            words = _("You withdrew your proposal.") if settlement.by_id == viewer.pk else _("You declined it.")
        elif settling.agree(settlement.pk, by=viewer, now=now):
            words = _("Both sides agreed: the money has moved.")
        else:
            words = _("You agreed. As soon as the other side does, the money moves.")
    except Refusal as refusal:
        _tell(request, order, refusal)
    else:
        messages.success(request, words)
    return redirect(order)


def split_follows(order: Order, form: Form | None, viewer: User) -> list[str]:
    """What would follow from the sum of a form, once it can be read."""
    if not isinstance(form, SplitForm) or form.sum is None:
        return []
    return settled_lines(order, form.sum, viewer, clock.now())


def _tell(request: UserRequest, order: Order, refusal: Refusal) -> None:
    """Say why not; that something is done already is no error."""
    before = order.status, order.dispute
    order.refresh_from_db()
    over = not order.is_open or (order.status, order.dispute) != before
    tell = messages.warning if isinstance(refusal, Changed) else messages.info if over else messages.error
    tell(request, str(refusal))


def _orphan(order: Order, refused: Form | None, heard: bool) -> str:
    """A text that there is no form for any more: it is shown, so that nothing typed is lost."""
    if refused is None:
        return ""
    taken = order.dispute == Dispute.REQUEST if isinstance(refused, ReasonForm) else heard
    return "" if taken else str(refused["text"].value() or "")


def _decline_form(data: QueryDict | None = None) -> ReasonForm:
    return ReasonForm("decline", data, label=_("Why do you decline?"))


def _state_form(viewer: User, **given: object) -> StatementForm:
    return StatementForm("state", by=viewer, label=_("Your view"), **given)  # type: ignore[arg-type]
