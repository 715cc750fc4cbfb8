"""Signs that two accounts are one person's (REF-05). Each looks at two accounts and says what it found, for staff to judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from accounts.emails import folded
from accounts.models import User
from finance.models import PayoutDetails, TopUp
from referrals.models import FlagKind

# Plain JSON about the likeness, or None where there is none.
Likeness = Callable[[User, User], dict[str, Any] | None]


def same_mailbox(one: User, other: User) -> dict[str, Any] | None:
    """Both addresses lead to one mailbox, whether or not they are confirmed (ACC-03)."""
    return {} if folded(one.email) == folded(other.email) else None


def same_card(one: User, other: User) -> dict[str, Any] | None:
    """One card has paid for both, is paid out to by both, or pays for one and is paid out to by the other."""
    cards = cards_of(one)
    shared = cards.keys() & cards_of(other).keys()
    return {"cards": sorted(cards[each] for each in shared)} if shared else None


def cards_of(user: User) -> dict[str, str]:
    """The last digits of each card that the user has paid with or is paid out to, by the provider's mark for the card."""
    found: dict[str, str] = {}
    for cards in (TopUp.objects.all(), PayoutDetails.objects.all()):
        found |= dict(cards.filter(user=user).exclude(fingerprint="").values_list("fingerprint", "last4"))
    return found


def sharing_a_card(user: User) -> set[int]:
    """Everybody else with a card of this user's."""
    marks = list(cards_of(user))
    found: set[int] = set()
    for cards in (TopUp.objects.all(), PayoutDetails.objects.all()):
        found |= set(cards.filter(fingerprint__in=marks).exclude(user=user).values_list("user", flat=True))
    return found


# Looked at when a referral is attached, becomes active, and trades with the referrer; cards also whenever one is used for the
# first time. A new sign needs a line here and a FlagKind.
LIKENESSES: Mapping[FlagKind, Likeness] = {FlagKind.MAILBOX: same_mailbox, FlagKind.CARD: same_card}
