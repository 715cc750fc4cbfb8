"""Movements at the provider that are of the site's owner do not keep the books from being proven (FIN-07)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import clock
from core.money import Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger, proof
from finance.models import Entry, ProviderMovement, TopUp
from finance.provider import claims
from finance.rules import BOUND_FOR, RECONCILED_WITHIN
from finance.steps import owning, reconciling, top_ups
from tests.finance.answers import sending
from tests.finance.records import recorded
from tests.payments import Payments
from tests.withdrawing import paid_in

INSTANT = timedelta(microseconds=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-07")]


@pytest.fixture
def top_up(bea: User, payments: Payments, now: datetime) -> TopUp:
    return paid_in(payments, bea, dollars(50), now=now)


@pytest.fixture
def stray(top_up: TopUp, payments: Payments, now: datetime) -> ProviderMovement:
    """$7 have left the provider, nobody here knows for what."""
    payments.move("transfer", -700, "tr_by_hand")
    reconciling.reconcile(now)
    _an_hour_ago()
    return ProviderMovement.objects.get(entry=None)


@pytest.fixture
def cleo(db: None, ada: User) -> User:
    """Staff with the one right."""
    ada.user_permissions.add(
        *Permission.objects.filter(codename__in=("change_providermovement", "view_providermovement"))
    )
    return User.objects.get(pk=ada.pk)


def _an_hour_ago() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE finance_providermovement SET at = at - interval '2 hours'")


def broken() -> set[str]:
    return {check.law.name for check in proof.prove().broken}


@pytest.mark.parametrize(
    ("kind", "cents"),
    [
        ("topup", 10_000),
        ("topup_reversal", -10_000),
        ("payout", -2_000),
        ("payout_cancel", 2_000),
        ("payout_failure", 2_000),
        ("transfer_cancel", 700),
        ("transfer_failure", 700),
    ],
)
def test_the_owners_own_money_is_booked_against_the_bank(
    top_up: TopUp, payments: Payments, now: datetime, kind: str, cents: int
) -> None:
    movement = payments.move(kind, cents, "po_own")
    for _again in range(2):
        reconciling.reconcile(now)
    assert Entry.objects.get(key=f"moved:{movement}").by is None
    assert ledger.balance(ledger.BANK) == Money(cents)
    assert claims.held() == -ledger.balance(ledger.PROVIDER)
    _an_hour_ago()
    assert broken() == set()


@pytest.mark.parametrize("kind", ["stripe_fee", "stripe_fx_fee", "tax_fee"])
def test_its_fees_are_fees(top_up: TopUp, payments: Payments, now: datetime, kind: str) -> None:
    payments.move(kind, -300)
    for _again in range(2):
        reconciling.reconcile(now)
    assert ledger.balance(ledger.PROCESSING) == -dollars(3)
    _an_hour_ago()
    assert broken() == set()


def test_a_transfer_of_a_withdrawal_that_was_canceled_is_no_money_of_the_owner(
    top_up: TopUp, bea: User, payments: Payments, now: datetime
) -> None:
    made = sending(bea, f"card-{top_up.fingerprint}", now + BOUND_FOR)
    type(made).objects.update(transfer_id="tr_1")
    payments.move("transfer_cancel", 700, "tr_1")
    reconciling.reconcile(now)
    assert not Entry.objects.filter(verb="moved").exists()


def test_what_nothing_explains_is_booked_as_the_owners_by_staff(
    stray: ProviderMovement, cleo: User, now: datetime
) -> None:
    assert broken() == {"movements"}
    later = stray.at + RECONCILED_WITHIN
    assert owning.may_book(stray, cleo, later)
    owning.book_as_own(stray.pk, " A gift to a partner. ", by=cleo, now=later)
    entry = ProviderMovement.objects.get(pk=stray.pk).entry
    assert entry is not None
    assert (entry.key, entry.by, entry.at) == (f"moved:{stray.pk}", cleo, later)
    facts = {"reason": "A gift to a partner.", "amount_cents": -700}
    assert recorded(entry) == [("movement.owned", cleo.pk, later, facts)]
    assert ledger.balance(ledger.BANK) == -dollars(7)
    assert broken() == set()
    with pytest.raises(OutOfTurn, match="booked already"):
        owning.book_as_own(stray.pk, "Once more.", by=cleo, now=later)


def test_not_while_it_may_still_find_its_own(stray: ProviderMovement, cleo: User) -> None:
    with pytest.raises(OutOfTurn, match="It is new"):
        owning.book_as_own(stray.pk, "Ours.", by=cleo, now=stray.at + RECONCILED_WITHIN - INSTANT)


def test_not_what_belongs_to_a_payment_that_is_to_be_decided(
    bea: User, payments: Payments, cleo: User, now: datetime
) -> None:
    top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
    payments.price(top_up, 2400)
    payments.pay(top_up)
    top_ups.settle(str(top_up.session_id), now)
    reconciling.reconcile(now)
    movement = ProviderMovement.objects.get()
    with pytest.raises(OutOfTurn, match=f"belongs to top-up {top_up.pk}"):
        owning.book_as_own(movement.pk, "Ours.", by=cleo, now=movement.at + RECONCILED_WITHIN)


@pytest.mark.parametrize("name", ["transfer_id", "payout_id", "refund_id", "reversal_id"])
def test_not_what_belongs_to_a_withdrawal_under_way(
    stray: ProviderMovement, top_up: TopUp, bea: User, cleo: User, now: datetime, name: str
) -> None:
    made = sending(bea, f"card-{top_up.fingerprint}", now + BOUND_FOR)
    type(made).objects.update(**{name: stray.source})
    with pytest.raises(OutOfTurn, match=f"belongs to withdrawal {made.pk}"):
        owning.book_as_own(stray.pk, "Ours.", by=cleo, now=stray.at + RECONCILED_WITHIN)


def test_only_staff_with_the_right_and_a_reason(
    stray: ProviderMovement, cleo: User, sam: User, ben_of_support: User, now: datetime
) -> None:
    later = stray.at + RECONCILED_WITHIN
    for by in (sam, ben_of_support):
        assert not owning.may_book(stray, by, later)
        with pytest.raises(NotAllowed, match="Only staff"):
            owning.book_as_own(stray.pk, "Ours.", by=by, now=later)
    with pytest.raises(Invalid):
        owning.book_as_own(stray.pk, " ", by=cleo, now=later)
    assert ProviderMovement.objects.get(pk=stray.pk).entry is None


@pytest.fixture
def ben_of_support(db: None) -> User:
    """Staff without the right."""
    return User.objects.create_user("ben", "ben@example.org", is_staff=True)


def test_the_admins_page_books_it(client: Client, stray: ProviderMovement, cleo: User) -> None:
    ProviderMovement.objects.filter(pk=stray.pk).update(at=clock.now() - 2 * RECONCILED_WITHIN)
    client.force_login(cleo)
    page = reverse("admin:finance_providermovement_change", args=[quote(stray.pk)])
    assert "Book it as the operator&#x27;s own" in client.get(page).content.decode()
    address = reverse("admin:finance_providermovement_decide", args=[quote(stray.pk)])
    answer = client.post(address, {"decision": "own", "reason": "A gift to a partner."})
    assert answer.headers["Location"] == page
    shown = client.get(page).content.decode()
    assert "A gift to a partner." in shown
    assert "operator&#x27;s own" not in shown
    for unknown in ("txn_unknown", "1", quote("a/b")):
        nowhere = reverse("admin:finance_providermovement_decide", args=[unknown])
        assert client.post(nowhere, {"decision": "own", "reason": "Ours."}).status_code == 404
