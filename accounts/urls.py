"""Addresses of people and of their settings; those of logging in are django-allauth's."""

from __future__ import annotations

from django.urls import path

from accounts.views import agreements, joining, profile, role, settings

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
    path("settings/time-zone/", settings.time_zone_settings, name="settings-time-zone"),
]
