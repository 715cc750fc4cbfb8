"""django-allauth's forms for passwords and second steps, as this site draws them: labels, no placeholders."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _


class Plain:
    """Puts the site's labels on the fields and takes their placeholders away."""

    labels: dict[str, Any] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plainly(self.fields, self.labels)


def plainly(fields: dict[str, forms.Field], labels: dict[str, Any]) -> None:
    """The same for the fields of a form that is made otherwise."""
    for name, field in fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.label = labels.get(name, field.label)


class ChangePasswordForm(Plain, account.ChangePasswordForm):  # type: ignore[misc]
    """A new password, by someone who knows the present one."""

    labels = {
        "oldpassword": _("Present password"),
        "password1": _("New password"),
        "password2": _("New password once more"),
    }


class SetPasswordForm(Plain, account.SetPasswordForm):  # type: ignore[misc]
    """The first password of someone who came from another site."""

    labels = {"password1": _("Password"), "password2": _("Password once more")}


class ResetPasswordForm(Plain, account.ResetPasswordForm):  # type: ignore[misc]
    """Where to send the letter that lets one choose a new password."""

    labels = {"email": _("E-mail")}


class ResetPasswordKeyForm(Plain, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by someone who followed the letter's link."""

    labels = {"password1": _("New password"), "password2": _("New password once more")}


class ReauthenticateForm(Plain, account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    labels = {"password": _("Password")}


class CodeForm(Plain, mfa.AuthenticateForm):  # type: ignore[misc]
    """The second step of logging in."""


class CodeAgainForm(Plain, mfa.ReauthenticateForm):  # type: ignore[misc]
    """A code to show once more who one is."""


class ActivateAppForm(Plain, totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""

    labels = {"code": _("Code that the app shows")}


class AddPasskeyForm(Plain, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey."""

    labels = {"name": _("Name"), "passwordless": _("Log in with it alone, without the password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "passwordless" in self.fields:
            self.fields["passwordless"].help_text = _("The device then asks for your fingerprint, face or PIN.")


class RenamePasskeyForm(Plain, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    labels = {"name": _("Name")}
