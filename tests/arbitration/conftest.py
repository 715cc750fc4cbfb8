"""Who is called in when two sides disagree."""

from __future__ import annotations

import pytest

from accounts.models import User
from arbitration.models import Mediator
from core.money import dollars
from tests.stage import Stage, a_person


@pytest.fixture
def arbiter(ada: User) -> User:
    """Ada, with the right to decide disputes."""
    return ada


@pytest.fixture
def stan(stage: Stage) -> User:
    """Stan, of the staff, without that right."""
    return a_person("stan", "Stan Staff", now=stage.now, is_staff=True)


@pytest.fixture
def mel(stage: Stage) -> Mediator:
    """Mel, an admitted mediator who takes $10."""
    user = a_person("mel", "Mel Mediator", now=stage.now)
    return Mediator.objects.create(user=user, fee=dollars(10), admitted_at=stage.now)
