"""Changing the login, once in an account's life (ACC-07)."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import letters, queries, rules
from accounts.forms import LoginChangeForm
from accounts.models import FormerLogin
from accounts.requests import UserRequest
from accounts.steps import login_changes
from core import clock, formats
from core.refusals import OutOfTurn, Refusal


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def login_settings(request: UserRequest) -> HttpResponse:
    """What follows from a change, and the form; once it was changed, what became of the old login."""
    user, now = request.user, clock.now()
    form = LoginChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            changed = login_changes.change_login(form.cleaned_data["username"], by=user, now=now)
        except OutOfTurn as refusal:
            messages.info(request, str(refusal))
            return redirect("settings-login")
        except Refusal as refusal:
            form.add_error("username", str(refusal))
        else:
            letters.login_changed(changed, request)
            messages.success(request, _("Your login is now %(login)s.") % {"login": changed.login})
            return redirect("settings-login")
    context = {
        "form": form,
        "former": FormerLogin.objects.filter(user=user).first(),
        "frozen_until": queries.frozen_until(user, now),
        "freeze": formats.elapsed(rules.IDENTITY_FREEZE),
        "would_end": now + rules.IDENTITY_FREEZE,
    }
    return render(request, "accounts/settings_login.html", context)
