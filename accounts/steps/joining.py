"""Joining: an account with its agreements, and a confirmed e-mail that is this account's alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import emails, logins
from accounts.models import Acceptance, Agreement, User
from core.refusals import Invalid, OutOfTurn


@transaction.atomic
def register(
    login: str, email: str, password: str | None, *, agreements: Iterable[Agreement], confirmed: bool, now: datetime
) -> User:
    """Make an account as the sign-up page does (ACC-01, ACC-04); `confirmed` when the e-mail is proven already.

    Refused: a login that may not be chosen, a confirmed e-mail that belongs to another account.
    """
    logins.check(login)
    user = User.objects.create_user(login, email, password, date_joined=now)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=confirmed)
    if confirmed:
        hold_email(user, user.email)
    agree(agreements, by=user, now=now)
    return user


def agree(agreements: Iterable[Agreement], *, by: User, now: datetime) -> None:
    """Keep that they are of age and agreed to these versions (ACC-01); agreeing again keeps the first moment."""
    for agreement in agreements:
        Acceptance.objects.get_or_create(user=by, agreement=agreement, defaults={"adult": True, "at": now})


def hold_email(user: User, email: str) -> None:
    """Make a confirmed e-mail this account's alone, aliases folded (ACC-03); refused when another account has it."""
    key = emails.folded(email)
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(email_key=key)
    except IntegrityError as error:
        raise held_by_another() from error
    user.email_key = key


def hold_own_email(address: EmailAddress) -> None:
    """Hold the address that the account has, as its letter is answered (ACC-05); within the transaction that confirms it.

    Refused when the account has another by now: one takes the place of the other only as ACC-06 says.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=address.user_id)
    if user.email.lower() != address.email.lower():
        raise OutOfTurn(_("The account has another address by now. It is changed in the settings."))
    hold_email(user, address.email)


def held_by_another() -> Invalid:
    return Invalid(_("This e-mail address belongs to another account."))
