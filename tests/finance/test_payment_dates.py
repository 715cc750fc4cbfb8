"""Payment dates: what is gathered, who approves it, what stops it; and card money that support lets go (WDR-02, WDR-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from core.money import Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger
from finance.models import Batch, Entry, Lot, Withdrawal
from finance.queries import batches as seen
from finance.queries import withdrawable
from finance.rules import BOUND_FOR, payment_date
from finance.steps import batches, freeing, paying_out
from marketplace.schedule import SWEEPS
from tests.finance.cards import an_earner, by_card, claimed
from tests.finance.records import recorded
from tests.withdrawing import ask, digest_of, let_go

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def earner(sam: User, now: datetime) -> User:
    return an_earner(sam, now=now)


@pytest.fixture
def ben(mo: User) -> User:
    """Ben of finance, the second pair of eyes."""
    return User.objects.create_superuser("ben", "ben@example.org")


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


@pytest.mark.rule("WDR-03")
class TestBatches:
    """Payment dates: gathered, seen by two, then sent."""

    @pytest.fixture
    def date(self, now: datetime) -> datetime:
        return payment_date(now)

    @pytest.fixture
    def waiting(self, earner: User, now: datetime, date: datetime) -> list[Withdrawal]:
        """Two withdrawals of $20 and $30 in the batch of the payment date."""
        made = [*ask(earner, dollars(20), now=now), *ask(earner, dollars(30), now=now)]
        for each in made:
            batches.gather(each.pk, date)
            each.refresh_from_db()
        return made

    def test_it_is_gathered_on_its_date(self, earner: User, now: datetime, date: datetime) -> None:
        (made,) = ask(earner, dollars(20), now=now)
        with pytest.raises(OutOfTurn, match="not time"):
            batches.gather(made.pk, date - INSTANT)
        batches.gather(made.pk, date)
        made.refresh_from_db()
        assert (made.status, made.batch_due_at) == ("batched", None)
        assert recorded(made)[-1] == ("withdrawal.batched", None, date, {"amount_cents": 2000})
        batch = Batch.objects.get()
        assert (batch.date, batch.part, batch.status, batch.at) == (date.date(), 1, "open", date)

    def test_one_date_has_one_open_batch(self, waiting: list[Withdrawal]) -> None:
        assert {each.batch_id for each in waiting} == {Batch.objects.get().pk}

    def test_the_second_approval_sends(self, waiting: list[Withdrawal], mo: User, ben: User, date: datetime) -> None:
        batch = Batch.objects.get()
        assert batches.may_approve(batch, mo)
        first = batches.approve(batch.pk, digest=digest_of(batch), by=mo, now=date)
        assert (first.status, first.approved_at) == ("second", None)
        assert not batches.may_approve(first, mo)
        assert batches.may_approve(first, ben)
        with pytest.raises(NotAllowed, match="second approval is for somebody else"):
            batches.approve(batch.pk, digest=digest_of(batch), by=mo, now=date)
        batches.approve(batch.pk, digest=digest_of(batch), by=ben, now=date + HOUR)
        kept = Batch.objects.get()
        assert (kept.status, kept.approved_at) == ("approved", date + HOUR)
        assert not batches.may_approve(kept, ben)
        given = [(each.by, each.at, each.count, each.total) for each in kept.approvals.order_by("id")]
        assert given == [(mo, date, 2, dollars(50)), (ben, date + HOUR, 2, dollars(50))]
        facts = {"count": 2, "total_cents": 5000, "digest": kept.approvals.first().digest}  # type: ignore[union-attr]
        assert recorded(kept) == [
            ("batch.approved", mo.pk, date, {**facts, "status": "second"}),
            ("batch.approved", ben.pk, date + HOUR, {**facts, "status": "approved"}),
        ]
        let_go(batch, now=date + HOUR)
        for each in waiting:
            each.refresh_from_db()
            assert (each.status, each.next_try_at) == ("sending", date + HOUR)
            assert recorded(each)[-1][:3] == ("withdrawal.approved", ben.pk, date + HOUR)
        with pytest.raises(OutOfTurn, match="approved already"):
            batches.approve(batch.pk, digest=digest_of(batch), by=ben, now=date)

    def test_what_was_not_shown_is_not_approved(
        self, waiting: list[Withdrawal], earner: User, mo: User, now: datetime, date: datetime
    ) -> None:
        batch = Batch.objects.get()
        shown = digest_of(batch)
        # As many, over as much: one for another.
        batches.reject(waiting[0].pk, "No.", by=mo, now=date)
        (other,) = ask(earner, dollars(20), now=now)
        batches.gather(other.pk, date)
        assert Withdrawal.objects.filter(batch=batch, status="batched").count() == 2
        for digest in (shown, "", "0" * 64):
            with pytest.raises(OutOfTurn, match="has changed"):
                batches.approve(batch.pk, digest=digest, by=mo, now=date)
        assert Batch.objects.get().status == "open"

    def test_both_approve_the_same(self, waiting: list[Withdrawal], mo: User, ben: User, date: datetime) -> None:
        batch = Batch.objects.get()
        shown = digest_of(batch)
        batches.approve(batch.pk, digest=shown, by=mo, now=date)
        batches.reject(waiting[0].pk, "No.", by=ben, now=date)
        with pytest.raises(OutOfTurn, match="has changed"):
            batches.approve(batch.pk, digest=shown, by=ben, now=date)
        # What he sees now she has not approved: she does it anew.
        batches.approve(batch.pk, digest=digest_of(batch), by=ben, now=date)
        assert Batch.objects.get().status == "second"
        assert batches.may_approve(Batch.objects.get(), mo)
        standing, former = seen.approvals(Batch.objects.get(), digest_of(batch))
        assert ([each.by for each in standing], [each.by for each in former]) == ([ben], [mo])
        batches.approve(batch.pk, digest=digest_of(batch), by=mo, now=date)
        let_go(batch, now=date)
        assert [Withdrawal.objects.get(pk=each.pk).status for each in waiting] == ["rejected", "sending"]
        standing, former = seen.approvals(Batch.objects.get(), digest_of(batch))
        assert ([each.by for each in standing], [each.by for each in former]) == ([ben, mo], [mo])

    def test_the_word_of_somebody_who_has_lost_the_right_does_not_count(
        self, waiting: list[Withdrawal], mo: User, ben: User, date: datetime
    ) -> None:
        batch = Batch.objects.get()
        batches.approve(batch.pk, digest=digest_of(batch), by=ben, now=date)
        User.objects.filter(pk=ben.pk).update(is_staff=False)
        shown = seen.contents(batch).digest
        assert [[each.by for each in part] for part in seen.approvals(batch, shown)] == [[], [ben]]
        assert batches.approve(batch.pk, digest=digest_of(batch), by=mo, now=date).status == "second"
        assert [[each.by for each in part] for part in seen.approvals(batch, shown)] == [[mo], [ben]]
        assert seen.approvals_of(Withdrawal.objects.get(pk=waiting[0].pk)) == 1
        # With the right back, one press of either is enough.
        User.objects.filter(pk=ben.pk).update(is_staff=True)
        ben = User.objects.get(pk=ben.pk)
        assert batches.may_approve(Batch.objects.get(), ben)
        assert batches.approve(batch.pk, digest=digest_of(batch), by=ben, now=date).status == "approved"
        assert batch.approvals.count() == 2

    def test_an_approved_batch_is_let_go_one_by_one_whatever_falls_in_between(
        self, waiting: list[Withdrawal], mo: User, ben: User, date: datetime
    ) -> None:
        batch = Batch.objects.get()
        with pytest.raises(OutOfTurn, match="not time"):
            batches.release(waiting[0].pk, date)
        for by in (mo, ben):
            batches.approve(batch.pk, digest=digest_of(batch), by=by, now=date)
        assert {each.status for each in Withdrawal.objects.all()} == {"batched"}
        (sweep,) = [each for each in SWEEPS if each.name == "withdrawals approved and not released"]
        (others,) = [each for each in SWEEPS if each.name == "withdrawals being sent"]
        assert not others.is_due(date)
        with pytest.raises(OutOfTurn):
            paying_out.due_for_a_try(waiting[0].pk, date)
        batches.release(waiting[0].pk, date)  # and here we die
        assert sweep.run(date) == 1
        assert sweep.run(date) == 0
        assert {each.status for each in Withdrawal.objects.all()} == {"sending"}
        assert others.is_due(date)
        with pytest.raises(OutOfTurn):
            batches.release(waiting[0].pk, date)

    def test_what_two_have_not_approved_is_not_let_go_whatever_its_own_row_says(
        self, waiting: list[Withdrawal], mo: User, date: datetime
    ) -> None:
        for each in waiting:
            Withdrawal.objects.filter(pk=each.pk).update(next_try_at=date)
        batches.approve(Batch.objects.get().pk, digest=digest_of(Batch.objects.get()), by=mo, now=date)
        with pytest.raises(OutOfTurn, match="not time"):
            batches.release(waiting[0].pk, date)
        assert {each.status for each in Withdrawal.objects.all()} == {"batched"}

    @pytest.mark.parametrize("due", [None, HOUR])
    def test_what_is_not_due_is_not_let_go(
        self, waiting: list[Withdrawal], mo: User, ben: User, date: datetime, due: timedelta | None
    ) -> None:
        batch = Batch.objects.get()
        for by in (mo, ben):
            batches.approve(batch.pk, digest=digest_of(batch), by=by, now=date)
        Withdrawal.objects.update(next_try_at=due and date + due)
        with pytest.raises(OutOfTurn):
            batches.release(waiting[0].pk, date)

    def test_what_was_approved_can_still_be_rejected_until_it_is_let_go(
        self, waiting: list[Withdrawal], earner: User, mo: User, ben: User, date: datetime
    ) -> None:
        batch = Batch.objects.get()
        for by in (mo, ben):
            batches.approve(batch.pk, digest=digest_of(batch), by=by, now=date)
        batches.reject(waiting[0].pk, "No.", by=mo, now=date)
        let_go(batch, now=date)
        assert [Withdrawal.objects.get(pk=each.pk).status for each in waiting] == ["rejected", "sending"]
        assert main(earner) == dollars(70)

    def test_after_the_first_approval_a_batch_takes_nothing_more(
        self, waiting: list[Withdrawal], earner: User, mo: User, now: datetime, date: datetime
    ) -> None:
        batches.approve(Batch.objects.get().pk, digest=digest_of(Batch.objects.get()), by=mo, now=date)
        (late,) = ask(earner, dollars(10), now=now)
        batches.gather(late.pk, date)
        late.refresh_from_db()
        assert late.batch is not None
        assert (late.batch.date, late.batch.part) == (date.date(), 2)

    def test_only_by_staff_with_the_right(
        self, waiting: list[Withdrawal], ada: User, sten: User, mo: User, date: datetime
    ) -> None:
        batch = Batch.objects.get()
        sten.user_permissions.add(Permission.objects.get(codename="change_batch"))
        mo.is_active = False
        for by in (ada, User.objects.get(pk=sten.pk), mo):
            with pytest.raises(NotAllowed, match="Only staff"):
                batches.approve(batch.pk, digest=digest_of(batch), by=by, now=date)
            with pytest.raises(NotAllowed, match="Only staff"):
                batches.reject(waiting[0].pk, "No.", by=by, now=date)
        assert not batches.may_approve(batch, ada)

    def test_nobody_decides_on_their_own(self, waiting: list[Withdrawal], earner: User, date: datetime) -> None:
        User.objects.filter(pk=earner.pk).update(is_staff=True, is_superuser=True)
        sam = User.objects.get(pk=earner.pk)
        batch = Batch.objects.get()
        assert not batches.may_approve(batch, sam)
        with pytest.raises(NotAllowed, match="of your own"):
            batches.approve(batch.pk, digest=digest_of(batch), by=sam, now=date)
        with pytest.raises(NotAllowed, match="somebody else"):
            batches.reject(waiting[0].pk, "No.", by=sam, now=date)

    def test_the_one_right_is_enough(self, waiting: list[Withdrawal], ada: User, date: datetime) -> None:
        batch = Batch.objects.get()
        ada.user_permissions.add(Permission.objects.get(codename="change_batch"))
        by = User.objects.get(pk=ada.pk)
        assert batches.may_approve(batch, by)
        assert batches.approve(batch.pk, digest=digest_of(batch), by=by, now=date).status == "second"

    def test_a_rejection_returns_the_money_with_its_reason(
        self, waiting: list[Withdrawal], earner: User, mo: User, date: datetime
    ) -> None:
        with pytest.raises(Invalid):
            batches.reject(waiting[0].pk, " ", by=mo, now=date)
        batches.reject(waiting[0].pk, " Not you. ", by=mo, now=date)
        kept = Withdrawal.objects.get(pk=waiting[0].pk)
        assert (kept.status, kept.reason, kept.ended_at) == ("rejected", "Not you.", date)
        assert main(earner) == dollars(70)
        entry = Entry.objects.get(key=f"withdrawal:{kept.pk}:back")
        assert (entry.by, entry.at) == (mo, date)
        facts = {"amount_cents": 2000, "reason": "Not you."}
        assert recorded(kept)[-1] == ("withdrawal.rejected", mo.pk, date, facts)

    def test_an_emptied_batch_is_not_approved(self, waiting: list[Withdrawal], mo: User, date: datetime) -> None:
        for each in waiting:
            batches.reject(each.pk, "No.", by=mo, now=date)
        batch = Batch.objects.get()
        assert not batches.may_approve(batch, mo)
        with pytest.raises(OutOfTurn, match="Nothing is left"):
            batches.approve(batch.pk, digest=digest_of(batch), by=mo, now=date)

    @pytest.mark.rule("FIN-03")
    def test_a_claim_stops_what_is_not_sent(self, waiting: list[Withdrawal], earner: User, date: datetime) -> None:
        claimed(by_card(earner, dollars(30), now=date), now=date)
        assert main(earner) == dollars(100)
        for each in waiting:
            each.refresh_from_db()
            assert (each.status, each.ended_at) == ("rejected", date)
            assert each.reason.startswith("A bank has taken a payment of yours back")
            facts = {"amount_cents": each.amount.cents, "reason": each.reason}
            assert recorded(each)[-1] == ("withdrawal.rejected", None, date, facts)
            entry = Entry.objects.get(key=f"withdrawal:{each.pk}:back")
            assert (entry.by, entry.at) == (None, date)

    @pytest.mark.rule("FIN-03")
    def test_a_claim_stops_nobody_elses(self, waiting: list[Withdrawal], bea: User, date: datetime) -> None:
        claimed(by_card(bea, dollars(30), now=date), now=date)
        assert {Withdrawal.objects.get(pk=each.pk).status for each in waiting} == {"batched"}

    def test_each_try_sets_the_next(self, waiting: list[Withdrawal], mo: User, ben: User, date: datetime) -> None:
        for by in (mo, ben):
            batches.approve(Batch.objects.get().pk, digest=digest_of(Batch.objects.get()), by=by, now=date)
        let_go(Batch.objects.get(), now=date)
        sending = waiting[0]
        with pytest.raises(OutOfTurn, match="not time"):
            paying_out.due_for_a_try(sending.pk, date - INSTANT)
        for tries, wait in ((1, timedelta(minutes=1)), (2, timedelta(minutes=5))):
            paying_out.due_for_a_try(sending.pk, date)
            sending.refresh_from_db()
            assert (sending.tries, sending.next_try_at) == (tries, date + wait)
            Withdrawal.objects.filter(pk=sending.pk).update(next_try_at=date)

    def test_what_is_not_being_sent_is_never_tried(self, waiting: list[Withdrawal], date: datetime) -> None:
        with pytest.raises(OutOfTurn, match="not time"):
            paying_out.due_for_a_try(waiting[0].pk, date)


@pytest.mark.rule("WDR-02")
class TestFreeing:
    """Support lets card money go back before its time."""

    @pytest.fixture
    def lot(self, bea: User, now: datetime) -> Lot:
        return by_card(bea, dollars(30), now=now)

    @pytest.fixture
    def support(self, ada: User) -> User:
        ada.user_permissions.add(Permission.objects.get(codename="change_lot"))
        return User.objects.get(pk=ada.pk)

    def test_from_then_on_it_may_go(self, lot: Lot, support: User, bea: User, now: datetime) -> None:
        assert freeing.may_free(lot, support, now)
        freeing.free(lot.pk, " Wrong card. ", by=support, now=now + HOUR)
        lot.refresh_from_db()
        assert lot.free_at == now + HOUR
        assert withdrawable.sources(bea, now + HOUR)[1].now == dollars(30)
        assert recorded(lot) == [("lot.freed", support.pk, now + HOUR, {"reason": "Wrong card."})]
        assert not freeing.may_free(lot, support, now + HOUR)
        with pytest.raises(OutOfTurn, match="Nothing of this payment"):
            freeing.free(lot.pk, "Wrong card.", by=support, now=now + HOUR)

    def test_nothing_left_has_nothing_to_wait_for(self, lot: Lot, support: User, bea: User, now: datetime) -> None:
        lines = {ledger.main_of(bea): -dollars(30), ledger.COMMISSION: dollars(30)}
        ledger.post("test:spent", "hold", lines, lots={lot.pk: -dollars(30)}, by=None, now=now)
        lot.refresh_from_db()
        assert not freeing.may_free(lot, support, now)
        with pytest.raises(OutOfTurn):
            freeing.free(lot.pk, "Wrong card.", by=support, now=now)

    def test_not_without_right_or_reason_and_not_ones_own(
        self, lot: Lot, support: User, sten: User, mo: User, now: datetime
    ) -> None:
        sten.user_permissions.add(Permission.objects.get(codename="change_lot"))
        gone = User.objects.get(pk=support.pk)
        gone.is_active = False
        for by in (User.objects.get(pk=sten.pk), gone):
            with pytest.raises(NotAllowed, match="Only support"):
                freeing.free(lot.pk, "Wrong card.", by=by, now=now)
        with pytest.raises(Invalid):
            freeing.free(lot.pk, "", by=support, now=now)
        own = by_card(mo, dollars(30), now=now)
        assert not freeing.may_free(own, mo, now)
        assert not freeing.may_free(lot, gone, now)
        with pytest.raises(NotAllowed, match="somebody else"):
            freeing.free(own.pk, "Wrong card.", by=mo, now=now)
        assert {each.free_at for each in Lot.objects.all()} == {now + BOUND_FOR}
