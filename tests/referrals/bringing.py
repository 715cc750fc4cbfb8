"""Who brought whom, by the real verbs."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from referrals.cookies import CameBy
from referrals.models import Attachment
from referrals.steps import joining, links


def brought(referral: User, *, by: User, now: datetime, own: bool = False) -> Attachment:
    """`referral` registers now through the link of `by`."""
    link = links.own_link(by, now=now)
    found = joining.attach(referral, CameBy(link.code, now, own), now=now)
    assert found is not None
    return found
