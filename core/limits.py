"""How often one person may do something: counted in the cache, and without a limit while the cache is away."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils.translation import gettext as _

from core import formats
from core.refusals import Refusal

if TYPE_CHECKING:  # limits stand in rules, which are read before there are models
    from django.contrib.auth.base_user import AbstractBaseUser


class TooOften(Refusal):
    """This person has done this so often within so short a time that they have to wait."""


@dataclass(frozen=True)
class Limit:
    """At most `most` times within `within`, for each person; `name` keeps one limit's count apart from another's."""

    name: str
    most: int
    within: timedelta

    def count(self, *, by: AbstractBaseUser, now: datetime, weight: int = 1) -> None:
        """Count one more time; a view calls this before its verb, where it catches refusals. Refused: TooOften.

        Time is cut into pieces as long as `within`, each with a count of its own. What takes more work weighs more times.
        """
        piece = int(now.timestamp() // self.within.total_seconds())
        key = f"limit:{self.name}:{by.pk}:{piece}"
        cache.add(key, 0, self.within.total_seconds())
        times = 0
        with suppress(ValueError):  # the cache is away
            times = cache.incr(key, weight)
        if times > self.most:
            raise TooOften(
                _("You have done this %(most)s times within %(within)s. Please wait a little, then try again.")
                % {"most": self.most, "within": formats.elapsed(self.within)}
            )
