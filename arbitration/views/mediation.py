"""A mediator's pages: the own mediations, and a case with the form to propose a settlement (REV-05)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import UserRequest
from arbitration.forms import SplitForm
from arbitration.models import Mediation, MediationStatus
from arbitration.queries import clocks
from arbitration.queries import mediations as found
from arbitration.rules import CASES_PER_PAGE
from arbitration.steps import rejecting
from arbitration.views.dispute import split_follows
from core import clock
from core.refusals import Refusal
from orders.views.files import streamed


@login_required
@require_safe
def mediations(request: UserRequest) -> HttpResponse:
    """The mediations that the viewer was hired for."""
    pages = Paginator(found.mediations_of(request.user), CASES_PER_PAGE)
    context = {"page": pages.get_page(request.GET.get("page")), "path": request.path, "now": clock.now()}
    return render(request, "arbitration/mediations.html", context)


@login_required
@require_safe
def mediation(request: UserRequest, pk: int) -> HttpResponse:
    """One of them: the order with everything in it while the mediation runs, and the proposal."""
    return show(request, get_object_or_404(found.mediations_of(request.user), pk=pk))


def show(
    request: UserRequest, mediation: Mediation, *, refused: SplitForm | None = None, problem: str = ""
) -> HttpResponse:
    """Draw it as it now stands; `refused` is a proposal that was not taken, shown with all it holds."""
    viewer, now = request.user, clock.now()
    order = mediation.rejection.order
    proposal = found.proposed(mediation, viewer, now)
    context = {
        "mediation": mediation,
        "order": order,
        "rejection": mediation.rejection,
        "job": found.content(mediation, viewer),
        "lines": list(order.lines.all()) if mediation.is_running else [],
        "base": order.unit_price * order.quantity,
        "clock": clocks.of(order, viewer, now) if mediation.is_running else None,
        "proposal": proposal,
        "fee": found.fee_words(mediation, proposed=proposal is not None),
        "may_propose": mediation.status == MediationStatus.HIRED,
        "split_form": refused or SplitForm(order, explained=True),
        "split_follows": split_follows(order, refused, viewer),
        "problem": problem,
        "now": now,
        "breadcrumbs": [(_("Mediations"), reverse("mediations")), (order.title, "")],
    }
    return render(request, "arbitration/mediation.html", context)


@login_required
@require_POST
def propose(request: UserRequest, pk: int) -> HttpResponse:
    """The mediator proposes how to share the money, with an explanation; only what was shown to follow (REV-05, CAN-19)."""
    viewer = request.user
    mediation = get_object_or_404(found.mediations_of(viewer), pk=pk)
    form = SplitForm(mediation.rejection.order, request.POST, explained=True)
    if not form.is_valid() or not form.was_shown or form.sum is None:
        return show(request, mediation, refused=form)
    try:
        rejecting.propose(mediation.pk, form.sum, text=form.cleaned_data["text"], by=viewer, now=clock.now())
    except Refusal as refusal:
        mediation = get_object_or_404(found.mediations_of(viewer), pk=pk)
        if mediation.status == MediationStatus.PROPOSED:
            messages.info(request, _("You have proposed a settlement already."))
            return redirect(mediation)
        return show(request, mediation, refused=form, problem=str(refusal))
    messages.success(request, _("Both sides were told of your proposal, and your fee was paid."))
    return redirect(mediation)


@login_required
@require_safe
def split(request: UserRequest, pk: int) -> HttpResponse:
    """What would follow from the sum that is being typed (CAN-19)."""
    waiting = found.mediations_of(request.user).filter(status=MediationStatus.HIRED)
    order = get_object_or_404(waiting, pk=pk).rejection.order
    form = SplitForm(order, request.GET, explained=True)
    context = {"split_form": form, "split_follows": split_follows(order, form, request.user)}
    return render(request, "arbitration/split_follows.html", {**context, "live": True})


@login_required
@require_safe
def mediation_file(request: UserRequest, pk: int, upload: UUID) -> FileResponse:
    """A file of the order, for its mediator, for as long as the mediation runs."""
    mediation = get_object_or_404(found.mediations_of(request.user), pk=pk)
    response = streamed(get_object_or_404(found.attachments_of(mediation), upload_id=upload).upload)
    response["Cache-Control"] = "private, no-store"  # nothing is left in the browser when it is over
    return response
