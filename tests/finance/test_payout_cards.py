"""What counts as a card that earnings go to, from the provider's page to the sentence about what is missing (WDR-01)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from stripe import InvalidRequestError

from accounts.models import User
from core import formats
from core.handing import hand_on_waiting
from finance.models import PayoutDetails
from finance.rules import LIMITED_FOR, LIMITED_TO
from finance.steps import payout_details
from notifications.models import Notice
from notifications.words import Words
from tests.payments import Payments
from tests.withdrawing import DAY, DEBIT, OTHER_DEBIT, name_a_card

pytestmark = [pytest.mark.django_db, pytest.mark.rule("WDR-01")]
DISCOVER = "6011 9811 1111 1113"
RETURN, PAGE = "/balance/payout-card/return/", "/balance/payout-card/"
NO_CARD = "The payment service knows no Visa or Mastercard debit card of yours: name one."


@pytest.fixture
def seller(sam: User, now: datetime, client: Client) -> User:
    client.force_login(sam)
    return sam


def at_a_bank(payments: Payments, user: User, name: str, now: datetime) -> PayoutDetails:
    """A seller who has named a bank account on the provider's page, instead of a card."""
    payout_details.change(user, by=user, now=now)
    details = PayoutDetails.objects.get(user=user)
    payments.sandbox.control(f"bank/{details.account_id}", {"name": name})
    return details


@pytest.mark.parametrize("bank", ["Chase", "The First National Bank of a Very Long Name in Springfield"])
def test_a_bank_account_is_no_card_whatever_the_bank_is_called(
    client: Client, seller: User, payments: Payments, now: datetime, bank: str
) -> None:
    details = at_a_bank(payments, seller, bank, now)
    assert NO_CARD in client.get(RETURN, follow=True).content.decode()
    details.refresh_from_db()
    assert (details.enabled, details.is_ready, details.card_id, details.brand, details.card) == (
        True,
        False,
        "",
        "",
        "",
    )
    _told(client, payments)


def test_a_card_of_another_brand_is_none_either(
    client: Client, seller: User, payments: Payments, now: datetime
) -> None:
    details = name_a_card(payments, seller, now=now, card=DISCOVER)
    assert (details.enabled, details.is_ready, details.card_id) == (True, False, "")
    _told(client, payments)


def _told(client: Client, payments: Payments) -> None:
    """The webhook is taken, the card's page says what is missing, and earnings cannot go anywhere."""
    assert payments.deliver(client, payments.told("account.updated")).status_code == 200
    assert NO_CARD in client.get(PAGE).content.decode()
    assert not PayoutDetails.objects.get().is_ready


@pytest.mark.parametrize(("number", "card"), [(DEBIT, "Visa •••• 5556"), (OTHER_DEBIT, "Mastercard •••• 8210")])
def test_these_brands_are_paid_to(
    client: Client, seller: User, payments: Payments, now: datetime, number: str, card: str
) -> None:
    details = name_a_card(payments, seller, now=now - LIMITED_FOR - DAY, card=number)
    assert (details.is_ready, details.card, details.missing) == (True, card, "")
    text = client.get(PAGE).content.decode()
    assert f"<strong>{card}</strong>" in text
    assert NO_CARD not in text


def test_a_card_that_gives_way_to_a_bank_account_is_paid_to_no_more(
    seller: User, payments: Payments, now: datetime
) -> None:
    name_a_card(payments, seller, now=now - LIMITED_FOR - DAY)
    details = at_a_bank(payments, seller, "Chase", now)
    changed = payout_details.refresh(details.account_id or "", now)
    assert changed is not None
    assert (changed.is_ready, changed.brand, changed.last4, changed.changed_at) == (False, "", "", now)
    hand_on_waiting(now=now)
    told = Notice.objects.filter(user=seller, kind="payout_details.changed").order_by("id")
    assert [each.facts["card"] for each in told] == ["Visa •••• 5556", ""]
    words = Words(told[1].kind, seller, told[1].facts)
    assert words.line == "Your payout card was taken away: name one before you withdraw earnings."
    assert f"For {LIMITED_FOR.days} days no more than {formats.money(LIMITED_TO)} in all" in words.body[0]


def test_where_a_card_is_named_it_says_which_are_paid_to(client: Client, seller: User) -> None:
    text = " ".join(client.get(PAGE).content.decode().split())
    assert "in US dollars, to a Visa or Mastercard debit card of your own from a bank in the United States" in text
    assert "not to a bank account, nor to a card from another country" in text


def test_an_account_is_opened_in_the_united_states(seller: User, payments: Payments, now: datetime) -> None:
    details = name_a_card(payments, seller, now=now)
    account = payments.sandbox.client().v1.accounts.retrieve(details.account_id or "")
    assert (account.country, account.default_currency) == ("US", "usd")


def test_nothing_is_paid_out_at_once_to_a_bank_account(seller: User, payments: Payments, now: datetime) -> None:
    details = at_a_bank(payments, seller, "Chase", now)
    wanted = {"amount": 1_000, "currency": "usd", "method": "instant"}
    with pytest.raises(InvalidRequestError, match="at once"):
        payments.sandbox.client().v1.payouts.create(wanted, {"stripe_account": details.account_id})  # type: ignore[arg-type]
