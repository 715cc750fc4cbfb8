"""Changing the e-mail of an account (ACC-06): the page of the settings, and the pages that the two letters lead to."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import letters, queries, rules
from accounts.forms import EmailForm
from accounts.requests import UserRequest
from accounts.steps import email_changes
from core import clock, formats
from core.refusals import Refusal


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def email_settings(request: UserRequest) -> HttpResponse:
    """Where a change stands, and the form that begins one."""
    user, now = request.user, clock.now()
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            rules.EMAIL_CHANGE_LIMIT.count(by=user, now=now)
            letter = email_changes.ask(form.cleaned_data["email"], by=user, now=now)
        except Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            letters.send(letter, request)
            messages.success(request, _("A letter went to %(email)s.") % {"email": letter.change.asks})
            return redirect("settings-email")
    change = queries.open_email_change(user)
    context = {
        "form": form,
        "change": change,
        "over": change is not None and change.is_over(now),
        "confirmed": queries.has_confirmed_email(user),
        "frozen_until": queries.frozen_until(user, now),
        "link": formats.elapsed(rules.EMAIL_LINK),
        "freeze": formats.elapsed(rules.IDENTITY_FREEZE),
    }
    return render(request, "accounts/settings_email.html", context)


@require_POST
@login_required
def send_again(request: UserRequest) -> HttpResponse:
    """Another letter to the address that is asked now."""
    now = clock.now()
    try:
        rules.EMAIL_CHANGE_LIMIT.count(by=request.user, now=now)
        letter = email_changes.send_again(by=request.user, now=now)
    except Refusal as refusal:
        messages.info(request, str(refusal))
    else:
        letters.send(letter, request)
        messages.success(
            request,
            _("A new letter went to %(email)s; the one before no longer works.") % {"email": letter.change.asks},
        )
    return redirect("settings-email")


@require_POST
@login_required
def cancel(request: UserRequest) -> HttpResponse:
    """Keep the present address."""
    try:
        email_changes.cancel(by=request.user, now=clock.now())
    except Refusal as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _("The change is canceled. Your address stays as it is."))
    return redirect("settings-email")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """What a letter leads to, on whatever device it is read; only a press on its buttons changes anything."""
    if request.method == "POST":
        try:
            if "keep" in request.POST:
                email_changes.decline(secret, now=clock.now())
            else:
                _go_on(secret, request)
        except Refusal as refusal:
            messages.info(request, str(refusal))
        return redirect("email-change-link", secret)
    change, now = queries.email_change_by(secret), clock.now()
    context = {
        "change": change,
        "secret": secret,
        "over": change is not None and change.is_over(now),
        "by_old": change is not None and change.old_key == queries.hashed(secret),
        "own": change is not None and request.user == change.user,
        "freeze": formats.elapsed(rules.IDENTITY_FREEZE),
    }
    return render(request, "accounts/email_change_link.html", context, status=200 if change else 404)


def _go_on(secret: str, request: HttpRequest) -> None:
    change, now = queries.email_change_by(secret), clock.now()
    if change and change.old_key == queries.hashed(secret):
        letters.send(email_changes.agree(secret, now=now), request)
    else:
        letters.email_changed(email_changes.complete(secret, now=now), request)
