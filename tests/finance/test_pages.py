"""The pages of the balance: whose they are, what they say, and how much they ask the database (FIN-01, FIN-05)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.money import Money, dollars
from finance import escrow, ledger, queries
from finance.models import Account, Posting, TopUp, TopUpStatus
from finance.rules import MOVEMENTS_A_PAGE, TOP_UP_LIMIT, TOP_UP_PRESETS
from finance.steps import top_ups
from orders.models import Status
from tests.payments import Payments
from tests.stage import Stage, give, give_bonus

BALANCE = "/balance/"
ADD = "/balance/add/"


@pytest.fixture
def as_bea(client: Client, bea: User) -> Client:
    client.force_login(bea)
    return client


def _text(client: Client, path: str, **query: str) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def _begin(user: User, now: datetime, *, return_to: str = "") -> TopUp:
    return top_ups.begin(user, dollars(25), return_to=return_to, by=user, now=now)


@pytest.mark.parametrize("path", [BALANCE, ADD, "/balance/top-ups/", "/balance/top-ups/1/", "/balance/return/"])
def test_nobody_sees_a_balance_without_signing_in(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")


class TestBalance:
    @pytest.mark.rule("FIN-01")
    def test_main_bonus_and_escrow_stand_apart(self, as_bea: Client, bea: User, now: datetime) -> None:
        give(bea, dollars(100), now=now)
        give_bonus(bea, Money(1250), now=now)
        escrow.hold("order:1", bea, dollars(30), reference="12345678", by=bea, now=now)
        text = _text(as_bea, BALANCE)
        for amount in ("$82.50", "$0.00", "$30.00"):
            assert amount in text
        assert "can never be paid out" in text
        assert "/orders/12345678/" in text

    def test_an_empty_one_says_what_to_do(self, as_bea: Client) -> None:
        text = _text(as_bea, BALANCE)
        assert "Nothing has moved yet" in text
        assert f'href="{ADD}"' in text

    @pytest.mark.rule("FIN-05")
    def test_every_movement_of_an_order_stands_there(self, client: Client, stage: Stage) -> None:
        order = stage.an_order(at=Status.COMPLETED)
        client.force_login(stage.seller)
        text = _text(client, BALANCE)
        assert "Earned from an order" in text
        assert f"/orders/{order.number}/" in text
        assert "+$40.00" in text
        client.force_login(stage.buyer)
        text = _text(client, BALANCE)
        assert "Paid for an order" in text
        assert "−$50.00" in text

    @pytest.mark.rule("FIN-05")
    def test_filters_narrow(self, as_bea: Client, bea: User, now: datetime) -> None:
        give(bea, dollars(10), now=now)
        give_bonus(bea, dollars(5), now=now)
        assert "+$5.00" not in _text(as_bea, BALANCE, account="main")
        assert "+$10.00" not in _text(as_bea, BALANCE, account="bonus")
        assert "+$5.00" not in _text(as_bea, BALANCE, kind="top_up")
        assert "No such movements" in _text(as_bea, BALANCE, kind="refund")
        assert "+$10.00" in _text(as_bea, BALANCE, kind="nonsense", account="x", before="y")

    def test_nobody_sees_somebody_elses_movements(self, client: Client, bea: User, sten: User, now: datetime) -> None:
        give(bea, dollars(77), now=now)
        client.force_login(sten)
        assert "$77" not in _text(client, BALANCE)

    @pytest.mark.rule("FIN-05")
    def test_pages_lead_through_everything_and_back(self, bea: User, now: datetime) -> None:
        for cents in range(1, 2 * MOVEMENTS_A_PAGE + 8):
            (give if cents % 3 else give_bonus)(bea, Money(cents), now=now)
        first = queries.movements(bea)
        assert (first.newer, len(first.rows)) == (None, MOVEMENTS_A_PAGE)
        second = queries.movements(bea, before=first.older)
        third = queries.movements(bea, before=second.older)
        assert third.older is None
        walked = [row.pk for page in (first, second, third) for row in page.rows]
        own = Posting.objects.filter(account__owner=bea).order_by("-pk")
        assert walked == list(own.values_list("pk", flat=True))
        back = queries.movements(bea, after=third.newer)
        assert [row.pk for row in back.rows] == [row.pk for row in second.rows]
        assert queries.movements(bea, after=back.newer).newer is None

    def test_a_full_page_asks_little(self, as_bea: Client, bea: User, now: datetime) -> None:
        for _ in range(MOVEMENTS_A_PAGE + 5):
            give(bea, dollars(1), now=now)
        give_bonus(bea, dollars(1), now=now)
        with CaptureQueriesContext(connection) as asked:
            _text(as_bea, BALANCE)
        ours = [query for query in asked if "finance_" in query["sql"]]
        # balances, claims, unfinished top-ups, announced payments, own accounts,
        # a walk down each of the two, the header's balance
        assert len(ours) == 8

    def test_the_header_asks_once(self, bea: User, now: datetime) -> None:
        give(bea, dollars(3), now=now)
        give_bonus(bea, dollars(4), now=now)
        with CaptureQueriesContext(connection) as asked:
            assert queries.header_balance(bea) == dollars(7)
        assert len(asked) == 1

    def test_a_long_history_is_walked_down_the_index(self, bea: User, now: datetime) -> None:
        give(bea, dollars(1), now=now)
        account = Account.objects.get(kind="main")
        rows = Posting.objects.filter(account=account, pk__lt=10**9).order_by("-pk")[:26]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        plan = rows.explain()
        assert "posting_statement" in plan
        assert "Sort" not in plan


class TestAdding:
    @pytest.mark.rule("FIN-02")
    def test_the_form_leads_to_the_payment_page(self, as_bea: Client, payments: Payments) -> None:
        answer = as_bea.post(ADD, {"amount": "12.50", "next": "/checkout/x/"})
        top_up = TopUp.objects.get()
        assert (answer.status_code, answer.headers["Location"]) == (302, top_up.payment_url)
        assert (top_up.amount, top_up.return_to) == (Money(1250), "/checkout/x/")

    @pytest.mark.parametrize("preset", TOP_UP_PRESETS)
    def test_each_preset_is_one_press(self, as_bea: Client, payments: Payments, preset: Money) -> None:
        assert f'value="{preset}"' in _text(as_bea, ADD)
        assert as_bea.post(ADD, {"amount": str(preset)}).status_code == 302
        assert TopUp.objects.get().amount == preset

    @pytest.mark.parametrize("amount", ["", "0.99", "10001", "ten", "-5", "1e3", "٣"])
    def test_a_wrong_sum_is_told_and_kept(self, as_bea: Client, amount: str) -> None:
        answer = as_bea.post(ADD, {"amount": amount, "next": "/checkout/x/"})
        text = answer.content.decode()
        assert answer.status_code == 200
        assert 'aria-invalid="true"' in text
        assert 'value="/checkout/x/"' in text
        assert not TopUp.objects.exists()

    @pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example", "checkout"])
    def test_a_way_out_of_the_site_is_dropped(self, as_bea: Client, payments: Payments, path: str) -> None:
        as_bea.post(ADD, {"amount": "5", "next": path})
        assert TopUp.objects.get().return_to == ""

    def test_only_so_many_are_begun_within_an_hour(self, as_bea: Client, payments: Payments) -> None:
        for _ in range(TOP_UP_LIMIT.most):
            assert as_bea.post(ADD, {"amount": "5"}).status_code == 302
        assert "Please wait a little" in as_bea.post(ADD, {"amount": "5"}).content.decode()
        assert TopUp.objects.count() == TOP_UP_LIMIT.most

    def test_going_on_with_one_counts_as_well(
        self, as_bea: Client, bea: User, payments: Payments, now: datetime
    ) -> None:
        top_up = _begin(bea, now)
        for _ in range(TOP_UP_LIMIT.most):
            assert as_bea.post(reverse("top-up-pay", args=[top_up.pk])).headers["Location"] == top_up.payment_url
        answer = as_bea.post(reverse("top-up-pay", args=[top_up.pk]), follow=True)
        assert "Please wait a little" in answer.content.decode()

    @pytest.mark.rule("FIN-03")
    def test_with_the_provider_down_the_page_says_so_and_keeps_the_sum(
        self, as_bea: Client, payments: Payments
    ) -> None:
        payments.fail()
        answer = as_bea.post(ADD, {"amount": "12.50"})
        assert answer.status_code == 200
        assert "The payment service cannot be reached" in answer.content.decode()
        assert 'value="12.50"' in answer.content.decode()


class TestComingBack:
    @pytest.mark.rule("FIN-02")
    def test_a_paid_one_shows_its_sum(self, as_bea: Client, bea: User, payments: Payments, now: datetime) -> None:
        back = payments.way_back(payments.pay(_begin(bea, now)))
        answer = as_bea.get(back, follow=True)
        text = answer.content.decode()
        assert "Added to your main balance on" in text
        assert "$25.00" in text
        assert ledger.balance(ledger.main_of(bea)) == dollars(25)

    @pytest.mark.rule("ORD-01")
    def test_a_paid_one_goes_on_where_the_payer_was(
        self, as_bea: Client, bea: User, payments: Payments, now: datetime
    ) -> None:
        back = payments.way_back(payments.pay(_begin(bea, now, return_to="/rules/")))
        answer = as_bea.get(back)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/rules/")
        assert "$25.00 added to your balance" in _text(as_bea, "/rules/")

    def test_coming_back_again_does_not_say_again_that_it_was_added(
        self, as_bea: Client, bea: User, payments: Payments, now: datetime
    ) -> None:
        top_up = payments.pay(_begin(bea, now, return_to="/rules/"))
        for _time in range(2):
            assert as_bea.get(payments.way_back(top_up)).headers["Location"] == "/rules/"
        assert _text(as_bea, "/rules/").count("$25.00 added to your balance") == 1
        other = payments.pay(_begin(bea, now, return_to="/rules/"))
        as_bea.get(payments.way_back(other))
        assert "$25.00 added to your balance" in _text(as_bea, "/rules/")

    @pytest.mark.rule("FIN-03")
    def test_an_unpaid_one_offers_to_go_on(self, as_bea: Client, bea: User, payments: Payments, now: datetime) -> None:
        top_up = _begin(bea, now)
        text = _text(as_bea, top_up.get_absolute_url())
        assert "Not paid yet" in text
        answer = as_bea.post(reverse("top-up-pay", args=[top_up.pk]))
        assert answer.headers["Location"] == top_up.payment_url
        assert "hx-trigger" not in text.split('id="standing"')[1].split(">")[0]

    @pytest.mark.rule("FIN-03")
    def test_an_abandoned_one_can_be_tried_again(
        self, as_bea: Client, bea: User, payments: Payments, now: datetime
    ) -> None:
        top_up = _begin(bea, now, return_to="/rules/")
        payments.expire(top_up)
        text = _text(as_bea, top_up.get_absolute_url())
        assert "Nothing was received" in text
        assert "?amount=25.00&amp;next=%2Frules%2F" in text
        assert 'value="25.00"' in _text(as_bea, ADD, amount="25.00")
        answer = as_bea.post(reverse("top-up-pay", args=[top_up.pk]), follow=True)
        assert "cannot be paid any more" in answer.content.decode()

    @pytest.mark.rule("FIN-02")
    def test_while_the_provider_is_silent_the_page_asks_again_by_itself(
        self, as_bea: Client, bea: User, payments: Payments, now: datetime
    ) -> None:
        top_up = _begin(bea, now, return_to="/rules/")
        back = payments.way_back(payments.pay(top_up))
        payments.fail(2)
        text = as_bea.get(back, follow=True).content.decode()
        assert "do not pay twice" in text
        assert 'hx-trigger="every 3s"' in text
        polled = as_bea.get(top_up.get_absolute_url(), headers={"HX-Request": "true"})
        assert polled.headers["HX-Redirect"] == "/rules/"

    def test_polling_gets_only_the_part_that_changes(
        self, as_bea: Client, bea: User, payments: Payments, now: datetime
    ) -> None:
        top_up = _begin(bea, now)
        part = as_bea.get(top_up.get_absolute_url(), headers={"HX-Request": "true"}).content.decode()
        assert part.strip().startswith('<div class="card" id="standing"')
        assert "<html" not in part

    @pytest.mark.rule("FIN-03")
    def test_one_that_we_check_says_so(self, as_bea: Client, bea: User, payments: Payments, now: datetime) -> None:
        top_up = _begin(bea, now)
        with transaction.atomic():
            TopUp.objects.filter(pk=top_up.pk).update(status=TopUpStatus.QUESTIONED, check_due_at=None, settled_at=now)
        assert "another sum than the one asked for" in _text(as_bea, top_up.get_absolute_url())

    def test_it_is_nobody_elses(self, client: Client, bea: User, sten: User, payments: Payments, now: datetime) -> None:
        top_up = _begin(bea, now)
        back = payments.way_back(payments.pay(top_up))
        client.force_login(sten)
        assert client.get(back).status_code == 404
        assert client.get(top_up.get_absolute_url()).status_code == 404
        assert client.post(reverse("top-up-pay", args=[top_up.pk])).status_code == 404
        top_up.refresh_from_db()
        assert top_up.status == TopUpStatus.OPEN

    def test_a_made_up_session_is_not_found(self, as_bea: Client) -> None:
        assert as_bea.get("/balance/return/", {"session_id": "cs_test_made_up"}).status_code == 404
        assert as_bea.get("/balance/return/").status_code == 404


class TestAllTopUps:
    @pytest.mark.rule("FIN-03")
    def test_each_stands_there_with_its_state(
        self, as_bea: Client, bea: User, payments: Payments, now: datetime
    ) -> None:
        paid, gone, waiting = (_begin(bea, now + timedelta(minutes=n)) for n in range(3))
        payments.pay(paid)
        payments.expire(gone)
        for top_up in (paid, gone, waiting):
            assert top_up.session_id
            top_ups.settle(top_up.session_id, now)
        text = _text(as_bea, "/balance/top-ups/")
        for state in ("Paid", "Not paid", "Waiting for payment"):
            assert state in text
        assert text.count("Continue payment") == 1
        assert "Not added yet" in _text(as_bea, BALANCE)

    def test_none_says_what_to_do(self, as_bea: Client) -> None:
        assert "No top-ups yet" in _text(as_bea, "/balance/top-ups/")
