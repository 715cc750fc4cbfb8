"""Movements at the provider that are of the site's owner do not keep the books from being proven (FIN-07)."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import clock
from core.events import record
from core.money import ZERO, Money, dollars
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import ledger, proof
from finance.models import Entry, ProviderMovement, TopUp
from finance.provider import ProviderDown, claims, paying_out
from finance.rules import BOUND_FOR, RECONCILED_WITHIN
from finance.steps import owning, reconciling, top_ups, withdrawing
from finance.steps import paying_out as paying_out_steps
from tests.finance.answers import sending
from tests.finance.records import recorded
from tests.payments import Payments
from tests.stage import give
from tests.withdrawing import paid_in, ready_for_earnings

INSTANT = timedelta(microseconds=1)
PATIENCE_SECONDS = 15
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
    return _with_the_right(ada)


@pytest.fixture
def dora(db: None) -> User:
    """Another one."""
    return _with_the_right(User.objects.create_user("dora", "dora@example.org", is_staff=True))


def _with_the_right(user: User) -> User:
    rights = Permission.objects.filter(codename__in=("change_providermovement", "view_providermovement"))
    user.user_permissions.add(*rights)
    return User.objects.get(pk=user.pk)


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


def test_what_nothing_explains_is_booked_as_the_owners_by_two_of_staff(
    stray: ProviderMovement, cleo: User, dora: User, now: datetime
) -> None:
    assert broken() == {"movements"}
    later = stray.at + RECONCILED_WITHIN
    assert owning.may_book(stray, cleo, later)
    owning.book_as_own(stray.pk, " A gift to a partner. ", by=cleo, now=later)
    facts = {"movement": stray.pk, "reason": "A gift to a partner.", "amount_cents": -700}
    (said,) = owning.said_of(stray)
    assert (said.kind, said.by, said.at, said.facts) == ("movement.own_asked", cleo, later, facts)
    with pytest.raises(NotAllowed, match="somebody else"):
        owning.book_as_own(stray.pk, "Surely.", by=cleo, now=later)
    assert ledger.balance(ledger.BANK) == ZERO
    owning.book_as_own(stray.pk, "I have seen the contract.", by=dora, now=later)
    entry = ProviderMovement.objects.get(pk=stray.pk).entry
    assert entry is not None
    assert (entry.key, entry.by, entry.at) == (f"moved:{stray.pk}", dora, later)
    facts = {"reason": "I have seen the contract.", "amount_cents": -700}
    assert recorded(entry) == [("movement.owned", dora.pk, later, facts)]
    assert ledger.balance(ledger.BANK) == -dollars(7)
    assert broken() == set()
    with pytest.raises(OutOfTurn, match="booked already"):
        owning.book_as_own(stray.pk, "Once more.", by=cleo, now=later)


def test_what_one_has_booked_alone_breaks_a_law(
    stray: ProviderMovement, cleo: User, dora: User, now: datetime, ledger_may_break: None
) -> None:
    for by in (cleo, dora):
        owning.book_as_own(stray.pk, "Ours.", by=by, now=stray.at + RECONCILED_WITHIN)
    assert proof.breaches() == []
    owning.said_of(stray).update(by=dora)
    assert proof.breaches() == [f"two words: moved:{stray.pk} by {dora.pk} alone"]


def test_what_was_said_of_another_or_by_one_without_the_right_does_not_count(
    stray: ProviderMovement, payments: Payments, cleo: User, dora: User, now: datetime
) -> None:
    payments.move("transfer", -300, "tr_other")
    reconciling.reconcile(now)
    _an_hour_ago()
    later = clock.now()
    other = ProviderMovement.objects.get(source="tr_other")
    owning.book_as_own(other.pk, "Ours.", by=cleo, now=later)
    owning.book_as_own(stray.pk, "Ours.", by=dora, now=later)
    dora.user_permissions.clear()
    owning.book_as_own(stray.pk, "Ours.", by=cleo, now=later)
    assert ledger.balance(ledger.BANK) == ZERO


def test_not_while_it_may_still_find_its_own(stray: ProviderMovement, cleo: User) -> None:
    with pytest.raises(OutOfTurn, match="It is new"):
        owning.book_as_own(stray.pk, "Ours.", by=cleo, now=stray.at + RECONCILED_WITHIN - INSTANT)


def _refused(user: User, match: str) -> None:
    """Nothing that waits for its entry is let through."""
    _an_hour_ago()
    waiting = ProviderMovement.objects.filter(entry=None)
    assert waiting
    for movement in waiting:
        with pytest.raises(OutOfTurn, match=match):
            owning.book_as_own(movement.pk, "Ours.", by=user, now=clock.now())
    assert ledger.balance(ledger.BANK) == ZERO


def _questioned(bea: User, payments: Payments, now: datetime) -> TopUp:
    top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
    payments.price(top_up, 2400)
    payments.pay(top_up)
    found = top_ups.settle(str(top_up.session_id), now)
    assert found is not None
    return found


@pytest.mark.parametrize("what", ["payment", "refund", "claim"])
def test_not_what_belongs_to_a_payment_that_is_to_be_decided(
    bea: User, payments: Payments, cleo: User, now: datetime, what: str
) -> None:
    top_up = _questioned(bea, payments, now)
    if what == "refund":
        payments.refund(top_up, 500)
    if what == "claim":
        payments.dispute(top_up)
    reconciling.reconcile(now)
    _refused(cleo, f"belongs to top-up {top_up.pk}")


def test_not_a_payment_of_which_nobody_has_told_us(bea: User, payments: Payments, cleo: User, now: datetime) -> None:
    """Its top-up is still open here: only what is written on it at the provider says whose it is."""
    paid_in(payments, bea, dollars(5), now=now)
    top_up = top_ups.begin(bea, dollars(25), by=bea, now=now)
    payments.pay(top_up)
    reconciling.reconcile(now)
    assert TopUp.objects.get(pk=top_up.pk).charge_id == ""
    _refused(cleo, f"belongs to top-up {top_up.pk}")


@pytest.mark.parametrize("is_reversed", [False, True])
def test_not_a_transfer_whose_answer_was_lost_nor_its_reversal(
    sam: User, bea: User, payments: Payments, cleo: User, now: datetime, is_reversed: bool
) -> None:
    paid_in(payments, bea, dollars(500), now=now)
    give(sam, dollars(100), now=now)
    ready_for_earnings(payments, sam, now=now)
    made = sending(sam, "earnings", now)
    transfer = paying_out.transfer(made)
    if is_reversed:
        payments.sandbox.client().v1.transfers.reversals.create(transfer, {"amount": 500})
    reconciling.reconcile(now)
    assert type(made).objects.get(pk=made.pk).transfer_id == ""
    _refused(cleo, f"belongs to withdrawal {made.pk}")


def test_not_what_explains_itself_by_now(top_up: TopUp, payments: Payments, cleo: User, now: datetime) -> None:
    ProviderMovement.objects.all().delete()
    TopUp.objects.update(charge_id="ch_unknown")
    reconciling.reconcile(now)
    TopUp.objects.update(charge_id=top_up.charge_id)
    _an_hour_ago()
    movement = ProviderMovement.objects.get(entry=None)
    with pytest.raises(OutOfTurn, match="booked already"):
        owning.book_as_own(movement.pk, "Ours.", by=cleo, now=clock.now())
    entry = ProviderMovement.objects.get().entry
    assert entry is not None
    assert entry.key == f"top_up:{top_up.pk}:credit"


def test_not_while_another_process_matches_movements(stray: ProviderMovement, cleo: User) -> None:
    held, done = threading.Event(), threading.Event()

    def elsewhere() -> None:
        try:
            with reconciling.nobody_else():
                held.set()
                done.wait(PATIENCE_SECONDS)
        finally:
            connections.close_all()

    other = threading.Thread(target=elsewhere, daemon=True)
    other.start()
    assert held.wait(PATIENCE_SECONDS)
    later = stray.at + RECONCILED_WITHIN
    try:
        with pytest.raises(OutOfTurn, match="being compared"):
            owning.book_as_own(stray.pk, "Ours.", by=cleo, now=later)
        assert reconciling.reconcile(later) == 0
    finally:
        done.set()
        other.join(PATIENCE_SECONDS)
    assert not owning.said_of(stray)
    owning.book_as_own(stray.pk, "Ours.", by=cleo, now=later)


def test_not_while_the_provider_does_not_answer(stray: ProviderMovement, payments: Payments, cleo: User) -> None:
    payments.fail()
    with pytest.raises(ProviderDown):
        owning.book_as_own(stray.pk, "Ours.", by=cleo, now=stray.at + RECONCILED_WITHIN)
    assert not owning.said_of(stray)


@pytest.mark.rule("WDR-03")
def test_a_transfer_that_comes_back_late_is_the_sites_that_has_borne_it(
    sam: User, bea: User, payments: Payments, mo: User, cleo: User, now: datetime
) -> None:
    paid_in(payments, bea, dollars(500), now=now)
    give(sam, dollars(100), now=now)
    ready_for_earnings(payments, sam, now=now)
    made = sending(sam, "earnings", now)
    type(made).objects.filter(pk=made.pk).update(transfer_id=paying_out.transfer(made))
    with withdrawing.moving(made.pk, "send", by=None, now=now) as step:
        withdrawing.book_sent(step.withdrawal, now=now)
    record("withdrawal.settlement_asked", made, by=cleo, now=now, outcome="returned")
    with withdrawing.moving(made.pk, "give_up", by=mo, now=now) as step:
        withdrawing.book_borne(step.withdrawal, by=mo, now=now)
    before = ledger.balance(ledger.COMMISSION)
    reversals = payments.sandbox.client().v1.transfers.reversals
    for cents in (1000, 910):
        reversals.create(type(made).objects.get(pk=made.pk).transfer_id, {"amount": cents})
    for _again in range(2):
        reconciling.reconcile(now)
    assert ledger.balance(ledger.COMMISSION) - before == made.net == Money(1910)
    assert not ProviderMovement.objects.filter(entry=None).exists()


@pytest.mark.parametrize("name", ["transfer_id", "payout_id", "refund_id", "reversal_id"])
@pytest.mark.parametrize("has_ended", [False, True])
def test_not_what_belongs_to_a_withdrawal_however_it_stands(
    stray: ProviderMovement, top_up: TopUp, bea: User, cleo: User, now: datetime, name: str, has_ended: bool
) -> None:
    made = sending(bea, f"card-{top_up.fingerprint}", now + BOUND_FOR)
    type(made).objects.update(**{name: stray.source})
    if has_ended:
        paying_out_steps.stop(made.pk, "It is not yours.", now)
    ProviderMovement.objects.filter(pk=stray.pk).update(kind="unheard_of")
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


def test_the_admins_page_books_it(client: Client, stray: ProviderMovement, cleo: User, dora: User) -> None:
    ProviderMovement.objects.filter(pk=stray.pk).update(at=clock.now() - 2 * RECONCILED_WITHIN)
    client.force_login(cleo)
    page = reverse("admin:finance_providermovement_change", args=[quote(stray.pk)])
    words = "It is the operator&#x27;s own"
    assert words in client.get(page).content.decode()
    address = reverse("admin:finance_providermovement_decide", args=[quote(stray.pk)])
    answer = client.post(address, {"decision": "own", "reason": "A gift to a partner."})
    assert answer.headers["Location"] == page
    client.force_login(dora)
    shown = client.get(page).content.decode()
    assert "A gift to a partner." in shown
    assert words in shown
    client.post(address, {"decision": "own", "reason": "I know of it."})
    shown = client.get(page).content.decode()
    assert "A gift to a partner." in shown
    assert "I know of it." in shown
    assert words not in shown
    for unknown in ("txn_unknown", "1", quote("a/b")):
        nowhere = reverse("admin:finance_providermovement_decide", args=[unknown])
        assert client.post(nowhere, {"decision": "own", "reason": "Ours."}).status_code == 404
