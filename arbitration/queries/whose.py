"""Who decides disputes."""

from __future__ import annotations

from accounts.models import User


def is_arbiter(user: User) -> bool:
    """Whether this is staff with the right to decide disputes (ARB-03). Whether of this one, the order's door sees (ARB-08)."""
    return user.is_active and user.is_staff and user.has_perm("arbitration.arbitrate")
