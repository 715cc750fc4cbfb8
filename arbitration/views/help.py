"""Help with an order: canceling it, rejecting the job, arbitration. It fills a place on the order's page and works alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import UserRequest
from arbitration.foresight import Effect
from arbitration.forms import ProhibitedForm, ReasonForm, StatementForm, sent_cents
from arbitration.models import CancelRequest, RequestStatus
from arbitration.queries import clocks, preview
from arbitration.queries.ladder import ladder
from arbitration.queries.whose import is_arbiter
from arbitration.rules import REASONS
from arbitration.steps import canceling, cases, promised, rejecting
from arbitration.steps.promised import Shown
from core import clock, formats
from core.refusals import Refusal
from orders.models import Dispute, Order, Policy, Status
from orders.moves import MOVES
from orders.queries.whose import orders_of, orders_seen_by
from orders.rules import WRITE_LIMIT, Terms
from orders.steps.moving import check, may
from orders.steps.reading import PAGE, note_reading


@dataclass(frozen=True)
class Tried:
    """What was pressed and not done: the refusal in words, and the form with all that was typed into it."""

    what: str
    form: ReasonForm | StatementForm
    problem: str = ""


@login_required
@require_safe
def order_help(request: UserRequest, number: str) -> HttpResponse:
    """Show when and why the order can be canceled and what would follow (CAN-19), and what else there is (DIS-01)."""
    order = get_object_or_404(orders_seen_by(request.user), number=number)
    if not request.htmx:  # in place, the order's page has noted it
        note_reading(order, PAGE, by=request.user, now=clock.now())
    return show(request, order)


def show(request: UserRequest, order: Order, tried: Tried | None = None) -> HttpResponse:
    """Draw the help as the order stands now; what was tried is shown with all it holds."""
    viewer, now = request.user, clock.now()
    ways = [
        (way, _form_of(way.reason.rule, tried) or _reason_form(way.reason.rule))
        for way in preview.ways(order, viewer, now)
    ]
    shown = {way.reason.rule: bool(way.follows) for way, _form in ways} | {
        "open_case": may(order, "open_case", by=viewer, now=now),
        "reject": order.policy == Policy.REJECTION and may(order, "reject", by=viewer, now=now),
        "prohibited": may_prohibit(order, viewer),
    }
    context = {
        "order": order,
        "other": order.seller if viewer.pk == order.buyer_id else order.buyer,
        "rungs": ladder(order, clocks.of(order, viewer, now)),
        "ways": ways,
        "may_reject": shown["reject"],
        "rejects_within": formats.elapsed(Terms(**order.terms).reject_within),
        "reject_form": _form_of("reject", tried) or _reject_form(),
        "may_open": shown["open_case"],
        "case_form": _form_of("open_case", tried) or StatementForm("open_case", by=viewer, label=_case_label()),
        "may_prohibit": shown["prohibited"],
        "prohibited_form": _form_of("prohibited", tried) or _prohibited_form(),
        "prohibited_follows": _prohibited_follows(order, viewer),
        "tried": tried,
        "orphan": tried if tried and not shown.get(tried.what) else None,
        "now": now,
        "breadcrumbs": [(_("Order %(number)s") % {"number": order.number}, order.get_absolute_url()), (_("Help"), "")],
    }
    part = "#help" if request.htmx else ""
    return render(request, f"arbitration/help.html{part}", context)


@login_required
@require_POST
def cancel(request: UserRequest, number: str) -> HttpResponse:
    """Cancel for a reason of one's side, or ask to, exactly as it was shown (CAN-01 to CAN-13, CAN-19)."""
    viewer, now = request.user, clock.now()
    order = get_object_or_404(orders_of(viewer), number=number)
    rule = request.POST.get("reason", "")
    form = _reason_form(rule, request.POST)
    if not form.is_valid():
        return show(request, order, Tried(rule, form))
    try:
        WRITE_LIMIT.count(by=viewer, now=now)
        effect = promised.cancel(order.pk, rule, _shown(request.POST), text=form.written, by=viewer, now=now)
    except Refusal as refusal:
        order.refresh_from_db()
        if _is_done(order, rule, viewer):
            messages.info(request, str(refusal))
            return redirect(order)
        return show(request, order, Tried(rule, form, str(refusal)))
    messages.success(request, _canceled(order, effect, viewer))
    return redirect(order)


@login_required
@require_POST
def reject(request: UserRequest, number: str) -> HttpResponse:
    """The client rejects the job with a reason (REV-02)."""
    order = get_object_or_404(orders_of(request.user), number=number)
    form = _reject_form(request.POST)
    now = clock.now()
    try:
        WRITE_LIMIT.count(by=request.user, now=now)
        rejecting.reject(order.pk, text=form.written, by=request.user, now=now)
    except Refusal as refusal:
        order.refresh_from_db()
        if order.dispute == Dispute.REJECTION:
            messages.info(request, _("The job is rejected already."))
            return redirect(order)
        return show(request, order, Tried("reject", form, "" if form.errors else str(refusal)))
    messages.success(request, _("You rejected the job. The other side was told and has to answer."))
    return redirect(order)


@login_required
@require_POST
def open_case(request: UserRequest, number: str) -> HttpResponse:
    """A side asks support to decide, with a description and files (ARB-01). The same form counts once."""
    viewer, now = request.user, clock.now()
    order = get_object_or_404(orders_of(viewer), number=number)
    form = StatementForm("open_case", by=viewer, label=_case_label(), data=request.POST, files=request.FILES)
    valid = form.is_valid()
    if form.was_stated(order):
        messages.info(request, _("The order is in arbitration already."))
        return redirect(order)
    problem = ""
    try:
        # Nothing is stored for a step that cannot be taken.
        check(order, MOVES["open_case"], by=viewer, now=now)
        WRITE_LIMIT.count(by=viewer, now=now)
        form.receive(now)
        if valid and not form.errors:
            cases.open_case(
                order.pk, text=form.text_written, files=form.kept, token=form.sent_token, by=viewer, now=now
            )
    except Refusal as refusal:
        problem = str(refusal)
    if problem or form.errors:
        order.refresh_from_db()
        return show(request, order, Tried("open_case", form, problem))
    messages.success(request, _("Support will decide. Every timer and the money stand still until then."))
    return redirect(order)


@login_required
@require_POST
def prohibited(request: UserRequest, number: str) -> HttpResponse:
    """Staff who may decide disputes cancel an order for prohibited content (CAN-14)."""
    viewer = request.user
    order = get_object_or_404(orders_seen_by(viewer), number=number)
    if not is_arbiter(viewer) or viewer.pk in (order.buyer_id, order.seller_id):
        raise Http404
    form = _prohibited_form(request.POST)
    shown = sent_cents(request.POST, "total")
    if not form.is_valid():
        return show(request, order, Tried("prohibited", form))
    try:
        with promised.as_shown(order.pk, shown):
            lowers = form.cleaned_data["rating"] == "lowered"
            canceling.cancel_prohibited(order.pk, lowers_seller=lowers, text=form.written, by=viewer, now=clock.now())
    except Refusal as refusal:
        order.refresh_from_db()
        if order.status == Status.CANCELED:
            messages.info(request, str(refusal))
            return redirect(order)
        return show(request, order, Tried("prohibited", form, str(refusal)))
    messages.success(request, _("The order was canceled and refunded; both sides are told why."))
    return redirect(order)


def may_prohibit(order: Order, viewer: User) -> bool:
    """Whether this is staff who may cancel the order for prohibited content: no side of it, and it is open (CAN-14)."""
    return order.is_open and is_arbiter(viewer) and viewer.pk not in (order.buyer_id, order.seller_id)


def _canceled(order: Order, effect: Effect, viewer: User) -> str:
    if not effect.at_once:
        other = order.seller if viewer.pk == order.buyer_id else order.buyer
        return _("You asked %(other)s to cancel the order.") % {"other": other.shown_name}
    if viewer.pk == order.buyer_id:
        return _("The order was canceled and the money returned to your balance.")
    return _("The order was canceled and the money returned to the buyer.")


def _is_done(order: Order, rule: str, viewer: User) -> bool:
    """Whether what was pressed has happened: the second press of a double click, another tab, the back button."""
    if order.status == Status.CANCELED or rule not in REASONS:
        return order.status == Status.CANCELED
    waiting = CancelRequest.objects.filter(order=order, rule=rule, by=viewer, status=RequestStatus.WAITING)
    return waiting.exists()


def _shown(data: QueryDict) -> Shown | None:
    """What the form carried of the preview above it."""
    refunded = sent_cents(data, "refunded")
    return Shown(data.get("at_once") == "yes", refunded) if refunded is not None else None


def _form_of(what: str, tried: Tried | None) -> ReasonForm | StatementForm | None:
    return tried.form if tried and tried.what == what else None


def _reason_form(rule: str, data: QueryDict | None = None) -> ReasonForm:
    # The name stands in the fields' ids, so it is one of the table's or none.
    return ReasonForm(rule if rule in REASONS else "none", data, label=_("Message to the other side"), required=False)


def _reject_form(data: QueryDict | None = None) -> ReasonForm:
    return ReasonForm("reject", data, label=_("Why do you reject the job?"))


def _prohibited_form(data: QueryDict | None = None) -> ProhibitedForm:
    return ProhibitedForm("prohibited", data, label=_("What is prohibited? Both sides read it."))


def _case_label() -> str:
    return _("What is the problem, and what should happen?")


def _prohibited_follows(order: Order, viewer: User) -> list[str]:
    if not may_prohibit(order, viewer):
        return []
    lines = preview.canceled_lines(order, viewer, lowers=False, feedback=False)
    return [_("It takes effect at once, also during a dispute; both sides are told why."), *lines[:-2], lines[-1]]
