"""An announced payment that was not good is taken back: off the balance, the rest owed (PAY-01)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.handing import hand_on_waiting
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import escrow, ledger
from finance.models import Chargeback, Entry, Lot, OfflinePayment, OfflineWay, Withdrawal
from finance.proof import breaches
from finance.queries import withdrawable
from finance.queries.withdrawable import EARNINGS
from finance.rules import BOUND_FOR, COLLECT_EVERY, EVIDENCE_MOST, OFFLINE_BOUND_FOR
from finance.steps import chargebacks, freeing, offline, withdrawals
from notifications.models import Notice
from tests.finance.announced import came
from tests.finance.cards import an_earner, by_card
from tests.finance.records import recorded
from tests.finance.seals import forge
from tests.stage import give
from tests.withdrawing import ask

pytestmark = pytest.mark.rule("PAY-01")
CHECK = OfflineWay.CHECK
KEY = "order:7"
HOUR = timedelta(hours=1)
WHY = "The check bounced."


@pytest.fixture
def cleo(ada: User) -> User:
    """Ada, who confirms payments as well."""
    ada.user_permissions.add(Permission.objects.get(codename="change_offlinepayment"))
    return User.objects.get(pk=ada.pk)


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def spend(user: User, amount: Money, *, now: datetime) -> None:
    escrow.hold(KEY, user, amount, reference=KEY, by=user, now=now)


def booked(entry: Entry) -> dict[str, Money]:
    return dict(entry.postings.values_list("account__key", "amount"))


def support() -> User:
    """Somebody of the staff who had nothing to do with it."""
    return User.objects.create_superuser("support", "support@example.org")


class TestTheBooks:
    def test_what_the_balance_holds_leaves_it_and_nothing_is_owed(
        self, bea: User, mo: User, cleo: User, now: datetime
    ) -> None:
        give(bea, dollars(20), now=now)
        payment = came(bea, dollars(300), mo, way=CHECK, now=now)
        offline.take_back(payment.pk, "  The check\n bounced. ", by=cleo, now=now + HOUR)
        kept = OfflinePayment.objects.get()
        assert (kept.status, kept.reason, kept.received, kept.ended_at) == ("taken_back", WHY, dollars(300), now)
        assert (main(bea), ledger.balance(ledger.BANK)) == (dollars(20), ZERO)
        claim = Chargeback.objects.get()
        assert (claim.announced, claim.amount, claim.owed, claim.status) == (payment, dollars(300), ZERO, "lost")
        assert (claim.at, claim.decided_at, claim.collect_due_at) == (now + HOUR, now + HOUR, None)
        entry = Entry.objects.get(key=f"chargeback:{claim.pk}:taken")
        assert (entry.verb, entry.reference, entry.by) == ("taken_back", f"chargeback:{claim.pk}", cleo)
        assert booked(entry) == {"provider:bank": dollars(300), f"user:{bea.pk}:main": -dollars(300)}
        assert Lot.objects.get().left == ZERO
        facts = {"amount_cents": 30_000, "owed_cents": 0, "reason": WHY}
        assert recorded(kept)[-1] == ("offline.taken_back", cleo.pk, now + HOUR, facts)
        assert withdrawable.blocks(bea, "", now) == []

    def test_what_it_lacks_is_owed_and_collected(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, dollars(300), mo, way=CHECK, now=now)
        spend(bea, dollars(180), now=now)
        offline.take_back(payment.pk, WHY, by=cleo, now=now)
        claim = Chargeback.objects.get()
        assert (main(bea), claim.owed, claim.collect_due_at) == (ZERO, dollars(180), now + COLLECT_EVERY)
        assert booked(Entry.objects.get(verb="taken_back")) == {
            "provider:bank": dollars(300),
            f"user:{bea.pk}:main": -dollars(120),
            f"chargeback:{claim.pk}": -dollars(180),
        }
        assert "owe nothing more" in str(withdrawable.blocks(bea, "", now)[0].sentence)
        give(bea, dollars(200), now=now)
        with pytest.raises(NotAllowed, match="owe nothing more"):
            withdrawals.request(bea, dollars(50), EARNINGS, net=dollars(50), by=bea, now=now)
        chargebacks.collect(claim.pk, now + COLLECT_EVERY)
        assert (main(bea), Chargeback.objects.get().owed) == (dollars(20), ZERO)
        assert withdrawable.blocks(bea, "", now) == []

    def test_what_is_owed_can_be_written_off_by_others_than_its_user(
        self, bea: User, mo: User, cleo: User, now: datetime
    ) -> None:
        payment = came(bea, dollars(300), mo, now=now)
        spend(bea, dollars(300), now=now)
        offline.take_back(payment.pk, WHY, by=cleo, now=now)
        claim = Chargeback.objects.get()
        User.objects.filter(pk=bea.pk).update(is_staff=True, is_superuser=True)
        with pytest.raises(NotAllowed, match="somebody else"):
            chargebacks.write_off(claim.pk, "Goodwill", by=User.objects.get(pk=bea.pk), now=now)
        with pytest.raises(NotAllowed, match="You have confirmed"):
            chargebacks.write_off(claim.pk, "Goodwill", by=mo, now=now)
        chargebacks.write_off(claim.pk, "Goodwill", by=support(), now=now)
        assert ledger.balance(ledger.COMMISSION) == -dollars(300)
        assert withdrawable.blocks(bea, "", now) == []
        hand_on_waiting(now=now)
        assert {notice.kind for notice in Notice.objects.filter(user=bea)} >= {"chargeback.written_off"}

    def test_what_a_card_paid_in_stays_bound_to_it(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        card = by_card(bea, dollars(100), now=now)
        wire = came(bea, dollars(300), mo, now=now)
        offline.take_back(wire.pk, "Booked to the wrong user", by=cleo, now=now)
        card.refresh_from_db()
        assert (main(bea), card.left) == (dollars(100), dollars(100))
        check = came(bea, dollars(200), mo, way=CHECK, now=now)
        give(bea, dollars(50), now=now)
        spend(bea, dollars(120), now=now)  # the card's hundred, then twenty of the check
        offline.take_back(check.pk, WHY, by=cleo, now=now)
        assert (main(bea), Chargeback.objects.latest("id").owed) == (dollars(30), ZERO)
        assert not Lot.objects.filter(left__gt=ZERO).exists()

    def test_other_cards_pay_only_what_nothing_else_can(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        check = came(bea, dollars(100), mo, way=CHECK, now=now)
        spend(bea, dollars(100), now=now)
        card = by_card(bea, dollars(60), now=now)
        give(bea, dollars(70), now=now)
        offline.take_back(check.pk, WHY, by=cleo, now=now)
        card.refresh_from_db()
        assert (main(bea), card.left) == (dollars(30), dollars(30))

    def test_other_checks_pay_before_cards(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        card = by_card(bea, dollars(50), now=now)
        bounced, other = (came(bea, dollars(70), mo, way=CHECK, now=now) for _ in range(2))
        spend(bea, dollars(120), now=now)  # the card's fifty, and the first check
        again = by_card(bea, dollars(30), now=now)
        offline.take_back(bounced.pk, WHY, by=cleo, now=now)
        assert [Lot.objects.get(pk=each.pk).left for each in (card, again)] == [ZERO, dollars(30)]
        assert Lot.objects.get(announced=other).left == ZERO

    def test_what_comes_back_of_it_later_stays_until_support_lets_it_go(
        self, bea: User, mo: User, cleo: User, now: datetime
    ) -> None:
        check = came(bea, dollars(100), mo, way=CHECK, now=now)
        spend(bea, dollars(100), now=now)
        offline.take_back(check.pk, WHY, by=cleo, now=now)
        chargebacks.write_off(Chargeback.objects.get().pk, "Goodwill", by=support(), now=now)
        escrow.refund(KEY, bea, reference=KEY, by=None, now=now)
        later = now + OFFLINE_BOUND_FOR
        earnings = withdrawable.sources(bea, later)[0]
        assert (earnings.now, earnings.stuck, earnings.later) == (ZERO, dollars(100), ())
        lot = Lot.objects.get()
        sten = User.objects.get(login="support")
        with pytest.raises(OutOfTurn):
            freeing.free(lot.pk, "Let it go", by=sten, now=now)
        freeing.release(lot.pk, "Let it go", by=sten, now=later)
        assert withdrawable.sources(bea, later)[0].now == dollars(100)


class TestWithdrawalsNotYetSent:
    def test_are_stopped_and_their_money_is_taken(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        an_earner(bea, now=now)
        payment = came(bea, dollars(300), mo, now=now)
        asked = ask(bea, dollars(350), now=now)[0]
        offline.take_back(payment.pk, WHY, by=cleo, now=now)
        asked.refresh_from_db()
        assert asked.status == "rejected"
        assert "was taken back" in asked.reason
        assert (main(bea), Chargeback.objects.get().owed) == (dollars(100), ZERO)
        ask(bea, dollars(100), now=now)
        assert Withdrawal.objects.count() == 2


class TestWhoMay:
    def test_not_who_confirmed_it_last(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, dollars(5_000), mo, cleo, now=now)
        with pytest.raises(NotAllowed, match="somebody else"):
            offline.take_back(payment.pk, WHY, by=cleo, now=now)
        offline.take_back(payment.pk, WHY, by=mo, now=now)
        alone = came(bea, dollars(50), mo, now=now)
        with pytest.raises(NotAllowed, match="somebody else"):
            offline.take_back(alone.pk, WHY, by=mo, now=now)
        assert main(bea) == dollars(50)

    def test_not_its_user_and_not_without_the_right(
        self, sam: User, ada: User, mo: User, cleo: User, now: datetime
    ) -> None:
        payment = came(cleo, dollars(50), mo, now=now)
        with pytest.raises(NotAllowed, match="somebody else"):
            offline.take_back(payment.pk, WHY, by=cleo, now=now)
        cleo.user_permissions.clear()
        for by in (sam, User.objects.get(pk=cleo.pk)):
            with pytest.raises(NotAllowed, match="Only staff"):
                offline.take_back(payment.pk, WHY, by=by, now=now)
        assert main(cleo) == dollars(50)

    def test_only_with_a_reason(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, dollars(50), mo, now=now)
        for words in ("", " \u200b", "x" * (EVIDENCE_MOST + 1)):
            with pytest.raises(Invalid):
                offline.take_back(payment.pk, words, by=cleo, now=now)
        assert main(bea) == dollars(50)

    def test_only_what_was_received_and_once(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        waits, second = came(bea, dollars(50), now=now), came(bea, dollars(5_000), mo, now=now)
        canceled = offline.cancel(came(bea, dollars(60), now=now).pk, by=bea, now=now)
        for each in (waits, second, canceled):
            with pytest.raises(OutOfTurn):
                offline.take_back(each.pk, WHY, by=cleo, now=now)
        payment = came(bea, dollars(70), mo, now=now)
        offline.take_back(payment.pk, WHY, by=cleo, now=now)
        for verb in (offline.take_back, offline.send_back, offline.reject):
            with pytest.raises(OutOfTurn):
                verb(payment.pk, WHY, by=cleo, now=now)
        with pytest.raises(OutOfTurn, match="already, by mo"):
            offline.confirm(payment.pk, dollars(70), "Came again", by=cleo, now=now)
        assert (main(bea), Chargeback.objects.count()) == (ZERO, 1)


class TestTheLaws:
    @pytest.mark.parametrize(
        ("name", "wrong"),
        [
            ("taken back", "UPDATE finance_offlinepayment SET status = 'received'"),
            ("taken back", "UPDATE finance_offlinepayment SET received = received + 1"),
            ("taken back", "UPDATE finance_entry SET key = 'elsewhere' WHERE verb = 'taken_back'"),
            ("announced payments", "UPDATE finance_entry SET key = 'elsewhere' WHERE verb = 'top_up'"),
            ("chargebacks", "UPDATE finance_chargeback SET owed = owed + 1, amount = amount + 1"),
            ("lots", "UPDATE finance_lot SET amount = amount + 1"),
            ("lots", "UPDATE finance_offlinepayment SET came_by = 'bank'"),
            (
                "lots-within",
                "UPDATE finance_lot SET account_id = (SELECT max(id) FROM finance_account WHERE kind = 'bonus')",
            ),
        ],
    )
    def test_what_was_forged_is_found(
        self, bea: User, sam: User, mo: User, cleo: User, now: datetime, ledger_may_break: None, name: str, wrong: str
    ) -> None:
        payment = came(bea, dollars(300), mo, way=CHECK, now=now)
        spend(bea, dollars(180), now=now)
        offline.take_back(payment.pk, WHY, by=cleo, now=now)
        ledger.post("a", "bonus", {ledger.PROMOTION: -Money(1), ledger.bonus_of(sam): Money(1)}, by=None, now=now)
        assert breaches() == []
        forge("SET CONSTRAINTS ALL IMMEDIATE")
        forge(wrong)
        assert [line for line in breaches() if line.startswith(f"{name}: ")]

    @pytest.mark.parametrize(
        "wrong",
        ["dispute_id = 'dp_1'", "announced_id = NULL", "status = 'open', check_due_at = at", "top_up_id = 1"],
    )
    def test_a_claim_is_of_one_payment_and_decided(
        self, bea: User, mo: User, cleo: User, now: datetime, wrong: str
    ) -> None:
        payment = came(bea, dollars(300), mo, now=now)
        offline.take_back(payment.pk, WHY, by=cleo, now=now)
        with pytest.raises(IntegrityError, match="chargeback_of_one_payment"), transaction.atomic():
            forge(f"UPDATE finance_chargeback SET {wrong}")


class TestItsUserIsTold:
    def test_by_a_notice_of_what_and_why(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, dollars(300), mo, now=now)
        spend(bea, dollars(180), now=now)
        offline.take_back(payment.pk, WHY, by=cleo, now=now)
        hand_on_waiting(now=now)
        told = Notice.objects.get(user=bea, kind="offline.taken_back")
        facts = {"amount_cents": 30_000, "owed_cents": 18_000, "code": payment.code, "reason": WHY}
        assert (told.facts, told.url) == (facts, "/balance/offline/")
        give(bea, dollars(30), now=now)
        chargebacks.collect(Chargeback.objects.get().pk, now + COLLECT_EVERY)
        hand_on_waiting(now=now)
        told = Notice.objects.get(user=bea, kind="chargeback.collected")
        assert told.facts["source"] == f"Bank transfer {payment.code}"
        assert told.url == "/balance/offline/"

    def test_by_its_pages(
        self, client: Client, bea: User, mo: User, cleo: User, now: datetime, settings: Settings
    ) -> None:
        settings.OFFLINE_PAYMENT_DETAILS = "Example Bank"
        payment = came(bea, dollars(300), mo, way=CHECK, now=now)
        spend(bea, dollars(180), now=now)
        offline.take_back(payment.pk, WHY, by=cleo, now=now)
        client.force_login(bea)
        text = client.get("/balance/offline/").content.decode()
        for words in (WHY, "$300.00 was taken back; $120.00 of it came", "You still owe $180.00", "Add $180.00"):
            assert words in text
        for page in ("/balance/", "/balance/withdraw/"):
            text = client.get(page).content.decode()
            for words in (f"$300.00 was taken back: Check {payment.code}", WHY, "You still owe $180.00"):
                assert words in text
            assert "The bank" not in text.split("<main")[1].split("You still owe")[0]
        assert "Payment taken back" in client.get("/balance/").content.decode()
        claim = Chargeback.objects.get()
        answer = client.get(f"/balance/chargebacks/{claim.pk}/")
        assert answer["Location"] == f"/balance/offline/#chargeback-{claim.pk}"
        chargebacks.write_off(claim.pk, "Goodwill", by=support(), now=now)
        assert "$180.00 need not be paid any more" in client.get("/balance/offline/").content.decode()

    def test_a_full_page_asks_little(
        self, client: Client, bea: User, mo: User, cleo: User, now: datetime, django_assert_max_num_queries: object
    ) -> None:
        for _each in range(4):
            payment = came(bea, dollars(50), mo, way=CHECK, now=now)
            offline.take_back(payment.pk, WHY, by=cleo, now=now)
        client.force_login(bea)
        with django_assert_max_num_queries(14):  # type: ignore[operator]
            client.get("/balance/offline/")


class TestTheDesk:
    def test_taking_back_there(self, client: Client, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, dollars(300), mo, now=now)
        client.force_login(mo)
        assert "It bounced, or was a mistake" not in client.get(f"/desk/offline/{payment.pk}/").content.decode()
        client.force_login(cleo)
        page = f"/desk/offline/{payment.pk}/"
        assert "It bounced, or was a mistake" in client.get(page).content.decode()
        answer = client.post(page, {"act": "take_back", "take_back-reason": WHY}, follow=True).content.decode()
        assert "is done; the user is told" in answer
        text = client.get(page).content.decode()
        assert WHY in text
        assert "Still owed" in text
        again = client.post(page, {"act": "take_back", "take_back-reason": WHY}).content.decode()
        assert "it is now “Taken back”" in again

    def test_deciding_in_the_admin(self, client: Client, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, dollars(300), cleo, now=now)
        spend(bea, dollars(100), now=now)
        client.force_login(mo)
        admin = f"/admin/finance/offlinepayment/{payment.pk}/"
        assert "Take it back" in client.get(f"{admin}change/").content.decode()
        client.post(f"{admin}decide/", {"decision": "take-back", "reason": WHY})
        claim = Chargeback.objects.get()
        assert claim.owed == dollars(100)
        assert payment.code in client.get("/admin/finance/chargeback/", {"q": payment.code}).content.decode()
        client.post(f"/admin/finance/chargeback/{claim.pk}/decide/", {"decision": "write-off", "reason": "Goodwill"})
        assert Chargeback.objects.get().owed == ZERO
        assert payment.code in client.get("/admin/finance/offlinepayment/").content.decode()


def test_card_money_after_its_day_is_not_touched_by_another_claim(
    bea: User, mo: User, cleo: User, now: datetime
) -> None:
    card = by_card(bea, dollars(100), now=now)
    payment = came(bea, dollars(50), mo, now=now)
    offline.take_back(payment.pk, WHY, by=cleo, now=now)
    asked = ask(bea, dollars(100), f"card-{card.top_up.fingerprint}" if card.top_up else "", now=now + BOUND_FOR)
    assert [each.amount for each in asked] == [dollars(100)]
