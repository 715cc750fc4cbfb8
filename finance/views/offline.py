"""Announcing a payment by bank transfer, money order or check, and the queue in which staff confirm them (PAY-01)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
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
from finance.forms_offline import AnnounceForm, ConfirmForm, RejectForm, SearchForm, SendBackForm, TakeBackForm
from finance.models import OfflinePayment, OfflineStatus
from finance.queries import claims
from finance.queries.offline import WAITING, open_acts, payments_for, story
from finance.references import found_in
from finance.rules import (
    OFFLINE_A_PAGE,
    OFFLINE_BOUND_FOR,
    OFFLINE_GOAL,
    OFFLINE_SECOND_FROM,
    OFFLINE_SECOND_WITHIN,
    business_time,
)
from finance.steps import offline

HOUR = timedelta(hours=1)
FORMS: dict[str, type[ConfirmForm | RejectForm]] = {
    "confirm": ConfirmForm,
    "reject": RejectForm,
    "send_back": SendBackForm,
    "take_back": TakeBackForm,
}
VERBS: dict[str, Callable[..., OfflinePayment]] = {
    "confirm": offline.confirm,
    "reject": offline.reject,
    "send_back": offline.send_back,
    "take_back": offline.take_back,
}
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
    page = Paginator(payments.select_related("lot"), OFFLINE_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "breadcrumbs": [(_("Balance"), reverse("balance")), (_("Other ways to pay"), "")],
        "form": form,
        "newest": offline.newest_of(request.user),
        "details": settings.OFFLINE_PAYMENT_DETAILS,
        "page": page,
        "rows": _rows(list(page.object_list), clock.now()),
        "goal": OFFLINE_GOAL // HOUR,
        "second_from": OFFLINE_SECOND_FROM,
        "second_days": OFFLINE_SECOND_WITHIN.days,
        "bound_days": OFFLINE_BOUND_FOR.days,
    }
    return render(request, "finance/offline.html", context)


@login_required
@require_safe
def own_payment(request: UserRequest, pk: int) -> HttpResponse:
    """On to one's own announced payment, on that page of the list on which it stands now (PAY-01)."""
    payments = OfflinePayment.objects.filter(user=request.user)
    payment = get_object_or_404(payments, pk=pk)
    page = payments.filter(pk__gt=payment.pk).count() // OFFLINE_A_PAGE + 1
    return redirect(f"{reverse('offline')}?page={page}#announced-{payment.pk}")


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
        payments_for(request.user).select_related("user", "confirmed_by"),
        wish.get("q", ""),
        also_ended=bool(wish.get("ended")),
    )
    page = Paginator(found.order_by("id"), OFFLINE_A_PAGE).get_page(request.GET.get("page"))
    ages = [(payment, business_time(payment.at, _ended_at(payment) or now)) for payment in page.object_list]
    context = {
        "filter": form,
        "page": page,
        "rows": [{"payment": payment, "hours": age // HOUR, "late": age > OFFLINE_GOAL} for payment, age in ages],
        "goal": OFFLINE_GOAL // HOUR,
        "second_from": OFFLINE_SECOND_FROM,
        "second_days": OFFLINE_SECOND_WITHIN.days,
    }
    return render(request, "finance/desk/offline.html", context)


@confirms
@require_http_methods(["GET", "HEAD", "POST"])
def payment(request: UserRequest, pk: int) -> HttpResponse:
    """One announced payment of somebody else's: confirm it with what was received, end it, send or take it back with a reason."""
    people = payments_for(request.user).select_related("user", "confirmed_by", "second_by", "chargeback")
    found = get_object_or_404(people, pk=pk)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    sent = FORMS[act](request.POST, payment=found) if act in FORMS else None
    if sent is not None and sent.is_valid():
        try:
            done = VERBS[act](pk, **sent.cleaned_data, by=request.user, now=clock.now())
        except Refusal as refusal:
            sent.add_error(None, str(refusal))
            found = people.get(pk=pk)
        else:
            messages.success(request, _done(done))
            return redirect("desk-offline")
    acts = open_acts(found, request.user)
    if sent is not None and act not in acts:
        _tell(request, sent, found)
    context = {
        "breadcrumbs": [(_("Announced payments"), reverse("desk-offline")), (found.code, "")],
        "payment": found,
        "age": business_time(found.at, _ended_at(found) or clock.now()) // HOUR,
        "second_from": OFFLINE_SECOND_FROM,
        "second_days": OFFLINE_SECOND_WITHIN.days,
        **{name: sent if name == act else FORMS[name](payment=found) for name in acts},
        "events": story(found),
    }
    return render(request, "finance/desk/offline_payment.html", context)


def _rows(payments: list[OfflinePayment], now: datetime) -> list[dict[str, object]]:
    """Each payment with what taking it back has left, and until when what came by check cannot be withdrawn."""
    found = claims.of_announced(payments)
    lots = {payment.pk: payment.lot for payment in payments if hasattr(payment, "lot")}
    waiting = {pk: lot.free_at for pk, lot in lots.items() if lot.free_at > now and lot.released_at is None}
    return [
        {"payment": payment, "claimed": found.get(payment.pk), "bound_until": waiting.get(payment.pk)}
        for payment in payments
    ]


def _ended_at(payment: OfflinePayment) -> datetime | None:
    """When it ended; what was canceled and came all the same goes on."""
    return None if payment.status in WAITING else payment.ended_at


def _done(payment: OfflinePayment) -> str:
    words = {
        OfflineStatus.SECOND: _("%(code)s waits for a second person now; nothing is on the balance yet."),
        OfflineStatus.ANNOUNCED: _("%(code)s was sent back: it waits for its money again."),
    }
    told = _("%(code)s is done; the user is told.")
    return words.get(OfflineStatus(payment.status), told) % {"code": payment.code}


def _tell(request: UserRequest, form: Form, payment: OfflinePayment) -> None:
    """Say why nothing was done, where the form that was sent is not drawn any more."""
    passed = _("This is not possible any more: it is now “%(status)s”.") % {"status": payment.get_status_display()}
    for sentence in form.non_field_errors() or [passed]:
        messages.error(request, str(sentence))


def _searched(payments: QuerySet[OfflinePayment], words: str, *, also_ended: bool) -> QuerySet[OfflinePayment]:
    code = found_in(words)
    if code:
        return payments.filter(code=code)
    if not also_ended:
        payments = payments.filter(status__in=WAITING)
    return payments.filter(user__login__icontains=words.strip()) if words.strip() else payments
