"""What staff may do, and what two of them have to say."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.models import Event
from core.refusals import NotAllowed


def may(by: AbstractBaseUser | None, right: str) -> bool:
    """Whether this person is of staff, not dismissed, and has the right."""
    person: Any = by
    return person is not None and person.is_active and person.is_staff and person.has_perm(right)


def said_by_another(words: QuerySet[Event], right: str, *, by: AbstractBaseUser) -> bool:
    """Whether the last of these words is somebody else's who still has the right; otherwise the word of `by` is the first.

    Refused: one's own (NotAllowed).
    """
    last = words.last()
    if last is None or not may(last.by, right):
        return False
    if last.by_id == by.pk:
        raise NotAllowed(_("You have said so already: now somebody else has to."))
    return True
