"""Every movement of a balance: filtered, paged as fast deep down as on top, and kept as a file (FIN-05)."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from accounts.models import User
from core.money import ZERO, dollars
from finance import escrow, ledger, queries
from finance.models import Account, Posting, Verb
from finance.queries import Wanted, movements
from finance.queries.history import oldest_first
from finance.queries.ranges import NOTHING, Period, Range, ends
from finance.rules import MOVEMENTS_A_PAGE
from finance.statements.lines import sections
from finance.statements.table import harmless
from tests.stage import give, give_bonus

pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-05")]

DAY = timedelta(days=1)
BALANCE = "/balance/"
FIRST = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def year(bea: User, sam: User) -> User:
    """Bea's lines, one at noon of each of a hundred days, some of them on her bonus balance; and Sam's between them."""
    for number in range(100):
        at = FIRST + number * DAY
        (give_bonus if number % 10 == 9 else give)(bea, dollars(1), now=at)
        give(sam, dollars(1), now=at)
    return bea


def _main(user: User) -> int:
    return Account.objects.get(key=f"user:{user.pk}:main").pk


def _ids(**of: object) -> list[int]:
    return list(Posting.objects.filter(**of).order_by("pk").values_list("pk", flat=True))


class TestPeriods:
    def test_the_ends_of_a_period_are_found(self, year: User) -> None:
        for since, until in ((0, 100), (3, 4), (50, 99), (-5, 2), (98, 300), (9, 10), (200, 201)):
            period = Period(FIRST + since * DAY - DAY / 2, FIRST + until * DAY - DAY / 2)
            within = _ids(account=_main(year), entry__at__gte=period.since, entry__at__lt=period.until)
            found = ends(_main(year), period)
            assert (found == Range(within[0], within[-1])) if within else (found.first > found.last), (since, until)

    def test_an_open_period_is_all_of_it(self, year: User) -> None:
        every = _ids(account=_main(year))
        assert ends(_main(year), Period()) == Range(every[0], every[-1])
        assert ends(0, Period()) == NOTHING

    def test_lines_that_waited_for_their_turn_are_not_lost(self, bea: User) -> None:
        """Somebody's clock was read before, but the other's transaction came first."""
        for hours in (0, 5, 3, 9, 7, 30, 28, 29, 50):
            give(bea, dollars(1), now=FIRST + timedelta(hours=hours))
        found = ends(_main(bea), Period(FIRST + timedelta(hours=4), FIRST + timedelta(hours=30)))
        every = _ids(account=_main(bea))
        # From the first that is late enough to the last that is early enough, whole: 5, 3, 9, 7, 30, 28, 29.
        assert found == Range(every[1], every[7])

    def test_it_takes_one_question(self, year: User) -> None:
        account = _main(year)
        with CaptureQueriesContext(connection) as asked:
            ends(account, Period(FIRST + 20 * DAY, FIRST + 21 * DAY))
        assert len(asked) == 1


class TestPages:
    def test_every_filter_shows_what_it_says(self, client: Client, bea: User, now: datetime) -> None:
        give(bea, dollars(100), now=now)
        give_bonus(bea, dollars(5), now=now)
        escrow.hold("order:1", bea, dollars(30), bonus_first=False, reference="12345678", by=bea, now=now + 2 * DAY)
        client.force_login(bea)

        def shown(**query: str) -> tuple[int, str]:
            text = client.get(BALANCE, query).content.decode()
            return text.count('<tr class="movement"'), text

        assert shown()[0] == 3
        assert shown(kind="hold")[0] == 1
        assert shown(account="bonus")[0] == 1
        count, text = shown(reference="12345678")
        assert count == 1
        assert "$70.00" in text  # the balance after it
        assert shown(reference="1")[0] == 0
        assert shown(to="2026-03-02")[0] == 2
        assert shown(**{"from": "2026-03-03"})[0] == 1
        assert shown(**{"from": "2026-03-03", "to": "2026-03-03"})[0] == 0
        assert shown(**{"from": "2026-03-03", "kind": "top_up"})[0] == 0
        assert "No such movements" in shown(kind="refund")[1]
        assert "ends before it begins" in shown(**{"from": "2026-03-03", "to": "2026-03-02"})[1]

    def test_what_is_not_understood_is_left_out(self, client: Client, year: User) -> None:
        client.force_login(year)
        for query in (
            {"from": "0001-01-01"},
            {"to": "9999-12-31"},
            {"from": "x", "to": "'"},
            {"before": "9" * 30},
            {"kind": "nonsense", "account": "escrow"},
        ):
            text = client.get(BALANCE, query).content.decode()
            assert text.count('<tr class="movement"') == MOVEMENTS_A_PAGE, query

    def test_a_period_is_walked_page_by_page_without_a_gap(self, year: User) -> None:
        period = Period(FIRST + 10 * DAY - DAY / 2, FIRST + 80 * DAY - DAY / 2)
        wanted = Wanted(period=period)
        expected = _ids(account__owner=year, entry__at__gte=period.since, entry__at__lt=period.until)
        down = _walk(year, wanted, lambda page: page.older and {"before": page.older})
        assert down == list(reversed(expected))
        last = movements(year, wanted, before=down[-MOVEMENTS_A_PAGE // 2])
        assert last.older is None
        assert movements(year, wanted, after=down[MOVEMENTS_A_PAGE]).newer is None

    def test_a_rare_kind_is_found_in_short_pages(self, year: User, monkeypatch: pytest.MonkeyPatch) -> None:
        """However few match, no page looks through more than so many; and none of them is lost, up or down."""
        wanted = Wanted(verb=Verb.BONUS)
        expected = _ids(account__owner=year, entry__verb="bonus")
        for looked_at in (7, 23, 2_000):
            monkeypatch.setattr("finance.queries.history.MOVEMENTS_LOOKED_AT", looked_at)
            assert _walk(year, wanted, lambda page: page.older and {"before": page.older}) == list(reversed(expected))
            up = _walk(year, wanted, lambda page: page.newer and {"after": page.newer}, after=expected[0] - 1)
            assert sorted(up) == expected

    def test_a_page_that_looked_far_says_so_and_leads_on(
        self, client: Client, year: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("finance.queries.history.MOVEMENTS_LOOKED_AT", 3)
        client.force_login(year)
        text = client.get(BALANCE, {"kind": "refund"}).content.decode()
        assert "None of these" in text
        assert "looked through 3 movements" in text
        assert 'rel="next"' in text

    def test_a_filtered_page_asks_little(self, client: Client, year: User) -> None:
        client.force_login(year)
        with CaptureQueriesContext(connection) as asked:
            client.get(BALANCE, {"from": "2026-02-01", "to": "2026-03-20", "kind": "top_up"})
        ours = [query for query in asked if "finance_" in query["sql"]]
        # as without a filter, and for each of the two balances: the ends of the period, how far to look
        assert len(ours) == 8 + 2 + 2
        assert not [query for query in ours if "COUNT(" in query["sql"].upper()]


def _walk(
    user: User, wanted: Wanted, on: Callable[[queries.Movements], dict[str, int] | int | None], **start: int
) -> list[int]:
    found: list[int] = []
    place: dict[str, int] = start
    for _page in range(200):
        page = movements(user, wanted, **place)
        found += [row.pk for row in page.rows]
        further = on(page)
        if not isinstance(further, dict):
            return found
        place = further
    raise AssertionError("the pages have no end")


class TestTheTable:
    def _rows(self, client: Client, **query: str) -> list[list[str]]:
        answer = client.get("/balance/statement.csv", query)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        return list(csv.reader(StringIO(content.lstrip("\ufeff"))))

    def test_it_has_every_movement_in_order(self, client: Client, year: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("finance.queries.history.BATCH", 7)
        client.force_login(year)
        head, *rows = self._rows(client)
        assert head[0] == "Number"
        assert [int(row[0]) for row in rows] == _ids(account__owner=year)
        assert rows[0][1:] == ["2026-01-05 12:00:00+00:00", "Funds added", "", "Main balance", "1.00", "1.00"]

    def test_its_times_are_in_the_users_zone(self, client: Client, year: User) -> None:
        """Fourteen hours ahead, noon of the 5th in UTC is two in the morning of the 6th, and the filter means the same days."""
        User.objects.filter(pk=year.pk).update(time_zone="Pacific/Kiritimati")
        client.force_login(year)
        _head, *rows = self._rows(client, account="main", **{"from": "2026-01-06", "to": "2026-01-06"})
        assert [row[1] for row in rows] == ["2026-01-06 02:00:00+14:00"]

    def test_it_takes_the_same_filters(self, client: Client, year: User) -> None:
        client.force_login(year)
        assert len(self._rows(client, kind="bonus")) == 1 + 10
        assert len(self._rows(client, account="main", **{"from": "2026-01-05", "to": "2026-01-07"})) == 1 + 3

    def test_money_that_went_out_can_be_added_up(self, client: Client, bea: User, now: datetime) -> None:
        give(bea, dollars(50), now=now)
        with transaction.atomic():
            escrow.hold("order:1", bea, dollars(30), reference="12345678", by=bea, now=now)
        client.force_login(bea)
        assert self._rows(client)[2][5] == "-30.00"

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_a_formula_becomes_text(self, text: str) -> None:
        assert harmless(text) == f"'{text}"

    def test_words_that_are_no_formula_stay(self) -> None:
        assert harmless("Paid for an order") == "Paid for an order"

    def test_a_reference_cannot_be_a_formula(self, client: Client, bea: User, now: datetime) -> None:
        lines = {ledger.PROVIDER: -dollars(1), ledger.main_of(bea): dollars(1)}
        ledger.post("test:formula", "top_up", lines, reference="=HYPERLINK(1:2)", by=None, now=now)
        client.force_login(bea)
        assert self._rows(client)[1][3] == "'=HYPERLINK(1:2)"

    def test_a_long_history_takes_a_few_questions_a_batch(self, year: User) -> None:
        with CaptureQueriesContext(connection) as asked:
            assert len(list(oldest_first(year, Wanted()))) == 100
        assert len(asked) == 5  # the accounts, and for each balance a batch and the end


class TestTheDocument:
    def _words(self, client: Client, **query: str) -> str:
        answer = client.get("/balance/statement.pdf", query)
        assert answer.headers["Content-Type"] == "application/pdf"
        pages = PdfReader(BytesIO(answer.content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def test_it_says_what_there_was_and_what_moved(self, client: Client, year: User) -> None:
        client.force_login(year)
        text = self._words(client, **{"from": "2026-01-10", "to": "2026-01-16"})
        for words in (
            "Statement of Bea Buyer (bea)",
            "Jan 10, 2026 to Jan 16, 2026",
            "$5.00 at the beginning, $6.00 in, $0.00 out, $11.00 at the end",
            "$0.00 at the beginning, $1.00 in, $0.00 out, $1.00 at the end",
            "How to check this statement",
        ):
            assert words in text

    def test_opening_and_closing_balances_are_the_ledger_s(self, year: User) -> None:
        main, bonus = sections(year, Period(), most=200)
        assert (main.opening, main.closing, bonus.closing) == (ZERO, dollars(90), dollars(10))
        assert [main.account.kind, bonus.account.kind] == ["main", "bonus"]

    def test_an_empty_one_is_a_document_too(self, client: Client, sten: User) -> None:
        client.force_login(sten)
        assert "Nothing has moved yet" in self._words(client)


class TestUpward:
    """Pages that are walked from the oldest to the newest say where both neighbors begin."""

    def test_the_neighbors_of_a_page(self, year: User) -> None:
        numbers = _ids(account__owner=year)
        page = movements(year, after=numbers[9])
        assert [row.pk for row in page.rows] == numbers[10 + MOVEMENTS_A_PAGE - 1 : 9 : -1]
        assert (page.older, page.newer, page.looked_at) == (numbers[10], numbers[9 + MOVEMENTS_A_PAGE], None)
        last = movements(year, after=numbers[-3])
        assert ([row.pk for row in last.rows], last.older, last.newer) == (numbers[-1:-3:-1], numbers[-2], None)

    def test_beyond_the_newest_there_is_only_a_way_back(self, year: User) -> None:
        newest = _ids(account__owner=year)[-1]
        page = movements(year, after=newest)
        assert (page.rows, page.older, page.newer) == ([], newest + 1, None)
        back = movements(year, before=page.older)
        assert back.rows[0].pk == newest

    def test_before_the_oldest_there_is_only_a_way_on(self, year: User) -> None:
        oldest = _ids(account__owner=year)[0]
        page = movements(year, before=oldest)
        assert (page.rows, page.older, page.newer) == ([], None, oldest - 1)
        on = movements(year, after=page.newer)
        assert on.rows[-1].pk == oldest

    def test_a_page_that_looked_far_says_how_far(self, year: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("finance.queries.history.MOVEMENTS_LOOKED_AT", 3)
        numbers = _ids(account__owner=year, account__kind="main")
        page = movements(year, Wanted(verb=Verb.REFUND), after=numbers[0])
        assert (page.rows, page.older, page.looked_at) == ([], numbers[0] + 1, 3)
        bonus = _ids(account__owner=year, account__kind="bonus")
        edge = min(numbers[4], bonus[3])
        assert page.newer == edge - 1
