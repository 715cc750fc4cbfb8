"""Showing oneself and being here: the profile, the role, the time zone, presence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import Role, User
from accounts.pictures import squared


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
