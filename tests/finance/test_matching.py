"""Every kind of movement at the provider finds the one entry that booked it here, and nothing else (FIN-07)."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from accounts.models import User
from core.money import ZERO, Money, dollars
from core.refusals import OutOfTurn
from finance import ledger, proof
from finance.models import Entry, ProviderMovement, TopUp, Withdrawal
from finance.provider import ProviderDown, claims, origins, refunds
from finance.provider.claims import Movement
from finance.rules import BOUND_FOR
from finance.steps import reconciling, withdrawing
from tests.finance.cards import an_earner, by_card, claimed, of, won
from tests.finance.records import recorded
from tests.withdrawing import approved, ask

MINUTE = timedelta(minutes=1)
pytestmark = [pytest.mark.django_db, pytest.mark.rule("FIN-07")]


class ProvidersList:
    """What the provider would list, the latest first; it notes for which times it was asked."""

    def __init__(self) -> None:
        self.lines: list[Movement] = []
        self.asked: list[tuple[datetime, datetime | None]] = []

    def add(self, kind: str, source: str, cents: int, *, at: datetime, fee: int = 0, number: str = "") -> str:
        number = number or f"txn_{len(self.lines) + 1}"
        self.lines.insert(0, Movement(number, kind, source, Money(cents), Money(fee), at))
        return number

    def between(self, since: datetime, until: datetime | None) -> list[Movement]:
        self.asked.append((since, until))
        return [line for line in self.lines if line.at >= since and (until is None or line.at < until)]


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> ProvidersList:
    made = ProvidersList()
    monkeypatch.setattr(claims, "movements", made.between)
    # Of a refund that is none of ours it knows nothing, nor where a movement comes from.
    monkeypatch.setattr(refunds, "retrieve", lambda _refund_id: None)
    nowhere = origins.Origin(frozenset(), frozenset(), frozenset())
    monkeypatch.setattr(origins, "of", lambda _movement_id: nowhere)
    return made


def matched() -> dict[str, str]:
    """The key of the entry of each movement, empty while it has none."""
    return {each.pk: each.entry.key if each.entry else "" for each in ProviderMovement.objects.select_related("entry")}


def sent(user: User, now: datetime, route: str, **ids: str) -> Withdrawal:
    """A withdrawal of $20 that the provider has taken."""
    (made,) = ask(user, dollars(20), route, now=now)
    going = {"status": "sending", "batch": approved(now), "batch_due_at": None, "next_try_at": now}
    Withdrawal.objects.filter(pk=made.pk).update(**going, **ids)
    with withdrawing.moving(made.pk, "send", by=None, now=now) as step:
        withdrawing.book_sent(step.withdrawal, now=now)
    return step.withdrawal


def returned(withdrawal: Withdrawal, now: datetime) -> None:
    """The provider could not deliver it."""
    with withdrawing.moving(withdrawal.pk, "fail", by=None, now=now) as step:
        withdrawing.book_returned(step.withdrawal, now=now)


@pytest.mark.parametrize("kind", ["charge", "payment"])
def test_a_payment_finds_its_credit(listed: ProvidersList, bea: User, now: datetime, kind: str) -> None:
    lot = by_card(bea, dollars(50), now=now)
    by_card(bea, dollars(50), now=now)
    number = listed.add(kind, of(lot).charge_id, 5000, at=now)
    assert reconciling.reconcile(now) == 1
    kept = ProviderMovement.objects.get()
    assert (kept.pk, kept.kind, kept.source, kept.amount, kept.fee, kept.at) == (
        number,
        kind,
        of(lot).charge_id,
        dollars(50),
        ZERO,
        now,
    )
    assert matched() == {number: f"top_up:{lot.top_up_id}:credit"}
    assert reconciling.reconcile(now) == 0


@pytest.mark.parametrize("kind", ["refund", "payment_refund"])
def test_a_refund_to_a_card_finds_what_was_sent(listed: ProvidersList, bea: User, now: datetime, kind: str) -> None:
    by_card(bea, dollars(50), now=now)
    made = sent(bea, now + BOUND_FOR, "card-one card", refund_id="re_1")
    number = listed.add(kind, "re_1", -1910, at=now)
    reconciling.reconcile(now)
    assert matched() == {number: f"withdrawal:{made.pk}:sent"}


@pytest.mark.parametrize("kind", ["refund_failure", "payment_failure_refund"])
def test_a_refund_that_came_back_finds_its_return(listed: ProvidersList, bea: User, now: datetime, kind: str) -> None:
    by_card(bea, dollars(50), now=now)
    made = sent(bea, now + BOUND_FOR, "card-one card", refund_id="re_1")
    returned(made, now)
    number = listed.add(kind, "re_1", 1910, at=now)
    reconciling.reconcile(now)
    assert matched() == {number: f"withdrawal:{made.pk}:returned"}


def test_a_transfer_and_its_reversal_find_theirs(listed: ProvidersList, sam: User, now: datetime) -> None:
    made = sent(an_earner(sam, now=now), now, "earnings", transfer_id="tr_1", reversal_id="trr_1")
    out = listed.add("transfer", "tr_1", -1910, at=now)
    reconciling.reconcile(now)
    assert matched() == {out: f"withdrawal:{made.pk}:sent"}
    returned(made, now)
    back = listed.add("transfer_refund", "trr_1", 1910, at=now)
    reconciling.reconcile(now)
    assert matched() == {out: f"withdrawal:{made.pk}:sent", back: f"withdrawal:{made.pk}:returned"}


def test_what_a_bank_takes_and_gives_back_find_theirs(listed: ProvidersList, bea: User, now: datetime) -> None:
    lot = by_card(bea, dollars(50), now=now)
    found = claimed(lot, now=now)
    won(lot, now=now)
    # A bank's movements are booked under their own names.
    names = [f"txn_{lot.top_up_id}", f"txn_{lot.top_up_id}_back"]
    for name, cents in zip(names, (-5000, 5000), strict=True):
        listed.add("adjustment", str(found.dispute_id), cents, at=now, number=name)
    reconciling.reconcile(now)
    assert matched() == {name: f"chargeback:{found.pk}:{name}" for name in names}


@pytest.mark.parametrize("kind", ["charge", "refund", "refund_failure", "transfer", "transfer_refund", "unheard_of"])
def test_what_nobody_here_knows_stays_unmatched(listed: ProvidersList, bea: User, now: datetime, kind: str) -> None:
    by_card(bea, dollars(50), now=now)
    number = listed.add(kind, "nobody's", 100, at=now)
    assert reconciling.reconcile(now) == 1
    assert matched() == {number: ""}


def test_what_is_booked_later_is_matched_then(listed: ProvidersList, bea: User, now: datetime) -> None:
    number = listed.add("charge", "ch_late", 5000, at=now)
    reconciling.reconcile(now)
    lot = by_card(bea, dollars(50), now=now)
    TopUp.objects.update(charge_id="ch_late")
    reconciling.reconcile(now)
    assert matched() == {number: f"top_up:{lot.top_up_id}:credit"}


def test_one_entry_is_of_one_movement(listed: ProvidersList, bea: User, now: datetime) -> None:
    lot = by_card(bea, dollars(50), now=now)
    first = listed.add("charge", of(lot).charge_id, 5000, at=now)
    second = listed.add("charge", of(lot).charge_id, 5000, at=now)
    reconciling.reconcile(now)
    reconciling.reconcile(now)
    assert matched() == {first: f"top_up:{lot.top_up_id}:credit", second: ""}


def test_the_fee_of_a_movement_is_the_sites_cost(listed: ProvidersList, bea: User, now: datetime) -> None:
    lot = by_card(bea, dollars(50), now=now)
    number = listed.add("charge", of(lot).charge_id, 5000, at=now, fee=175)
    reconciling.reconcile(now + MINUTE)
    entry = Entry.objects.get(key=f"provider_fee:{number}")
    assert (entry.verb, entry.by, entry.at) == ("provider_fee", None, now + MINUTE)
    assert ledger.balance(ledger.PROCESSING) == -Money(175)
    assert ledger.balance(ledger.PROVIDER) == -Money(4825)
    assert ProviderMovement.objects.get().fee == Money(175)


def test_a_fee_by_itself_is_booked_and_matched_once(listed: ProvidersList, bea: User, now: datetime) -> None:
    by_card(bea, dollars(50), now=now)
    number = listed.add("stripe_fee", "", -300, at=now)
    for _again in range(2):
        reconciling.reconcile(now + MINUTE)
    assert matched() == {number: f"provider_fee:{number}:own"}
    entry = Entry.objects.get(key=f"provider_fee:{number}:own")
    assert (entry.verb, entry.by, entry.at) == ("provider_fee", None, now + MINUTE)
    assert (ledger.balance(ledger.PROCESSING), ledger.balance(ledger.PROVIDER)) == (-dollars(3), -dollars(47))


@pytest.mark.parametrize(("kind", "cents"), [("payout", -2000), ("payout_failure", 2000)])
def test_money_moved_to_the_sites_bank_is_still_the_sites(
    listed: ProvidersList, bea: User, now: datetime, kind: str, cents: int
) -> None:
    by_card(bea, dollars(50), now=now)
    number = listed.add(kind, "po_1", cents, at=now)
    for _again in range(2):
        reconciling.reconcile(now + MINUTE)
    assert matched() == {number: f"moved:{number}"}
    entry = Entry.objects.get(key=f"moved:{number}")
    assert (entry.verb, entry.by, entry.at) == ("moved", None, now + MINUTE)
    assert ledger.balance(ledger.BANK) == Money(cents)
    assert ledger.balance(ledger.PROVIDER) == -dollars(50) - Money(cents)


def test_the_list_is_asked_for_from_before_the_newest_known(listed: ProvidersList, now: datetime) -> None:
    listed.add("unheard_of", "", 1, at=now)
    listed.add("unheard_of", "", 2, at=now + MINUTE)
    assert reconciling.reconcile(now) == 2
    assert reconciling.reconcile(now) == 0
    assert listed.asked == [(now - reconciling.OVERLAP, None), (now + MINUTE - reconciling.OVERLAP, None)]


def test_a_long_list_is_kept_week_by_week_from_the_first_payment_on(
    listed: ProvidersList, bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that fails half way costs only what was asked for last."""
    first = by_card(bea, dollars(50), now=now)
    assert first.top_up
    begun = first.top_up.at
    for day in range(0, 20, 2):
        listed.add("unheard_of", "", 1, at=begun + timedelta(days=day), number=f"txn_{day}")

    def down_in_the_second_week(since: datetime, until: datetime | None) -> list[Movement]:
        if len(listed.asked) == 1:
            raise ProviderDown
        return listed.between(since, until)

    later = begun + timedelta(days=20)
    monkeypatch.setattr(claims, "movements", down_in_the_second_week)
    with pytest.raises(ProviderDown):
        reconciling.reconcile(later)
    assert set(matched()) == {"txn_0", "txn_2", "txn_4", "txn_6"}
    monkeypatch.setattr(claims, "movements", listed.between)
    assert reconciling.reconcile(later) == 6
    assert len(matched()) == 10
    week, begin = reconciling.WINDOW, begun - reconciling.OVERLAP
    again = begun + timedelta(days=6) - reconciling.OVERLAP
    assert listed.asked == [
        (begin, begin + week),
        (again, again + week),
        (again + week, again + 2 * week),
        (again + 2 * week, None),
    ]


@pytest.mark.rule("WDR-01")
def test_what_is_sent_leaves_the_fee_and_what_returns_brings_it_back(bea: User, now: datetime) -> None:
    lot = by_card(bea, dollars(50), now=now)
    made = sent(bea, now + BOUND_FOR, "card-one card")
    aside = f"payout:withdrawal:{made.pk}"
    entry = Entry.objects.get(key=f"withdrawal:{made.pk}:sent")
    assert (entry.verb, entry.reference, entry.by, entry.at) == ("payout", made.reference, None, now + BOUND_FOR)
    assert dict(entry.postings.values_list("account__key", "amount")) == {
        aside: -dollars(20),
        "provider:stripe": Money(1910),
        "platform:commission": Money(90),
    }
    lot.refresh_from_db()
    assert lot.left == dollars(30)
    returned(made, now + BOUND_FOR + MINUTE)
    entry = Entry.objects.get(key=f"withdrawal:{made.pk}:returned")
    assert (entry.verb, entry.reference, entry.by) == ("withdrawal_back", made.reference, None)
    assert entry.at == now + BOUND_FOR + MINUTE
    assert dict(entry.postings.values_list("account__key", "amount")) == {
        "provider:stripe": -Money(1910),
        "platform:commission": -Money(90),
        f"user:{bea.pk}:main": dollars(20),
    }
    lot.refresh_from_db()
    assert lot.left == dollars(50)
    kept = Withdrawal.objects.get()
    assert (kept.status, kept.ended_at, kept.next_try_at) == ("failed", now + BOUND_FOR + MINUTE, None)
    assert recorded(kept)[-1] == ("withdrawal.failed", None, now + BOUND_FOR + MINUTE, {"amount_cents": 2000})


@pytest.mark.parametrize("why", [ValueError("no entry moves nothing"), OutOfTurn("Not now.")])
def test_one_that_cannot_be_booked_keeps_no_other_from_it(
    listed: ProvidersList, bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch, why: Exception
) -> None:
    lot = by_card(bea, dollars(50), now=now)

    def cannot(_movement: ProviderMovement, _now: datetime) -> str:
        raise why

    monkeypatch.setitem(reconciling.FINDERS, "payout", cannot)
    bad = listed.add("payout", "po_1", -100, at=now)
    good = listed.add("charge", of(lot).charge_id, 5000, at=now + MINUTE)
    with capture_logs() as logs:
        reconciling.reconcile(now)
    assert matched() == {bad: "", good: f"top_up:{lot.top_up_id}:credit"}
    assert [(line["movement"], line["log_level"]) for line in logs if "movement" in line] == [(bad, "error")]


def test_a_provider_that_is_down_ends_the_run(
    listed: ProvidersList, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_movement: ProviderMovement, _now: datetime) -> str:
        raise ProviderDown

    monkeypatch.setitem(reconciling.FINDERS, "payout", down)
    listed.add("payout", "po_1", -100, at=now)
    with pytest.raises(ProviderDown):
        reconciling.reconcile(now)


@pytest.mark.parametrize("kind", ["payout", "stripe_fee", "unheard_of"])
def test_what_moved_nothing_needs_no_entry(listed: ProvidersList, bea: User, now: datetime, kind: str) -> None:
    by_card(bea, dollars(50), now=now)
    listed.add(kind, "po_1", 0, at=now)
    with capture_logs() as logs:
        reconciling.reconcile(now)
    assert [line for line in logs if "movement" in line] == []
    ProviderMovement.objects.update(at=now - timedelta(days=400))
    assert "movements" not in {check.law.name for check in proof.prove().broken}


@pytest.mark.parametrize("parts", [(1000, 910), (1910 + 1,), (1909,)])
def test_no_movement_finds_an_entry_over_another_sum(
    listed: ProvidersList, sam: User, now: datetime, parts: tuple[int, ...]
) -> None:
    """A transfer that somebody took back by hand, in parts."""
    made = sent(an_earner(sam, now=now), now, "earnings", transfer_id="tr_1", reversal_id="trr_1")
    returned(made, now)
    numbers = [listed.add("transfer_refund", f"trr_{len(parts) - at}", cents, at=now) for at, cents in enumerate(parts)]
    for _again in range(2):
        reconciling.reconcile(now)
    assert matched() == dict.fromkeys(numbers, "")
    ProviderMovement.objects.update(at=now - timedelta(days=400))
    assert {"movements", "provider"} <= {check.law.name for check in proof.prove().broken}


def test_movements_in_another_currency_are_no_money_of_ours(
    bea: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = by_card(bea, dollars(50), now=now)
    created = int(now.timestamp())
    lines = [
        SimpleNamespace(
            id=f"txn_{currency}", type=kind, source=source, amount=cents, fee=fee, currency=currency, created=created
        )
        for currency, kind, source, cents, fee in (
            ("usd", "charge", of(lot).charge_id, 5000, 0),
            ("eur", "charge", "ch_euros", 2400, 95),
            ("gbp", "payout", "po_pounds", -2000, 0),
        )
    ]
    monkeypatch.setattr(claims, "asked", lambda _call: SimpleNamespace(data=lines, has_more=False))
    with capture_logs() as logs:
        assert reconciling.reconcile(now) == 1
    assert matched() == {"txn_usd": f"top_up:{lot.top_up_id}:credit"}
    assert (ledger.balance(ledger.PROVIDER), ledger.balance(ledger.BANK)) == (-dollars(50), ZERO)
    assert ledger.balance(ledger.PROCESSING) == ZERO
    assert [line["movements"] for line in logs if line["log_level"] == "warning"] == [["txn_eur", "txn_gbp"]]
