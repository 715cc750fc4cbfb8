"""Signs that two accounts are one person's (REF-05). Each looks at two accounts and says what it found, for staff to judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from accounts.emails import folded
from accounts.models import User
from referrals.models import FlagKind

# Plain JSON about the likeness, or None where there is none.
Likeness = Callable[[User, User], dict[str, Any] | None]


def same_mailbox(one: User, other: User) -> dict[str, Any] | None:
    """Both addresses lead to one mailbox, whether or not they are confirmed (ACC-03)."""
    return {} if folded(one.email) == folded(other.email) else None


# Looked at when a referral is attached, becomes active and completes an order. A new sign needs a line here and a FlagKind.
LIKENESSES: Mapping[FlagKind, Likeness] = {FlagKind.MAILBOX: same_mailbox}
