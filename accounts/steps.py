"""The verbs of accounts: joining, agreeing, showing oneself, being here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import emails, logins
from accounts.models import Acceptance, Agreement, Role, User
from accounts.pictures import squared
from core.refusals import Invalid


@dataclass(frozen=True)
class Profile:
    """What people say about themselves (ACC-11)."""

    name: str = ""
    headline: str = ""
    about: str = ""
    city: str = ""
    country: str = ""
    skills: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)


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
        raise Invalid(_("This e-mail address belongs to another account.")) from error
    user.email_key = key


def show_role(role: Role, *, by: User) -> None:
    """Choose the side of the marketplace that the pages show (ACC-10)."""
    if by.role != role:
        by.role = role
        by.save(update_fields=["role"])


def save_profile(profile: Profile, *, by: User) -> None:
    """Write what they say about themselves (ACC-11)."""
    for name, value in vars(profile).items():
        setattr(by, name, value)
    by.save(update_fields=list(vars(profile)))


def set_picture(file: UploadedFile[bytes], *, by: User) -> None:
    """Replace the picture by the square middle of this one; refused unless the content is an accepted image."""
    _change_picture(squared(file), by)


def remove_picture(*, by: User) -> None:
    """Go back to initials."""
    _change_picture(None, by)


def set_time_zone(name: str, *, by: User) -> None:
    """Show times in this zone from now on (ACC-14)."""
    by.time_zone = name
    by.save(update_fields=["time_zone"])


def seen(user_id: int, *, now: datetime) -> None:
    """Note that they are here (ACC-15)."""
    User.objects.filter(pk=user_id).update(last_seen_at=now)


def _change_picture(picture: object, user: User) -> None:
    storage, old = user.picture.storage, user.picture.name
    user.picture = picture
    user.save(update_fields=["picture"])
    if old:
        transaction.on_commit(lambda: storage.delete(old))
