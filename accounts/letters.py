"""The letters about a change of e-mail or login, sent once the change is committed."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts import queries, rules
from accounts.models import ChangeStatus, EmailChange, User
from accounts.steps.email_changes import Letter
from core import formats


def send(letter: Letter, request: HttpRequest) -> None:
    """To the address that the change asks now (ACC-06).

    Whoever has an account with the new address is told that; nobody else learns of it.
    """
    change, adapter = letter.change, get_adapter(request)
    address = settings.SITE_URL + reverse("email-change-link", args=[letter.secret])
    facts = {"user": change.user, "change": change, "works": formats.elapsed(rules.EMAIL_LINK)}
    if change.status == ChangeStatus.ASKED:
        adapter.send_mail("account/email/email_change_old", change.old_email, {**facts, "agree_url": address})
    elif queries.held_by_another(change.user, change.new_email):
        adapter.send_account_already_exists_mail(change.new_email)
    else:
        adapter.send_mail("account/email/email_change_new", change.new_email, {**facts, "activate_url": address})


def email_changed(change: EmailChange, request: HttpRequest) -> None:
    """To the address that was the account's; one that nobody ever confirmed may be a stranger's and is told nothing."""
    if change.agreed_at:
        facts = {"from_email": change.old_email, "to_email": change.new_email}
        get_adapter(request).send_notification_mail(
            "account/email/email_changed", change.user, facts, email=change.old_email
        )


def login_changed(user: User, request: HttpRequest) -> None:
    """To the account's address (ACC-07)."""
    facts = {"login": user.login, "former": user.former_login.login}
    get_adapter(request).send_notification_mail("account/email/login_changed", user, facts, email=user.email)
