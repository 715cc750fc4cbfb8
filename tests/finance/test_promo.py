"""Promo codes and bonuses (FIN-04)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from accounts.models import User
from core.handing import hand_on_waiting
from core.models import Event
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger
from finance.models import Entry, PromoCode, PromoUse
from finance.proof import prove
from finance.rules import BONUS_MOST, PROMO_GUESSES
from finance.steps import promo
from notifications.models import Notice

PROMO = "/balance/promo/"
ADD = "/admin/finance/promocode/add/"
GIVE = "/admin/finance/promouse/give/"
TOKEN = UUID(int=7)

pytestmark = pytest.mark.rule("FIN-04")


def a_code(by: User, now: datetime, **fields: Any) -> PromoCode:
    made = PromoCode(
        **{
            "code": "welcome-10",
            "amount": dollars(10),
            "valid_from": now,
            "valid_until": now + timedelta(days=30),
            "most_uses": 3,
            **fields,
        }
    )
    promo.keep(made, ["code"], by=by, now=now)
    return made


@pytest.fixture
def code(mo: User, now: datetime) -> PromoCode:
    return a_code(mo, now)


def _bonus(user: User) -> Money:
    return ledger.balance(ledger.bonus_of(user))


class TestRedeeming:
    @pytest.mark.parametrize("typed", ["WELCOME-10", "  welcome-10 ", "Wel come-10", "welcome\u200b-10"])
    def test_a_code_adds_to_the_bonus_balance(self, code: PromoCode, bea: User, now: datetime, typed: str) -> None:
        use = promo.redeem(typed, by=bea, now=now)
        assert (_bonus(bea), ledger.balance(ledger.main_of(bea))) == (dollars(10), ZERO)
        assert ledger.balance(ledger.PROMOTION) == -dollars(10)
        entry = use.entry
        assert (entry.key, entry.verb, entry.reference) == (f"promo:{code.pk}:{bea.pk}:1", "bonus", "promo:WELCOME-10")
        code.refresh_from_db()
        assert code.uses == 1

    def test_once_for_each_user_unless_it_says_more(
        self, code: PromoCode, bea: User, sam: User, mo: User, now: datetime
    ) -> None:
        promo.redeem("welcome-10", by=bea, now=now)
        with pytest.raises(OutOfTurn, match="used this code already"):
            promo.redeem("welcome-10", by=bea, now=now)
        promo.redeem("welcome-10", by=sam, now=now)
        a_code(mo, now, code="TWICE", most_per_user=2)
        for _ in range(2):
            promo.redeem("twice", by=bea, now=now)
        with pytest.raises(OutOfTurn):
            promo.redeem("twice", by=bea, now=now)
        assert _bonus(bea) == dollars(30)
        assert [use.nth for use in PromoUse.objects.filter(user=bea, code__code="TWICE").order_by("pk")] == [1, 2]

    def test_a_used_up_one_is_refused(self, mo: User, bea: User, sam: User, now: datetime) -> None:
        a_code(mo, now, most_uses=1)
        promo.redeem("welcome-10", by=bea, now=now)
        with pytest.raises(OutOfTurn, match="used up"):
            promo.redeem("welcome-10", by=sam, now=now)
        assert _bonus(sam) == ZERO

    def test_only_within_its_time(self, mo: User, bea: User, now: datetime) -> None:
        code = a_code(mo, now, valid_from=now + timedelta(hours=1), valid_until=now + timedelta(hours=2))
        with pytest.raises(OutOfTurn, match="only from Mar 2, 2026, 10:00 AM UTC"):
            promo.redeem(code.code, by=bea, now=now)
        with pytest.raises(OutOfTurn, match="until Mar 2, 2026, 11:00 AM UTC"):
            promo.redeem(code.code, by=bea, now=code.valid_until)
        promo.redeem(code.code, by=bea, now=code.valid_from)
        assert _bonus(bea) == dollars(10)

    def test_an_unknown_one_is_refused(self, bea: User, now: datetime) -> None:
        with pytest.raises(Invalid, match="no such code"):
            promo.redeem("NOPE", by=bea, now=now)

    def test_nobody_redeems_a_code_of_ones_own(self, code: PromoCode, mo: User, now: datetime) -> None:
        with pytest.raises(NotAllowed, match="made this code yourself"):
            promo.redeem("welcome-10", by=mo, now=now)
        assert not Entry.objects.exists()


class TestTheLaw:
    def test_a_use_too_many_or_without_its_money_is_found(
        self, code: PromoCode, bea: User, now: datetime, ledger_may_break: None
    ) -> None:
        def broken() -> list[str]:
            return next(list(check.examples) for check in prove().checks if check.law.name == "promo codes")

        promo.redeem(code.code, by=bea, now=now)
        assert broken() == []
        PromoCode.objects.update(uses=2)
        assert broken() == ["code WELCOME-10 counts 2 uses, has 1"]
        PromoCode.objects.update(uses=1, amount=dollars(11))
        assert broken() == [f"code WELCOME-10 redeemed by user {bea.pk}, credited 1000"]


class TestThePage:
    def test_the_bonus_is_told(self, client: Client, code: PromoCode, bea: User) -> None:
        code.valid_until += timedelta(days=3650)
        code.save()
        client.force_login(bea)
        answer = client.post(PROMO, {"code": "welcome-10"}, follow=True)
        assert answer.redirect_chain == [("/balance/", 302)]
        assert "$10.00 added to your bonus balance" in answer.content.decode()
        assert "/orders/promo" not in answer.content.decode()

    def test_a_refusal_stands_at_the_field_and_keeps_what_was_typed(self, client: Client, bea: User) -> None:
        client.force_login(bea)
        text = client.post(PROMO, {"code": "nope"}).content.decode()
        assert "There is no such code" in text
        assert 'value="nope"' in text
        assert client.get(PROMO).status_code == 200

    def test_guessing_is_limited(self, client: Client, bea: User, code: PromoCode) -> None:
        client.force_login(bea)
        for guess in range(PROMO_GUESSES.most):
            client.post(PROMO, {"code": f"guess-{guess}"})
        assert "Please wait a little" in client.post(PROMO, {"code": "welcome-10"}).content.decode()
        assert _bonus(bea) == ZERO

    def test_only_for_those_who_are_signed_in(self, client: Client, db: None) -> None:
        assert client.post(PROMO, {"code": "x"}).headers["Location"].startswith("/login/")


class TestBonuses:
    def test_staff_gives_one_and_the_user_is_told_why(self, mo: User, bea: User, now: datetime) -> None:
        entry = promo.give_bonus(bea, dollars(5), "Sorry for the wait.", token=TOKEN, by=mo, now=now)
        assert (_bonus(bea), entry.by, entry.verb) == (dollars(5), mo, "bonus")
        hand_on_waiting(now=now)
        notice = Notice.objects.get(user=bea)
        assert notice.facts == {"amount_cents": 500, "reason": "Sorry for the wait."}
        assert Event.objects.get(kind="bonus.given").by == mo

    def test_the_same_form_sent_twice_gives_once(self, mo: User, bea: User, now: datetime) -> None:
        promo.give_bonus(bea, dollars(5), "Thanks.", token=TOKEN, by=mo, now=now)
        with pytest.raises(ledger.AlreadyPosted):
            promo.give_bonus(bea, dollars(5), "Thanks.", token=TOKEN, by=mo, now=now)
        assert _bonus(bea) == dollars(5)

    def test_never_to_oneself_and_not_without_the_right(self, mo: User, ada: User, bea: User, now: datetime) -> None:
        with pytest.raises(NotAllowed, match="yourself"):
            promo.give_bonus(mo, dollars(5), "I deserve it.", token=TOKEN, by=mo, now=now)
        with pytest.raises(NotAllowed, match="Only staff"):
            promo.give_bonus(bea, dollars(5), "Thanks.", token=TOKEN, by=ada, now=now)
        assert not Entry.objects.exists()

    @pytest.mark.parametrize("amount", [ZERO, -dollars(1), BONUS_MOST + Money(1)])
    def test_a_sum_out_of_bounds_is_refused(self, mo: User, bea: User, now: datetime, amount: Money) -> None:
        with pytest.raises(Invalid, match="up to"):
            promo.give_bonus(bea, amount, "Thanks.", token=TOKEN, by=mo, now=now)

    def test_a_reason_is_wanted(self, mo: User, bea: User, now: datetime) -> None:
        for reason in ("", " \u200b ", "x" * 201):
            with pytest.raises(Invalid, match="reason"):
                promo.give_bonus(bea, dollars(1), reason, token=TOKEN, by=mo, now=now)

    def test_the_page_of_staff(self, client: Client, mo: User, bea: User, ada: User) -> None:
        client.force_login(ada)
        assert client.get(GIVE).status_code == 403
        client.force_login(mo)
        assert GIVE in client.get("/admin/finance/promouse/").content.decode()
        wish = {"login": "BEA", "amount": "7.50", "reason": "Thanks.", "token": str(uuid4())}
        assert "no such user" in client.post(GIVE, {**wish, "login": "nobody"}).content.decode()
        assert "$7.50 given to bea" in client.post(GIVE, wish, follow=True).content.decode()
        assert "booked already" in client.post(GIVE, wish).content.decode()
        assert _bonus(bea) == Money(750)


class TestMakingCodes:
    FIELDS = {
        "code": " spring 25",
        "amount": "25",
        "valid_from_0": "2026-03-01",
        "valid_from_1": "00:00:00",
        "valid_until_0": "2026-04-01",
        "valid_until_1": "00:00:00",
        "most_uses": "100",
        "most_per_user": "1",
        "note": "",
    }

    def test_staff_adds_one(self, client: Client, mo: User) -> None:
        client.force_login(mo)
        assert client.post(ADD, self.FIELDS).status_code == 302
        made = PromoCode.objects.get()
        assert (made.code, made.amount, made.by, made.uses) == ("SPRING25", dollars(25), mo, 0)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("code", "a-1"),
            ("code", "grüße"),
            ("amount", "0"),
            ("amount", "1001"),
            ("most_uses", "0"),
            ("valid_until_0", "2026-03-01"),
            ("valid_until_0", "9999-12-31"),
            ("valid_from_0", "0001-01-01"),
        ],
    )
    def test_what_is_wrong_is_told(self, client: Client, mo: User, name: str, value: str) -> None:
        client.force_login(mo)
        answer = client.post(ADD, {**self.FIELDS, name: value})
        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()
        assert not PromoCode.objects.exists()

    def test_once_used_only_end_and_limits_change(
        self, client: Client, code: PromoCode, mo: User, bea: User, sam: User, now: datetime
    ) -> None:
        promo.redeem(code.code, by=bea, now=now)
        promo.redeem(code.code, by=sam, now=now)
        client.force_login(mo)
        page = f"/admin/finance/promocode/{code.pk}/change/"
        assert 'name="amount"' not in client.get(page).content.decode()
        answer = client.post(page, {**self.FIELDS, "amount": "999", "most_uses": "1"})
        assert "used 2 times already" in answer.content.decode()
        assert client.post(page, {**self.FIELDS, "amount": "999", "most_uses": "50"}).status_code == 302
        code.refresh_from_db()
        assert (code.amount, code.most_uses, code.uses, code.code) == (dollars(10), 50, 2, "WELCOME-10")
        code.amount = dollars(1)
        with pytest.raises(OutOfTurn, match="only its end"):
            promo.keep(code, ["amount"], by=mo, now=now)

    def test_times_out_of_all_bounds_are_told_at_their_fields(self, client: Client, mo: User) -> None:
        User.objects.filter(pk=mo.pk).update(time_zone="America/Toronto")
        client.force_login(mo)
        answer = client.post(
            ADD,
            {**self.FIELDS, "valid_from_0": "0001-01-01", "valid_until_0": "9999-12-31", "valid_until_1": "23:59:59"},
        )
        for name in ("valid_from", "valid_until"):
            assert "between the beginnings of 2000 and 2200" in answer.context["adminform"].form.errors[name][0]

    def test_those_kept_before_there_were_bounds_do_no_harm(
        self, client: Client, code: PromoCode, mo: User, bea: User, now: datetime
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE finance_promocode SET valid_from = '0001-01-01 BC', valid_until = '10000-01-01'")
        client.force_login(mo)
        assert code.code in client.get("/admin/finance/promocode/").content.decode()
        promo.redeem(code.code, by=bea, now=now)
        assert _bonus(bea) == dollars(10)
        page = f"/admin/finance/promocode/{code.pk}/change/"
        assert "2200" in client.get(page).content.decode()
        assert client.post(page, {**self.FIELDS, "valid_until_0": "2030-01-01"}).status_code == 302
        code.refresh_from_db()
        assert code.valid_until.year == 2030

    def test_nobody_deletes_one(self, client: Client, code: PromoCode, mo: User) -> None:
        client.force_login(mo)
        assert client.post(f"/admin/finance/promocode/{code.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_the_right_is_needed(self, ada: User, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            a_code(ada, now)
        ada.user_permissions.add(Permission.objects.get(codename="add_promocode"))
        assert a_code(User.objects.get(pk=ada.pk), now).by == ada
