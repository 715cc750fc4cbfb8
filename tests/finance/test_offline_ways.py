"""By which way an announced payment really came, as who confirms it says, and what it rests on (PAY-01)."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.handing import hand_on_waiting
from core.money import ZERO, Money, dollars
from core.refusals import Invalid
from finance import ledger
from finance.models import (
    Chargeback,
    Document,
    Entry,
    Lot,
    OfflineEvidence,
    OfflinePayment,
    OfflineWay,
    evidence_key,
)
from finance.proof import breaches
from finance.rules import COLLECT_EVERY, EVIDENCE_MOST, OFFLINE_BOUND_FOR
from finance.steps import chargebacks, offline
from notifications.models import Notice
from notifications.words import Words
from tests.finance.announced import came
from tests.finance.records import recorded
from tests.finance.seals import forge

pytestmark = pytest.mark.rule("PAY-01")
BANK, CHECK, ORDER = OfflineWay.BANK, OfflineWay.CHECK, OfflineWay.MONEY_ORDER
DESK = "/desk/offline/"
HUNDRED, LARGE = dollars(100), dollars(5_000)
HOUR = timedelta(hours=1)
LINE = "Statement 7, line 3"


@pytest.fixture
def cleo(ada: User) -> User:
    """Ada, who confirms payments as well."""
    ada.user_permissions.add(Permission.objects.get(codename="change_offlinepayment"))
    return User.objects.get(pk=ada.pk)


def main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


class TestTheWay:
    @pytest.mark.parametrize("way", [CHECK, ORDER])
    def test_what_came_as_a_check_is_bound_however_it_was_announced(
        self, bea: User, mo: User, now: datetime, way: OfflineWay
    ) -> None:
        payment = came(bea, HUNDRED, way=BANK, now=now)
        offline.confirm(payment.pk, HUNDRED, LINE, way=way, by=mo, now=now)
        kept = OfflinePayment.objects.get()
        assert (kept.way, kept.came_by, kept.is_other_way) == ("bank", way.value, True)
        assert (Lot.objects.get().left, Lot.objects.get().free_at) == (HUNDRED, now + OFFLINE_BOUND_FOR)
        facts = {"amount_cents": 10_000, "way": way.value, "evidence": LINE}
        assert recorded(kept)[-1] == ("offline.received", mo.pk, now, facts)
        assert breaches() == []

    def test_what_came_by_bank_is_bound_to_nothing_though_a_check_was_announced(
        self, bea: User, mo: User, now: datetime
    ) -> None:
        payment = came(bea, HUNDRED, way=CHECK, now=now)
        offline.confirm(payment.pk, HUNDRED, LINE, way=BANK, by=mo, now=now)
        assert (OfflinePayment.objects.get().way, OfflinePayment.objects.get().came_by) == ("check", "bank")
        assert not Lot.objects.exists()
        assert breaches() == []

    def test_unless_it_is_said_it_came_as_announced(self, bea: User, mo: User, now: datetime) -> None:
        kept = came(bea, HUNDRED, mo, way=CHECK, now=now)
        assert (kept.came_by, kept.is_other_way) == ("check", False)

    def test_the_second_person_confirms_the_same_way(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, LARGE, now=now)
        offline.confirm(payment.pk, LARGE, LINE, way=CHECK, by=mo, now=now)
        for way in (BANK, ORDER, None):
            with pytest.raises(Invalid, match="mo says that it came by another way"):
                offline.confirm(payment.pk, LARGE, "Line 3", way=way, by=cleo, now=now)
        kept = OfflinePayment.objects.get()
        assert (kept.status, kept.came_by, kept.second_by, main(bea)) == ("second", "check", None, ZERO)
        assert not Lot.objects.exists()
        offline.confirm(payment.pk, LARGE, "Line 3", way=CHECK, by=cleo, now=now)
        assert Lot.objects.get().left == LARGE

    def test_sent_back_it_has_come_by_no_way(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, LARGE, now=now)
        offline.confirm(payment.pk, LARGE, LINE, way=CHECK, by=mo, now=now)
        offline.send_back(payment.pk, "No check", by=cleo, now=now)
        assert OfflinePayment.objects.get().came_by == ""
        offline.confirm(payment.pk, LARGE, LINE, by=mo, now=now)
        assert OfflinePayment.objects.get().came_by == "bank"

    def test_what_came_as_a_check_and_bounced_is_named_so(self, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, HUNDRED, now=now)
        offline.confirm(payment.pk, HUNDRED, LINE, way=CHECK, by=mo, now=now)
        hand_on_waiting(now=now)
        assert Document.objects.get().facts["source"] == "Check"
        offline.take_back(payment.pk, "It bounced", by=cleo, now=now)
        assert Chargeback.objects.get().payment.source == f"Check {payment.code}"
        assert breaches() == []

    @pytest.mark.parametrize(
        ("announced", "way", "words"),
        [
            (BANK, CHECK, ["It came by check, not as announced.", "after 30 days, because it can bounce"]),
            (BANK, ORDER, ["It came by money order, not as announced.", "after 30 days"]),
            (CHECK, BANK, ["It came by bank transfer, not as announced.", "You can withdraw it at once."]),
        ],
    )
    def test_its_user_is_told(
        self,
        client: Client,
        bea: User,
        mo: User,
        now: datetime,
        settings: Settings,
        announced: OfflineWay,
        way: OfflineWay,
        words: list[str],
    ) -> None:
        settings.OFFLINE_PAYMENT_DETAILS = "Example Bank"
        payment = came(bea, HUNDRED, way=announced, now=now)
        offline.confirm(payment.pk, HUNDRED, LINE, way=way, by=mo, now=now)
        hand_on_waiting(now=now)
        told = Words("offline.received", bea, Notice.objects.get(user=bea).facts)
        assert words[0] in told.line
        for sentence in words:
            assert sentence in " ".join(told.body)
        client.force_login(bea)
        text = client.get("/balance/offline/").content.decode()
        assert words[0] in text

    def test_who_sent_it_as_announced_reads_nothing_of_ways(
        self, client: Client, bea: User, mo: User, now: datetime, settings: Settings
    ) -> None:
        settings.OFFLINE_PAYMENT_DETAILS = "Example Bank"
        came(bea, HUNDRED, mo, way=CHECK, now=now)
        hand_on_waiting(now=now)
        assert Notice.objects.get(user=bea).facts.keys() == {"amount_cents", "code"}
        client.force_login(bea)
        assert "not as announced" not in client.get("/balance/offline/").content.decode()


class TestTheDatabase:
    @pytest.mark.parametrize("wrong", ["came_by = ''", "came_by = 'pigeon'"])
    def test_refuses_what_was_received_by_no_way(self, bea: User, mo: User, now: datetime, wrong: str) -> None:
        came(bea, HUNDRED, mo, now=now)
        with pytest.raises(IntegrityError, match="received_by_somebody"), transaction.atomic():
            forge(f"UPDATE finance_offlinepayment SET {wrong}")

    def test_refuses_a_way_before_anything_came(self, bea: User, now: datetime) -> None:
        came(bea, HUNDRED, now=now)
        with pytest.raises(IntegrityError, match="received_by_somebody"), transaction.atomic():
            forge("UPDATE finance_offlinepayment SET came_by = 'check'")

    def test_refuses_that_what_was_announced_changes(self, bea: User, mo: User, now: datetime) -> None:
        came(bea, HUNDRED, mo, now=now)
        with (
            pytest.raises(IntegrityError, match="way of finance_offlinepayment is never changed"),
            transaction.atomic(),
        ):
            OfflinePayment.objects.update(way="check")


class TestTheDesk:
    def test_the_first_finds_what_was_announced_chosen_and_may_choose_another(
        self, client: Client, bea: User, mo: User, now: datetime
    ) -> None:
        payment = came(bea, LARGE, way=CHECK, now=now)
        client.force_login(mo)
        page = f"{DESK}{payment.pk}/"
        assert _chosen(client.get(page).content.decode()) == ["check"]
        typed = {"act": "confirm", "confirm-received": "5000", "confirm-evidence": LINE}
        for wrong in ({}, {"confirm-way": "pigeon"}):
            client.post(page, typed | wrong)
            assert OfflinePayment.objects.get().status == "announced"
        client.post(page, typed | {"confirm-way": "money_order"})
        assert OfflinePayment.objects.get().came_by == "money_order"

    def test_the_second_chooses_anew(self, client: Client, bea: User, mo: User, cleo: User, now: datetime) -> None:
        payment = came(bea, LARGE, mo, now=now)
        client.force_login(cleo)
        page = f"{DESK}{payment.pk}/"
        text = client.get(page).content.decode()
        assert _chosen(text) == []
        assert "mo has found $5,000.00 (Bank transfer)" in text
        typed = {"act": "confirm", "confirm-received": "5000", "confirm-evidence": LINE, "confirm-way": "check"}
        assert "it came by another way" in client.post(page, typed).content.decode()
        client.post(page, typed | {"confirm-way": "bank"})
        assert main(bea) == LARGE

    def test_it_shows_both_ways(self, client: Client, bea: User, mo: User, now: datetime) -> None:
        payment = came(bea, HUNDRED, now=now)
        offline.confirm(payment.pk, HUNDRED, LINE, way=CHECK, by=mo, now=now)
        client.force_login(mo)
        text = client.get(f"{DESK}{payment.pk}/").content.decode()
        assert "$100.00, Bank transfer," in text
        assert "$100.00, <strong>Check</strong>" in text
        assert f"Check: {LINE}" in text
        assert "Check" in client.get("/admin/finance/offlinepayment/").content.decode()


def _chosen(page: str) -> list[str]:
    """The values of the way that are chosen on the page."""
    radios = [tag for tag in page.split("<input")[1:] if 'name="confirm-way"' in tag.split(">")[0]]
    assert len(radios) == len(OfflineWay)
    return [tag.split('value="')[1].split('"')[0] for tag in radios if " checked" in tag.split(">")[0]]


class TestEvidence:
    @pytest.mark.parametrize("words", [LINE, "  statement 7 —  LINE 3. ", "ＳＴＡＴＥＭＥＮＴ ７, line\u200b 3"])
    def test_of_one_payment_is_refused_for_another(
        self, bea: User, sam: User, mo: User, cleo: User, now: datetime, words: str
    ) -> None:
        first, other = came(bea, HUNDRED, now=now), came(sam, HUNDRED, now=now)
        offline.confirm(first.pk, HUNDRED, LINE, by=mo, now=now)
        for by in (mo, cleo):
            with pytest.raises(Invalid, match=f"{first.code} rests on this evidence already.*add what tells the two"):
                offline.confirm(other.pk, HUNDRED, words, by=by, now=now)
        assert (main(sam), Entry.objects.count(), other.rests_on.count()) == (ZERO, 1, 0)
        offline.confirm(other.pk, HUNDRED, f"{words} of May", by=cleo, now=now)
        assert main(sam) == HUNDRED

    def test_of_one_that_waits_for_a_second_person_is_refused_as_well(
        self, bea: User, sam: User, mo: User, cleo: User, now: datetime
    ) -> None:
        large, other = came(bea, LARGE, now=now), came(sam, HUNDRED, now=now)
        offline.confirm(large.pk, LARGE, LINE, by=mo, now=now)
        with pytest.raises(Invalid, match=large.code):
            offline.confirm(other.pk, HUNDRED, LINE, by=mo, now=now)
        offline.send_back(large.pk, "It is Sam's", by=cleo, now=now)
        offline.confirm(other.pk, HUNDRED, LINE, by=mo, now=now)
        assert (main(bea), main(sam)) == (ZERO, HUNDRED)

    def test_of_the_second_person_counts_and_may_be_the_firsts(
        self, bea: User, sam: User, mo: User, cleo: User, now: datetime
    ) -> None:
        small, large, same = came(bea, HUNDRED, now=now), came(bea, LARGE, now=now), came(sam, LARGE, now=now)
        offline.confirm(small.pk, HUNDRED, LINE, by=mo, now=now)
        offline.confirm(large.pk, LARGE, "Line 4", by=mo, now=now)
        with pytest.raises(Invalid, match=small.code):
            offline.confirm(large.pk, LARGE, LINE, by=cleo, now=now)
        offline.confirm(large.pk, LARGE, "line 4!", by=cleo, now=now)
        offline.confirm(same.pk, LARGE, "Line 5", by=mo, now=now)
        offline.confirm(same.pk, LARGE, "Line 6", by=cleo, now=now)
        assert set(same.rests_on.values_list("key", flat=True)) == {"line5", "line6"}
        third = came(sam, HUNDRED, now=now)
        with pytest.raises(Invalid, match=same.code):
            offline.confirm(third.pk, HUNDRED, "Line 6", by=mo, now=now)

    def test_of_what_was_confirmed_before_there_was_a_table_is_taken_too(
        self, bea: User, sam: User, mo: User, cleo: User, now: datetime
    ) -> None:
        large, back = came(bea, LARGE, now=now), came(sam, HUNDRED, now=now)
        for by, words in ((mo, "Line 5"), (cleo, "Line 6")):
            offline.confirm(large.pk, LARGE, words, by=by, now=now)
        offline.confirm(back.pk, HUNDRED, "Line 7", by=mo, now=now)
        offline.take_back(back.pk, "A mistake.", by=cleo, now=now)
        OfflineEvidence.objects.all().delete()
        import_module("finance.migrations.0010_what_really_came").rest(apps, None)
        assert set(OfflineEvidence.objects.values_list("key", "payment_id")) == {
            ("line5", large.pk),
            ("line6", large.pk),
        }

    @pytest.mark.parametrize("words", [".", "---", "20", "7, 1 b"])
    def test_has_letters_or_digits_enough_to_be_found_again(
        self, bea: User, mo: User, now: datetime, words: str
    ) -> None:
        payment = came(bea, HUNDRED, now=now)
        with pytest.raises(Invalid, match="at least 4 letters or digits"):
            offline.confirm(payment.pk, HUNDRED, words, by=mo, now=now)
        assert offline.confirm(payment.pk, HUNDRED, f"{words} x1017", by=mo, now=now).status == "received"

    def test_what_was_refused_for_another_reason_takes_no_evidence(
        self, bea: User, sam: User, mo: User, now: datetime
    ) -> None:
        first, other = came(bea, HUNDRED, now=now), came(sam, HUNDRED, now=now)
        with pytest.raises(Invalid, match="was announced"):
            offline.confirm(first.pk, dollars(99), LINE, by=mo, now=now)
        assert not OfflineEvidence.objects.exists()
        offline.confirm(other.pk, HUNDRED, LINE, by=mo, now=now)

    def test_a_payment_booked_for_the_wrong_user_is_mended_with_the_same_evidence(
        self, bea: User, sam: User, mo: User, cleo: User, now: datetime
    ) -> None:
        wrong, right = came(bea, HUNDRED, now=now), came(sam, HUNDRED, now=now)
        offline.confirm(wrong.pk, HUNDRED, LINE, by=mo, now=now)
        offline.take_back(wrong.pk, "It is Sam's", by=cleo, now=now)
        offline.confirm(right.pk, HUNDRED, LINE, by=mo, now=now)
        assert (main(bea), main(sam)) == (ZERO, HUNDRED)
        assert OfflinePayment.objects.get(pk=wrong.pk).evidence == LINE

    def test_what_was_taken_back_by_mistake_is_announced_anew_and_pays_what_is_owed(
        self, bea: User, mo: User, cleo: User, now: datetime
    ) -> None:
        payment = came(bea, HUNDRED, now=now)
        offline.confirm(payment.pk, HUNDRED, LINE, by=mo, now=now)
        spent = {ledger.main_of(bea): -dollars(70), ledger.COMMISSION: dollars(70)}
        ledger.post("test:spent", "hold", spent, by=None, now=now)
        offline.take_back(payment.pk, "Of the wrong user", by=cleo, now=now)
        assert (main(bea), Chargeback.objects.get().owed) == (ZERO, dollars(70))
        again = came(bea, HUNDRED, now=now)
        offline.confirm(again.pk, HUNDRED, LINE, by=mo, now=now)
        chargebacks.collect(Chargeback.objects.get().pk, now + COLLECT_EVERY)
        assert (main(bea), Chargeback.objects.get().owed) == (dollars(30), ZERO)
        assert breaches() == []

    def test_the_desk_says_how_a_mistaken_taking_back_is_mended(
        self, client: Client, bea: User, mo: User, cleo: User, now: datetime
    ) -> None:
        payment = came(bea, HUNDRED, mo, now=now)
        client.force_login(cleo)
        page = f"{DESK}{payment.pk}/"
        assert "announce it once more" not in client.get(page).content.decode()
        offline.take_back(payment.pk, "Of the wrong user", by=cleo, now=now)
        assert "ask its user to announce it once more" in client.get(page).content.decode()

    def test_the_database_gives_it_to_one_payment(self, bea: User, sam: User, mo: User, now: datetime) -> None:
        first, other = came(bea, HUNDRED, mo, now=now), came(sam, HUNDRED, now=now)
        with pytest.raises(IntegrityError, match="pkey"), transaction.atomic():
            OfflineEvidence.objects.create(key=first.rests_on.get().key, payment=other)

    def test_the_desk_says_so(self, client: Client, bea: User, sam: User, mo: User, now: datetime) -> None:
        first, other = came(bea, HUNDRED, now=now), came(sam, HUNDRED, now=now)
        offline.confirm(first.pk, HUNDRED, LINE, by=mo, now=now)
        client.force_login(mo)
        typed = {"act": "confirm", "confirm-way": "bank", "confirm-received": "100", "confirm-evidence": LINE}
        text = client.post(f"{DESK}{other.pk}/", typed).content.decode()
        assert f"{first.code} rests on this evidence already" in text
        assert LINE in text
        assert main(sam) == ZERO

    @pytest.mark.parametrize(
        ("words", "key"),
        [
            ("Statement 7, line 3", "statement7line3"),
            ("No. 11 / 2", "no112"),
            ("No. 11\N{EN SPACE}/2", "no112"),
            ("no ١١ ２", "no112"),
            ("1,000.00 a_b", "100000ab"),
            ("STRASSE straße", "strassestrasse"),
            ("***", ""),
            ("\ufdfa" * EVIDENCE_MOST, ("صلىاللهعليهوسلم" * EVIDENCE_MOST)[:EVIDENCE_MOST]),
        ],
    )
    def test_is_compared_by_its_words(self, words: str, key: str) -> None:
        assert evidence_key(words) == key
