"""Asking for money out, to the cent: which part of the balance may go, what it costs, what is set aside and comes back (WDR)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger
from finance.models import Entry, Lot, PayoutDetails, TopUp, Withdrawal
from finance.queries import withdrawable
from finance.queries.withdrawable import EARNINGS
from finance.rules import BOUND_FOR, LIMITED_FOR, LIMITED_TO, payment_date, withdrawal_fee
from finance.steps import withdrawals
from orders.models import Status
from tests.finance.cards import an_earner, by_card, claimed, named, of
from tests.finance.records import recorded
from tests.stage import Stage, give
from tests.withdrawing import ask

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def earner(sam: User, now: datetime) -> User:
    return an_earner(sam, now=now)


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def to_card(user: User, now: datetime, **changes: object) -> Lot:
    lot = by_card(user, dollars(30), now=now)
    TopUp.objects.filter(pk=of(lot).pk).update(**changes)
    return Lot.objects.select_related("top_up").get(pk=lot.pk)


class TestSources:
    """Where each dollar may go, and when (WDR-02)."""

    pytestmark = pytest.mark.rule("WDR-02")

    def test_earnings_are_what_no_card_paid(self, earner: User, now: datetime) -> None:
        by_card(earner, dollars(30), now=now)
        earnings, card = withdrawable.sources(earner, now)
        assert (earnings.route, earnings.destination, earnings.now, earnings.later) == (
            EARNINGS,
            "Visa •••• 5556",
            dollars(100),
            (),
        )
        assert (card.route, card.destination, card.now, card.later) == (
            "card-one card",
            "Visa •••• 4242",
            ZERO,
            ((now + BOUND_FOR, dollars(30)),),
        )
        assert (earnings.total, card.total) == (dollars(100), dollars(30))

    def test_without_a_card_named_the_destination_is_in_words(self, bea: User, now: datetime) -> None:
        (earnings,) = withdrawable.sources(bea, now)
        assert (earnings.destination, earnings.now) == ("your payout card", ZERO)
        PayoutDetails.objects.create(user=bea, at=now)
        assert withdrawable.sources(bea, now)[0].destination == "your payout card"

    def test_payments_by_one_card_go_back_together_and_others_apart(self, bea: User, now: datetime) -> None:
        first, second = to_card(bea, now), to_card(bea, now + DAY)
        third = to_card(bea, now, fingerprint="another card", last4="1111")
        fourth = to_card(bea, now, fingerprint="", last4="", method="paypal")
        later = now + BOUND_FOR
        earnings, one, other, paypal = withdrawable.sources(bea, later)
        assert earnings.now == ZERO
        assert (one.now, one.later) == (dollars(30), ((later + DAY, dollars(30)),))
        assert (other.route, other.destination, other.now) == ("card-another card", "Visa •••• 1111", dollars(30))
        assert (paypal.route, paypal.destination) == (f"payment-{fourth.top_up_id}", "PayPal")
        assert one.parts(dollars(10)) == [(dollars(10), first)]
        (both,) = [each for each in withdrawable.sources(bea, later + DAY) if each.route == one.route]
        assert both.parts(dollars(10)) == [(dollars(10), first)]
        assert both.parts(dollars(40)) == [(dollars(30), first), (dollars(10), second)]
        assert both.parts(dollars(60)) == [(dollars(30), first), (dollars(30), second)]
        assert both.parts(dollars(99)) == [(dollars(30), first), (dollars(30), second)]
        assert (both.later, other.parts(dollars(5))) == ((), [(dollars(5), third)])

    def test_the_moment_itself_is_late_enough(self, bea: User, now: datetime) -> None:
        to_card(bea, now)
        assert withdrawable.sources(bea, now + BOUND_FOR - INSTANT)[1].now == ZERO
        assert withdrawable.sources(bea, now + BOUND_FOR)[1].now == dollars(30)

    def test_what_arrives_is_without_the_fee_of_each_part(self, bea: User, now: datetime) -> None:
        for _ in range(2):
            by_card(bea, Money(3018), now=now)
        (_earnings, card) = withdrawable.sources(bea, now + BOUND_FOR)
        odd = Money(4036)
        assert card.net(odd) == odd - withdrawal_fee(Money(3018)) - withdrawal_fee(Money(1018))
        assert card.net(odd) != odd - withdrawal_fee(odd)

    def test_earnings_are_taken_at_once_and_never_more_than_there_are(self, earner: User, now: datetime) -> None:
        (earnings,) = withdrawable.sources(earner, now)
        assert earnings.parts(dollars(10)) == [(dollars(10), None)]
        assert earnings.parts(dollars(101)) == [(dollars(100), None)]


class TestGates:
    """What keeps money here."""

    def test_claims_block_every_route(self, earner: User, now: datetime) -> None:
        assert withdrawable.blocks(earner, EARNINGS, now) == []
        lot = by_card(earner, dollars(30), now=now)
        assert not withdrawable.claims_of(earner).exists()
        claimed(lot, now=now)
        for route in (EARNINGS, "card-one card"):
            (block,) = withdrawable.blocks(earner, route, now)
            assert (block.mend, block.until) == ("claims", None)
            assert "taken a payment of yours back" in str(block.sentence)
        claimed(lot, now=now, state="lost")
        assert withdrawable.blocks(earner, EARNINGS, now) == []

    def test_what_is_still_owed_blocks_after_the_claim_is_lost(self, earner: User, now: datetime) -> None:
        lot = by_card(earner, dollars(30), now=now)
        lines = {ledger.main_of(earner): -dollars(130), ledger.COMMISSION: dollars(130)}
        ledger.post("test:spent", "hold", lines, lots={lot.pk: -dollars(30)}, by=None, now=now)
        claimed(lot, now=now, state="lost")
        assert [block.mend for block in withdrawable.blocks(earner, EARNINGS, now)] == ["claims"]

    def test_claims_of_others_do_not(self, earner: User, bea: User, now: datetime) -> None:
        claimed(by_card(bea, dollars(30), now=now), now=now)
        assert withdrawable.blocks(earner, EARNINGS, now) == []

    def test_a_closed_account_withdraws_nothing(self, earner: User, now: datetime) -> None:
        earner.is_active = False
        (block,) = withdrawable.blocks(earner, EARNINGS, now)
        assert str(block.sentence) == "This account is closed."

    @pytest.mark.rule("TAX-01")
    def test_earnings_need_a_form_and_a_card_and_card_money_does_not(self, stage: Stage, now: datetime) -> None:
        stage.an_order(at=Status.COMPLETED)
        sam = stage.seller
        to_card(sam, now)
        assert [block.mend for block in withdrawable.blocks(sam, EARNINGS, now)] == ["tax", "payout-details"]
        assert withdrawable.blocks(sam, "card-one card", now) == []
        details = named(sam, at=now)
        details.enabled = False
        details.save()
        assert [block.mend for block in withdrawable.blocks(sam, EARNINGS, now)] == ["tax", "payout-details"]

    @pytest.mark.rule("WDR-06")
    def test_a_card_named_during_a_freeze_waits(self, earner: User, now: datetime) -> None:
        PayoutDetails.objects.update(usable_from=now + DAY)
        (block,) = withdrawable.blocks(earner, EARNINGS, now + DAY - INSTANT)
        assert block.until == now + DAY
        assert withdrawable.blocks(earner, EARNINGS, now + DAY) == []

    def test_an_unconfirmed_mailbox_refuses(self, earner: User, now: datetime) -> None:
        EmailAddress.objects.filter(user=earner).update(verified=False)
        with pytest.raises(NotAllowed, match="Confirm your e-mail"):
            ask(earner, dollars(20), now=now)
        assert main(earner) == dollars(100)

    def test_a_block_refuses_with_its_sentence(self, earner: User, now: datetime) -> None:
        PayoutDetails.objects.update(enabled=False)
        with pytest.raises(NotAllowed, match="Name the card"):
            ask(earner, dollars(20), now=now)


@pytest.mark.rule("WDR-05")
class TestLimit:
    """A week of care after a new card or another e-mail."""

    def test_none_without_a_change(self, earner: User, now: datetime) -> None:
        assert withdrawable.limit(earner, now) is None

    def test_it_ends_a_week_after_the_last_change(self, earner: User, now: datetime) -> None:
        PayoutDetails.objects.update(changed_at=now - DAY)
        found = withdrawable.limit(earner, now)
        assert found == withdrawable.Limit(now - DAY + LIMITED_FOR, LIMITED_TO)
        earner.email_changed_at = now - HOUR
        found = withdrawable.limit(earner, now)
        assert found == withdrawable.Limit(now - HOUR + LIMITED_FOR, LIMITED_TO)
        assert withdrawable.limit(earner, now - HOUR + LIMITED_FOR) is None
        assert withdrawable.limit(earner, now - HOUR + LIMITED_FOR - INSTANT) is not None

    def test_it_counts_what_was_asked_for_since_the_first_change_and_not_returned(
        self, earner: User, now: datetime
    ) -> None:
        ask(earner, dollars(10), now=now - HOUR)
        PayoutDetails.objects.update(changed_at=now)
        earner.email_changed_at = now + DAY
        ask(earner, dollars(20), now=now)
        (back,) = ask(earner, dollars(30), now=now + HOUR)
        withdrawals.cancel(back.pk, by=earner, now=now + HOUR)
        ask(earner, dollars(15), now=now + 2 * DAY)
        found = withdrawable.limit(earner, now + 2 * DAY)
        assert found is not None
        assert found.left == LIMITED_TO - dollars(35)

    def test_up_to_it_and_not_a_cent_more(self, earner: User, now: datetime) -> None:
        give(earner, dollars(100), now=now)
        PayoutDetails.objects.update(changed_at=now)
        with pytest.raises(Invalid, match=r"withdraw \$100.00 in all; \$100.00 of that is left"):
            ask(earner, LIMITED_TO + Money(1), now=now)
        ask(earner, LIMITED_TO, now=now)
        with pytest.raises(Invalid, match=r"\$0.00 of that is left"):
            ask(earner, dollars(10), now=now)
        assert main(earner) == dollars(100)


class TestRequesting:
    @pytest.mark.rule("WDR-01")
    @pytest.mark.rule("WDR-04")
    def test_earnings_are_set_aside_as_they_were_shown(self, earner: User, now: datetime) -> None:
        (made,) = ask(earner, Money(4003), now=now)
        kept = Withdrawal.objects.get(pk=made.pk)
        assert (kept.user, kept.top_up, kept.amount, kept.fee) == (earner, None, Money(4003), Money(180))
        assert (kept.destination, kept.account_id, kept.card_id) == ("Visa •••• 5556", f"acct_{earner.pk}", "card_1")
        assert (kept.status, kept.at, kept.batch_due_at) == ("requested", now, payment_date(now))
        assert (main(earner), ledger.balance(ledger.payout_of(kept.payout_key, earner))) == (Money(5997), Money(4003))
        entry = Entry.objects.get(key=f"withdrawal:{kept.pk}:request")
        assert (entry.verb, entry.reference, entry.by, entry.at) == ("withdrawal", kept.reference, earner, now)
        assert recorded(kept) == [("withdrawal.requested", earner.pk, now, {"amount_cents": 4003})]

    @pytest.mark.rule("WDR-02")
    def test_back_to_a_card_it_is_one_for_each_payment(self, bea: User, now: datetime) -> None:
        lots = [to_card(bea, now), to_card(bea, now)]
        later = now + BOUND_FOR
        made = ask(bea, dollars(45), "card-one card", now=later)
        assert [(each.top_up_id, each.amount, each.account_id, each.card_id) for each in made] == [
            (lots[0].top_up_id, dollars(30), "", ""),
            (lots[1].top_up_id, dollars(15), "", ""),
        ]
        assert [Lot.objects.get(pk=lot.pk).left for lot in lots] == [ZERO, dollars(15)]
        assert main(bea) == dollars(15)
        withdrawals.cancel(made[0].pk, by=bea, now=later)
        assert [Lot.objects.get(pk=lot.pk).left for lot in lots] == [dollars(30), dollars(15)]

    @pytest.mark.rule("WDR-01")
    def test_the_least_sum_is_enough(self, earner: User, now: datetime) -> None:
        with pytest.raises(Invalid, match=r"least you can withdraw is \$10"):
            ask(earner, Money(999), now=now)
        ask(earner, dollars(10), now=now)

    def test_everything_may_go_and_nothing_more(self, earner: User, now: datetime) -> None:
        with pytest.raises(Invalid, match=r"At most \$100.00 can go to Visa"):
            ask(earner, Money(10_001), now=now)
        ask(earner, dollars(100), now=now)
        assert main(earner) == ZERO

    def test_another_net_than_shown_is_refused(self, earner: User, now: datetime) -> None:
        with pytest.raises(Invalid, match="has changed"):
            withdrawals.request(earner, dollars(20), EARNINGS, net=dollars(19), by=earner, now=now)
        assert main(earner) == dollars(100)

    def test_a_route_that_is_not_there_is_refused(self, earner: User, now: datetime) -> None:
        with pytest.raises(Invalid, match="Choose where"):
            ask(earner, dollars(20), "card-unknown", now=now)

    def test_only_the_owner_asks_and_cancels(self, earner: User, mo: User, now: datetime) -> None:
        with pytest.raises(NotAllowed, match="Only the owner"):
            withdrawals.request(earner, dollars(20), EARNINGS, net=dollars(20), by=mo, now=now)
        (made,) = ask(earner, dollars(20), now=now)
        with pytest.raises(NotAllowed, match="Only who asked"):
            withdrawals.cancel(made.pk, by=mo, now=now)
        assert main(earner) == dollars(80)

    @pytest.mark.rule("WDR-04")
    def test_canceled_it_returns_at_once(self, earner: User, now: datetime) -> None:
        (made,) = ask(earner, dollars(20), now=now)
        withdrawals.cancel(made.pk, by=earner, now=now + HOUR)
        kept = Withdrawal.objects.get(pk=made.pk)
        assert (kept.status, kept.ended_at, kept.batch_due_at) == ("canceled", now + HOUR, None)
        assert main(earner) == dollars(100)
        entry = Entry.objects.get(key=f"withdrawal:{kept.pk}:back")
        assert (entry.verb, entry.reference, entry.by, entry.at) == (
            "withdrawal_back",
            kept.reference,
            earner,
            now + HOUR,
        )
        assert recorded(kept)[-1] == ("withdrawal.canceled", earner.pk, now + HOUR, {"amount_cents": 2000})
        with pytest.raises(OutOfTurn, match="Canceled"):
            withdrawals.cancel(made.pk, by=earner, now=now + HOUR)
