"""Withdrawals that the provider does not end get an end from staff, with the provider asked first (WDR-03)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import clock
from core.models import Event
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger, proof
from finance.models import Entry, Lot, ProviderMovement, TopUp, Withdrawal
from finance.provider import Declined, NotYet, ProviderDown, Unanswered
from finance.provider.paying_out import Under
from finance.queries import withdrawable
from finance.queries.withdrawal_story import story
from finance.rules import BOUND_FOR, SETTLE_AFTER, STOP_AFTER, payment_date
from finance.steps import paying_out, reconciling, settling
from tests.finance.answers import Answers, sending
from tests.finance.cards import an_earner
from tests.finance.records import recorded
from tests.payments import Payments
from tests.withdrawing import ask, paid_in, send

DAY = timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-03")]
ON_ITS_WAY = Under("po_1", False, False)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Answers:
    return Answers(monkeypatch)


@pytest.fixture
def ben(mo: User) -> User:
    return User.objects.create_superuser("ben", "ben@example.org")


@pytest.fixture
def earning(sam: User, now: datetime) -> Withdrawal:
    """Sam's $20 of $100, never tried so far."""
    return sending(an_earner(sam, now=now), "earnings", now, tries=0)


@pytest.fixture
def sent(provider: Answers, earning: Withdrawal, now: datetime) -> Withdrawal:
    """It was transferred, its payout is on its way for ever, and the transfer cannot be taken back."""
    provider.given |= {"transfer": "tr_1", "pay_out": ON_ITS_WAY, "retrieve_payout": ON_ITS_WAY}
    provider.given["reverse"] = Declined("insufficient_funds")
    return paying_out.carry_on(earning.pk, now)


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


class TestStopping:
    """What was not sent returns, if it surely was not."""

    def test_it_returns_with_the_reason(self, provider: Answers, earning: Withdrawal, mo: User, now: datetime) -> None:
        settling.stop(earning.pk, " Stripe has closed the account. ", by=mo, now=now)
        kept = Withdrawal.objects.get()
        assert (kept.status, kept.ended_at, main(earning.user)) == ("rejected", now, dollars(100))
        assert kept.reason == "Stripe has closed the account."
        facts = {"amount_cents": 2000, "reason": kept.reason}
        assert recorded(kept)[-1] == ("withdrawal.rejected", mo.pk, now, facts)
        assert provider.take() == ["find_transfer"]

    def test_what_was_sent_without_our_hearing_of_it_is_booked_instead(
        self, provider: Answers, earning: Withdrawal, mo: User, now: datetime
    ) -> None:
        provider.given |= {"find_transfer": "tr_0", "find_payout": ON_ITS_WAY}
        with pytest.raises(OutOfTurn, match="has sent it already"):
            settling.stop(earning.pk, "It hangs.", by=mo, now=now)
        kept = Withdrawal.objects.get()
        assert (kept.status, kept.transfer_id, main(earning.user)) == ("sent", "tr_0", dollars(80))

    @pytest.mark.parametrize(
        ("answer", "refusal"), [(Unanswered("account_invalid"), OutOfTurn), (ProviderDown(), ProviderDown)]
    )
    def test_without_an_answer_it_is_not_stopped(
        self, provider: Answers, earning: Withdrawal, mo: User, now: datetime, answer: Exception, refusal: Any
    ) -> None:
        provider.given["find_transfer"] = answer
        with pytest.raises(refusal):
            settling.stop(earning.pk, "It hangs.", by=mo, now=now)
        assert Withdrawal.objects.get().status == "sending"

    def test_not_while_what_was_asked_may_still_be_done(
        self, provider: Answers, earning: Withdrawal, mo: User, now: datetime
    ) -> None:
        """However long it waited in the queue, and whoever asked: the timer, a webhook or staff."""
        provider.given["transfer"] = ProviderDown("api_connection_error")
        paying_out.due_for_a_try(earning.pk, now)
        asked = now + timedelta(minutes=10)
        with pytest.raises(ProviderDown):
            paying_out.carry_on(earning.pk, asked)
        assert Withdrawal.objects.get().asked_at == asked
        with pytest.raises(OutOfTurn, match="just now"):
            settling.stop(earning.pk, "It hangs.", by=mo, now=asked + STOP_AFTER - timedelta(microseconds=1))
        settling.stop(earning.pk, "It hangs.", by=mo, now=asked + STOP_AFTER)
        assert main(earning.user) == dollars(100)

    def test_not_while_a_worker_is_at_it(
        self, earning: Withdrawal, mo: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paying_out, "alone", _somebody_else)
        with pytest.raises(ProviderDown):
            settling.stop(earning.pk, "It hangs.", by=mo, now=now)

    def test_what_goes_back_to_a_card_too(self, bea: User, mo: User, payments: Payments, now: datetime) -> None:
        top_up = paid_in(payments, bea, dollars(50), now=now)
        made = sending(bea, withdrawable.route_of(top_up), now + BOUND_FOR, tries=0)
        settling.stop(made.pk, "It hangs.", by=mo, now=now + BOUND_FOR)
        assert (main(bea), Lot.objects.get().left) == (dollars(50), dollars(50))


class TestSettling:
    """What nobody hears of is settled by what two of staff say."""

    @pytest.mark.parametrize(
        ("verb", "status", "left"),
        [(settling.arrived, "paid", dollars(80)), (settling.came_back, "failed", dollars(100))],
    )
    def test_two_say_the_same(
        self, sent: Withdrawal, mo: User, ben: User, now: datetime, verb: Callable[..., None], status: str, left: Money
    ) -> None:
        later = now + SETTLE_AFTER
        verb(sent.pk, "The bank's letter of May 3.", by=mo, now=later)
        assert Withdrawal.objects.get().status == "sent"
        with pytest.raises(NotAllowed, match="somebody else has to"):
            verb(sent.pk, "Once more.", by=mo, now=later)
        verb(sent.pk, " I have seen the letter. ", by=ben, now=later)
        kept = Withdrawal.objects.get()
        assert (kept.status, kept.ended_at, kept.next_try_at, main(sent.user)) == (status, later, None, left)
        kind, by, _at, facts = recorded(kept)[-1]
        assert (kind, by, facts["evidence"]) == (f"withdrawal.{status}", ben.pk, "I have seen the letter.")
        assert not proof.breaches()
        assert "letter" not in str([line.detail for line in story(kept)])

    def test_two_that_say_different_things_settle_nothing(
        self, sent: Withdrawal, mo: User, ben: User, now: datetime
    ) -> None:
        later = now + SETTLE_AFTER
        settling.arrived(sent.pk, "It is there.", by=mo, now=later)
        settling.came_back(sent.pk, "It is not.", by=ben, now=later)
        assert Withdrawal.objects.get().status == "sent"
        settling.arrived(sent.pk, "It is there.", by=ben, now=later)
        assert Withdrawal.objects.get().status == "sent"

    def test_the_providers_word_comes_first(self, provider: Answers, sent: Withdrawal, mo: User, now: datetime) -> None:
        provider.given["retrieve_payout"] = Under("po_1", True, False)
        with pytest.raises(OutOfTurn, match="Paid"):
            settling.came_back(sent.pk, "It is not there.", by=mo, now=now + SETTLE_AFTER)
        assert Withdrawal.objects.get().status == "paid"

    def test_not_before_its_time_and_not_what_is_not_sent(self, sent: Withdrawal, mo: User, now: datetime) -> None:
        with pytest.raises(OutOfTurn, match="has until"):
            settling.arrived(sent.pk, "It is there.", by=mo, now=now + SETTLE_AFTER - DAY)
        with pytest.raises(OutOfTurn, match="On its way"):
            settling.stop(sent.pk, "It hangs.", by=mo, now=now + SETTLE_AFTER)
        Withdrawal.objects.update(status="batched", next_try_at=None, sent_at=None)
        for verb in (settling.arrived, settling.stop):
            with pytest.raises(OutOfTurn, match="Being approved"):
                verb(sent.pk, "It is there.", by=mo, now=now + SETTLE_AFTER)
        Withdrawal.objects.update(status="sent", next_try_at=now, sent_at=now)

    def test_a_refusal_of_the_provider_to_answer_leaves_it_to_people(
        self, provider: Answers, sent: Withdrawal, mo: User, ben: User, now: datetime
    ) -> None:
        provider.given["retrieve_payout"] = Unanswered("account_invalid")
        for by in (mo, ben):
            settling.came_back(sent.pk, "The account is closed.", by=by, now=now + SETTLE_AFTER)
        assert main(sent.user) == dollars(100)

    @pytest.mark.parametrize(("verb", "status"), [(settling.arrived, "paid"), (settling.came_back, "failed")])
    def test_so_does_its_not_yet_however_long(
        self,
        provider: Answers,
        earning: Withdrawal,
        mo: User,
        ben: User,
        now: datetime,
        verb: Callable[..., None],
        status: str,
    ) -> None:
        not_yet = NotYet("balance_insufficient")
        provider.given |= {"transfer": "tr_1", "pay_out": not_yet, "reverse": not_yet}
        with pytest.raises(NotYet):
            paying_out.carry_on(earning.pk, now)
        for by in (mo, ben):
            verb(earning.pk, "Seen in the dashboard.", by=by, now=now + SETTLE_AFTER)
        assert Withdrawal.objects.get().status == status

    def test_the_word_of_somebody_who_has_lost_the_right_does_not_count(
        self, sent: Withdrawal, mo: User, ben: User, now: datetime
    ) -> None:
        cleo = User.objects.create_superuser("cleo", "cleo@example.org")
        later = now + SETTLE_AFTER
        settling.arrived(sent.pk, "It is there.", by=ben, now=later)
        said = {"outcome": "arrived", "evidence": "It is there."}
        assert recorded(sent)[-1] == ("withdrawal.settlement_asked", ben.pk, later, said)
        User.objects.filter(pk=ben.pk).update(is_active=False)
        settling.arrived(sent.pk, "Seen, too.", by=mo, now=later)
        assert Withdrawal.objects.get().status == "sent"
        settling.arrived(sent.pk, "So do I.", by=cleo, now=later)
        assert Withdrawal.objects.get().status == "paid"

    def test_what_one_has_settled_alone_breaks_a_law(
        self, sent: Withdrawal, mo: User, ben: User, now: datetime, ledger_may_break: None
    ) -> None:
        for by in (mo, ben):
            settling.arrived(sent.pk, "It is there.", by=by, now=now + SETTLE_AFTER)
        assert proof.breaches() == []
        Event.objects.filter(kind="withdrawal.settlement_asked").update(facts={"outcome": "returned"})
        assert proof.breaches() == [f"two words: withdrawal.paid of withdrawal {sent.pk} by {ben.pk} alone"]

    def test_but_not_its_silence(self, provider: Answers, sent: Withdrawal, mo: User, ben: User, now: datetime) -> None:
        provider.given["retrieve_payout"] = ProviderDown()
        with pytest.raises(ProviderDown):
            settling.arrived(sent.pk, "It is there.", by=mo, now=now + SETTLE_AFTER)
        provider.given |= {"retrieve_payout": ON_ITS_WAY, "reverse": ProviderDown()}
        settling.came_back(sent.pk, "It is not there.", by=mo, now=now + SETTLE_AFTER)
        with pytest.raises(ProviderDown):
            settling.came_back(sent.pk, "It is not there.", by=ben, now=now + SETTLE_AFTER)
        assert (Withdrawal.objects.get().status, main(sent.user)) == ("sent", dollars(80))

    def test_what_has_arrived_by_the_word_of_staff_is_never_paid_out(
        self, provider: Answers, earning: Withdrawal, mo: User, ben: User, now: datetime
    ) -> None:
        provider.given |= {"transfer": "tr_1", "find_payout": Unanswered("account_invalid")}
        paying_out.carry_on(earning.pk, now)
        for by in (mo, ben):
            settling.arrived(earning.pk, "Paid by our bank.", by=by, now=now + SETTLE_AFTER)
        provider.take()
        provider.given["find_payout"] = None
        assert paying_out.carry_on(earning.pk, now + SETTLE_AFTER).status == "paid"
        assert provider.take() == []

    def test_what_the_provider_still_takes_back_the_site_does_not_bear(
        self, provider: Answers, sent: Withdrawal, mo: User, ben: User, now: datetime
    ) -> None:
        provider.given["reverse"] = "trr_1"
        for by in (mo, ben):
            settling.came_back(sent.pk, "The card is gone.", by=by, now=now + SETTLE_AFTER)
        kept = Withdrawal.objects.get()
        assert (kept.status, kept.reversal_id, main(sent.user)) == ("failed", "trr_1", dollars(100))
        assert ledger.balance(ledger.COMMISSION) == ZERO
        assert Entry.objects.filter(key=f"withdrawal:{kept.pk}:returned").exists()
        assert recorded(kept)[-1][1] == ben.pk

    def test_the_site_bears_what_left_until_it_comes_back(
        self, bea: User, mo: User, ben: User, payments: Payments, now: datetime
    ) -> None:
        top_up: TopUp = paid_in(payments, bea, dollars(50), now=now)
        later = now + BOUND_FOR
        payments.sandbox.control("faults", {"refund_failure": "lost_or_stolen_card"})
        (made,) = ask(bea, dollars(20), withdrawable.route_of(top_up), now=later)
        send(payments, made, mo, ben, now=payment_date(later))
        for by in (mo, ben):
            settling.came_back(made.pk, "Her bank has nothing.", by=by, now=payment_date(later) + SETTLE_AFTER)
        entry = Entry.objects.get(key=f"withdrawal:{made.pk}:borne")
        assert dict(entry.postings.values_list("account__key", "amount")) == {
            "platform:commission": -dollars(20),
            f"user:{bea.pk}:main": dollars(20),
        }
        assert (main(bea), ledger.balance(ledger.COMMISSION)) == (dollars(50), -Money(1910))
        payments.sandbox.later()
        for _again in range(2):
            reconciling.reconcile(later)
        assert ledger.balance(ledger.COMMISSION) == ZERO
        assert not ProviderMovement.objects.filter(entry=None).exists()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE finance_providermovement SET at = at - interval '2 hours'")
        assert proof.prove().broken == []


@pytest.mark.parametrize("verb", [settling.stop, settling.arrived, settling.came_back])
def test_only_staff_with_the_right_decides_with_a_reason_and_never_of_itself(
    provider: Answers, earning: Withdrawal, mo: User, sam: User, ada: User, now: datetime, verb: Callable[..., None]
) -> None:
    ada.user_permissions.add(Permission.objects.get(codename="change_batch"))
    for by in (sam, User.objects.get(pk=ada.pk)):
        with pytest.raises(NotAllowed, match="Only staff"):
            verb(earning.pk, "I would like it.", by=by, now=now)
    with pytest.raises(Invalid):
        verb(earning.pk, " ", by=mo, now=now)
    User.objects.filter(pk=sam.pk).update(is_staff=True, is_superuser=True)
    with pytest.raises(NotAllowed, match="somebody else"):
        verb(earning.pk, "It is mine.", by=User.objects.get(pk=sam.pk), now=now)
    assert Withdrawal.objects.get().status == "sending"
    assert provider.take() == []


def test_who_may_settle_is_of_staff_with_the_right_and_not_concerned(
    sent: Withdrawal, mo: User, ada: User, now: datetime
) -> None:
    later = now + SETTLE_AFTER
    assert settling.may_settle(sent, mo, later)
    assert not settling.may_settle(sent, mo, later - timedelta(microseconds=1))
    assert not settling.may_settle(sent, ada, later)
    User.objects.filter(pk=sent.user_id).update(is_staff=True, is_superuser=True)
    assert not settling.may_settle(sent, User.objects.get(pk=sent.user_id), later)


def test_the_admins_page_offers_what_there_is_to_decide(
    client: Client, provider: Answers, earning: Withdrawal, mo: User, ben: User
) -> None:
    client.force_login(mo)
    page = reverse("admin:finance_withdrawal_change", args=[earning.pk])
    shown = client.get(page).content.decode()
    assert "Stop it and return the money" in shown
    assert "Settle by hand" not in shown
    provider.given |= {"transfer": "tr_1", "pay_out": ON_ITS_WAY, "retrieve_payout": ON_ITS_WAY}
    paying_out.carry_on(earning.pk, clock.now() - SETTLE_AFTER - DAY)
    shown = client.get(page).content.decode()
    assert "Stop it and return the money" not in shown
    for by in (mo, ben):
        client.force_login(by)
        wanted = {"decision": "arrived", "reason": "The bank's letter."}
        client.post(reverse("admin:finance_withdrawal_decide", args=[earning.pk]), wanted)
    assert Withdrawal.objects.get().status == "paid"
    assert "The bank&#x27;s letter." in client.get(page).content.decode()


def test_the_desk_shows_what_is_stuck_with_why_and_since_when(
    client: Client, provider: Answers, earning: Withdrawal, mo: User
) -> None:
    provider.given |= {"transfer": "tr_1", "find_payout": Unanswered("account_invalid")}
    paying_out.carry_on(earning.pk, clock.now() - 3 * DAY)
    client.force_login(mo)
    shown = client.get(reverse("payouts")).content.decode()
    assert "3 days" in shown
    assert reverse("admin:finance_withdrawal_change", args=[earning.pk]) in shown


class _somebody_else:  # noqa: N801
    """As if a worker held the lock."""

    def __init__(self, *_key: object) -> None: ...

    def __enter__(self) -> bool:
        return False

    def __exit__(self, *_what: object) -> None: ...
