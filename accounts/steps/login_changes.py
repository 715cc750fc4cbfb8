"""Changing the login, once in an account's life (ACC-07)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import logins
from accounts.models import FormerLogin, User
from core import formats
from core.events import record
from core.refusals import Invalid, OutOfTurn


@transaction.atomic
def change_login(login: str, *, by: User, now: datetime) -> User:
    """Give the account another login; the old one leads to it and is nobody else's ever after.

    Refused: a second change, another letter case included, and a login that may not be chosen (ACC-04).
    """
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if user.login_changed_at:
        raise OutOfTurn(
            _("The login can be changed once, and yours was changed on %(day)s.")
            % {"day": formats.day(user.login_changed_at)}
        )
    logins.check(login, by=user)
    former, user.login, user.login_changed_at = user.login, login, now
    try:
        with transaction.atomic():
            FormerLogin.objects.create(user=user, login=former, at=now)
            user.save(update_fields=["login", "login_changed_at"])
    except IntegrityError as error:
        raise Invalid(_("This login was taken a moment ago.")) from error
    record("account.login_changed", user, by=user, now=now, former=former, login=login)
    return user
