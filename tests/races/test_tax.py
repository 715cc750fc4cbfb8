"""Two tax forms of one person sent at the same moment: one is in force (TAX-01)."""

from __future__ import annotations

from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from django.db.models import QuerySet

from accounts.models import User
from finance import vault
from finance.models import Residence, TaxForm, TaxFormKind
from finance.steps import tax
from tests.races.together import PATIENCE_SECONDS, refusals, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("TAX-01")]


@pytest.fixture
def outside(sam: User, now: datetime) -> User:
    tax.answer(citizen=False, residence=Residence.OUTSIDE, by=sam, now=now)
    return sam


def _sign_twice(by: User, now: datetime) -> list[str]:
    return refusals(together(*(lambda: tax.sign(TaxFormKind.W8BEN, {"fields": {}}, by=by, now=now) for _ in range(2))))


def test_one_replaces_the_other(outside: User, now: datetime) -> None:
    assert _sign_twice(outside, now) == []
    assert TaxForm.objects.count() == 2
    assert TaxForm.objects.filter(replaced_at=None).count() == 1


def test_without_the_lock_the_database_refuses_one(
    outside: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: both found nothing to replace."""
    both_have_looked = Barrier(2)
    seal: Any = vault.seal

    def wait_then_seal(*args: Any, **named: Any) -> bytes:
        both_have_looked.wait(PATIENCE_SECONDS)
        sealed: bytes = seal(*args, **named)
        return sealed

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
    monkeypatch.setattr(vault, "seal", wait_then_seal)
    assert _sign_twice(outside, now) == ["IntegrityError"]
