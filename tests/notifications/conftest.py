"""Events and notices to tell of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import User
from core.models import Event
from notifications.models import Letter, Notice
from notifications.steps import tell
from tests.notifications.samples import SAMPLES

Telling = Callable[..., Notice]
ORDER_URL = "/orders/48210377/"


@pytest.fixture
def event(bea: User, now: datetime) -> Event:
    """Something happened; its reactions have been seen to."""
    return Event.objects.create(kind="order.started", subject="order", subject_id=7, by=bea, at=now, handed_at=now)


@pytest.fixture
def told(bea: User, now: datetime) -> Telling:
    """Tells Bea, or another, of an event of its own."""

    def tell_once(user: User = bea, *, kind: str = "order.started", url: str = ORDER_URL, mail: bool = True) -> Notice:
        event = Event.objects.create(kind=kind, subject="order", subject_id=7, at=now, handed_at=now)
        tell(user, event=event, kind=kind, url=url, facts=SAMPLES[kind][0], mail=mail)
        return Notice.objects.get(event=event)

    return tell_once


@pytest.fixture
def letter(told: Telling) -> Letter:
    """A letter that is due now."""
    return Letter.objects.get(notice=told())
