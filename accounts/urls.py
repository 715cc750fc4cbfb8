"""Addresses of people and of their settings; those of logging in are django-allauth's."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from accounts.views import agreements, email_change, joining, login_change, profile, role, settings

urlpatterns = [
    path("users/<str:login>/", profile.profile, name="profile"),
    path("role/", role.role_switch, name="role-switch"),
    path("signup/login/", joining.login_check, name="login-check"),
    path("agreements/<slug:slug>/", agreements.newest_agreement, name="newest-agreement"),
    path("agreements/<slug:slug>/<str:version>/", agreements.agreement, name="agreement"),
    path("settings/", settings.profile_settings, name="settings"),
    path("settings/picture/remove/", settings.remove_picture, name="remove-picture"),
    path("settings/account/", settings.account_settings, name="settings-account"),
    path("settings/account/confirm/", joining.confirm_again, name="confirm-again"),
    path("settings/email/", email_change.email_settings, name="settings-email"),
    path("settings/email/again/", email_change.send_again, name="email-change-again"),
    path("settings/email/cancel/", email_change.cancel, name="email-change-cancel"),
    path("settings/login/", login_change.login_settings, name="settings-login"),
    path("email-change/<str:secret>/", email_change.link, name="email-change-link"),
    # django-allauth's own page changes the address without asking the present one; whatever is sent there does nothing.
    path("email/", RedirectView.as_view(pattern_name="settings-email")),
    path("settings/time-zone/", settings.time_zone_settings, name="settings-time-zone"),
]
