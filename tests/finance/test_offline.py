"""Payments by bank transfer, money order or check (PAY-01)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from core.handing import hand_on_waiting
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger
from finance.models import Entry, LotMove, OfflinePayment, OfflineStatus, OfflineWay
from finance.proof import prove
from finance.references import found_in, new_reference
from finance.rules import (
    OFFLINE_GOAL,
    OFFLINE_LEAST,
    OFFLINE_MOST,
    OFFLINE_OPEN_MOST,
    OFFLINE_RECEIVED_MOST,
    REFERENCE_LETTERS,
    business_time,
)
from finance.steps import offline
from notifications.models import Notice

OWN, DESK = "/balance/offline/", "/desk/offline/"
BANK = OfflineWay.BANK

pytestmark = pytest.mark.rule("PAY-01")


@pytest.fixture(autouse=True)
def offered(settings: Settings) -> None:
    settings.OFFLINE_PAYMENT_DETAILS = "Workhall Inc.\nExample Bank, account 123"


@pytest.fixture
def payment(bea: User, now: datetime) -> OfflinePayment:
    return offline.announce(BANK, dollars(500), by=bea, now=now)


@pytest.fixture
def cashier(ada: User) -> User:
    """Ada, who confirms payments as well."""
    ada.user_permissions.add(Permission.objects.get(codename="change_offlinepayment"))
    return User.objects.get(pk=ada.pk)


def _main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


class TestReferences:
    def test_they_are_told_from_anything_else_in_a_statement(self) -> None:
        for _ in range(50):
            code = new_reference()
            assert len(code) == len("WH-7K2M-9QX")
            for written in (code, code.lower(), code.replace("-", ""), code.replace("-", " "), f"SEPA {code}/INV 7"):
                assert found_in(written) == code

    def test_a_wrong_letter_or_two_exchanged_ones_are_no_reference(self) -> None:
        code = new_reference()
        for place in (3, 4, 5, 6, 8, 9, 10):
            for letter in REFERENCE_LETTERS:
                if letter != code[place]:
                    assert found_in(code[:place] + letter + code[place + 1 :]) == ""
        letters = code.replace("-", "")
        for place in range(2, len(letters) - 1):
            if letters[place] != letters[place + 1]:
                assert found_in(letters[:place] + letters[place + 1] + letters[place] + letters[place + 2 :]) == ""


class TestBusinessTime:
    @pytest.mark.parametrize(
        ("begun", "until", "hours"),
        [
            ((2026, 3, 2, 9), (2026, 3, 3, 9), 24),
            ((2026, 3, 6, 12), (2026, 3, 9, 12), 24),
            ((2026, 3, 7, 3), (2026, 3, 8, 22), 0),
            ((2026, 3, 7, 3), (2026, 3, 9, 1), 1),
            ((2026, 3, 2, 9), (2026, 3, 16, 9), 240),
            ((2026, 3, 3, 9), (2026, 3, 2, 9), 0),
        ],
    )
    def test_weekends_do_not_count(
        self, begun: tuple[int, int, int, int], until: tuple[int, int, int, int], hours: int
    ) -> None:
        since, to = (datetime(*when, tzinfo=UTC) for when in (begun, until))
        assert business_time(since, to) == timedelta(hours=hours)


class TestAnnouncing:
    def test_it_gets_a_reference_and_moves_nothing(self, payment: OfflinePayment, bea: User) -> None:
        assert found_in(payment.code) == payment.code
        assert payment.status == OfflineStatus.ANNOUNCED
        assert _main(bea) == ZERO

    @pytest.mark.parametrize("amount", [OFFLINE_LEAST - Money(1), OFFLINE_MOST + Money(1), -dollars(50)])
    def test_a_sum_out_of_bounds_is_refused(self, bea: User, now: datetime, amount: Money) -> None:
        with pytest.raises(Invalid, match="between"):
            offline.announce(BANK, amount, by=bea, now=now)

    def test_only_so_many_at_a_time(self, bea: User, now: datetime) -> None:
        made = [offline.announce(BANK, dollars(50), by=bea, now=now) for _ in range(OFFLINE_OPEN_MOST)]
        with pytest.raises(OutOfTurn, match="already"):
            offline.announce(BANK, dollars(50), by=bea, now=now)
        offline.cancel(made[0].pk, by=bea, now=now)
        offline.announce(BANK, dollars(50), by=bea, now=now)

    def test_a_reference_that_is_taken_is_not_given_again(
        self, payment: OfflinePayment, sam: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        free = new_reference()
        codes: Iterator[str] = iter([payment.code, free])
        monkeypatch.setattr(offline, "new_reference", lambda: next(codes))
        assert offline.announce(BANK, dollars(50), by=sam, now=now).code == free

    def test_canceling_is_for_its_user_while_it_waits(
        self, payment: OfflinePayment, bea: User, sam: User, now: datetime
    ) -> None:
        with pytest.raises(OfflinePayment.DoesNotExist):
            offline.cancel(payment.pk, by=sam, now=now)
        offline.cancel(payment.pk, by=bea, now=now)
        with pytest.raises(OutOfTurn):
            offline.cancel(payment.pk, by=bea, now=now)


class TestConfirming:
    def test_the_balance_rises_once(self, payment: OfflinePayment, bea: User, cashier: User, now: datetime) -> None:
        offline.confirm(payment.pk, dollars(500), "Statement 7, line 3", by=cashier, now=now)
        with pytest.raises(OutOfTurn, match="already"):
            offline.confirm(payment.pk, dollars(500), "Statement 7, line 3", by=cashier, now=now)
        assert (_main(bea), ledger.balance(ledger.BANK)) == (dollars(500), -dollars(500))
        entry = Entry.objects.get()
        assert (entry.key, entry.verb, entry.reference) == (
            f"offline:{payment.pk}:credit",
            "top_up",
            f"offline:{payment.pk}",
        )
        assert not LotMove.objects.exists()  # bound to no card
        hand_on_waiting(now=now)
        assert Notice.objects.get(user=bea).facts == {"amount_cents": 50_000, "code": payment.code}

    def test_another_sum_must_be_said_and_is_told(
        self, payment: OfflinePayment, bea: User, cashier: User, now: datetime
    ) -> None:
        with pytest.raises(Invalid, match=r"\$500.00 was announced"):
            offline.confirm(payment.pk, dollars(485), "Less a fee", by=cashier, now=now)
        offline.confirm(payment.pk, dollars(485), "Less a fee", is_other_sum=True, by=cashier, now=now)
        assert _main(bea) == dollars(485)
        hand_on_waiting(now=now)
        assert Notice.objects.get(user=bea).facts["announced_cents"] == 50_000

    def test_nobody_confirms_ones_own_or_without_the_right(
        self, payment: OfflinePayment, bea: User, mo: User, sam: User, now: datetime
    ) -> None:
        with pytest.raises(NotAllowed, match="Only staff"):
            offline.confirm(payment.pk, dollars(500), "Seen", by=sam, now=now)
        own = offline.announce(BANK, dollars(50), by=mo, now=now)
        with pytest.raises(NotAllowed, match="somebody else"):
            offline.confirm(own.pk, dollars(50), "Seen", by=mo, now=now)
        with pytest.raises(NotAllowed, match="somebody else"):
            offline.reject(own.pk, "Nothing came", by=mo, now=now)
        User.objects.filter(pk=sam.pk).update(is_superuser=True)  # of no staff
        with pytest.raises(NotAllowed, match="Only staff"):
            offline.confirm(payment.pk, dollars(500), "Seen", by=User.objects.get(pk=sam.pk), now=now)
        assert not Entry.objects.exists()

    def test_evidence_and_a_sum_are_wanted(self, payment: OfflinePayment, cashier: User, now: datetime) -> None:
        for words in ("", " \u200b", "x" * 201):
            with pytest.raises(Invalid, match="rests on"):
                offline.confirm(payment.pk, dollars(500), words, by=cashier, now=now)
        for amount in (ZERO, -dollars(1), OFFLINE_RECEIVED_MOST + Money(1)):
            with pytest.raises(Invalid):
                offline.confirm(payment.pk, amount, "Seen", is_other_sum=True, by=cashier, now=now)

    def test_money_that_comes_late_still_counts(
        self, payment: OfflinePayment, bea: User, cashier: User, now: datetime
    ) -> None:
        offline.cancel(payment.pk, by=bea, now=now)
        offline.confirm(payment.pk, dollars(500), "Came all the same", by=cashier, now=now)
        assert _main(bea) == dollars(500)

    def test_ending_one_tells_why(self, payment: OfflinePayment, bea: User, cashier: User, now: datetime) -> None:
        offline.reject(payment.pk, "Nothing came in a month", by=cashier, now=now)
        with pytest.raises(OutOfTurn):
            offline.reject(payment.pk, "Again", by=cashier, now=now)
        hand_on_waiting(now=now)
        assert Notice.objects.get(user=bea).facts["reason"] == "Nothing came in a month"
        assert _main(bea) == ZERO


class TestTheLaw:
    def test_money_that_was_not_booked_as_received_is_found(
        self, payment: OfflinePayment, cashier: User, now: datetime, ledger_may_break: None
    ) -> None:
        def broken() -> list[str]:
            return next(list(check.examples) for check in prove().checks if check.law.name == "announced payments")

        offline.confirm(payment.pk, dollars(500), "Seen", by=cashier, now=now)
        assert broken() == []
        OfflinePayment.objects.update(received=dollars(499))
        assert broken() == [f"announced payment {payment.pk} is received, credited 50000"]


class TestThePage:
    def test_announcing_shows_reference_and_where_to_send_it(self, client: Client, bea: User) -> None:
        client.force_login(bea)
        text = client.post(OWN, {"way": "check", "amount": "120"}, follow=True).content.decode()
        made = OfflinePayment.objects.get()
        assert (made.way, made.amount) == ("check", dollars(120))
        assert f"reference {made.code}" in text
        assert "Example Bank, account 123" in text
        text = client.post(f"{OWN}{made.pk}/cancel/", follow=True).content.decode()
        assert "do not send it any more" in text

    def test_a_double_click_announces_once(self, client: Client, bea: User) -> None:
        client.force_login(bea)
        assert '<input type="hidden" name="newest" value="0">' in client.get(OWN).content.decode()
        typed = {"way": "bank", "amount": "120", "newest": "0"}
        client.post(OWN, typed)
        again = client.post(OWN, typed, follow=True).content.decode()
        made = OfflinePayment.objects.get()
        assert "announced this payment already" in again
        assert f'name="newest" value="{made.pk}"' in again
        client.post(OWN, {**typed, "newest": str(made.pk)})
        assert OfflinePayment.objects.count() == 2

    def test_wrong_sums_are_told(self, client: Client, bea: User) -> None:
        client.force_login(bea)
        assert "The least is $20" in client.post(OWN, {"way": "bank", "amount": "1"}).content.decode()

    def test_the_goal_is_said_as_it_is_counted(self, client: Client, bea: User, cashier: User) -> None:
        """From the announcement, for its user, for the desk and in the rule; nobody can be early for a bank."""
        client.force_login(bea)
        hours = OFFLINE_GOAL // timedelta(hours=1)
        goal = f"{hours} business hours from the moment you announce it, as long as the money has arrived by then"
        assert goal in client.get(OWN).content.decode()
        rules = " ".join(client.get("/rules/").content.decode().split())
        assert "business time from the announcement, as long as the money has arrived by then" in rules
        client.force_login(cashier)
        assert f"{hours} business hours from the announcement" in client.get(DESK).content.decode()

    def test_where_it_is_not_offered_there_is_nothing(self, client: Client, bea: User, settings: Settings) -> None:
        client.force_login(bea)
        assert "bank transfer" in client.get("/balance/add/").content.decode()
        settings.OFFLINE_PAYMENT_DETAILS = ""
        assert client.get(OWN).status_code == 404
        assert client.post(OWN, {"way": "bank", "amount": "100"}).status_code == 404
        assert "bank transfer" not in client.get("/balance/add/").content.decode()

    def test_somebody_elses_is_not_there(self, client: Client, payment: OfflinePayment, sam: User) -> None:
        client.force_login(sam)
        assert payment.code not in client.get(OWN).content.decode()
        assert client.post(f"{OWN}{payment.pk}/cancel/").status_code == 404

    def test_the_balance_page_leads_there(
        self, client: Client, payment: OfflinePayment, bea: User, cashier: User, now: datetime
    ) -> None:
        offline.confirm(payment.pk, dollars(500), "Seen", by=cashier, now=now)
        client.force_login(bea)
        assert "Announced payment" in client.get("/balance/").content.decode()


class TestTheDesk:
    def test_it_is_for_staff_with_the_right(
        self, client: Client, payment: OfflinePayment, bea: User, ada: User
    ) -> None:
        for viewer in (bea, ada):
            client.force_login(viewer)
            assert client.get(DESK).status_code == 404
            assert client.get(f"{DESK}{payment.pk}/").status_code == 404

    def test_oldest_first_with_age_and_found_by_reference(
        self, client: Client, payment: OfflinePayment, sam: User, cashier: User, now: datetime
    ) -> None:
        newer = offline.announce(OfflineWay.CHECK, dollars(60), by=sam, now=now + timedelta(days=1))
        client.force_login(cashier)
        text = client.get(DESK).content.decode()
        assert text.index(payment.code) < text.index(newer.code)
        assert "Late" in text
        assert "announced payments wait" in text  # in the menu
        text = client.get(DESK, {"q": f"+60.00 CHECK {newer.code.lower()} SAM"}).content.decode()
        assert newer.code in text
        assert payment.code not in text
        assert "No such payment" in client.get(DESK, {"q": "WH-2222-222"}).content.decode()
        assert payment.code in client.get(DESK, {"q": "BE"}).content.decode()

    def test_confirming_and_ending_there(
        self, client: Client, payment: OfflinePayment, bea: User, cashier: User, now: datetime
    ) -> None:
        client.force_login(cashier)
        page = f"{DESK}{payment.pk}/"
        typed = {"act": "confirm", "confirm-way": "bank", "confirm-received": "485", "confirm-evidence": "Statement 7"}
        assert "Mark this, or correct the amount" in client.post(page, typed).content.decode()
        answer = client.post(page, {**typed, "confirm-is_other_sum": "on"}, follow=True)
        assert "is done" in answer.content.decode()
        assert _main(bea) == dollars(485)
        again = client.post(page, {**typed, "confirm-is_other_sum": "on"}).content.decode()
        assert "Statement 7" in again
        assert "has been confirmed already, by ada." in again
        for late in (typed, {"act": "reject", "reject-reason": "Nothing came"}, {"act": "reject"}):
            assert "it is now “Received”" in client.post(page, late).content.decode()
        assert _main(bea) == dollars(485)
        other = offline.announce(BANK, dollars(50), by=bea, now=now)
        client.post(f"{DESK}{other.pk}/", {"act": "reject", "reject-reason": "Nothing came"})
        other.refresh_from_db()
        assert (other.status, other.reason) == ("canceled", "Nothing came")

    def test_what_happened_is_told_in_words(
        self, client: Client, payment: OfflinePayment, bea: User, cashier: User, now: datetime
    ) -> None:
        client.force_login(cashier)
        offline.cancel(payment.pk, by=bea, now=now)
        offline.confirm(payment.pk, dollars(500), "Seen", by=cashier, now=now)
        other = offline.announce(BANK, dollars(50), by=bea, now=now)
        offline.reject(other.pk, "Not in a month", by=cashier, now=now)
        text, ended = (client.get(f"{DESK}{each.pk}/").content.decode() for each in (payment, other))
        for words in ("Announced", "Canceled by the user", "$500.00 has come and is on the balance"):
            assert f'<span class="timeline__text">{words}</span>' in text
        assert "Ended by staff" in ended
        assert "Not in a month" in ended
        assert "offline." not in text + ended

    def test_ones_own_is_not_there(self, client: Client, cashier: User, now: datetime) -> None:
        own = offline.announce(BANK, dollars(50), by=cashier, now=now)
        client.force_login(cashier)
        assert own.code not in client.get(DESK).content.decode()
        assert client.get(f"{DESK}{own.pk}/").status_code == 404

    def test_a_full_page_asks_little(self, client: Client, bea: User, cashier: User, now: datetime) -> None:
        client.force_login(cashier)
        for _ in range(OFFLINE_OPEN_MOST):
            offline.announce(BANK, dollars(50), by=bea, now=now)
        with CaptureQueriesContext(connection) as asked:
            client.get(DESK)
        assert (
            len([query for query in asked if "finance_offlinepayment" in query["sql"]]) == 3
        )  # the menu's count, the list's, the page

    def test_the_admin_leads_there(self, client: Client, payment: OfflinePayment, mo: User) -> None:
        client.force_login(mo)
        assert DESK in client.get("/admin/finance/offlinepayment/").content.decode()
