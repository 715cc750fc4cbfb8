"""A large announced payment is confirmed by two of staff before it is booked (PAY-01)."""

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
from finance import ledger
from finance.models import Entry, OfflinePayment, OfflineWay
from finance.proof import breaches
from finance.rules import OFFLINE_RECEIVED_MOST, OFFLINE_SECOND_FROM, OFFLINE_SECOND_WITHIN
from finance.steps import offline
from notifications.models import Notice
from tests.finance.announced import came
from tests.finance.records import recorded
from tests.finance.seals import forge

pytestmark = pytest.mark.rule("PAY-01")
DESK = "/desk/offline/"
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
LARGE = dollars(5_000)
SEEN = "Statement 7, {}, seen by mo"


@pytest.fixture
def cleo(ada: User) -> User:
    """Ada, who confirms payments as well."""
    ada.user_permissions.add(Permission.objects.get(codename="change_offlinepayment"))
    return User.objects.get(pk=ada.pk)


@pytest.fixture
def found(bea: User, mo: User, now: datetime) -> OfflinePayment:
    """A large one that Mo has confirmed."""
    return came(bea, LARGE, mo, now=now)


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def as_it_stands(payment: OfflinePayment) -> OfflinePayment:
    return OfflinePayment.objects.get(pk=payment.pk)


class TestHowMany:
    def test_below_the_sum_one_person_is_enough(self, bea: User, mo: User, now: datetime) -> None:
        payment = came(bea, OFFLINE_SECOND_FROM - Money(1), mo, now=now)
        assert (payment.status, payment.needs_two, payment.second_by) == ("received", False, None)
        assert main(bea) == OFFLINE_SECOND_FROM - Money(1)

    def test_many_small_sums_are_a_large_one(self, bea: User, sten: User, mo: User, now: datetime) -> None:
        """One person alone credits a user less than the sum in any thirty days."""
        assert came(bea, dollars(600), mo, now=now).status == "received"
        assert came(sten, dollars(999), mo, now=now).status == "received"  # of somebody else, and does not count
        late = now + OFFLINE_SECOND_WITHIN
        assert came(bea, dollars(379), mo, now=late - SECOND).status == "received"
        assert came(bea, dollars(21), mo, now=late - SECOND).status == "second"
        assert came(bea, dollars(600), mo, now=late).status == "received"  # the first has passed
        assert came(bea, dollars(21), mo, now=late).status == "second"

    def test_what_two_confirmed_leaves_the_next_small_sum_to_one(
        self, bea: User, mo: User, cleo: User, now: datetime
    ) -> None:
        large = came(bea, dollars(5_000), mo, now=now)
        offline.confirm(large.pk, dollars(5_000), "Statement 8", by=cleo, now=now)
        assert came(bea, dollars(999), mo, now=now).status == "received"

    def test_from_the_sum_on_nothing_is_booked_by_the_first(self, bea: User, mo: User, now: datetime) -> None:
        payment = came(bea, OFFLINE_SECOND_FROM, mo, now=now)
        assert (payment.status, payment.ended_at, payment.received) == ("second", None, OFFLINE_SECOND_FROM)
        assert (payment.confirmed_by, payment.evidence) == (mo, SEEN.format(payment.code))
        assert not Entry.objects.exists()
        facts = {"amount_cents": 100_000, "way": "bank", "evidence": SEEN.format(payment.code)}
        assert recorded(payment)[-1] == ("offline.confirmed", mo.pk, now, facts)
        hand_on_waiting(now=now)
        assert not Notice.objects.exists()

    @pytest.mark.parametrize(
        ("announced", "received", "stands"), [(500, 1_000, "second"), (1_500, 999, "second"), (999, 998, "received")]
    )
    def test_what_was_announced_counts_and_what_was_received(
        self, bea: User, mo: User, now: datetime, announced: int, received: int, stands: str
    ) -> None:
        payment = offline.announce(OfflineWay.BANK, dollars(announced), by=bea, now=now)
        given = offline.confirm(payment.pk, dollars(received), "Seen", is_other_sum=True, by=mo, now=now)
        assert given.status == stands


class TestTheSecond:
    def test_books_it_once(self, found: OfflinePayment, bea: User, cleo: User, now: datetime) -> None:
        offline.confirm(found.pk, LARGE, "Statement 7, line 3", by=cleo, now=now + HOUR)
        kept = as_it_stands(found)
        assert (kept.status, kept.ended_at, kept.second_by, kept.reason) == ("received", now + HOUR, cleo, "")
        assert kept.evidence == SEEN.format(kept.code)
        assert (main(bea), ledger.balance(ledger.BANK)) == (LARGE, -LARGE)
        entry = Entry.objects.get()
        assert (entry.key, entry.by, entry.at) == (f"offline:{found.pk}:credit", cleo, now + HOUR)
        facts = {"amount_cents": 500_000, "way": "bank", "evidence": "Statement 7, line 3"}
        assert recorded(kept)[-1] == ("offline.received", cleo.pk, now + HOUR, facts)
        hand_on_waiting(now=now)
        assert Notice.objects.get(user=bea).kind == "offline.received"
        with pytest.raises(OutOfTurn, match="already, by ada"):
            offline.confirm(found.pk, LARGE, "Again", by=cleo, now=now)
        assert main(bea) == LARGE

    def test_is_another_person(self, found: OfflinePayment, mo: User, now: datetime) -> None:
        with pytest.raises(NotAllowed, match="somebody else has to"):
            offline.confirm(found.pk, LARGE, "Seen again", by=mo, now=now)
        assert as_it_stands(found).status == "second"

    def test_has_the_right_and_is_not_its_user(self, mo: User, ada: User, cleo: User, now: datetime) -> None:
        payment = came(cleo, LARGE, mo, now=now)
        for by, why in ((cleo, "somebody else"), (User.objects.get(login="mo"), "somebody else")):
            with pytest.raises(NotAllowed, match=why):
                offline.confirm(payment.pk, LARGE, "Seen", by=by, now=now)
        cleo.user_permissions.clear()
        with pytest.raises(NotAllowed, match="Only staff"):
            offline.confirm(payment.pk, LARGE, "Seen", by=User.objects.get(pk=cleo.pk), now=now)
        assert not Entry.objects.exists()

    @pytest.mark.parametrize("other", [LARGE - Money(1), LARGE + Money(1), dollars(500)])
    def test_confirms_exactly_that_sum(self, found: OfflinePayment, cleo: User, now: datetime, other: Money) -> None:
        with pytest.raises(Invalid, match="mo found another sum"):
            offline.confirm(found.pk, other, "Seen", is_other_sum=True, by=cleo, now=now)
        kept = as_it_stands(found)
        assert (kept.status, kept.received, kept.second_by) == ("second", LARGE, None)

    def test_counts_only_with_a_first_who_may_confirm_still(
        self, found: OfflinePayment, mo: User, cleo: User, now: datetime
    ) -> None:
        User.objects.filter(pk=mo.pk).update(is_staff=False)
        with pytest.raises(OutOfTurn, match="mo may not confirm payments any more"):
            offline.confirm(found.pk, LARGE, "Line 8 of page 3", by=cleo, now=now)
        offline.send_back(found.pk, "Mo has left us.", by=cleo, now=now)
        assert offline.confirm(found.pk, LARGE, "Line 8 of page 3", by=cleo, now=now).status == "second"

    def test_is_wanted_for_the_largest_sum_too(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = offline.announce(OfflineWay.BANK, LARGE, by=bea, now=now)
        offline.confirm(payment.pk, OFFLINE_RECEIVED_MOST, "Seen", is_other_sum=True, by=mo, now=now)
        assert main(bea) == ZERO
        offline.confirm(payment.pk, OFFLINE_RECEIVED_MOST, "Seen", by=cleo, now=now)
        assert main(bea) == OFFLINE_RECEIVED_MOST


class TestSendingBack:
    @pytest.mark.parametrize("who", ["mo", "ada"])
    def test_by_the_first_person_or_another_it_waits_as_before(
        self, found: OfflinePayment, cleo: User, now: datetime, who: str
    ) -> None:
        by = User.objects.get(login=who)
        offline.send_back(found.pk, "  The line is of\n somebody else. ", by=by, now=now + HOUR)
        kept = as_it_stands(found)
        assert (kept.status, kept.received, kept.evidence, kept.needs_two) == ("announced", None, "", False)
        assert kept.confirmed_by is None
        facts = {"amount_cents": 500_000, "reason": "The line is of somebody else."}
        assert recorded(kept)[-1] == ("offline.sent_back", by.pk, now + HOUR, facts)
        with pytest.raises(OutOfTurn, match="does not wait"):
            offline.send_back(found.pk, "Again", by=by, now=now)

    def test_then_two_begin_anew(self, found: OfflinePayment, bea: User, mo: User, cleo: User, now: datetime) -> None:
        offline.send_back(found.pk, "Another sum", by=cleo, now=now)
        offline.confirm(found.pk, dollars(4_990), "Line 4", is_other_sum=True, by=cleo, now=now)
        assert main(bea) == ZERO
        offline.confirm(found.pk, dollars(4_990), "Line 4", by=mo, now=now)
        assert main(bea) == dollars(4_990)

    def test_what_was_canceled_is_canceled_again(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, LARGE, now=now)
        offline.reject(payment.pk, "Nothing came", by=mo, now=now + HOUR)
        offline.confirm(payment.pk, LARGE, "Came late", by=mo, now=now + 2 * HOUR)
        offline.send_back(payment.pk, "Of somebody else", by=cleo, now=now + 3 * HOUR)
        kept = as_it_stands(payment)
        assert (kept.status, kept.ended_at, kept.reason) == ("canceled", now + HOUR, "Nothing came")

    def test_it_has_a_reason_and_is_of_staff_that_is_not_its_user(
        self, found: OfflinePayment, bea: User, mo: User, now: datetime
    ) -> None:
        with pytest.raises(NotAllowed, match="Only staff"):
            offline.send_back(found.pk, "Not so", by=bea, now=now)
        with pytest.raises(Invalid):
            offline.send_back(found.pk, " \u200b", by=mo, now=now)
        bea.is_staff = bea.is_superuser = True
        bea.save()
        with pytest.raises(NotAllowed, match="somebody else"):
            offline.send_back(found.pk, "Not so", by=User.objects.get(pk=bea.pk), now=now)
        assert as_it_stands(found).status == "second"

    def test_meanwhile_nobody_ends_it(self, found: OfflinePayment, bea: User, cleo: User, now: datetime) -> None:
        with pytest.raises(OutOfTurn, match="second person"):
            offline.cancel(found.pk, by=bea, now=now)
        with pytest.raises(OutOfTurn, match="second person"):
            offline.reject(found.pk, "Nothing came", by=cleo, now=now)


class TestTheDatabase:
    """What it refuses of an announced payment, from whoever it comes."""

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ("second_by_id = confirmed_by_id, status = 'received', ended_at = at", "confirmed_by_others"),
            ("second_by_id = user_id, status = 'received', ended_at = at", "confirmed_by_others"),
            ("confirmed_by_id = user_id", "confirmed_by_others"),
            ("status = 'received', ended_at = at", "received_by_somebody"),
            ("status = 'announced'", "received_by_somebody"),
            ("status = 'taken_back', ended_at = at", "received_by_somebody"),
            ("needs_two = false", "received_by_somebody"),
            ("confirmed_by_id = NULL", "received_by_somebody"),
        ],
    )
    def test_refuses(self, found: OfflinePayment, wrong: str, why: str) -> None:
        with pytest.raises(IntegrityError, match=why), transaction.atomic():
            forge(f"UPDATE finance_offlinepayment SET {wrong}")

    @pytest.mark.parametrize(
        "wrong", ["second_by_id = NULL", "second_by_id = user_id", "confirmed_by_id = second_by_id"]
    )
    def test_what_was_forged_without_it_is_found(
        self, found: OfflinePayment, cleo: User, now: datetime, ledger_may_break: None, wrong: str
    ) -> None:
        offline.confirm(found.pk, LARGE, "Seen", by=cleo, now=now)
        assert breaches() == []
        forge("SET CONSTRAINTS ALL IMMEDIATE")
        for name in ("confirmed_by_others", "received_by_somebody"):
            forge(f"ALTER TABLE finance_offlinepayment DROP CONSTRAINT offline_payment_{name}")
        forge(f"UPDATE finance_offlinepayment SET {wrong}")
        assert [line.split(":")[0] for line in breaches()] == ["two persons"]


class TestTheDesk:
    def test_the_first_person_sees_that_it_waits(self, client: Client, found: OfflinePayment, mo: User) -> None:
        client.force_login(mo)
        listed = client.get(DESK).content.decode()
        assert "Waiting for a second person" in listed
        assert "mo found $5,000.00" in listed
        text = client.get(f"{DESK}{found.pk}/").content.decode()
        assert "You have confirmed it" in text
        assert "Amount received" not in text
        assert "Send it back" in text
        typed = {"act": "confirm", "confirm-way": "bank", "confirm-received": "5000", "confirm-evidence": "Seen"}
        assert "somebody else has to" in client.post(f"{DESK}{found.pk}/", typed).content.decode()

    def test_the_second_confirms_there(self, client: Client, found: OfflinePayment, bea: User, cleo: User) -> None:
        client.force_login(cleo)
        page = f"{DESK}{found.pk}/"
        text = client.get(page).content.decode()
        assert "mo has found $5,000.00" in text
        assert "Another sum than announced" not in text
        typed = {"act": "confirm", "confirm-way": "bank", "confirm-received": "4999", "confirm-evidence": "Line 3"}
        assert "mo found another sum" in client.post(page, typed).content.decode()
        answer = client.post(page, {**typed, "confirm-received": "5000"}, follow=True).content.decode()
        assert "is done; the user is told" in answer
        assert main(bea) == LARGE
        text = client.get(page).content.decode()
        assert "mo, ada" in text
        assert "$5,000.00 found; waits for a second person" in text
        assert "Line 3" in text

    def test_the_first_confirmation_says_that_nothing_is_booked(
        self, client: Client, bea: User, cleo: User, now: datetime
    ) -> None:
        payment = came(bea, LARGE, now=now)
        client.force_login(cleo)
        typed = {"act": "confirm", "confirm-way": "bank", "confirm-received": "5000", "confirm-evidence": "Line 3"}
        answer = client.post(f"{DESK}{payment.pk}/", typed, follow=True).content.decode()
        assert "waits for a second person now; nothing is on the balance yet" in answer

    def test_sending_back_there_and_in_the_admin(
        self, client: Client, bea: User, found: OfflinePayment, cleo: User, mo: User, now: datetime
    ) -> None:
        client.force_login(cleo)
        typed = {"act": "send_back", "send_back-reason": "Of somebody else"}
        answer = client.post(f"{DESK}{found.pk}/", typed, follow=True).content.decode()
        assert "waits for its money again" in answer
        assert "Of somebody else" in client.get(f"{DESK}{found.pk}/").content.decode()
        offline.confirm(found.pk, LARGE, "Seen", by=cleo, now=now)
        client.force_login(mo)
        admin = f"/admin/finance/offlinepayment/{found.pk}/"
        assert "Send it back" in client.get(f"{admin}change/").content.decode()
        client.post(f"{admin}decide/", {"decision": "send-back", "reason": "Not so"})
        assert as_it_stands(found).status == "announced"
        assert "Send it back" not in client.get(f"{admin}change/").content.decode()

    def test_its_user_sees_that_it_was_found(
        self, client: Client, found: OfflinePayment, bea: User, settings: Settings
    ) -> None:
        settings.OFFLINE_PAYMENT_DETAILS = "Example Bank"
        client.force_login(bea)
        text = client.get("/balance/offline/").content.decode()
        assert "We have found $5,000.00. A second person confirms it" in text
        assert f"/balance/offline/{found.pk}/cancel/" not in text
        assert "From $1,000 on, in one or several sums within 30 days, two of us confirm" in text
