"""Statements to download: whose, of which days, how long and how often (FIN-05, FIN-06)."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from core import clock
from finance.rules import STATEMENT_LIMIT
from finance.verifier import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06")]


class TestDownloads:
    def test_the_download_is_proven(self, client: Client, history: User) -> None:
        client.force_login(history)
        answer = client.get("/balance/statement.json", {"from": "2026-03-02", "to": "2026-03-03"})
        assert answer.headers["Content-Disposition"] == (
            'attachment; filename="statement-bea-2026-03-02-2026-03-03.json"'
        )
        found = answer.json()
        assert (found["from"], found["to"], len(found["lines"])) == ("2026-03-02", "2026-03-03", 5)
        assert verify(found, client.get("/proof/roots.json").json()).problems == []

    @pytest.mark.rule("FIN-05")
    def test_days_are_those_of_the_user_s_zone(self, client: Client, history: User) -> None:
        User.objects.filter(pk=history.pk).update(time_zone="Pacific/Kiritimati")  # 14 hours ahead: noon is tomorrow
        client.force_login(history)
        found = client.get("/balance/statement.json", {"from": "2026-03-03", "to": "2026-03-03"}).json()
        assert {line["at"][:10] for line in found["lines"]} == {"2026-03-02"}
        assert len(found["lines"]) == 2

    @pytest.mark.parametrize("kind", ["json", "pdf", "csv"])
    def test_nobody_has_one_without_signing_in(self, client: Client, db: None, kind: str) -> None:
        assert client.get(f"/balance/statement.{kind}").status_code == 302

    @pytest.mark.rule("FIN-05")
    @pytest.mark.parametrize("kind", ["json", "pdf"])
    def test_one_that_would_have_no_end_is_refused_with_a_sentence(
        self, client: Client, history: User, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("finance.statements.proven.STATEMENT_LINES_MOST", 3)
        monkeypatch.setattr("finance.statements.sheet.STATEMENT_PRINTED_MOST", 3)
        client.force_login(history)
        answer = client.get(f"/balance/statement.{kind}", follow=True)
        assert "Choose a shorter period" in answer.content.decode()

    def test_proofs_that_would_take_too_long_are_refused_with_a_sentence(
        self, client: Client, history: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("finance.statements.proven.STATEMENT_LEAVES_MOST", 3)
        client.force_login(history)
        answer = client.get("/balance/statement.json", follow=True)
        assert "Choose a shorter period" in answer.content.decode()

    def test_proofs_count_by_what_they_cost(
        self, client: Client, history: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Bea's days seal 20 postings: three statements are 60, and a PDF needs none of them."""
        monkeypatch.setattr("finance.statements.proven.PROOF_LEAVES", 1)
        client.force_login(history)
        answers = [client.get("/balance/statement.json").status_code for _ in range(4)]
        assert answers == [200, 200, 200, 302]
        assert client.get("/balance/statement.pdf").status_code == 200

    @pytest.mark.rule("FIN-05")
    def test_statements_of_every_kind_have_one_limit(self, client: Client, history: User) -> None:
        client.force_login(history)
        for _ in range(STATEMENT_LIMIT.most - 3):
            STATEMENT_LIMIT.count(by=history, now=clock.now())
        kinds = ["csv", "pdf", "json", "csv", "pdf", "json"]
        answers = [client.get(f"/balance/statement.{kind}").status_code for kind in kinds]
        assert answers == [200, 200, 200, 302, 302, 302]

    @pytest.mark.parametrize(
        "query",
        [{"from": "x"}, {"to": "2026-13-01"}, {"from": "2026-03-03", "to": "2026-03-02"}, {"from": "0001-01-01"}],
    )
    def test_a_period_that_is_none_is_refused_with_a_sentence(
        self, client: Client, bea: User, query: dict[str, str]
    ) -> None:
        client.force_login(bea)
        for kind in ("json", "pdf", "csv"):
            answer = client.get(f"/balance/statement.{kind}", query, follow=True)
            assert "was not understood" in answer.content.decode()
