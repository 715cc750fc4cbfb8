"""The desk of support staff: the queue of cases, and a case beside its order (ARB-03)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from arbitration.desk_forms import DecideForm, DeskForm, QueueForm
from arbitration.models import Case, CaseStatus, WaitsFor
from arbitration.queries import desk, dossier
from arbitration.queries.whose import is_arbiter
from arbitration.rules import CASES_PER_PAGE
from arbitration.steps import cases
from core import clock
from finance import escrow
from orders.models import MessageKind
from orders.queries import story
from orders.queries.clocks import in_words, lead_time
from orders.queries.money import money_box
from orders.queries.timeline import timeline
from orders.rules import Terms

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def at_the_desk(view: V) -> V:
    """For who may decide disputes; for everybody else, staff included, there is nothing here."""

    @login_required
    @wraps(view)
    def guarded(request: UserRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not is_arbiter(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return cast(V, guarded)


@at_the_desk
@require_safe
def queue(request: UserRequest) -> HttpResponse:
    """The open cases, oldest first, narrowed by whom they wait for, who has them, category and words; or the closed ones."""
    viewer = request.user
    name = desk.CLOSED if request.GET.get("tab") == desk.CLOSED else desk.OPEN
    found = desk.tab(viewer, name)
    form = QueueForm(name, desk.categories_of(found), request.GET)
    page = Paginator(desk.wished(found, form.wish, viewer), CASES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "tab": name,
        "tabs": _tabs(name, desk.counts(viewer)),
        "filter": form,
        "page": page,
        "rows": desk.rows(page.object_list),
        "now": clock.now(),
    }
    return render(request, "arbitration/desk/queue.html", context)


def _tabs(current: str, counted: dict[str, int]) -> list[dict[str, object]]:
    address = reverse("desk")
    return [
        {"label": label, "count": counted[name], "current": name == current, "url": f"{address}{query}"}
        for name, label, query in [(desk.OPEN, _("Open"), ""), (desk.CLOSED, _("Closed"), "?tab=closed")]
    ]


@at_the_desk
@require_safe
def case_page(request: UserRequest, pk: int) -> HttpResponse:
    """Show a case beside its order; who opened it is in the log (ARB-08)."""
    return show(request, found_case(request, pk))


def found_case(request: UserRequest, pk: int) -> Case:
    """A case of others, or 404."""
    return get_object_or_404(desk.cases_for(request.user), pk=pk)


def show(request: UserRequest, case: Case, *, refused: DeskForm | DecideForm | None = None) -> HttpResponse:
    """Draw the case as it stands now; `refused` is a form that was not taken, shown with all it holds."""
    viewer, now = request.user, clock.now()
    if not dossier.was_read_lately(case, viewer, now):
        cases.note_reading(case.pk, dossier.PAGE, by=viewer, now=now)
    spoken = dossier.spoken(case)
    is_open = case.status == CaseStatus.OPEN
    context = {
        "case": case,
        "now": now,
        "is_open": is_open,
        "mine": case.arbiter_id == viewer.pk,
        "since": desk.waits_since(case, [each.entry for each in spoken]),
        "spoken": spoken,
        "settlements": dossier.settlements(case),
        "log": dossier.log(case),
        "forms": forms_of(case, refused) if is_open else {},
        "refused": refused,
        "breadcrumbs": [(_("Desk"), reverse("desk")), (_("Case %(number)s") % {"number": case.order.number}, "")],
        **_beside(case, request, now),
    }
    return render(request, "arbitration/desk/case.html", context)


def _beside(case: Case, request: UserRequest, now: datetime) -> dict[str, Any]:
    """The whole order, for the second column."""
    order, viewer = case.order, request.user
    thread = dossier.thread(case, viewer)
    return {
        "order": order,
        "expired": order.is_expired(now),
        "side": "staff",
        "steps": story.steps(order),
        "thread": thread,
        "briefs": [said for said in thread if said.message.kind == MessageKind.BRIEF],
        "timeline": timeline(order),
        "money": money_box(order, viewer),
        "held": escrow.held_in(order.escrow_key),
        "moved": dossier.moved(order),
        "lines": list(order.lines.all()),
        "lead": lead_time(order.lead_hours),
        "base": order.unit_price * order.quantity,
        **in_words(Terms(**order.terms)),
    }


def forms_of(case: Case, refused: DeskForm | DecideForm | None) -> dict[str, DeskForm | DecideForm]:
    """What can be written in an open case; one that was refused stands in its own place."""
    forms: dict[str, DeskForm | DecideForm] = {"ask": ask_form(), "note": note_form(), "decide": DecideForm(case.order)}
    if isinstance(refused, DecideForm):
        forms["decide"] = refused
    elif refused is not None:
        forms[refused.name] = refused
    return forms


def ask_form(data: Any = None) -> DeskForm:
    return DeskForm("ask", data, label=_("Question"), help_text=_("The case waits for the side that you ask."))


def note_form(data: Any = None) -> DeskForm:
    return DeskForm("note", data, label=_("Note"), help_text=_("Only support staff see it."))


SIDES = (WaitsFor.BUYER, WaitsFor.SELLER)
