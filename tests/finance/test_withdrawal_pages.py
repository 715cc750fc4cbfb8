"""The pages of being paid out: whose they are, what they show before anybody agrees, who approves (WDR, ACC-08)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core import clock, formats
from core.money import Money, dollars
from core.refusals import NotAllowed
from finance import ledger
from finance.models import Batch, PayoutDetails, Withdrawal
from finance.provider.paying_out import PayoutAccount
from finance.queries import withdrawable
from finance.rules import BOUND_FOR, LIMITED_FOR, payment_date
from finance.steps import batches, payout_details
from tests.payments import Payments
from tests.stage import give
from tests.withdrawing import DAY, ask, digest_of, let_go, paid_in, sign_a_form

WITHDRAW = "/balance/withdraw/"


@pytest.fixture
def earner(sam: User, now: datetime) -> User:
    give(sam, dollars(100), now=now)
    sign_a_form(sam, now=now - DAY)
    PayoutDetails.objects.create(
        user=sam, account_id="acct_1", card_id="card_1", brand="Visa", last4="5556", enabled=True, at=now - 30 * DAY
    )
    return sam


@pytest.fixture
def as_sam(client: Client, earner: User) -> Client:
    client.force_login(earner)
    return client


@pytest.fixture
def ben(mo: User) -> User:
    return User.objects.create_superuser("ben", "ben@example.org")


@pytest.fixture
def batch(earner: User, now: datetime) -> Batch:
    (withdrawal,) = ask(earner, dollars(40), now=now)
    batches.gather(withdrawal.pk, payment_date(now))
    return Batch.objects.get()


def _main(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


@pytest.mark.rule("WDR-01")
def test_fee_and_net_are_shown_before_anything_is_asked_for(as_sam: Client) -> None:
    shown = as_sam.post(WITHDRAW, {"route": "earnings", "amount": "40"})
    assert shown.status_code == 200
    text = shown.content.decode()
    assert "$38.20" in text
    assert "4.5%" in text
    assert not Withdrawal.objects.exists()
    asked = as_sam.post(WITHDRAW, {"route": "earnings", "amount": "40", "net": "38.20"})
    assert asked.headers["Location"] == Withdrawal.objects.get().get_absolute_url()


@pytest.mark.rule("WDR-01")
def test_while_typing_only_the_preview_comes(as_sam: Client) -> None:
    shown = as_sam.get(WITHDRAW, {"route": "earnings", "amount": "20"}, headers={"HX-Request": "true"})
    text = shown.content.decode()
    assert text.lstrip().startswith('<div id="preview"')
    assert "$19.10" in text


@pytest.mark.rule("WDR-01")
@pytest.mark.parametrize(
    "typed",
    [
        {"route": "earnings", "amount": "9.99", "net": "9.55"},
        {"route": "earnings", "amount": "100.01", "net": "95.51"},
        {"route": "earnings", "amount": "-40", "net": "1"},
        {"route": "earnings", "amount": "40", "net": "40"},
        {"route": "card-of-somebody", "amount": "40", "net": "38.20"},
        {"route": "earnings", "amount": "1e3", "net": "x"},
    ],
)
def test_what_cannot_be_withdrawn_moves_nothing(as_sam: Client, earner: User, typed: dict[str, str]) -> None:
    assert as_sam.post(WITHDRAW, typed).status_code == 200
    assert not Withdrawal.objects.exists()
    assert _main(earner) == dollars(100)


@pytest.mark.rule("WDR-02")
def test_the_page_says_where_each_dollar_may_go_and_when(client: Client, bea: User, payments: Payments) -> None:
    today = clock.now()
    paid_in(payments, bea, dollars(30), now=today)
    client.force_login(bea)
    text = client.get(WITHDRAW).content.decode()
    assert "Visa •••• 4242" in text
    assert formats.moment(today + BOUND_FOR) in text


@pytest.mark.rule("WDR-04")
def test_a_stranger_sees_and_cancels_nothing(client: Client, earner: User, sten: User, now: datetime) -> None:
    (withdrawal,) = ask(earner, dollars(40), now=now)
    client.force_login(sten)
    assert client.get(withdrawal.get_absolute_url()).status_code == 404
    assert client.post(reverse("withdrawal-cancel", args=[withdrawal.pk])).status_code == 404
    assert Withdrawal.objects.get().status == "requested"


@pytest.mark.rule("WDR-04")
def test_canceling_twice_is_no_error_page(as_sam: Client, earner: User, now: datetime) -> None:
    (withdrawal,) = ask(earner, dollars(40), now=now)
    for _ in range(2):
        assert as_sam.post(reverse("withdrawal-cancel", args=[withdrawal.pk])).status_code == 302
    assert _main(earner) == dollars(100)
    assert "Canceled" in as_sam.get(withdrawal.get_absolute_url()).content.decode()


@pytest.mark.rule("WDR-03")
class TestDesk:
    def test_only_who_may_approve_finds_it(self, client: Client, batch: Batch, ada: User, sam: User) -> None:
        for user in (sam, ada):
            client.force_login(user)
            assert client.get(reverse("payouts")).status_code == 404
            assert client.get(batch.get_absolute_url()).status_code == 404
            assert client.post(reverse("payout-approve", args=[batch.pk])).status_code == 404

    @pytest.mark.parametrize("thing", ["withdrawal", "batch"])
    def test_who_may_approve_finds_withdrawals_in_the_admin_too_and_changes_none(
        self, client: Client, batch: Batch, ada: User, thing: str
    ) -> None:
        here = f"/admin/finance/{thing}/"
        client.force_login(ada)
        assert client.get(here).status_code == 403
        ada.user_permissions.add(Permission.objects.get(codename="change_batch"))
        assert here in client.get("/admin/").content.decode()
        assert client.get(here).status_code == 200
        one = Withdrawal.objects.get().pk if thing == "withdrawal" else batch.pk
        assert 'name="_save"' not in client.get(f"{here}{one}/change/").content.decode()
        assert client.post(f"{here}{one}/change/").status_code == 403

    def _approve(self, client: Client, batch: Batch, by: User, **typed: str) -> str:
        client.force_login(by)
        seen = {"digest": digest_of(batch), **typed}
        return client.post(reverse("payout-approve", args=[batch.pk]), seen, follow=True).content.decode()

    def test_two_of_staff_send_it(self, client: Client, batch: Batch, mo: User, ben: User) -> None:
        client.force_login(mo)
        assert "$38.20" in client.get(batch.get_absolute_url()).content.decode()
        assert "one more is needed" in self._approve(client, batch, mo)
        assert "somebody else" in self._approve(client, batch, mo)
        assert "it is being sent" in self._approve(client, batch, ben)
        assert "approved already" in self._approve(client, batch, ben)
        let_go(batch, now=clock.now())
        assert Withdrawal.objects.get().status == "sending"

    def test_what_was_not_shown_is_not_approved(self, client: Client, batch: Batch, mo: User) -> None:
        client.force_login(mo)
        assert digest_of(batch) in client.get(batch.get_absolute_url()).content.decode()
        assert "has changed" in self._approve(client, batch, mo, digest="0" * 64)
        for nonsense in ("", "many", "0" * 65):
            assert "Look at the batch again" in self._approve(client, batch, mo, digest=nonsense)
        assert Batch.objects.get().status == "open"

    def test_after_a_change_the_page_says_whose_approval_does_not_count_any_more(
        self, client: Client, batch: Batch, mo: User, ben: User, earner: User, now: datetime
    ) -> None:
        (other,) = ask(earner, dollars(20), now=now)
        batches.gather(other.pk, payment_date(now))
        self._approve(client, batch, mo)
        batches.reject(other.pk, "No.", by=ben, now=now)
        shown = client.get(batch.get_absolute_url()).content.decode()
        assert "Not every approval counts" in shown
        assert "0 of 2 approvals" in shown
        assert "one more is needed" in self._approve(client, batch, ben)
        assert "it is being sent" in self._approve(client, batch, mo)

    def test_nobody_approves_their_own(self, client: Client, mo: User, batch: Batch, earner: User) -> None:
        User.objects.filter(pk=earner.pk).update(is_staff=True, is_superuser=True)
        assert "of your own" in self._approve(client, batch, User.objects.get(pk=earner.pk))
        assert "Rejected" not in self._reject(client, User.objects.get(pk=earner.pk), "Mine.")
        assert Withdrawal.objects.get().status == "batched"

    def _reject(self, client: Client, by: User, reason: str) -> str:
        client.force_login(by)
        address = reverse("payout-reject", args=[Withdrawal.objects.get().pk])
        return client.post(address, {"reason": reason}, follow=True).content.decode()

    def test_a_rejection_returns_the_money_with_its_reason(
        self, client: Client, batch: Batch, mo: User, earner: User
    ) -> None:
        assert "Give a reason" in self._reject(client, mo, " ")
        assert "back on its owner" in self._reject(client, mo, "The card is not yours.")
        assert _main(earner) == dollars(100)
        client.force_login(earner)
        assert "The card is not yours." in client.get(Withdrawal.objects.get().get_absolute_url()).content.decode()

    def test_another_account_with_the_same_card_is_shown(
        self, client: Client, batch: Batch, mo: User, bea: User, now: datetime
    ) -> None:
        PayoutDetails.objects.update(fingerprint="print")
        PayoutDetails.objects.create(user=bea, card_id="card_2", fingerprint="print", at=now)
        client.force_login(mo)
        assert "same card as bea" in client.get(batch.get_absolute_url()).content.decode()


@pytest.mark.rule("WDR-05")
@pytest.mark.rule("WDR-06")
@pytest.mark.rule("ACC-08")
def test_after_a_change_of_e_mail_the_card_stays_and_a_limit_applies(client: Client, earner: User) -> None:
    changed = clock.now() - DAY
    User.objects.filter(pk=earner.pk).update(email_changed_at=changed)
    client.force_login(earner)
    with pytest.raises(NotAllowed, match="changed lately"):
        payout_details.change(User.objects.get(pk=earner.pk), by=User.objects.get(pk=earner.pk), now=clock.now())
    text = client.get(WITHDRAW).content.decode()
    assert "$100.00 in all until" in text
    assert "up to $100.00" in text
    assert formats.moment(changed + LIMITED_FOR) in text


@pytest.mark.rule("WDR-06")
def test_after_a_change_of_login_the_card_stays_but_no_limit_applies(earner: User) -> None:
    earner.login_changed_at = clock.now() - DAY
    assert withdrawable.limit(earner, clock.now()) is None
    with pytest.raises(NotAllowed, match="changed lately"):
        payout_details.change(earner, by=earner, now=clock.now())


@pytest.mark.rule("WDR-06")
def test_a_card_changed_at_the_provider_in_that_week_is_not_used_until_it_is_over(earner: User, now: datetime) -> None:
    User.objects.filter(pk=earner.pk).update(email_changed_at=now - 2 * DAY)
    other = PayoutAccount("acct_1", enabled=True, card_id="card_2", brand="Visa", last4="9999", fingerprint="x")
    payout_details.learn("acct_1", other, now - DAY)
    for change in (now - 2 * DAY, now):  # also when e-mail or login change once more
        User.objects.filter(pk=earner.pk).update(login_changed_at=change)
        user = User.objects.get(pk=earner.pk)
        blocks = withdrawable.blocks(user, withdrawable.EARNINGS, now)
        assert [block.until for block in blocks] == [now + 5 * DAY]
        assert withdrawable.blocks(user, withdrawable.EARNINGS, now + 5 * DAY) == []


@pytest.mark.rule("WDR-03")
def test_the_page_of_a_withdrawal_says_how_far_its_approval_is(
    client: Client, batch: Batch, earner: User, mo: User, ben: User
) -> None:
    client.force_login(earner)
    page = Withdrawal.objects.get().get_absolute_url()
    assert "takes 2 approvals by our staff and has 0 so far" in client.get(page).content.decode()
    now = clock.now()
    batches.approve(batch.pk, digest=digest_of(batch), by=mo, now=now)
    assert "takes 2 approvals by our staff and has 1 so far" in client.get(page).content.decode()
    batches.approve(batch.pk, digest=digest_of(batch), by=ben, now=now)
    approved = client.get(page).content.decode()
    assert "Being approved" not in approved
    assert "approvals by our staff" not in approved
    assert "In a few minutes the payment service is asked to send it" in approved
    assert "Being approved" not in client.get(reverse("withdrawals")).content.decode()


@pytest.mark.rule("WDR-03")
def test_an_approval_of_what_the_batch_was_before_is_not_told_to_its_user(
    client: Client, batch: Batch, earner: User, mo: User, ben: User, now: datetime
) -> None:
    (other,) = ask(earner, dollars(20), now=now)
    batches.gather(other.pk, payment_date(now))
    batches.approve(batch.pk, digest=digest_of(batch), by=mo, now=now)
    batches.reject(other.pk, "No.", by=ben, now=now)
    client.force_login(earner)
    page = Withdrawal.objects.earliest("id").get_absolute_url()
    assert "has 0 so far" in client.get(page).content.decode()


@pytest.mark.rule("WDR-03")
def test_the_desk_says_why_one_cannot_approve(client: Client, batch: Batch, earner: User, mo: User) -> None:
    batches.approve(batch.pk, digest=digest_of(batch), by=mo, now=clock.now())
    User.objects.filter(pk=earner.pk).update(is_staff=True, is_superuser=True)
    for user, why in (
        (mo, "You have approved it"),
        (User.objects.get(pk=earner.pk), "A withdrawal of your own is in it"),
    ):
        client.force_login(user)
        assert why in client.get(batch.get_absolute_url()).content.decode()


@pytest.mark.rule("WDR-02")
def test_payments_of_one_day_by_one_card_wait_in_one_line(client: Client, bea: User, payments: Payments) -> None:
    today = clock.now().replace(hour=9, minute=0)
    days = [today - 3 * DAY, today - 2 * DAY, today - 2 * DAY + timedelta(hours=7)]
    for at, amount in zip(days, (30, 20, 15), strict=True):
        paid_in(payments, bea, dollars(amount), now=at)
    card = withdrawable.sources(bea, today)[1]
    assert [(freed.at - BOUND_FOR, freed.amount, freed.payments) for freed in card.days] == [
        (days[0], dollars(30), 1),
        (days[2], dollars(35), 2),
    ]
    client.force_login(bea)
    text = client.get(WITHDRAW).content.decode()
    assert "$30.00 more from" in text
    assert "$35.00 more of 2 payments, all of it from" in text
    with timezone.override(ZoneInfo("Asia/Tokyo")):  # where the later one is of the next day
        assert [freed.payments for freed in card.days] == [1, 1, 1]


@pytest.mark.rule("WDR-01")
def test_a_sum_that_is_too_much_takes_the_keyboard_once_it_is_sent_and_not_while_it_is_typed(as_sam: Client) -> None:
    typed = {"route": "earnings", "amount": "5000"}
    sentence = "At most $100.00"
    sent = as_sam.post(WITHDRAW, typed).content.decode()
    assert sentence in sent
    assert "autofocus" in sent
    typing = as_sam.get(WITHDRAW, typed, headers={"HX-Request": "true"}).content.decode()
    assert sentence in typing
    assert "autofocus" not in typing
