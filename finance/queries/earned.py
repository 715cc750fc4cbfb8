"""Whether somebody has ever earned anything here, read from the ledger (TAX-01)."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from accounts.models import User
from finance import ledger
from finance.models import AccountKind, Posting, Verb

# What these put on a main balance was earned; of a split, only what did not return to whoever had paid.
EARNINGS = (Verb.RELEASE, Verb.SPLIT, Verb.FEE_PAID, Verb.REFERRAL, Verb.GROUP)


def has_earned(user: User) -> bool:
    """Whether an order, a mediation, a referral or a group has ever paid this user, however long ago it was spent."""
    own = Posting.objects.filter(entry=OuterRef("entry"), account__kind=AccountKind.ESCROW, account__owner=user)
    came = Posting.objects.filter(account__key=ledger.main_of(user).key, entry__verb__in=EARNINGS, amount__gt=0)
    return came.filter(~Exists(own)).exists()
