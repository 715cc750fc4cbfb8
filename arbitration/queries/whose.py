"""Who decides disputes."""

from __future__ import annotations

from accounts.models import User
from arbitration.models import Mediation


def is_arbiter(user: User) -> bool:
    """Whether this is staff with the right to decide disputes (ARB-03). Whether of this one, the order's door sees (ARB-08)."""
    return user.is_active and user.is_staff and user.has_perm("arbitration.arbitrate")


def mediates(user: User, order_id: int) -> bool:
    """Whether the user was hired to mediate in the order: who was paid by a side decides nothing about it (ARB-08)."""
    return Mediation.objects.filter(rejection__order=order_id, mediator__user=user).exists()
