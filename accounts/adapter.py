"""What the site asks of django-allauth: its own rules for logins and e-mails, its own words and letters."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import logins, queries
from accounts.models import User
from accounts.steps import joining
from core.letters import signature
from core.refusals import Invalid, Refusal

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up, log-in and confirmation by the rules of this site."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("No account has this e-mail with this password."),
        "username_password_mismatch": _("No account has this login with this password."),
        "too_many_login_attempts": _("Too many attempts to log in failed. Please wait five minutes and try again."),
        "duplicate_email": _("This e-mail address is already the one of your account."),
        "rate_limited": _("That was too often in a short time. Please wait a minute and try again."),
    }

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """ACC-04; every refusal comes with its own sentence."""
        try:
            logins.check(username)
        except Invalid as refusal:
            raise ValidationError(str(refusal)) from refusal
        return username

    def format_email_subject(self, subject: str) -> str:
        return f"{subject} · {settings.SITE_NAME}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that does not answer fails no request: the pages offer to send the letter again."""
        try:
            super().send_mail(template_prefix, email, {**signature(), **context})
        except (OSError, SMTPException) as error:
            log.error("account letter not sent", letter=template_prefix, error=str(error))

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Every letter goes out as text and as the same words in HTML."""
        letter: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        letter.reply_to = [settings.SUPPORT_EMAIL]
        if isinstance(letter, EmailMultiAlternatives) and not letter.alternatives:
            # The text's own signature is drawn by the HTML frame.
            text = str(letter.body).rpartition("\n--\n")[0] or letter.body
            frame = {**context, "subject": letter.subject, "text": text}
            letter.attach_alternative(render_to_string("accounts/emails/letter.html", frame), "text/html")
        return letter

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """Whoever has confirmed this address elsewhere is told so; the page says the same in both cases."""
        address = emailconfirmation.email_address
        if queries.held_by_another(address.user, address.email):
            self.send_account_already_exists_mail(address.email)
        else:
            super().send_confirmation_mail(request, emailconfirmation, signup)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm, unless another account has confirmed the mailbox, or this one has another by now (ACC-03, ACC-05)."""
        try:
            with transaction.atomic():
                joining.hold_own_email(email_address)
                confirmed: bool = super().confirm_email(request, email_address)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return False
        return confirmed


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Accounts of Facebook and Google."""

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> SocialApp:
        """A site without keys is not there at all."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """An address that the other site has confirmed is confirmed here, unless another account holds it.

        An account has one address (ACC-06): what else the other site tells of is let go.
        """
        user: User = super().save_user(request, sociallogin, form)
        EmailAddress.objects.filter(user=user).exclude(email=user.email.lower()).delete()
        for address in EmailAddress.objects.filter(user=user, verified=True):
            try:
                joining.hold_email(user, address.email)
            except Invalid:
                EmailAddress.objects.filter(pk=address.pk).update(verified=False)
        return user


class SecondStepAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The second step of logging in, in this site's words."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "unverified_email": _("Confirm your e-mail address first: without it nobody could let you in again."),
        "incorrect_code": _("This code is not right. Codes of an app change every half minute."),
    }

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """A name to begin with; its owner can change it."""
        return gettext("Passkey %(number)d") % {
            "number": Authenticator.objects.filter(user=user, type=type).count() + 1
        }

    def _get_site_name(self) -> str:
        return str(settings.SITE_NAME)
