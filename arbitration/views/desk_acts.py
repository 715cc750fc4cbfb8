"""What support staff do in a case: take it, ask, note, decide. A refusal is a sentence, and nothing typed is lost (ARB-03)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import UserRequest
from arbitration.desk_forms import DecideForm, DeskForm
from arbitration.models import Case, CaseStatus, WaitsFor
from arbitration.queries import verdict
from arbitration.steps import cases
from arbitration.views.desk import SIDES, ask_form, at_the_desk, found_case, note_form, show
from core import clock
from core.money import ZERO, Money
from core.refusals import Refusal
from orders.moves import Actor


@at_the_desk
@require_POST
def claim(request: UserRequest, pk: int) -> HttpResponse:
    """Take a case; `over` is sent by the page that showed that somebody else has it."""
    case = found_case(request, pk)
    try:
        cases.claim(case.pk, over="over" in request.POST, by=request.user, now=clock.now())
    except Refusal as refusal:
        case.refresh_from_db()
        tell = messages.info if case.arbiter_id == request.user.pk else messages.error
        tell(request, str(refusal))
    else:
        messages.success(request, _("The case is yours."))
    return redirect(case)


@at_the_desk
@require_POST
def ask(request: UserRequest, pk: int) -> HttpResponse:
    """Ask one side; the case then waits for it."""
    case, form = found_case(request, pk), ask_form(request.POST)
    to = request.POST.get("to", "")
    side = WaitsFor(to) if to in SIDES else WaitsFor.SUPPORT  # which the step refuses in words
    return _write(request, case, form, side)


@at_the_desk
@require_POST
def note(request: UserRequest, pk: int) -> HttpResponse:
    """Write down something that only staff see."""
    return _write(request, found_case(request, pk), note_form(request.POST), None)


def _write(request: UserRequest, case: Case, form: DeskForm, to: WaitsFor | None) -> HttpResponse:
    viewer, now = request.user, clock.now()
    if form.was_sent(case, viewer):
        return redirect(case)
    if form.is_valid():
        text, token = form.cleaned_data["text"], form.sent_token
        try:
            if to is None:
                cases.note(case.pk, text=text, token=token, by=viewer, now=now)
            else:
                cases.ask(case.pk, to, text=text, token=token, by=viewer, now=now)
        except Refusal as refusal:
            if form.was_sent(case, viewer):
                return redirect(case)
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The note was saved.") if to is None else _("The question was sent."))
            return redirect(case)
    return show(request, found_case(request, case.pk), refused=form)


@at_the_desk
@require_POST
def decide(request: UserRequest, pk: int) -> HttpResponse:
    """Fill in a sum, look at what a decision does, or carry out what was looked at."""
    case = found_case(request, pk)
    if "fill" in request.POST:
        return show(request, case, refused=_filled(request, case))
    form = DecideForm(case.order, request.POST)
    if not form.is_valid():
        return show(request, case, refused=form)
    step = request.POST.get("step")
    if case.status != CaseStatus.OPEN:
        return _refused(request, case, form, _closed(case))
    try:
        cases.check_favor(case.order, form.decision)
        seen = verdict.foreseen(case.order, form.decision)
    except Refusal as refusal:
        return _refused(request, case, form, str(refusal))
    if step == "edit":
        return show(request, case, refused=DecideForm(case.order, initial=_typed(form)))
    is_seen = form.cleaned_data["shown"] == seen.seal
    if step == "decide" and is_seen:
        return _carry_out(request, case, form)
    return _preview(request, case, form, seen, changed=step == "decide" and not is_seen)


def _carry_out(request: UserRequest, case: Case, form: DecideForm) -> HttpResponse:
    try:
        cases.decide(case.pk, form.decision, by=request.user, now=clock.now())
    except Refusal as refusal:
        return _refused(request, case, form, str(refusal))
    messages.success(request, _("You have decided: the money has moved, and both sides are told."))
    return redirect(case)


def _refused(request: UserRequest, case: Case, form: DecideForm, sentence: str) -> HttpResponse:
    """Say why not, beside the case as it stands now; the same decision pressed twice is done already."""
    case = found_case(request, case.pk)
    if case.status == CaseStatus.DECIDED and case.arbiter_id == request.user.pk and case.reason == form.decision.reason:
        messages.info(request, _closed(case))
        return redirect(case)
    form.add_error(None, sentence)
    return show(request, case, refused=form)


def _preview(
    request: UserRequest, case: Case, form: DecideForm, seen: verdict.Verdict, *, changed: bool
) -> HttpResponse:
    context = {
        "case": case,
        "order": case.order,
        "form": form,
        "verdict": seen,
        "changed": changed,
        "breadcrumbs": [
            (_("Desk"), reverse("desk")),
            (_("Case %(number)s") % {"number": case.order.number}, case.get_absolute_url()),
            (_("Decision"), ""),
        ],
    }
    return render(request, "arbitration/desk/verdict.html", context)


def _filled(request: UserRequest, case: Case) -> DecideForm:
    """The form as it was typed, with one of the usual sums in it, and the favor that follows from it."""
    total = case.order.total
    what = request.POST["fill"]
    sums = {"buyer": total, "seller": ZERO, "half": Money(total.cents - total.cents // 2)}
    typed = {name: request.POST.get(name, "") for name in ("refunded", "favor", "beyond_order", "reason")}
    if what in sums:
        typed["refunded"] = str(sums[what])
    if what in (Actor.BUYER.value, Actor.SELLER.value):
        typed["favor"] = what
    return DecideForm(case.order, initial=typed)


def _typed(form: DecideForm) -> dict[str, object]:
    return {name: form.cleaned_data[name] for name in ("refunded", "favor", "beyond_order", "reason")}


def _closed(case: Case) -> str:
    return _("This case is closed: “%(status)s”.") % {"status": case.get_status_display()}
