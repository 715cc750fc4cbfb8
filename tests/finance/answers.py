"""The provider's answers about money that goes out, in the hands of the test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from core.money import dollars
from finance.models import Withdrawal
from finance.provider import paying_out as desk
from tests.withdrawing import approved, ask

QUESTIONS = (
    *("transfer", "find_transfer", "pay_out", "find_payout", "retrieve_payout", "reverse", "find_reversal"),
    *("refund", "find_refund", "retrieve_refund"),
)


class Answers:
    """The provider's answers by the name of what it is asked for; what is not answered fails the test. It notes each question."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        # Every look finds nothing, unless the test says more.
        self.given: dict[str, Any] = {
            "find_transfer": "",
            "find_payout": None,
            "find_reversal": "",
            "find_refund": None,
        }
        for name in QUESTIONS:
            monkeypatch.setattr(desk, name, self._asked_for(name))

    def _asked_for(self, name: str) -> Callable[[Any], Any]:
        def answer(about: Any) -> Any:
            assert about, f"{name} asks about nothing"
            self.asked.append(name)
            given = self.given[name]
            if isinstance(given, Exception):
                raise given
            return given

        return answer

    def take(self) -> list[str]:
        """What was asked for since the last time."""
        asked, self.asked = self.asked, []
        return asked


def sending(user: User, route: str, now: datetime, *, tries: int = 1) -> Withdrawal:
    """A withdrawal of $20 that was approved."""
    (made,) = ask(user, dollars(20), route, now=now)
    going = {"status": "sending", "batch": approved(now), "batch_due_at": None, "next_try_at": now}
    Withdrawal.objects.filter(pk=made.pk).update(**going, tries=tries)
    return made
