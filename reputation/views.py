"""Feedback on the pages of orders, kworks and sellers: each view fills a place there and works alone (RAT-06)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.requests import UserRequest
from accounts.views.whose import whose
from core import clock
from core.refusals import Refusal
from kworks.models import Kwork, KworkStatus
from orders.queries.whose import orders_seen_by
from reputation import queries, steps
from reputation.forms import FeedbackForm
from reputation.models import Feedback
from reputation.rules import SHOWN_IN_PLACE, SHOWN_PER_PAGE


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def order_feedback(request: UserRequest, number: str) -> HttpResponse:
    """Show what the buyer said; the buyer is asked for it here once the order's end gives the right to it."""
    viewer = request.user
    order = get_object_or_404(orders_seen_by(viewer), number=number)
    form = FeedbackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        liked = form.cleaned_data["liked"] == "yes"
        try:
            steps.leave_feedback(order.pk, positive=liked, text=form.cleaned_data["text"], by=viewer, now=clock.now())
        except Refusal as refusal:
            # The second press of a double click finds the feedback of the first, and says nothing.
            if not _is_said(queries.feedback_on(order), viewer, form.cleaned_data["text"]):
                form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Thank you. Your feedback is shown on the kwork and the seller's profile."))
        if not form.errors and not request.htmx:
            return redirect(order)
    context = {
        "order": order,
        "feedback": queries.feedback_on(order),
        "may_leave": queries.may_leave(order, viewer),
        "form": form,
        "sent": request.method == "POST",
        "breadcrumbs": [(_("Order %(number)s") % {"number": number}, order.get_absolute_url()), (_("Feedback"), "")],
    }
    part = "#feedback" if request.htmx else ""
    return render(request, f"reputation/order.html{part}", context)


@require_safe
def kwork_feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """All feedback on a kwork, newest first."""
    kwork = get_object_or_404(Kwork.objects.exclude(status=KworkStatus.NEW), pk=pk)
    about = {"subject": kwork.title, "subject_url": kwork.get_absolute_url(), "likes": kwork.likes}
    return _list(request, queries.of_kwork(kwork.pk), {**about, "dislikes": kwork.dislikes})


@require_safe
@whose
def profile_feedback(request: HttpRequest, seller: User) -> HttpResponse:
    """All feedback on a seller's work, newest first."""
    found = queries.of_seller(seller)
    counts = found.order_by().aggregate(likes=Count("pk", filter=Q(positive=True)), all=Count("pk"))
    about = {"subject": seller.shown_name, "subject_url": seller.get_absolute_url(), "likes": counts["likes"]}
    return _list(request, found, {**about, "dislikes": counts["all"] - counts["likes"], "with_kwork": True})


def _list(request: HttpRequest, found: QuerySet[Feedback], about: dict[str, object]) -> HttpResponse:
    in_place = bool(getattr(request, "htmx", False))
    paginator = Paginator(found, SHOWN_IN_PLACE if in_place else SHOWN_PER_PAGE)
    context = {
        **about,
        "page": paginator.get_page(None if in_place else request.GET.get("page")),
        "in_place": in_place,
        "path": request.path,
        "breadcrumbs": [(about["subject"], about["subject_url"]), (_("Feedback"), "")],
    }
    return render(request, f"reputation/list.html{'#feedback' if in_place else ''}", context)


def _is_said(feedback: Feedback | None, viewer: User, text: str) -> bool:
    return feedback is not None and feedback.author_id == viewer.pk and feedback.text == text
