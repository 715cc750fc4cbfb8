"""What is done next for a withdrawal that is being sent, whatever the provider has answered so far (WDR-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from core.money import ZERO, Money, dollars
from finance import ledger
from finance.models import Entry, Lot, Withdrawal
from finance.provider import Declined, NotYet, ProviderDown, Unanswered
from finance.provider.paying_out import Under
from finance.queries import batches as seen
from finance.rules import BOUND_FOR, next_try
from finance.steps import paying_out
from tests.finance.answers import Answers, sending
from tests.finance.cards import an_earner, by_card, claimed
from tests.finance.records import recorded

HOUR = timedelta(hours=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-03")]

ON_ITS_WAY, ARRIVED = Under("po_1", False, False), Under("po_1", True, False)
CAME_BACK = Under("po_1", False, True, "could not be delivered")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Answers:
    return Answers(monkeypatch)


@pytest.fixture
def earning(sam: User, now: datetime) -> Withdrawal:
    """Sam's $20 of $100, by transfer and payout to a card."""
    return sending(an_earner(sam, now=now), "earnings", now)


@pytest.fixture
def back(bea: User, now: datetime) -> Withdrawal:
    """Bea's $20 of $50, back to the card that paid them in."""
    by_card(bea, dollars(50), now=now)
    return sending(bea, "card-one card", now + BOUND_FOR)


def carry_on(withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    paying_out.carry_on(withdrawal.pk, now)
    return Withdrawal.objects.get(pk=withdrawal.pk)


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


class TestToACardForEarnings:
    def test_it_is_transferred_then_paid_out(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        Withdrawal.objects.update(last_problem="before")
        provider.given |= {"transfer": "tr_1", "pay_out": ON_ITS_WAY}
        kept = carry_on(earning, now + HOUR)
        assert provider.take() == ["find_transfer", "transfer", "find_payout", "find_reversal", "pay_out"]
        assert (kept.status, kept.transfer_id, kept.payout_id, kept.refund_id) == ("sent", "tr_1", "po_1", "")
        assert (kept.sent_at, kept.next_try_at) == (now + HOUR, next_try(1, now + HOUR))
        assert (kept.last_problem, kept.ended_at) == ("", None)
        assert recorded(kept)[-1] == ("withdrawal.sent", None, now + HOUR, {"amount_cents": 2000})
        entry = Entry.objects.get(key=f"withdrawal:{kept.pk}:sent")
        assert (entry.at, entry.by) == (now + HOUR, None)

    def test_it_is_asked_about_until_it_arrives(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        provider.given |= {"transfer": "tr_1", "pay_out": ON_ITS_WAY, "retrieve_payout": ON_ITS_WAY}
        carry_on(earning, now)
        provider.take()
        assert carry_on(earning, now).status == "sent"
        provider.given["retrieve_payout"] = ARRIVED
        kept = carry_on(earning, now + HOUR)
        assert provider.take() == ["retrieve_payout"] * 2
        assert (kept.status, kept.ended_at, kept.next_try_at) == ("paid", now + HOUR, None)
        assert recorded(kept)[-1] == ("withdrawal.paid", None, now + HOUR, {"amount_cents": 2000})
        assert carry_on(earning, now + 2 * HOUR).ended_at == now + HOUR

    def test_what_arrived_at_once_is_paid(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        provider.given |= {"transfer": "tr_1", "pay_out": ARRIVED}
        assert carry_on(earning, now).status == "paid"

    def test_a_payout_that_failed_is_taken_back(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        provider.given |= {"transfer": "tr_1", "pay_out": CAME_BACK, "reverse": "trr_1"}
        kept = carry_on(earning, now + HOUR)
        assert provider.take() == [
            "find_transfer",
            "transfer",
            "find_payout",
            "find_reversal",
            "pay_out",
            "find_reversal",
            "reverse",
        ]
        assert (kept.status, kept.payout_id, kept.reversal_id) == ("failed", "po_1", "trr_1")
        assert (kept.last_problem, kept.ended_at) == ("could not be delivered", now + HOUR)
        assert main(earning.user) == dollars(100)
        assert ledger.balance(ledger.COMMISSION) == ZERO
        entry = Entry.objects.get(key=f"withdrawal:{kept.pk}:returned")
        assert (entry.at, entry.by) == (now + HOUR, None)

    def test_a_payout_that_is_refused_is_taken_back_with_why(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"transfer": "tr_1", "pay_out": Declined("x" * 201), "reverse": "trr_1"}
        kept = carry_on(earning, now)
        assert (kept.status, kept.last_problem, kept.reversal_id) == ("failed", "x" * 200, "trr_1")

    def test_also_days_after_it_was_paid(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        provider.given |= {"transfer": "tr_1", "pay_out": ARRIVED, "retrieve_payout": CAME_BACK, "reverse": "trr_1"}
        carry_on(earning, now)
        kept = carry_on(earning, now + HOUR)
        assert [event[0] for event in recorded(kept)][-3:] == [
            "withdrawal.paid",
            "withdrawal.doubted",
            "withdrawal.failed",
        ]
        assert (kept.status, kept.ended_at, main(earning.user)) == ("failed", now + HOUR, dollars(100))

    def test_what_cannot_be_taken_back_stays_under_way_and_says_why(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"transfer": "tr_1", "pay_out": ARRIVED, "retrieve_payout": CAME_BACK}
        provider.given |= {"reverse": Declined("z" * 201)}
        carry_on(earning, now)
        kept = carry_on(earning, now + HOUR)
        assert (kept.status, kept.ended_at, kept.last_problem) == ("sent", None, "z" * 200)
        assert kept.next_try_at == next_try(1, now + HOUR)
        assert main(earning.user) == dollars(80)

    def test_a_transfer_that_is_refused_returns_all_of_it(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"transfer": Declined("y" * 201)}
        kept = carry_on(earning, now + HOUR)
        assert (kept.status, kept.last_problem, kept.transfer_id) == ("failed", "y" * 200, "")
        assert (kept.ended_at, main(earning.user)) == (now + HOUR, dollars(100))
        entry = Entry.objects.get(key=f"withdrawal:{kept.pk}:back")
        assert (entry.at, entry.by) == (now + HOUR, None)
        assert recorded(kept)[-1] == ("withdrawal.failed", None, now + HOUR, {"amount_cents": 2000})

    def test_a_later_try_looks_first_what_was_done(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        provider.given |= {"find_transfer": "tr_0", "find_payout": ON_ITS_WAY}
        kept = carry_on(earning, now)
        assert provider.take() == ["find_transfer", "find_payout"]
        assert (kept.status, kept.transfer_id, kept.payout_id) == ("sent", "tr_0", "po_1")

    def test_a_later_try_does_what_was_not(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        provider.given |= {"find_transfer": "", "transfer": "tr_1", "find_payout": None, "pay_out": CAME_BACK}
        provider.given |= {"find_reversal": "", "reverse": "trr_1"}
        kept = carry_on(earning, now)
        assert provider.take() == [
            "find_transfer",
            "transfer",
            "find_payout",
            "find_reversal",
            "pay_out",
            "find_reversal",
            "reverse",
        ]
        assert (kept.status, kept.transfer_id, kept.reversal_id) == ("failed", "tr_1", "trr_1")

    def test_what_was_taken_back_before_is_not_taken_twice(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"find_transfer": "tr_0", "find_payout": CAME_BACK, "find_reversal": "trr_0"}
        assert carry_on(earning, now).reversal_id == "trr_0"

    def test_what_somebody_has_taken_back_by_hand_returns_instead_of_being_paid_out(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"transfer": "tr_1", "pay_out": ProviderDown()}
        with pytest.raises(ProviderDown):
            carry_on(earning, now)
        provider.take()
        provider.given |= {"pay_out": NotYet("balance_insufficient"), "find_reversal": "trr_hand"}
        kept = carry_on(earning, now + HOUR)
        assert (kept.status, kept.reversal_id, main(earning.user)) == ("failed", "trr_hand", dollars(100))
        assert "taken back" in kept.problem
        assert "pay_out" not in provider.take()

    def test_while_the_provider_cannot_yet_a_new_round_begins(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"transfer": NotYet()}
        for rounds in (1, 2):
            with pytest.raises(NotYet):
                carry_on(earning, now)
            kept = Withdrawal.objects.get(pk=earning.pk)
            assert (kept.rounds, kept.status) == (rounds, "sending")

    def test_an_answer_that_did_not_come_begins_none(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"transfer": ProviderDown()}
        with pytest.raises(ProviderDown):
            carry_on(earning, now)
        assert Withdrawal.objects.get(pk=earning.pk).rounds == 0

    @pytest.mark.parametrize("refuses", ["find_transfer", "find_payout", "retrieve_payout", "find_reversal"])
    def test_a_question_that_is_refused_is_kept_for_staff_and_ends_nothing(
        self, provider: Answers, earning: Withdrawal, now: datetime, refuses: str
    ) -> None:
        provider.given |= {"transfer": "tr_1", "pay_out": CAME_BACK, "retrieve_payout": CAME_BACK, "reverse": "trr_1"}
        if refuses == "retrieve_payout":
            Withdrawal.objects.update(payout_id="po_1")
        provider.given[refuses] = Unanswered("account_invalid" * 20)
        kept = carry_on(earning, now)
        assert kept.status == ("sending" if refuses == "find_transfer" else "sent")
        assert kept.last_problem == ("account_invalid" * 20)[:200]
        assert seen.stuck() == [kept]

    def test_what_was_refused_and_goes_on_is_no_longer_told(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"transfer": "tr_1", "find_payout": Unanswered("account_invalid")}
        carry_on(earning, now)
        provider.given["find_payout"] = ON_ITS_WAY
        kept = carry_on(earning, now)
        assert (kept.status, kept.last_problem) == ("sent", "")
        assert seen.stuck() == []

    def test_for_want_of_money_it_says_so_meanwhile(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"transfer": NotYet("balance_insufficient")}
        with pytest.raises(NotYet):
            carry_on(earning, now)
        assert Withdrawal.objects.get().last_problem == "balance_insufficient"
        provider.given |= {"transfer": "tr_1", "pay_out": ON_ITS_WAY}
        assert carry_on(earning, now).last_problem == ""

    def test_what_has_ended_is_left_alone(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        provider.given |= {"transfer": Declined("no")}
        carry_on(earning, now)
        provider.take()
        assert carry_on(earning, now).status == "failed"
        assert provider.take() == []


class TestBackToACard:
    def test_it_is_refunded_and_arrives(self, provider: Answers, back: Withdrawal, now: datetime) -> None:
        refund = Under("re_1", False, False)
        provider.given |= {"refund": refund, "retrieve_refund": refund}
        kept = carry_on(back, now)
        assert provider.take() == ["find_refund", "refund", "retrieve_refund"]
        assert (kept.status, kept.refund_id, kept.transfer_id) == ("sent", "re_1", "")
        provider.given["retrieve_refund"] = Under("re_1", True, False)
        assert carry_on(back, now).status == "paid"

    def test_one_that_came_back_fills_the_payment_again(
        self, provider: Answers, back: Withdrawal, now: datetime
    ) -> None:
        provider.given |= {"refund": Under("re_1", False, False), "retrieve_refund": Under("re_1", False, True, "gone")}
        kept = carry_on(back, now)
        assert (kept.status, kept.last_problem, kept.reversal_id) == ("failed", "gone", "")
        assert (Lot.objects.get().left, main(back.user)) == (dollars(50), dollars(50))

    def test_a_later_try_looks_first_what_was_done(self, provider: Answers, back: Withdrawal, now: datetime) -> None:
        found = Under("re_0", False, False)
        provider.given |= {"find_refund": found, "retrieve_refund": found}
        assert carry_on(back, now).refund_id == "re_0"
        assert provider.take() == ["find_refund", "retrieve_refund"]

    def test_a_later_try_does_what_was_not(self, provider: Answers, back: Withdrawal, now: datetime) -> None:
        found = Under("re_1", False, False)
        provider.given |= {"find_refund": None, "refund": found, "retrieve_refund": found}
        assert carry_on(back, now).refund_id == "re_1"
        assert provider.take() == ["find_refund", "refund", "retrieve_refund"]

    def test_one_that_is_refused_returns_all_of_it(self, provider: Answers, back: Withdrawal, now: datetime) -> None:
        provider.given |= {"refund": Declined("charge_disputed")}
        kept = carry_on(back, now)
        assert (kept.status, kept.last_problem, main(back.user)) == ("failed", "charge_disputed", dollars(50))


@pytest.mark.rule("FIN-03")
class TestWhileAClaimRuns:
    def test_what_was_not_sent_stays_here(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        claimed(by_card(earning.user, dollars(30), now=now), now=now)
        kept = carry_on(earning, now + HOUR)
        assert (kept.status, kept.ended_at, main(earning.user)) == ("rejected", now + HOUR, dollars(100))
        assert provider.take() == ["find_transfer"]

    def test_what_was_sent_without_our_hearing_of_it_is_booked(
        self, provider: Answers, earning: Withdrawal, now: datetime
    ) -> None:
        claimed(by_card(earning.user, dollars(30), now=now), now=now)
        provider.given |= {"find_transfer": "tr_0", "find_payout": ON_ITS_WAY}
        assert carry_on(earning, now).status == "sent"

    def test_what_was_transferred_is_not_paid_out(self, provider: Answers, earning: Withdrawal, now: datetime) -> None:
        claimed(by_card(earning.user, dollars(30), now=now), now=now)
        provider.given |= {"find_transfer": "tr_0", "reverse": "trr_1"}
        kept = carry_on(earning, now)
        assert (kept.status, kept.last_problem, kept.reversal_id) == ("failed", "a claim is open", "trr_1")
        assert provider.take() == ["find_transfer", "find_payout", "find_reversal", "reverse"]
