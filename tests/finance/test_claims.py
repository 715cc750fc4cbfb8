"""What the books make of a claim, whatever the balance holds and in whatever order the bank speaks (FIN-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import escrow, ledger, provider
from finance.models import Chargeback, Entry, Lot, TopUp
from finance.provider import PaymentSession, claims
from finance.provider.claims import Claim
from finance.rules import CLAIM_CHECK_EVERY, COLLECT_EVERY
from finance.steps import chargebacks
from tests.finance.cards import asked_for, by_card, claimed, of, session_of, won
from tests.finance.records import recorded
from tests.stage import give

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-03")]


@pytest.fixture
def paid(bea: User, now: datetime) -> Lot:
    """Bea has paid $50 in."""
    return by_card(bea, dollars(50), now=now)


@pytest.fixture
def decider(ada: User) -> User:
    """Ada with the right to decide claims."""
    ada.user_permissions.add(Permission.objects.get(codename="change_chargeback"))
    return User.objects.get(pk=ada.pk)


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def owed_account(found: Chargeback) -> Money:
    return ledger.balance(ledger.chargeback_of(found.pk))


def spend(user: User, amount: Money, *, now: datetime) -> None:
    escrow.hold("order:7", user, amount, reference="7", by=user, now=now)


def entry_of(found: Chargeback, part: str) -> Entry:
    """By what it did; what a bank did is booked under the name of its movement."""
    name = {"taken": f"txn_{found.top_up_id}", "back": f"txn_{found.top_up_id}_back"}.get(part, part)
    return Entry.objects.get(key=f"chargeback:{found.pk}:{name}")


def test_what_the_bank_takes_leaves_the_balance(paid: Lot, bea: User, now: datetime) -> None:
    give(bea, dollars(8), now=now)
    found = claimed(paid, now=now + HOUR)
    kept = Chargeback.objects.get()
    assert (kept.amount, kept.owed, kept.status, kept.why, kept.at) == (
        dollars(50),
        ZERO,
        "open",
        "fraudulent",
        now + HOUR,
    )
    assert (kept.collect_due_at, kept.decided_at) == (None, None)
    assert (main(bea), ledger.balance(ledger.PROVIDER)) == (dollars(8), -dollars(8))
    entry = entry_of(found, "taken")
    assert (entry.verb, entry.reference, entry.by, entry.at) == ("chargeback", found.reference, None, now + HOUR)
    assert recorded(kept) == [("chargeback.opened", None, now + HOUR, {"amount_cents": 5000})]


def test_what_the_balance_lacks_is_owed(paid: Lot, bea: User, now: datetime) -> None:
    spend(bea, dollars(30), now=now)
    found = claimed(paid, now=now)
    assert (main(bea), found.owed, owed_account(found)) == (ZERO, dollars(30), -dollars(30))
    assert found.collect_due_at == now + COLLECT_EVERY


def test_the_disputed_payment_gives_before_older_ones(bea: User, now: datetime) -> None:
    older, disputed = by_card(bea, dollars(20), now=now), by_card(bea, dollars(30), now=now)
    claimed(disputed, now=now)
    assert [Lot.objects.get(pk=lot.pk).left for lot in (older, disputed)] == [dollars(20), ZERO]


def test_a_claim_that_takes_nothing_yet_moves_nothing(paid: Lot, bea: User, now: datetime) -> None:
    found = claimed(paid, now=now, taken=ZERO)
    assert (found.amount, found.owed, main(bea)) == (dollars(50), ZERO, dollars(50))
    assert not Entry.objects.filter(reference=found.reference).exists()
    claimed(paid, now=now + HOUR)
    assert main(bea) == ZERO
    assert [each[0] for each in recorded(found)] == ["chargeback.opened"]


def test_a_claim_is_for_no_more_than_was_paid(paid: Lot, now: datetime) -> None:
    assert claimed(paid, now=now, taken=ZERO, amount=dollars(70)).amount == dollars(50)


def test_a_claim_for_a_part_takes_that_part(paid: Lot, bea: User, now: datetime) -> None:
    found = claimed(paid, now=now, amount=dollars(20), taken=dollars(20))
    assert (found.amount, found.owed, main(bea)) == (dollars(20), ZERO, dollars(30))


def test_a_long_reason_is_cut(paid: Lot, now: datetime) -> None:
    claimed(paid, now=now, why="x" * 61)
    assert Chargeback.objects.get().why == "x" * 60


def test_the_same_word_twice_changes_nothing(paid: Lot, bea: User, now: datetime) -> None:
    for later in range(3):
        claimed(paid, now=now + later * HOUR)
    assert main(bea) == ZERO
    assert (Chargeback.objects.get().at, Chargeback.objects.get().decided_at) == (now, None)
    for later in range(3, 6):
        claimed(paid, now=now + later * HOUR, state="lost")
    kept = Chargeback.objects.get()
    assert (kept.status, kept.decided_at) == ("lost", now + 3 * HOUR)
    assert recorded(kept)[1:] == [("chargeback.lost", None, now + 3 * HOUR, {"owed_cents": 0})]


def test_an_open_claim_is_asked_about_again_and_again_until_it_is_decided(paid: Lot, bea: User, now: datetime) -> None:
    found = claimed(paid, now=now)
    for nth in (1, 2):
        due = now + nth * CLAIM_CHECK_EVERY
        with pytest.raises(OutOfTurn):
            chargebacks.due_for_a_look(found.pk, due - INSTANT)
        assert chargebacks.due_for_a_look(found.pk, due) == found.dispute_id
        assert Chargeback.objects.get().check_due_at == due + CLAIM_CHECK_EVERY
    won(paid, now=due)
    with pytest.raises(OutOfTurn):
        chargebacks.due_for_a_look(found.pk, due + CLAIM_CHECK_EVERY)


def test_a_lost_claim_says_what_is_owed(paid: Lot, bea: User, now: datetime) -> None:
    spend(bea, dollars(30), now=now)
    found = claimed(paid, now=now, state="lost")
    assert recorded(found)[-1] == ("chargeback.lost", None, now, {"owed_cents": 3000})


class TestWon:
    """Decided for us."""

    def test_everything_returns_to_where_it_was(self, bea: User, now: datetime) -> None:
        other, paid = by_card(bea, dollars(20), now=now), by_card(bea, dollars(50), now=now)
        spend(bea, dollars(40), now=now)
        found = claimed(paid, now=now)
        assert (main(bea), found.owed) == (ZERO, dollars(20))
        found = won(paid, now=now + HOUR)
        assert (main(bea), found.owed, owed_account(found), found.collect_due_at) == (dollars(30), ZERO, ZERO, None)
        assert [Lot.objects.get(pk=lot.pk).left for lot in (other, paid)] == [ZERO, dollars(30)]
        assert (found.status, found.decided_at) == ("won", now + HOUR)
        entry = entry_of(found, "back")
        assert (entry.verb, entry.reference, entry.by, entry.at) == (
            "chargeback_back",
            found.reference,
            None,
            now + HOUR,
        )
        assert recorded(found)[-1] == ("chargeback.won", None, now + HOUR, {"owed_cents": 0, "free": True})

    def test_what_was_collected_meanwhile_returns_too(self, paid: Lot, bea: User, now: datetime) -> None:
        spend(bea, dollars(50), now=now)
        found = claimed(paid, now=now)
        give(bea, dollars(12), now=now)
        chargebacks.collect(found.pk, now + COLLECT_EVERY)
        won(paid, now=now + 2 * HOUR)
        assert (main(bea), owed_account(found)) == (dollars(12), ZERO)

    def test_what_was_written_off_returns_to_the_site(self, paid: Lot, bea: User, decider: User, now: datetime) -> None:
        spend(bea, dollars(50), now=now)
        found = claimed(paid, now=now, state="lost")
        chargebacks.write_off(found.pk, "Gone.", by=decider, now=now)
        assert ledger.balance(ledger.COMMISSION) == -dollars(50)
        won(paid, now=now)
        assert (ledger.balance(ledger.COMMISSION), main(bea), owed_account(found)) == (ZERO, ZERO, ZERO)

    def test_while_the_bank_still_holds_it_nothing_returns(self, paid: Lot, bea: User, now: datetime) -> None:
        claimed(paid, now=now)
        found = claimed(paid, now=now, state="won")
        assert (found.status, main(bea)) == ("won", ZERO)
        for _ in range(2):
            won(paid, now=now)
            assert main(bea) == dollars(50)

    def test_what_was_never_taken_does_not_return(self, paid: Lot, bea: User, now: datetime) -> None:
        assert claimed(paid, now=now, state="won", taken=ZERO).status == "won"
        assert main(bea) == dollars(50)
        assert not Entry.objects.filter(reference__startswith="chargeback:").exists()

    def test_what_was_taken_and_returned_before_we_heard_is_booked_both_ways(
        self, paid: Lot, bea: User, now: datetime
    ) -> None:
        found = won(paid, now=now)
        parts = Entry.objects.filter(reference=found.reference).order_by("id")
        assert [each.verb for each in parts] == ["chargeback", "chargeback_back"]
        assert (main(bea), ledger.balance(ledger.PROVIDER), found.owed) == (dollars(50), -dollars(50), ZERO)

    def test_what_the_bank_gives_back_returns_also_before_it_decides(self, paid: Lot, bea: User, now: datetime) -> None:
        claimed(paid, now=now)
        found = claimed(paid, now=now, taken=ZERO, withdrawn=paid.amount)
        assert (found.status, main(bea)) == ("open", dollars(50))


class TestCollecting:
    """What is owed is taken from what comes in."""

    @pytest.fixture
    def owing(self, paid: Lot, bea: User, now: datetime) -> Chargeback:
        """Bea owes $30."""
        spend(bea, dollars(30), now=now)
        return claimed(paid, now=now)

    def test_as_far_as_there_is_any(self, owing: Chargeback, bea: User, now: datetime) -> None:
        due = now + COLLECT_EVERY
        give(bea, dollars(12), now=now)
        chargebacks.collect(owing.pk, due)
        owing.refresh_from_db()
        assert (owing.owed, owing.collect_due_at, main(bea)) == (dollars(18), due + COLLECT_EVERY, ZERO)
        entry = entry_of(owing, "collected:1")
        assert (entry.verb, entry.reference, entry.by, entry.at) == ("collected", owing.reference, None, due)
        assert recorded(owing)[-1] == ("chargeback.collected", None, due, {"amount_cents": 1200})
        again = due + COLLECT_EVERY
        give(bea, dollars(20), now=now)
        chargebacks.collect(owing.pk, again)
        owing.refresh_from_db()
        assert (owing.owed, owing.collect_due_at, main(bea)) == (ZERO, None, dollars(2))
        assert entry_of(owing, "collected:2").postings.count() == 2
        assert owed_account(owing) == ZERO

    def test_from_other_cards_last(self, owing: Chargeback, bea: User, now: datetime) -> None:
        give(bea, dollars(10), now=now)
        other = by_card(bea, dollars(25), now=now)
        chargebacks.collect(owing.pk, now + COLLECT_EVERY)
        assert (Lot.objects.get(pk=other.pk).left, main(bea)) == (dollars(5), dollars(5))

    def test_each_claim_counts_its_own(self, owing: Chargeback, sam: User, bea: User, now: datetime) -> None:
        his = by_card(sam, dollars(50), now=now)
        escrow.hold("order:8", sam, dollars(50), reference="8", by=sam, now=now)
        other = claimed(his, now=now)
        for user, found in ((bea, owing), (sam, other)):
            give(user, dollars(5), now=now)
            chargebacks.collect(found.pk, now + COLLECT_EVERY)
            assert entry_of(found, "collected:1").postings.count() == 2

    def test_an_empty_balance_is_looked_at_again(self, owing: Chargeback, now: datetime) -> None:
        chargebacks.collect(owing.pk, now + COLLECT_EVERY)
        owing.refresh_from_db()
        assert (owing.owed, owing.collect_due_at) == (dollars(30), now + 2 * COLLECT_EVERY)
        assert not Entry.objects.filter(verb="collected").exists()
        assert [each[0] for each in recorded(owing)] == ["chargeback.opened"]

    def test_never_before_its_time(self, owing: Chargeback, bea: User, now: datetime) -> None:
        give(bea, dollars(12), now=now)
        with pytest.raises(OutOfTurn, match="not time"):
            chargebacks.collect(owing.pk, now + COLLECT_EVERY - timedelta(microseconds=1))
        assert main(bea) == dollars(12)

    def test_nothing_owed_is_never_due(self, paid: Lot, bea: User, now: datetime) -> None:
        found = claimed(paid, now=now)
        give(bea, dollars(12), now=now)
        with pytest.raises(OutOfTurn):
            chargebacks.collect(found.pk, now + COLLECT_EVERY)
        assert main(bea) == dollars(12)


class TestWritingOff:
    """Staff gives up what is still owed of a lost claim."""

    @pytest.fixture
    def lost(self, paid: Lot, bea: User, now: datetime) -> Chargeback:
        """Bea owes $30 of a claim that was lost."""
        spend(bea, dollars(30), now=now)
        return claimed(paid, now=now, state="lost")

    def test_the_site_bears_it(self, lost: Chargeback, decider: User, now: datetime) -> None:
        chargebacks.write_off(lost.pk, "  The buyer was cheated. ", by=decider, now=now + HOUR)
        lost.refresh_from_db()
        assert (lost.owed, lost.collect_due_at, lost.written_off_at) == (ZERO, None, now + HOUR)
        assert (owed_account(lost), ledger.balance(ledger.COMMISSION)) == (ZERO, -dollars(30))
        entry = entry_of(lost, "written_off")
        assert (entry.verb, entry.reference, entry.by, entry.at) == (
            "written_off",
            lost.reference,
            decider,
            now + HOUR,
        )
        facts = {"reason": "The buyer was cheated.", "amount_cents": 3000, "free": True}
        assert recorded(lost)[-1] == ("chargeback.written_off", decider.pk, now + HOUR, facts)

    def test_once(self, lost: Chargeback, decider: User, now: datetime) -> None:
        chargebacks.write_off(lost.pk, "Gone.", by=decider, now=now)
        with pytest.raises(OutOfTurn, match="after a lost claim"):
            chargebacks.write_off(lost.pk, "Gone.", by=decider, now=now)
        assert ledger.balance(ledger.COMMISSION) == -dollars(30)

    def test_not_while_the_bank_decides(self, paid: Lot, bea: User, decider: User, now: datetime) -> None:
        spend(bea, dollars(30), now=now)
        found = claimed(paid, now=now)
        with pytest.raises(OutOfTurn, match="after a lost claim"):
            chargebacks.write_off(found.pk, "Gone.", by=decider, now=now)

    def test_only_by_staff_with_the_right(self, lost: Chargeback, ada: User, sam: User, now: datetime) -> None:
        sam.user_permissions.add(Permission.objects.get(codename="change_chargeback"))
        for by in (ada, User.objects.get(pk=sam.pk)):
            with pytest.raises(NotAllowed, match="Only staff"):
                chargebacks.write_off(lost.pk, "Gone.", by=by, now=now)
        lost.refresh_from_db()
        assert lost.owed == dollars(30)

    def test_not_by_staff_that_has_left(self, lost: Chargeback, mo: User, now: datetime) -> None:
        mo.is_active = False
        with pytest.raises(NotAllowed, match="Only staff"):
            chargebacks.write_off(lost.pk, "Gone.", by=mo, now=now)

    def test_not_ones_own(self, mo: User, now: datetime) -> None:
        own = by_card(mo, dollars(50), now=now)
        spend(mo, dollars(30), now=now)
        found = claimed(own, now=now, state="lost")
        with pytest.raises(NotAllowed, match="somebody else"):
            chargebacks.write_off(found.pk, "Gone.", by=mo, now=now)

    def test_not_without_a_reason(self, lost: Chargeback, decider: User, now: datetime) -> None:
        with pytest.raises(Invalid):
            chargebacks.write_off(lost.pk, " ", by=decider, now=now)


class TestAsking:
    """Which payment a claim is against, when the bank's word comes first or bears nothing of ours."""

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The sessions that the provider is asked about; it says that they are unpaid."""
        found: list[str] = []

        def unpaid(session_id: str) -> PaymentSession:
            found.append(session_id)
            return session_of(TopUp.objects.get(session_id=session_id), paid=False)

        monkeypatch.setattr(provider, "retrieve_checkout", unpaid)
        return found

    def told(self, monkeypatch: pytest.MonkeyPatch, **facts: object) -> None:
        said = {"id": "dp_1", "state": "open", "amount": dollars(50), "moved": (("txn_1", -dollars(50)),)}
        claim = Claim(**{"why": "", "charge_id": "ch_unknown", "top_up": 0, **said, **facts})  # type: ignore[arg-type]
        monkeypatch.setattr(claims, "retrieve_claim", lambda dispute_id: claim if dispute_id == "dp_1" else None)

    def test_against_the_payment_of_its_charge(
        self, paid: Lot, bea: User, now: datetime, asked: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        by_card(bea, dollars(50), now=now)
        self.told(monkeypatch, charge_id=of(paid).charge_id)
        found = chargebacks.settle("dp_1", now)
        assert found is not None
        assert (found.top_up_id, found.owed, asked) == (paid.top_up_id, ZERO, [])

    def test_or_of_the_number_written_on_it(
        self, paid: Lot, bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        by_card(bea, dollars(50), now=now)
        self.told(monkeypatch, top_up=paid.top_up_id)
        found = chargebacks.settle("dp_1", now)
        assert found is not None
        assert found.top_up_id == paid.top_up_id

    def test_against_nothing_of_ours_it_changes_nothing(
        self, paid: Lot, bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.told(monkeypatch)
        assert chargebacks.settle("dp_1", now) is None
        assert chargebacks.settle("dp_2", now) is None
        assert (main(bea), Chargeback.objects.count()) == (dollars(50), 0)

    def test_against_a_payment_that_never_came_it_changes_nothing(
        self, bea: User, now: datetime, asked: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting = asked_for(bea, dollars(50), now=now)
        self.told(monkeypatch, top_up=waiting.pk)
        assert chargebacks.settle("dp_1", now) is None
        assert asked == [waiting.session_id]
        assert Chargeback.objects.count() == 0

    def test_nothing_is_asked_about_a_payment_without_a_page(
        self, bea: User, now: datetime, asked: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting = asked_for(bea, dollars(50), now=now)
        TopUp.objects.update(session_id=None)
        self.told(monkeypatch, top_up=waiting.pk)
        assert chargebacks.settle("dp_1", now) is None
        assert asked == []
