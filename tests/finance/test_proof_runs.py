"""The proof runs by itself, is watched, and stands on a page that anybody can read (FIN-07)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from structlog.testing import capture_logs

from accounts.models import User
from core.formats import elapsed
from core.money import dollars
from finance.models import ProofRun, SealedDay
from finance.queries import books
from finance.rules import PROOF_EVERY, PROOF_RUNS_KEPT, SEALS_PROVEN
from finance.seals import sealing
from finance.seals.sealing import seal_what_is_over
from finance.steps import proving
from marketplace.celery import app
from tests.finance.seals import DAY, earn, forge
from tests.stage import Stage, give, give_bonus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-07")]

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BREAK = "UPDATE finance_account SET balance = balance + 1 WHERE kind = 'main'"


def _run(now: datetime) -> ProofRun:
    found = proving.run(now)
    assert found is not None
    return found


class TestRuns:
    def test_a_run_that_holds_is_kept(self, bea: User) -> None:
        give(bea, dollars(50), now=NOON)
        run = _run(NOON)
        assert (run.holds, run.entries, run.broken) == (True, 1, {})
        assert (run.sums["main"], run.sums["provider"]) == (5_000, -5_000)

    def test_a_run_that_does_not_hold_is_an_error_with_the_names_of_the_laws(
        self, bea: User, ledger_may_break: None
    ) -> None:
        give(bea, dollars(50), now=NOON)
        forge(BREAK)
        with capture_logs() as told:
            run = _run(NOON)
        assert not run.holds
        assert run.broken["balances"]["cases"] == 1
        errors = [line for line in told if line["log_level"] == "error"]
        assert [line["laws"] for line in errors] == [["balances"]]

    def test_a_changed_line_of_a_sealed_day_breaks_the_run(self, bea: User, ledger_may_break: None) -> None:
        entry = earn(bea, now=NOON)
        seal_what_is_over(NOON + DAY)
        assert _run(NOON + DAY).holds
        forge("UPDATE finance_entry SET reference = 'other' WHERE id = %s", entry.pk)
        run = _run(NOON + DAY)
        assert list(run.broken) == ["seals"]
        assert "was changed after it was sealed" in run.broken["seals"]["examples"][0]

    def test_old_runs_go(self, bea: User) -> None:
        _run(NOON)
        _run(NOON + PROOF_RUNS_KEPT)
        assert ProofRun.objects.count() == 2
        _run(NOON + PROOF_RUNS_KEPT + timedelta(seconds=1))
        assert ProofRun.objects.count() == 2

    def test_beat_calls_for_both(self) -> None:
        called = {each["task"] for each in app.conf.beat_schedule.values()}
        assert {"finance.tasks.seal_days", "finance.tasks.prove_books"} <= called

    def test_sealing_that_cannot_go_on_is_an_error(self, bea: User, monkeypatch: pytest.MonkeyPatch) -> None:
        earn(bea, now=NOON)
        proving.seal(NOON + DAY)
        monkeypatch.setattr(sealing, "_horizon", lambda: 3)
        with capture_logs() as told:
            proving.seal(NOON + 2 * DAY)
        assert [line["event"] for line in told if line["log_level"] == "error"] == ["days are not sealed"]

    def test_the_command_computes_every_day(
        self, bea: User, ledger_may_break: None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        entry = earn(bea, now=NOON)
        for day in range(1, 9):
            earn(bea, now=NOON + day * DAY)
        seal_what_is_over(NOON + 9 * DAY)
        forge("UPDATE finance_entry SET reference = 'x' WHERE id = %s", entry.pk + 3)
        call_command("prove_ledger")
        with pytest.raises(SystemExit):
            call_command("prove_ledger", "--all-days")
        assert "was changed after it was sealed" in capsys.readouterr().out


class TestWatching:
    def _figures(self, client: Client) -> dict[str, float]:
        lines = client.get("/metrics").content.decode().splitlines()
        return {
            name: float(value)
            for name, value in (
                line.split(" ") for line in lines if line.startswith(("workhall_ledger", "workhall_days"))
            )
        }

    def test_the_figures_are_those_of_the_last_run(
        self, client: Client, bea: User, ledger_may_break: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.clock.timezone.now", lambda: NOON + 2 * DAY)
        give(bea, dollars(50), now=NOON)
        give_bonus(bea, dollars(5), now=NOON)
        assert self._figures(client)["workhall_ledger_proven_seconds"] == 0
        _run(NOON)
        forge(BREAK)
        _run(NOON + DAY)
        assert self._figures(client) == {
            "workhall_ledger_laws_broken": 1,
            "workhall_ledger_proven_seconds": NOON.timestamp(),
            "workhall_ledger_owed_cents": 5_500,
            "workhall_ledger_held_cents": 5_000,
            "workhall_days_unsealed": 2,
        }

    def test_a_scrape_asks_little(self, bea: User) -> None:
        earn(bea, now=NOON)
        _run(NOON)
        seal_what_is_over(NOON + DAY)
        with CaptureQueriesContext(connection) as asked:
            books.state(NOON + DAY)
        assert len(asked) == 2  # the last run, the newest day

    def test_staff_see_the_last_runs_and_days(self, client: Client, mo: User, ledger_may_break: None) -> None:
        earn(mo, now=NOON)
        seal_what_is_over(NOON + DAY)
        forge(BREAK)
        _run(NOON + DAY)
        client.force_login(mo)
        text = client.get(reverse("admin:finance_proof")).content.decode()
        assert SealedDay.objects.get().chained in text
        assert "balances: 1" in text
        assert f"Latest runs, one every {elapsed(PROOF_EVERY)}" in text


class TestThePublicPage:
    @pytest.fixture
    def sealed(self, stage: Stage) -> SealedDay:
        stage.an_order()
        give_bonus(stage.buyer, dollars(7), now=stage.now)
        seal_what_is_over(stage.now + DAY)
        _run(stage.now + DAY)
        return SealedDay.objects.get()

    def test_anybody_sees_what_is_owed_and_what_is_held(self, client: Client, sealed: SealedDay) -> None:
        text = client.get("/proof/").content.decode()
        for words in (
            sealed.root,
            sealed.chained,
            "$57.00 + −$7.00 = $50.00",
            "The books hold",
            "roots.json",
            "verifier.py",
        ):
            assert words in text, words
        assert "Held for open orders" in text

    def test_it_says_how_often_and_how_much_is_computed_anew(self, client: Client, sealed: SealedDay) -> None:
        text = " ".join(client.get("/proof/").content.decode().split())
        assert f"Every {elapsed(PROOF_EVERY)} the site checks" in text
        assert f"on the {SEALS_PROVEN} newest days, and on one of the older days in turn" in text

    def test_it_says_nothing_about_anybody(self, client: Client, sealed: SealedDay, bea: User, sam: User) -> None:
        for path in ("/proof/", "/proof/roots.json"):
            text = client.get(path).content.decode()
            for word in (bea.name, sam.name, "user:", "escrow:", bytes(sealed.seed).hex()):
                assert word not in text
            assert not re.search(rf"\b{bea.login}\b", text)  # "bea" alone may stand in a hash

    def test_totals_are_those_of_sealed_days_only(self, client: Client, sealed: SealedDay, bea: User) -> None:
        """Nobody learns from this page what moved in the last minutes."""
        before = client.get("/proof/").content
        give(bea, dollars(777), now=sealed.at)
        assert "$777" not in client.get("/proof/").content.decode()
        assert len(client.get("/proof/").content) == len(before)

    def test_an_empty_one_says_when_there_will_be_something(self, client: Client, db: None) -> None:
        assert "No day is sealed yet" in client.get("/proof/").content.decode()
        assert client.get("/proof/roots.json").json()["days"] == []

    def test_a_broken_proof_is_told(self, client: Client, sealed: SealedDay, ledger_may_break: None) -> None:
        forge(BREAK)
        _run(sealed.at + DAY)
        assert "The last proof did not hold" in client.get("/proof/").content.decode()

    def test_roots_may_be_kept_by_anybody(self, client: Client, sealed: SealedDay) -> None:
        answer = client.get("/proof/roots.json")
        assert "public" in answer.headers["Cache-Control"]
        assert json.loads(answer.content)["days"][0]["chained"] == sealed.chained
        assert b"def verify(" in client.get("/proof/verifier.py").content

    def test_a_page_of_days_asks_little_and_leads_on(self, client: Client, bea: User) -> None:
        earn(bea, now=NOON)
        seal_what_is_over(NOON + 40 * DAY)
        with CaptureQueriesContext(connection) as asked:
            text = client.get("/proof/").content.decode()
        assert 'rel="next"' in text
        assert len([query for query in asked if "finance_" in query["sql"]]) == 4  # newest, count, page, run
        assert "2026-03-02" in client.get("/proof/", {"page": "2"}).content.decode()

    def test_the_foot_of_every_page_leads_to_it(self, client: Client, db: None) -> None:
        assert 'href="/proof/"' in client.get("/rules/").content.decode()
