"""What staff and users see of money at a glance: sums that wait, what is stuck, balances, the equation (FIN-05, FIN-07)."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance import escrow
from finance.models import Batch, PayoutDetails, ProofRun, Withdrawal
from finance.queries import Balances, Unfinished, balances, books, header_balance, unfinished_top_ups
from finance.queries import batches as seen
from finance.queries.withdrawal_story import story
from finance.rules import payment_date
from finance.steps import batches, top_ups, withdrawals
from tests.finance.cards import an_earner, asked_for, session_of
from tests.stage import give, give_bonus
from tests.withdrawing import ask

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def earner(sam: User, now: datetime) -> User:
    return an_earner(sam, now=now)


def gathered(user: User, amount: Money, now: datetime) -> Withdrawal:
    """A withdrawal in the batch of its payment date."""
    (made,) = ask(user, amount, now=now)
    batches.gather(made.pk, payment_date(now))
    made.refresh_from_db()
    return made


@pytest.mark.rule("WDR-03")
class TestBatches:
    def test_what_waits_for_its_payment_date(self, earner: User, now: datetime) -> None:
        assert seen.waiting() == {"count": 0, "total": ZERO}
        ask(earner, dollars(20), now=now)
        ask(earner, dollars(12), now=now)
        gathered(earner, dollars(10), now)
        assert seen.waiting() == {"count": 2, "total": dollars(32)}

    def test_batches_with_something_to_approve_are_counted(self, earner: User, mo: User, now: datetime) -> None:
        assert seen.waiting_batches() == 0
        made = [gathered(earner, dollars(20), now), gathered(earner, dollars(10), now)]
        assert seen.waiting_batches() == 1
        batches.reject(made[0].pk, "No.", by=mo, now=now)
        assert seen.waiting_batches() == 1
        batches.reject(made[1].pk, "No.", by=mo, now=now)
        assert seen.waiting_batches() == 0

    def test_an_approved_one_waits_no_more(self, earner: User, mo: User, now: datetime) -> None:
        made = gathered(earner, dollars(20), now)
        Batch.objects.update(status="approved")
        assert seen.waiting_batches() == 0
        assert made.batch_id

    def test_the_sums_of_a_batch(self, earner: User, mo: User, now: datetime) -> None:
        made = [gathered(earner, dollars(20), now), gathered(earner, dollars(10), now)]
        batches.reject(made[0].pk, "No.", by=mo, now=now)
        (batch,) = seen.with_sums(Batch.objects.all())
        assert (batch.count, batch.total, batch.open_count) == (1, dollars(10), 1)  # type: ignore[attr-defined]
        batches.reject(made[1].pk, "No.", by=mo, now=now)
        (batch,) = seen.with_sums(Batch.objects.all())
        assert (batch.count, batch.total, batch.open_count) == (0, ZERO, 0)  # type: ignore[attr-defined]

    def test_the_contents_of_a_batch(self, earner: User, bea: User, sten: User, mo: User, now: datetime) -> None:
        others = [an_earner(bea, now=now), an_earner(sten, now=now)]
        PayoutDetails.objects.filter(user__in=[earner, *others]).update(fingerprint="one card")
        PayoutDetails.objects.create(user=mo, at=now)
        first, second, third = (gathered(earner, dollars(sum_), now) for sum_ in (20, 10, 30))
        batches.reject(second.pk, "No.", by=mo, now=now)
        found = seen.contents(Batch.objects.get())
        assert [row.withdrawal for row in found.rows] == [first, third]
        assert {row.same_card for row in found.rows} == {("bea", "sten")}
        assert found.others == [second]
        assert (found.total, found.net) == (dollars(50), Money(4775))
        assert found.digest == sha256(f"{first.pk}:2000\n{third.pk}:3000".encode()).hexdigest()

    def test_a_card_of_ones_own_is_nobody_elses(self, earner: User, bea: User, now: datetime) -> None:
        an_earner(bea, now=now)  # neither card is known by a fingerprint
        gathered(earner, dollars(20), now)
        (row,) = seen.contents(Batch.objects.get()).rows
        assert row.same_card == ()
        PayoutDetails.objects.filter(user=earner).update(fingerprint="one card")
        PayoutDetails.objects.filter(user=bea).update(fingerprint="another card")
        (row,) = seen.contents(Batch.objects.get()).rows
        assert row.same_card == ()

    def test_what_the_provider_does_not_take_is_stuck_after_four_tries(self, earner: User, now: datetime) -> None:
        made = [gathered(earner, dollars(20), now), gathered(earner, dollars(10), now)]
        Withdrawal.objects.filter(pk=made[0].pk).update(status="sending", next_try_at=now, tries=3)
        Withdrawal.objects.filter(pk=made[1].pk).update(tries=9)
        assert seen.stuck() == []
        Withdrawal.objects.filter(pk=made[0].pk).update(tries=4)
        assert seen.stuck() == [made[0]]
        for each in made:
            Withdrawal.objects.filter(pk=each.pk).update(status="sent", next_try_at=now, tries=4)
        assert seen.stuck() == made
        for each in made:
            Withdrawal.objects.filter(pk=each.pk).update(status="batched", next_try_at=None, tries=0)

    def test_who_approves(self, ada: User, sten: User) -> None:
        assert not seen.approves(ada)
        for user in (ada, sten):
            user.user_permissions.add(Permission.objects.get(codename="change_batch"))
        with_right, no_staff = User.objects.get(pk=ada.pk), User.objects.get(pk=sten.pk)
        assert seen.approves(with_right)
        assert not seen.approves(no_staff)
        with_right.is_active = False
        assert not seen.approves(with_right)

    def test_the_story_of_a_withdrawal(self, earner: User, mo: User, now: datetime) -> None:
        made = gathered(earner, dollars(20), now)
        batches.reject(made.pk, "Not you.", by=mo, now=now + HOUR)
        told = [(each.at, each.icon, each.tone, each.detail, each.actor) for each in story(made)]
        assert told == [
            (now, "wallet", "", "", ""),
            (payment_date(now), "clock", "", "", ""),
            (now + HOUR, "circle-x", "negative", "Not you.", ""),
        ]

    def test_what_was_canceled_waits_for_nothing(self, earner: User, now: datetime) -> None:
        (made,) = ask(earner, dollars(20), now=now)
        withdrawals.cancel(made.pk, by=earner, now=now)
        assert seen.waiting() == {"count": 0, "total": ZERO}


@pytest.mark.rule("FIN-05")
class TestBalances:
    def test_what_a_user_has(self, bea: User, sam: User, now: datetime) -> None:
        assert (balances(bea), header_balance(bea)) == (Balances(ZERO, ZERO, ZERO, ZERO), ZERO)
        give(bea, dollars(30), now=now)
        give_bonus(bea, dollars(4), now=now)
        give(sam, dollars(99), now=now)
        escrow.hold("order:7", bea, dollars(10), reference="7", by=bea, now=now)
        escrow.hold("order:8", bea, dollars(5), reference="8", by=bea, now=now)
        assert balances(bea) == Balances(dollars(19), ZERO, dollars(15))
        give_bonus(bea, dollars(4), now=now)
        assert balances(bea) == Balances(dollars(19), dollars(4), dollars(15))
        assert header_balance(bea) == dollars(23)

    @pytest.mark.rule("WDR-04")
    def test_what_is_asked_to_be_withdrawn_is_set_aside_until_it_is_sent(self, earner: User, now: datetime) -> None:
        before = balances(earner).main
        (made,) = ask(earner, dollars(20), now=now)
        assert balances(earner) == Balances(before - dollars(20), ZERO, ZERO, dollars(20))
        withdrawals.cancel(made.pk, by=earner, now=now)
        assert balances(earner) == Balances(before, ZERO, ZERO, ZERO)

    def test_the_latest_three_payments_that_are_not_finished(self, bea: User, sam: User, now: datetime) -> None:
        made = [asked_for(bea, dollars(25), now=now) for _ in range(5)]
        asked_for(sam, dollars(25), now=now)
        top_ups.learn(str(made[4].session_id), session_of(made[4]), now)
        top_ups.learn(str(made[3].session_id), session_of(made[3], paid=False), now)
        assert unfinished_top_ups(bea) == Unfinished([made[3], made[2], made[1]], more=1)
        top_ups.learn(str(made[1].session_id), None, now)
        with CaptureQueriesContext(connection) as asked:
            assert unfinished_top_ups(bea) == Unfinished([made[3], made[2], made[0]], more=0)
        assert len(asked) == 1

    @pytest.mark.rule("FIN-03")
    def test_a_payment_that_we_check_comes_before_all_others(self, bea: User, now: datetime) -> None:
        made = [asked_for(bea, dollars(25), now=now) for _ in range(5)]
        top_ups.learn(str(made[0].session_id), session_of(made[0], amount=dollars(24)), now)
        assert unfinished_top_ups(bea) == Unfinished([made[0], made[4], made[3]], more=2)


@pytest.mark.rule("FIN-07")
class TestBooks:
    SUMS = {
        "main": 1, "bonus": 20, "escrow": 300, "payout": 4_000,
        "commission": 50_000, "promotion": -600_000, "processing": -7_000_000, "chargeback": -80_000_000,
        "provider": -900_000_000,
    }  # fmt: skip

    def test_every_kind_stands_in_its_place(self) -> None:
        found = books.equation(self.SUMS)
        assert [amount.cents for _words, amount in found.owed] == [21, 300, 4_000]
        assert [amount.cents for _words, amount in found.own] == [50_000, -600_000, -7_000_000, -80_000_000]
        assert (found.owed_sum, found.own_sum, found.held) == (Money(4_321), Money(-87_550_000), Money(900_000_000))
        assert (books.owed(self.SUMS), books.held(self.SUMS)) == (Money(4_321), Money(900_000_000))

    def test_what_is_not_there_is_nothing(self) -> None:
        found = books.equation({})
        assert (found.owed_sum, found.own_sum, found.held, books.owed({})) == (ZERO, ZERO, ZERO, ZERO)

    def test_the_newest_run_tells_and_the_newest_good_one_says_when(self, db: None, now: datetime) -> None:
        nothing = books.state(now)
        assert (nothing.run, nothing.proven_at, nothing.owed, nothing.held) == (None, None, ZERO, ZERO)
        for at, holds in ((now, True), (now + HOUR, True), (now + 2 * HOUR, False)):
            ProofRun.objects.create(at=at, holds=holds, entries=1, sums=self.SUMS, seconds=0.1)
            found = books.state(at)
            assert found.run is not None
            assert found.run.at == at
            assert found.proven_at == (at if holds else now + HOUR)
            assert (found.owed, found.held, found.days_waiting) == (Money(4_321), Money(900_000_000), 0)
        assert [run.at for run in books.latest_runs(2)] == [now + 2 * HOUR, now + HOUR]
