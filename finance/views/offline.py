"""Announcing a payment by bank transfer, money order or check, and the queue in which staff confirm them (PAY-01)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TypeVar, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import UserRequest
from core import clock
from core.refusals import Refusal
from finance.forms_offline import AnnounceForm, ConfirmForm, RejectForm, SearchForm
from finance.models import OfflinePayment, OfflineStatus
from finance.queries.offline import payments_for, story
from finance.references import found_in
from finance.rules import OFFLINE_A_PAGE, OFFLINE_GOAL, business_time
from finance.steps import offline

HOUR = timedelta(hours=1)
V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def confirms(view: V) -> V:
    """For staff who confirm payments; for everybody else there is nothing here."""

    @login_required
    @wraps(view)
    def guarded(request: UserRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not offline.may_confirm(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return cast(V, guarded)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: UserRequest) -> HttpResponse:
    """Announce a payment, and see one's own with the reference to send each with. Nothing here where it is not offered."""
    payments = OfflinePayment.objects.filter(user=request.user).order_by("-id")
    if not settings.OFFLINE_PAYMENT_DETAILS and not payments.exists():
        raise Http404
    form = AnnounceForm(request.POST if request.method == "POST" else None)
    if settings.OFFLINE_PAYMENT_DETAILS and form.is_valid():
        try:
            payment = offline.announce(**form.cleaned_data, by=request.user, now=clock.now())
        except offline.Announced as refusal:
            messages.info(request, str(refusal))
            return redirect("offline")
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Announced. Send it with the reference %(code)s.") % {"code": payment.code})
            return redirect("offline")
    context = {
        "breadcrumbs": [(_("Balance"), reverse("balance")), (_("Other ways to pay"), "")],
        "form": form,
        "newest": offline.newest_of(request.user),
        "details": settings.OFFLINE_PAYMENT_DETAILS,
        "page": Paginator(payments, OFFLINE_A_PAGE).get_page(request.GET.get("page")),
        "goal": OFFLINE_GOAL // HOUR,
    }
    return render(request, "finance/offline.html", context)


@login_required
@require_POST
def cancel(request: UserRequest, pk: int) -> HttpResponse:
    """Take an announcement back."""
    try:
        offline.cancel(pk, by=request.user, now=clock.now())
    except OfflinePayment.DoesNotExist as error:
        raise Http404 from error
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Canceled. Please do not send it any more."))
    return redirect("offline")


@confirms
@require_safe
def queue(request: UserRequest) -> HttpResponse:
    """What waits for its money, oldest first, with its age in business time against the goal; or what a search finds."""
    now, form = clock.now(), SearchForm(request.GET)
    form.is_valid()
    wish = form.cleaned_data
    found = _searched(
        payments_for(request.user).select_related("user"), wish.get("q", ""), also_ended=bool(wish.get("ended"))
    )
    page = Paginator(found.order_by("id"), OFFLINE_A_PAGE).get_page(request.GET.get("page"))
    ages = [(payment, business_time(payment.at, payment.ended_at or now)) for payment in page.object_list]
    context = {
        "filter": form,
        "page": page,
        "rows": [{"payment": payment, "hours": age // HOUR, "late": age > OFFLINE_GOAL} for payment, age in ages],
        "goal": OFFLINE_GOAL // HOUR,
    }
    return render(request, "finance/desk/offline.html", context)


@confirms
@require_http_methods(["GET", "HEAD", "POST"])
def payment(request: UserRequest, pk: int) -> HttpResponse:
    """One announced payment of somebody else's: confirm it with what was received, or end it with a reason."""
    found = get_object_or_404(payments_for(request.user).select_related("user", "confirmed_by"), pk=pk)
    asked = request.POST.get("act") if request.method == "POST" else None
    confirm = ConfirmForm(request.POST if asked == "confirm" else None, payment=found)
    reject = RejectForm(request.POST if asked == "reject" else None)
    form = confirm if asked == "confirm" else reject if asked == "reject" else None
    if form is not None and form.is_valid():
        by, now = request.user, clock.now()
        try:
            if form is confirm:
                offline.confirm(pk, **form.cleaned_data, by=by, now=now)
            else:
                offline.reject(pk, **form.cleaned_data, by=by, now=now)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            found.refresh_from_db()
        else:
            messages.success(request, _("%(code)s is done; the user is told.") % {"code": found.code})
            return redirect("desk-offline")
    open_forms = _open_forms(found, confirm, reject)
    if form is not None and form not in open_forms:
        _tell(request, form, found)
    context = {
        "breadcrumbs": [(_("Announced payments"), reverse("desk-offline")), (found.code, "")],
        "payment": found,
        "age": business_time(found.at, found.ended_at or clock.now()) // HOUR,
        "confirm": confirm if confirm in open_forms else None,
        "reject": reject if reject in open_forms else None,
        "events": story(found),
    }
    return render(request, "finance/desk/offline_payment.html", context)


def _open_forms(payment: OfflinePayment, confirm: ConfirmForm, reject: RejectForm) -> list[Form]:
    """What can still be sent of a payment: while it is announced both, received none."""
    forms: dict[str, list[Form]] = {OfflineStatus.ANNOUNCED: [confirm, reject], OfflineStatus.CANCELED: [confirm]}
    return forms.get(payment.status, [])


def _tell(request: UserRequest, form: Form, payment: OfflinePayment) -> None:
    """Say why nothing was done, where the form that was sent is not drawn any more."""
    ended = _("This is not possible any more: it is now “%(status)s”.") % {"status": payment.get_status_display()}
    for sentence in form.non_field_errors() or [ended]:
        messages.error(request, str(sentence))


def _searched(payments: QuerySet[OfflinePayment], words: str, *, also_ended: bool) -> QuerySet[OfflinePayment]:
    code = found_in(words)
    if code:
        return payments.filter(code=code)
    if not also_ended:
        payments = payments.filter(status=OfflineStatus.ANNOUNCED)
    return payments.filter(user__login__icontains=words.strip()) if words.strip() else payments
