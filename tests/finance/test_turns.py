"""What is kept of each run of the proof, and which older day each run looks at (FIN-07)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.models import User
from core.money import dollars
from finance.models import ProofRun
from finance.proof import prove
from finance.rules import PROOF_EVERY, PROOF_RUNS_KEPT
from finance.steps import proving
from tests.stage import give

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-07")]


def test_a_run_keeps_the_sums_and_how_long_it_took(bea: User, now: datetime) -> None:
    give(bea, dollars(5), now=now)
    proving.run(now)
    kept = ProofRun.objects.get()
    assert (kept.at, kept.holds, kept.entries, kept.broken) == (now, True, 1, {})
    assert (kept.sums["main"], kept.sums["provider"]) == (500, -500)
    assert 0 < kept.seconds < 60


def test_runs_are_kept_for_thirty_days(db: None, now: datetime) -> None:
    for at in (now, now + PROOF_RUNS_KEPT - PROOF_EVERY, now + PROOF_RUNS_KEPT):
        proving.run(at)
    assert ProofRun.objects.count() == 3
    proving.run(now + PROOF_RUNS_KEPT + PROOF_EVERY)
    assert ProofRun.objects.count() == 3


def test_every_run_has_the_turn_after_that_of_the_run_before(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[object] = []
    monkeypatch.setattr(proving, "prove", lambda turn: turns.append(turn) or prove(turn=turn))  # type: ignore[func-returns-value]
    began = datetime(1970, 1, 1, tzinfo=UTC)
    for runs in (0, 1, 1.5, 2):
        proving.run(began + 6 * PROOF_EVERY + runs * PROOF_EVERY)
    assert turns == [6, 7, 7, 8]
    assert {type(turn) for turn in turns} == {int}
