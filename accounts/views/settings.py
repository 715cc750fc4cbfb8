"""The pages under Settings (ACC-11, ACC-14)."""

from __future__ import annotations

from allauth.socialaccount.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries
from accounts.forms import PictureForm, ProfileForm, TimeZoneForm
from accounts.models import User
from accounts.requests import UserRequest
from accounts.steps import showing
from core import clock
from core.refusals import Refusal


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile_settings(request: UserRequest) -> HttpResponse:
    """The public profile; a good picture is kept even when another field has to be mended."""
    user = request.user
    # The form writes into its instance while it is checked, and the header shows request.user.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    picture = PictureForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        kept = _take_picture(picture, user)
        if form.is_valid():
            showing.save_profile(form.profile(), by=user)
            if kept:
                messages.success(request, _("Your profile is saved."))
                return redirect("settings")
        elif kept and request.FILES:
            messages.info(request, _("Your picture is saved. The rest is not saved yet."))
    context = {"form": form, "picture_form": picture, "completeness": queries.completeness(user)}
    return render(request, "accounts/settings_profile.html", context)


@login_required
@require_POST
def remove_picture(request: UserRequest) -> HttpResponse:
    """Show initials again."""
    showing.remove_picture(by=request.user)
    messages.success(request, _("Your picture is removed."))
    return redirect("settings")


@login_required
@require_safe
def account_settings(request: UserRequest) -> HttpResponse:
    """Login, e-mail, password, connected accounts and what was agreed to."""
    user, now = request.user, clock.now()
    change = queries.open_email_change(user)
    context = {
        "change": change if change and not change.is_over(now) else None,
        "confirmed": queries.has_confirmed_email(user),
        "frozen_until": queries.frozen_until(user, now),
        "acceptances": queries.acceptances_of(user),
        "providers": get_adapter().list_providers(request),
    }
    return render(request, "accounts/settings_account.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def time_zone_settings(request: UserRequest) -> HttpResponse:
    """The zone in which all times are shown."""
    user = request.user
    form = TimeZoneForm(request.POST or None, initial={"time_zone": user.time_zone})
    if request.method == "POST" and form.is_valid():
        showing.set_time_zone(form.cleaned_data["time_zone"], by=user)
        messages.success(request, _("Your time zone is saved."))
        return redirect("settings-time-zone")
    return render(request, "accounts/settings_time_zone.html", {"form": form})


def _take_picture(form: PictureForm, user: User) -> bool:
    """Whether the picture is settled: stored, or none was sent."""
    if not form.is_valid():
        return False
    file = form.cleaned_data["picture"]
    if not file:
        return True
    try:
        showing.set_picture(file, by=user)
    except Refusal as refusal:
        form.add_error("picture", str(refusal))
        return False
    return True
