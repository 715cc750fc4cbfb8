"""Every day's postings are sealed under one hash that is chained to the day before, and nobody waits on it (FIN-06, FIN-07)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from core.money import dollars
from finance import escrow
from finance.models import Posting, SealedDay
from finance.seals import checking, merkle, sealing
from finance.seals.sealing import days_waiting, numbers_of, seal_what_is_over
from finance.verifier import EMPTY, chain_hash, leaf_hash, node_hash, root_from
from tests.finance.seals import DAY, earn, forge, post_raw, second_connection
from tests.races.together import together
from tests.stage import give, give_bonus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("FIN-06")]

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + DAY


def _days() -> list[SealedDay]:
    return list(SealedDay.objects.order_by("day"))


def _sealed_ids(day: SealedDay) -> set[int]:
    return set(numbers_of(day))


class TestWhatADayCovers:
    def test_a_day_that_is_over_seals_all_of_its_postings(self, bea: User) -> None:
        give(bea, dollars(50), now=NOON)
        give_bonus(bea, dollars(5), now=NOON)
        with transaction.atomic():
            escrow.hold("order:1", bea, dollars(30), reference="12345678", by=bea, now=NOON)
        assert seal_what_is_over(LATER) == 1
        day = SealedDay.objects.get()
        assert (day.day, day.count, day.previous) == (date(2026, 3, 2), Posting.objects.count(), "")
        assert _sealed_ids(day) == set(Posting.objects.values_list("pk", flat=True))
        assert day.totals["main"] + day.totals["bonus"] == 2_500
        assert (day.totals["escrow"], day.totals["provider"], sum(day.totals.values())) == (3_000, -5_000, 0)
        assert checking.broken(newest=None) == []

    def test_a_day_that_is_not_over_is_left_alone(self, bea: User) -> None:
        earn(bea, now=NOON)
        assert seal_what_is_over(datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)) == 0
        assert days_waiting(NOON) == 0
        assert days_waiting(datetime(2026, 3, 3, tzinfo=UTC)) == 1
        assert seal_what_is_over(datetime(2026, 3, 3, tzinfo=UTC)) == 1

    def test_an_empty_ledger_has_nothing_to_seal(self, db: None) -> None:
        assert seal_what_is_over(NOON) == 0
        assert days_waiting(NOON) == 0

    def test_missed_days_are_sealed_one_after_another_and_empty_ones_too(self, bea: User) -> None:
        earn(bea, now=NOON)
        earn(bea, now=NOON + 3 * DAY)
        assert days_waiting(NOON + 5 * DAY) == 5
        assert seal_what_is_over(NOON + 5 * DAY) == 5
        assert seal_what_is_over(NOON + 5 * DAY) == 0
        assert [day.count for day in _days()] == [2, 0, 0, 2, 0]
        assert [day.root == EMPTY.hex() for day in _days()] == [False, True, True, False, True]
        assert [day.totals["main"] for day in _days()] == [100, 100, 100, 200, 200]
        for earlier, day in zip(_days(), _days()[1:], strict=False):
            assert (day.previous, day.day) == (earlier.chained, earlier.day + DAY)
        assert checking.broken(newest=None) == []

    def test_an_entry_that_says_an_earlier_day_falls_in_the_next_seal(self, bea: User) -> None:
        earn(bea, now=NOON)
        seal_what_is_over(LATER)
        late = earn(bea, now=NOON)
        seal_what_is_over(LATER + DAY)
        first, second = _days()
        assert _sealed_ids(second) == set(late.postings.values_list("pk", flat=True))
        assert not _sealed_ids(first) & _sealed_ids(second)

    def test_a_transaction_that_ends_after_the_seal_falls_in_the_next_one(self, bea: User) -> None:
        earn(bea, now=NOON)
        with second_connection() as other:
            key = post_raw(other, bea, at=NOON)
            assert seal_what_is_over(LATER) == 1  # and did not wait
            other.commit()
        seal_what_is_over(LATER + DAY)
        first, second = _days()
        straggler = set(Posting.objects.filter(entry__key=key).values_list("pk", flat=True))
        assert _sealed_ids(second) == straggler
        assert _sealed_ids(first) == set(Posting.objects.exclude(entry__key=key).values_list("pk", flat=True))
        assert checking.broken(newest=None) == []

    def test_what_was_booked_behind_a_transaction_still_open_waits_with_it(self, bea: User) -> None:
        """Its number is above the horizon, though it was committed: so the set of a day can never change."""
        with second_connection() as other:
            other.execute("SELECT pg_current_xact_id()")
            behind = earn(bea, now=NOON)
            seal_what_is_over(LATER)
            assert _days()[0].count == 0
            other.rollback()
        seal_what_is_over(LATER + DAY)
        assert _sealed_ids(_days()[1]) == set(behind.postings.values_list("pk", flat=True))
        assert checking.broken(newest=None) == []


class TestWorkers:
    def test_two_workers_at_once_seal_each_day_once(self, bea: User) -> None:
        for day in range(4):
            earn(bea, now=NOON + day * DAY)
        now = NOON + 4 * DAY
        outcomes = together(*[lambda: seal_what_is_over(now)] * 4)
        assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
        seal_what_is_over(now)
        assert [day.count for day in _days()] == [2, 2, 2, 2]
        assert checking.broken(newest=None) == []

    def test_without_the_lock_the_days_themselves_refuse_the_second(
        self, bea: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The control: two sealers in each other's way, of whom the database lets one through."""
        earn(bea, now=NOON)
        monkeypatch.setattr(sealing, "_locked", lambda: True)
        outcomes = together(*[lambda: seal_what_is_over(LATER)] * 4)
        assert SealedDay.objects.count() == 1
        assert {type(each) for each in outcomes} <= {int, IntegrityError}

    def test_a_payment_goes_on_while_a_day_is_being_sealed(self, bea: User) -> None:
        earn(bea, now=NOON)
        with transaction.atomic():
            assert sealing._seal_next(LATER)
            with second_connection() as other:
                other.execute("SET lock_timeout = '2s'")
                post_raw(other, bea, at=LATER)
                other.commit()
        seal_what_is_over(LATER + DAY)
        assert [day.count for day in _days()] == [2, 2]

    def test_a_server_that_counts_from_lower_seals_nothing(self, bea: User, monkeypatch: pytest.MonkeyPatch) -> None:
        """As after a dump was restored on a new server: its numbers say nothing about the old ones."""
        earn(bea, now=NOON)
        seal_what_is_over(LATER)
        monkeypatch.setattr(sealing, "_horizon", lambda: 5)
        with pytest.raises(sealing.TransactionsBeganAnew):
            seal_what_is_over(LATER + DAY)
        assert SealedDay.objects.count() == 1

    def test_the_documented_way_lets_a_restored_server_count_on(self, bea: User, ledger_may_break: None) -> None:
        earn(bea, now=NOON)
        seal_what_is_over(LATER)
        ahead = sealing._horizon() + 2_000
        forge("UPDATE finance_sealedday SET horizon = %s", ahead)
        with pytest.raises(sealing.TransactionsBeganAnew):
            seal_what_is_over(LATER + DAY)
        block = OPERATIONS.read_text().split("<<'SQL'\n")[1].split("\nSQL\n")[0]
        assert block.startswith("DO $$")
        with connection.cursor() as cursor:
            cursor.execute(block)
        assert sealing._horizon() > ahead
        assert seal_what_is_over(LATER + DAY) == 1


class TestTheDatabase:
    @pytest.mark.parametrize("attack", ["UPDATE {} SET count = 0", "DELETE FROM {}", "TRUNCATE {}"])
    def test_a_sealed_day_is_never_changed(self, bea: User, attack: str) -> None:
        earn(bea, now=NOON)
        seal_what_is_over(LATER)
        with pytest.raises(IntegrityError, match="never changed"), connection.cursor() as cursor:
            cursor.execute(attack.format("finance_sealedday"))


FORGERIES = {
    "an amount": ("UPDATE finance_posting SET amount = amount + 1 WHERE id = %s", "was changed"),
    "a balance after": ("UPDATE finance_posting SET balance_after = 7 WHERE id = %s", "was changed"),
    "a verb": (
        "UPDATE finance_entry SET verb = 'bonus' WHERE id = (SELECT entry_id FROM finance_posting WHERE id = %s)",
        "was changed",
    ),
    "whose it is": ("UPDATE finance_posting SET account_id = 0 WHERE id = %s", "is gone"),
    "its day": (
        "UPDATE finance_entry SET at = at - interval '1 minute' WHERE id ="
        " (SELECT entry_id FROM finance_posting WHERE id = %s)",
        "was changed",
    ),
    "the row itself": ("DELETE FROM finance_posting WHERE id = %s", "is gone"),
    "its transaction": (
        "UPDATE finance_entry SET txid = 9000000000 WHERE id = (SELECT entry_id FROM finance_posting WHERE id = %s)",
        "is gone",
    ),
}


class TestTampering:
    @pytest.fixture
    def sealed(self, bea: User) -> int:
        """Three sealed days; the number of a posting of the first."""
        posting = earn(bea, now=NOON).postings.get(account__kind="main")
        for day in (1, 2):
            earn(bea, now=NOON + day * DAY)
        seal_what_is_over(NOON + 3 * DAY)
        return posting.pk

    @pytest.mark.parametrize("what", FORGERIES)
    def test_what_was_sealed_cannot_change_unseen(self, sealed: int, ledger_may_break: None, what: str) -> None:
        statement, said = FORGERIES[what]
        assert checking.broken(newest=None) == []
        forge(statement, sealed)
        found = checking.broken(newest=None)
        assert [line for line in found if f"2026-03-02: posting {sealed}" in line and said in line], found

    def test_a_row_slipped_into_a_sealed_day_is_named(self, sealed: int, bea: User, ledger_may_break: None) -> None:
        entry = earn(bea, now=NOON + 5 * DAY)
        forge("UPDATE finance_entry SET at = %s, txid = 1 WHERE id = %s", NOON, entry.pk)
        assert [line for line in checking.broken(newest=None) if "was not sealed" in line]

    @pytest.mark.parametrize(
        ("statement", "said"),
        [
            (
                "UPDATE finance_sealedday SET root = repeat('a', 64) WHERE day = '2026-03-03'",
                "does not lead to its root",
            ),
            ("UPDATE finance_sealedday SET leaves = '', numbers = '' WHERE day = '2026-03-03'", "lead to its root"),
            ("UPDATE finance_sealedday SET chained = repeat('b', 64) WHERE day = '2026-03-03'", "another hash"),
            ("DELETE FROM finance_sealedday WHERE day = '2026-03-03'", "not chained"),
            (
                "UPDATE finance_sealedday SET totals = totals || '{\"main\": 1}' WHERE day = '2026-03-03'",
                "do not sum to zero",
            ),
            (
                "UPDATE finance_sealedday SET until = until + interval '1 hour' WHERE day = '2026-03-03'",
                "another moment",
            ),
            ("UPDATE finance_sealedday SET horizon = 3 WHERE day = '2026-03-03'", "does not follow"),
        ],
    )
    def test_a_changed_seal_is_found(self, sealed: int, ledger_may_break: None, statement: str, said: str) -> None:
        forge(statement.replace("%", "%%"))
        assert [line for line in checking.broken(newest=None) if said in line]

    def test_the_usual_run_looks_at_the_newest_days_and_comes_around_to_all(
        self, sealed: int, ledger_may_break: None
    ) -> None:
        forge("UPDATE finance_posting SET amount = amount + 1 WHERE id = %s", sealed)
        assert checking.broken(newest=1, turn=1) == []
        assert checking.broken(newest=1, turn=2)
        assert checking.broken(newest=3, turn=1)


@settings(max_examples=60, deadline=None)
@given(count=st.integers(1, 70), data=st.data())
def test_every_path_leads_to_the_root(count: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes(32), {"id": number}) for number in range(count)]
    tree, index = merkle.levels(leaves), data.draw(st.integers(0, count - 1))
    path = merkle.path(tree, index)
    assert root_from(leaves[index], index, count, path) == merkle.root(leaves)
    other = data.draw(st.integers(0, count - 1))
    if other != index:
        assert root_from(leaves[other], index, count, path) != merkle.root(leaves)
    assert root_from(leaves[index], index, count, [*path, bytes(32)]) is None


class TestTrees:
    def test_the_format_stays_as_it_is(self) -> None:
        """Whoever saved a root or a statement must be able to check it in ten years."""
        facts = {"id": 1, "entry": "order:1:hold", "at": "2026-03-02T12:00:00.000000+00:00", "before": None}
        leaf = leaf_hash(bytes(range(32)), facts)
        assert leaf.hex() == "1e6583547d303bb7a43d547eda9c880ceddb960d70ab2874b11bd43a28242a89"
        assert node_hash(leaf, EMPTY).hex() == "0d1c9eaf4ddc8f67ad9aef5526423b1339612ce6c792c973f34375b486508d43"
        assert (
            chain_hash(bytes(32), "2026-03-02", 1, leaf, {"main": 1, "bonus": -1}).hex()
            == "aaa638ea909233b0cdcc87eb36ed76a5c065ca447f84ee29a97dc30c0b196774"
        )

    def test_a_salt_is_different_for_each_line_and_each_day(self) -> None:
        salts = {sealing.salt_of(seed, number) for seed in (b"a" * 32, b"b" * 32) for number in (1, 2)}
        assert len(salts) == 4
        assert timedelta(days=1) == sealing.DAY
