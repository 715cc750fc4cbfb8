"""Codes, bonuses and announced payments to the last detail: what is booked, kept and recorded, and where the bounds lie."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError

from accounts.models import User
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger
from finance.models import Entry, OfflinePayment, OfflineWay, PromoCode, PromoUse
from finance.references import found_in
from finance.rules import (
    BONUS_MOST,
    BONUS_REASON_MOST,
    EVIDENCE_MOST,
    OFFLINE_LEAST,
    OFFLINE_MOST,
    OFFLINE_OPEN_MOST,
    OFFLINE_RECEIVED_MOST,
    OFFLINE_SECOND_FROM,
)
from finance.steps import offline, promo
from tests.finance.records import recorded

BANK = OfflineWay.BANK
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
TOKEN = UUID(int=7)
pytestmark = pytest.mark.django_db


def facts_of(entry: Entry) -> tuple[Any, ...]:
    lines = dict(entry.postings.values_list("account__key", "amount"))
    return entry.key, entry.verb, entry.reference, entry.by, entry.at, lines


@pytest.mark.rule("FIN-04")
class TestCodes:
    @pytest.fixture
    def code(self, mo: User, now: datetime) -> PromoCode:
        made = PromoCode(
            code=" summer 5", amount=dollars(5), valid_from=now, valid_until=now + HOUR, most_uses=2, most_per_user=2
        )
        promo.keep(made, ["code", "amount"], by=mo, now=now)
        return made

    def test_a_new_one_is_kept_with_who_made_it(self, code: PromoCode, mo: User, now: datetime) -> None:
        kept = PromoCode.objects.get()
        assert (kept.code, kept.by, kept.at, kept.uses) == ("SUMMER5", mo, now, 0)
        assert recorded(kept) == [("promo.made", mo.pk, now, {"fields": ["amount", "code"]})]

    def test_a_change_is_recorded_and_nothing_else_is_saved(self, code: PromoCode, mo: User, now: datetime) -> None:
        code.note, code.most_uses = "not saved", 9
        promo.keep(code, ["most_uses"], by=mo, now=now + HOUR)
        kept = PromoCode.objects.get()
        assert (kept.most_uses, kept.note, kept.at) == (9, "", now)
        assert recorded(kept)[-1] == ("promo.changed", mo.pk, now + HOUR, {"fields": ["most_uses"]})

    def test_no_change_is_no_event(self, code: PromoCode, mo: User, now: datetime) -> None:
        promo.keep(code, [], by=mo, now=now)
        assert len(recorded(code)) == 1

    @pytest.mark.parametrize("right", ["add_promocode", "change_promocode"])
    def test_each_right_is_for_its_own(self, code: PromoCode, ada: User, now: datetime, right: str) -> None:
        ada.user_permissions.add(Permission.objects.get(codename=right))
        by = User.objects.get(pk=ada.pk)
        fresh = PromoCode(code="X", amount=dollars(5), valid_from=now, valid_until=now + HOUR, most_uses=2)
        allowed = {"add_promocode": fresh, "change_promocode": code}
        for name, each in allowed.items():
            if name == right:
                promo.keep(each, ["most_uses"], by=by, now=now)
            else:
                with pytest.raises(NotAllowed, match="Only staff"):
                    promo.keep(each, ["most_uses"], by=by, now=now)

    def test_once_used_only_end_and_limits_change(self, code: PromoCode, mo: User, bea: User, now: datetime) -> None:
        code.amount = dollars(6)
        promo.keep(code, ["amount"], by=mo, now=now)
        promo.redeem("SUMMER5", by=bea, now=now)
        code.refresh_from_db()
        promo.keep(code, ["valid_until", "most_uses", "most_per_user"], by=mo, now=now)
        with pytest.raises(OutOfTurn, match="used already"):
            promo.keep(code, ["most_uses", "amount"], by=mo, now=now)

    def test_redeeming_books_keeps_and_counts(self, code: PromoCode, bea: User, now: datetime) -> None:
        for nth in (1, 2):
            use = promo.redeem("summer5", by=bea, now=now)
            kept = PromoUse.objects.get(pk=use.pk)
            assert (kept.code, kept.user, kept.nth, kept.at) == (code, bea, nth, now)
            key = f"promo:{code.pk}:{bea.pk}:{nth}"
            lines = {"platform:promotion": -dollars(5), f"user:{bea.pk}:bonus": dollars(5)}
            assert facts_of(kept.entry) == (key, "bonus", "promo:SUMMER5", bea, now, lines)
            assert PromoCode.objects.get().uses == nth
            assert recorded(code)[-1] == ("promo.redeemed", bea.pk, now, {"amount_cents": 500})

    def test_one_user_no_more_often_than_it_says(self, code: PromoCode, bea: User, sam: User, now: datetime) -> None:
        PromoCode.objects.update(most_uses=9)
        for _ in range(2):
            promo.redeem("SUMMER5", by=bea, now=now)
        with pytest.raises(OutOfTurn, match="You have used this code already"):
            promo.redeem("SUMMER5", by=bea, now=now)
        promo.redeem("SUMMER5", by=sam, now=now)

    def test_all_users_no_more_often_than_it_says(self, code: PromoCode, bea: User, sam: User, now: datetime) -> None:
        promo.redeem("SUMMER5", by=bea, now=now)
        promo.redeem("SUMMER5", by=sam, now=now)
        with pytest.raises(OutOfTurn, match="used up"):
            promo.redeem("SUMMER5", by=sam, now=now)

    def test_from_its_first_to_its_last_moment(self, code: PromoCode, bea: User, now: datetime) -> None:
        with pytest.raises(OutOfTurn, match=r"only from Mar 2"):
            promo.redeem("SUMMER5", by=bea, now=now - INSTANT)
        with pytest.raises(OutOfTurn, match=r"valid until Mar 2"):
            promo.redeem("SUMMER5", by=bea, now=now + HOUR)
        promo.redeem("SUMMER5", by=bea, now=now)
        promo.redeem("SUMMER5", by=bea, now=now + HOUR - INSTANT)


@pytest.mark.rule("FIN-04")
class TestBonuses:
    def test_a_present_is_booked_and_told(self, mo: User, bea: User, now: datetime) -> None:
        entry = promo.give_bonus(bea, BONUS_MOST, " Sorry\u200b. ", token=TOKEN, by=mo, now=now)
        lines = {"platform:promotion": -BONUS_MOST, f"user:{bea.pk}:bonus": BONUS_MOST}
        assert facts_of(Entry.objects.get(pk=entry.pk)) == (f"bonus:{TOKEN}", "bonus", "", mo, now, lines)
        facts = {"amount_cents": BONUS_MOST.cents, "reason": "Sorry."}
        assert recorded(bea)[-1] == ("bonus.given", mo.pk, now, facts)

    def test_who_has_the_one_right_may_give(self, ada: User, bea: User, now: datetime) -> None:
        with pytest.raises(NotAllowed, match="Only staff"):
            promo.give_bonus(bea, Money(1), "Sorry.", token=TOKEN, by=ada, now=now)
        ada.user_permissions.add(Permission.objects.get(codename="add_promouse"))
        promo.give_bonus(bea, Money(1), "Sorry.", token=TOKEN, by=User.objects.get(pk=ada.pk), now=now)
        assert ledger.balance(ledger.bonus_of(bea)) == Money(1)

    def test_a_cent_is_enough_and_a_reason_may_be_as_long_as_it_says(self, mo: User, bea: User, now: datetime) -> None:
        promo.give_bonus(bea, Money(1), "x" * BONUS_REASON_MOST, token=TOKEN, by=mo, now=now)
        with pytest.raises(Invalid, match=f"at most {BONUS_REASON_MOST}"):
            promo.give_bonus(bea, Money(1), "x" * (BONUS_REASON_MOST + 1), token=UUID(int=8), by=mo, now=now)
        with pytest.raises(Invalid, match=r"up to \$1,000"):
            promo.give_bonus(bea, BONUS_MOST + Money(1), "Sorry.", token=UUID(int=8), by=mo, now=now)
        with pytest.raises(Invalid, match=r"up to \$1,000"):
            promo.give_bonus(bea, ZERO, "Sorry.", token=UUID(int=8), by=mo, now=now)


@pytest.mark.rule("PAY-01")
class TestAnnounced:
    @pytest.fixture
    def payment(self, bea: User, now: datetime) -> OfflinePayment:
        return offline.announce(BANK, dollars(500), by=bea, now=now)

    @pytest.fixture
    def cashier(self, ada: User) -> User:
        ada.user_permissions.add(Permission.objects.get(codename="change_offlinepayment"))
        return User.objects.get(pk=ada.pk)

    def test_it_is_kept_as_announced(self, payment: OfflinePayment, bea: User, now: datetime) -> None:
        kept = OfflinePayment.objects.get()
        assert (kept.user, kept.amount, kept.way, kept.status, kept.at) == (bea, dollars(500), "bank", "announced", now)
        assert kept.code == payment.code
        assert recorded(kept) == [("offline.announced", bea.pk, now, {"amount_cents": 50_000, "way": "bank"})]

    @pytest.mark.parametrize("code", ["WH-7K2M-9QQ", "WH-2345-6YG"])
    def test_a_reference_that_was_given_out_is_known_for_ever(self, code: str) -> None:
        assert found_in(f"Your payment, {code}.") == code

    @pytest.mark.parametrize("amount", [OFFLINE_LEAST, OFFLINE_MOST])
    def test_the_bounds_themselves_are_within(self, bea: User, now: datetime, amount: Money) -> None:
        assert offline.announce(BANK, amount, by=bea, now=now).amount == amount

    @pytest.mark.parametrize("amount", [OFFLINE_LEAST - Money(1), OFFLINE_MOST + Money(1)])
    def test_beyond_the_bounds_is_refused(self, bea: User, now: datetime, amount: Money) -> None:
        with pytest.raises(Invalid, match=r"between \$20 and \$50,000"):
            offline.announce(BANK, amount, by=bea, now=now)

    def test_only_what_waits_counts_and_only_ones_own(self, bea: User, sam: User, now: datetime) -> None:
        offline.announce(BANK, dollars(500), by=sam, now=now)
        made = [offline.announce(BANK, dollars(500), by=bea, now=now) for _ in range(OFFLINE_OPEN_MOST)]
        with pytest.raises(OutOfTurn, match=f"You have {OFFLINE_OPEN_MOST} announced"):
            offline.announce(BANK, dollars(500), by=bea, now=now)
        offline.cancel(made[0].pk, by=bea, now=now)
        offline.announce(BANK, dollars(500), by=bea, now=now)

    def test_canceled_it_has_ended(self, payment: OfflinePayment, bea: User, sam: User, now: datetime) -> None:
        with pytest.raises(OfflinePayment.DoesNotExist):
            offline.cancel(payment.pk, by=sam, now=now)
        offline.cancel(payment.pk, by=bea, now=now + HOUR)
        kept = OfflinePayment.objects.get()
        assert (kept.status, kept.ended_at, kept.reason) == ("canceled", now + HOUR, "")
        assert recorded(kept)[-1] == ("offline.canceled", bea.pk, now + HOUR, {})
        with pytest.raises(OutOfTurn, match="Canceled"):
            offline.cancel(payment.pk, by=bea, now=now)

    def test_what_was_received_is_on_the_balance(
        self, payment: OfflinePayment, bea: User, cashier: User, now: datetime
    ) -> None:
        offline.confirm(payment.pk, dollars(500), "  Line\u200b 7  of March. ", by=cashier, now=now + HOUR)
        kept = OfflinePayment.objects.get()
        assert (kept.status, kept.ended_at, kept.received) == ("received", now + HOUR, dollars(500))
        assert (kept.evidence, kept.confirmed_by) == ("Line 7 of March.", cashier)
        facts = {"amount_cents": 50_000, "way": "bank", "evidence": "Line 7 of March."}
        assert recorded(kept)[-1] == ("offline.received", cashier.pk, now + HOUR, facts)
        lines = {"provider:bank": -dollars(500), f"user:{bea.pk}:main": dollars(500)}
        key = f"offline:{payment.pk}:credit"
        assert facts_of(Entry.objects.get()) == (key, "top_up", f"offline:{payment.pk}", cashier, now + HOUR, lines)

    @pytest.mark.parametrize("received", [Money(1), OFFLINE_SECOND_FROM - Money(1)])
    def test_another_sum_counts_when_it_is_said(
        self, payment: OfflinePayment, bea: User, cashier: User, now: datetime, received: Money
    ) -> None:
        with pytest.raises(Invalid, match=r"\$500.00 was announced"):
            offline.confirm(payment.pk, received, "Line 7.", by=cashier, now=now)
        offline.confirm(payment.pk, received, "Line 7.", is_other_sum=True, by=cashier, now=now)
        assert ledger.balance(ledger.main_of(bea)) == received

    @pytest.mark.parametrize("received", [ZERO, OFFLINE_RECEIVED_MOST + Money(1)])
    def test_no_sum_and_a_slip_are_refused(
        self, payment: OfflinePayment, cashier: User, now: datetime, received: Money
    ) -> None:
        with pytest.raises(Invalid, match=r"at most \$100,000"):
            offline.confirm(payment.pk, received, "Line 7.", is_other_sum=True, by=cashier, now=now)

    def test_ended_by_staff_it_keeps_the_reason(self, payment: OfflinePayment, cashier: User, now: datetime) -> None:
        offline.reject(payment.pk, " Nothing\n came. ", by=cashier, now=now + HOUR)
        kept = OfflinePayment.objects.get()
        assert (kept.status, kept.ended_at, kept.reason) == ("canceled", now + HOUR, "Nothing came.")
        assert recorded(kept)[-1] == ("offline.rejected", cashier.pk, now + HOUR, {"reason": "Nothing came."})

    def test_words_are_wanted_and_not_too_many(self, payment: OfflinePayment, cashier: User, now: datetime) -> None:
        for words in (" ", "x" * (EVIDENCE_MOST + 1)):
            with pytest.raises(Invalid, match=f"at most {EVIDENCE_MOST}"):
                offline.reject(payment.pk, words, by=cashier, now=now)
        offline.reject(payment.pk, "x" * EVIDENCE_MOST, by=cashier, now=now)

    def test_only_by_staff_with_the_right_and_not_ones_own(
        self, payment: OfflinePayment, ada: User, sten: User, mo: User, now: datetime
    ) -> None:
        sten.user_permissions.add(Permission.objects.get(codename="change_offlinepayment"))
        for by in (ada, User.objects.get(pk=sten.pk)):
            assert not offline.may_confirm(by)
            with pytest.raises(NotAllowed, match="Only staff"):
                offline.confirm(payment.pk, dollars(500), "Line 7.", by=by, now=now)
        own = offline.announce(BANK, dollars(500), by=mo, now=now)
        with pytest.raises(NotAllowed, match="somebody else"):
            offline.confirm(own.pk, dollars(500), "Line 7.", by=mo, now=now)
        assert not Entry.objects.exists()

    def test_when_every_reference_is_taken_it_says_so(
        self, payment: OfflinePayment, bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []

        def taken() -> str:
            asked.append(payment.code)
            return payment.code

        monkeypatch.setattr(offline, "new_reference", taken)
        with pytest.raises(RuntimeError, match="no reference"):
            offline.announce(BANK, dollars(500), by=bea, now=now)
        assert len(asked) == offline.TRIES

    def test_another_fault_of_the_database_is_no_taken_reference(self, bea: User, now: datetime) -> None:
        with pytest.raises(IntegrityError):
            offline._created(OfflinePayment(user=bea, amount=ZERO, way=BANK, at=now))
