"""Any story of cards, orders, withdrawals and banks against a model that counts cents by where they came from (FIN-06, WDR-02).

The model knows nothing of ledgers: it keeps for each person what is left of each payment and what is bound to none. After each
story all the laws of the books are proven. STORIES=2000 in the environment plays so many.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import User
from core.money import Money
from core.refusals import Invalid, NotAllowed, OutOfTurn, Refusal
from finance import escrow, ledger, proof
from finance.models import (
    Chargeback,
    Lot,
    OfflineStatus,
    OfflineWay,
    PayoutDetails,
    TopUp,
    Withdrawal,
    WithdrawalStatus,
)
from finance.provider.checkout import PaymentSession
from finance.provider.claims import Claim
from finance.queries import withdrawable
from finance.queries.withdrawable import EARNINGS
from finance.rules import BOUND_FOR, COLLECT_EVERY
from finance.steps import chargebacks, offline, paying_out, top_ups, withdrawals
from finance.steps.withdrawing import moving
from tests.finance.announced import came
from tests.finance.purses import Asked, Claimed, Pot, Purse, shared
from tests.stage import give_bonus
from tests.withdrawing import approved, sign_a_form

CENTS = st.integers(min_value=1_000, max_value=20_000)
CHECKS = st.integers(min_value=2_000, max_value=90_000)
PEOPLE = st.integers(min_value=0, max_value=2)
STORIES = int(os.environ.get("STORIES", "8"))
_numbers = count(1)


class AnyMoney(RuleBasedStateMachine):
    """The same verbs, done to the books and to plain numbers."""

    people: list[User]
    staff: list[User]
    now: datetime
    pots = Bundle("pots")

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.purses = [Purse() for _ in self.people]
        self.held: dict[str, Pot] = {}
        self.asked: dict[int, Asked] = {}
        self.claims: dict[int, Claimed] = {}
        self.commission = self.received = self.banked = self.promised = 0

    def teardown(self) -> None:
        found = proof.breaches()
        transaction.savepoint_rollback(self.savepoint)
        assert found == []

    @rule(who=PEOPLE, cents=CENTS)
    def pay_in(self, who: int, cents: int) -> None:
        number = next(_numbers)
        top_up = TopUp.objects.create(
            user=self.people[who], amount=Money(cents), session_id=f"cs_{number}", at=self.now, check_due_at=self.now
        )
        paid = PaymentSession(
            f"cs_{number}", "", "complete", True, Money(cents), "usd", f"pi_{number}", f"ch_{number}", "card"
        )
        for _again in range(2):
            top_ups.learn(f"cs_{number}", paid, self.now)
        self._bound(who, Lot.objects.get(top_up=top_up), cents)
        self.purses[who].cards[max(self.purses[who].lots)] = top_up.pk
        self.received += cents

    def _bound(self, who: int, lot: Lot, cents: int) -> None:
        self.purses[who].lots[lot.pk] = cents

    @rule(who=PEOPLE, cents=CHECKS)
    def check_in(self, who: int, cents: int) -> None:
        payment = came(self.people[who], Money(cents), self.staff[0], way=OfflineWay.CHECK, now=self.now)
        if payment.status == OfflineStatus.SECOND:
            offline.confirm(payment.pk, Money(cents), f"Statement 8, {payment.code}", by=self.staff[1], now=self.now)
        self._bound(who, Lot.objects.get(announced=payment), cents)
        self.banked += cents

    @rule(who=PEOPLE)
    def bounce(self, who: int) -> None:
        purse = self.purses[who]
        good = sorted(number for number in purse.lots if number not in purse.cards.keys() | purse.lost)
        if not good:
            return
        payment = Lot.objects.get(pk=good[0]).announced
        assert payment is not None
        offline.take_back(payment.pk, "It bounced.", by=self.staff[2], now=self.now)
        cents = payment.received.cents if payment.received else 0
        self._stopped(who)
        paid = min(purse.main, cents)
        purse.lost.add(good[0])
        made = Chargeback.objects.get(announced=payment)
        self.claims[made.pk] = Claimed(who, good[0], 0, cents, purse.give_up(paid, good[0]), cents - paid, "lost")
        self.banked -= cents

    def _stopped(self, who: int) -> None:
        """What was asked for and not sent is on the balance again."""
        for asked in self.asked.values():
            if asked.who == who and asked.stands == "requested":
                asked.stands = "ended"
                self.purses[who].put_back(asked.parts)

    @rule(who=PEOPLE, cents=CENTS)
    def bonus(self, who: int, cents: int) -> None:
        give_bonus(self.people[who], Money(cents), now=self.now)
        self.purses[who].bonus += cents
        self.promised += cents

    @rule(target=pots, who=PEOPLE, hundredths=st.integers(min_value=1, max_value=11_000), bonus_first=st.booleans())
    def order(self, who: int, hundredths: int, bonus_first: bool) -> str:
        key, purse, buyer = f"order:{len(self.held)}", self.purses[who], self.people[who]
        cents = 1 + (purse.main + purse.bonus) * hundredths // 10_000
        owed = sum(claim.owed for claim in self.claims.values() if claim.who == who)
        usable = max(0, purse.main - owed)
        covered = cents <= usable + purse.bonus
        bonus = min(purse.bonus, cents) if bonus_first else max(0, cents - usable)
        try:
            escrow.hold(key, buyer, Money(cents), bonus_first=bonus_first, reference=key, by=buyer, now=self.now)
        except escrow.ShortBalance:
            assert not covered
            return "order:none"
        assert covered
        purse.bonus -= bonus
        self.held[key] = Pot(who, purse.spend(cents - bonus), bonus)
        return key

    def _open(self, key: str) -> Pot | None:
        pot = self.held.get(key)
        return pot if pot and pot.open else None

    @rule(key=pots, seller=PEOPLE)
    def complete(self, key: str, seller: int) -> None:
        pot = self._open(key)
        share = Money(pot.total if pot else 0).share(8_000)
        try:
            escrow.release(key, self.people[seller], share, reference=key, by=None, now=self.now)
        except Refusal:
            assert pot is None
            return
        assert pot is not None
        pot.open = False
        self.purses[seller].free += share.cents
        self.commission += pot.total - share.cents

    @rule(key=pots)
    def cancel(self, key: str) -> None:
        pot = self._open(key)
        buyer = self.held[key].buyer if key in self.held else 0
        try:
            escrow.refund(key, self.people[buyer], reference=key, by=None, now=self.now)
        except Refusal:
            assert pot is None
            return
        assert pot is not None
        pot.open = False
        self.purses[pot.buyer].put_back(pot.parts)
        self.purses[pot.buyer].bonus += pot.bonus

    @rule(key=pots, seller=PEOPLE, hundredths=st.integers(min_value=1, max_value=9_999))
    def split(self, key: str, seller: int, hundredths: int) -> None:
        pot = self._open(key)
        if pot is None or pot.buyer == seller:
            return
        back = pot.total * hundredths // 10_000
        share = Money(pot.total - back).share(8_000)
        escrow.split(
            key,
            self.people[pot.buyer],
            self.people[seller],
            refunded=Money(back),
            seller_share=share,
            reference=key,
            by=None,
            now=self.now,
        ) if back else None
        if not back:
            return
        pot.open = False
        bonus = back * pot.bonus // pot.total
        purse = self.purses[pot.buyer]
        purse.bonus += bonus
        if back - bonus:
            purse.put_back(shared(back - bonus, pot.parts))
        self.purses[seller].free += share.cents
        self.commission += pot.total - back - share.cents

    def _blocked(self, who: int) -> bool:
        return any(each.who == who and (each.state == "open" or each.owed) for each in self.claims.values())

    @rule(who=PEOPLE, hundredths=st.integers(min_value=1, max_value=11_000), nth=st.integers(min_value=0, max_value=3))
    def withdraw(self, who: int, hundredths: int, nth: int) -> None:
        user, purse, later = self.people[who], self.purses[who], self.now + BOUND_FOR
        bound = [number for number in sorted(purse.cards) if purse.lots[number]]
        route, most, lot = EARNINGS, purse.left(purse.earnings()), 0
        if nth and nth <= len(bound):
            lot = bound[nth - 1]
            route, most = f"payment-{purse.cards[lot]}", 0 if lot in purse.lost else purse.lots[lot]
        cents = most * hundredths // 10_000
        net = Money(cents) - Money(cents).share(450)
        try:
            (made,) = withdrawals.request(user, Money(cents), route, net=net, by=user, now=later)
        except (Invalid, NotAllowed):
            assert cents > most or cents < 1_000 or self._blocked(who)
            return
        assert 1_000 <= cents <= most
        assert not self._blocked(who)
        self.asked[made.pk] = Asked(who, purse.withdraw(cents, lot))

    @precondition(lambda self: self.asked)
    @rule(nth=st.integers(min_value=0, max_value=5), what=st.sampled_from(["cancel", "send", "refuse", "fail"]))
    def go_on(self, nth: int, what: str) -> None:
        pk = sorted(self.asked)[nth % len(self.asked)]
        asked, withdrawal = self.asked[pk], Withdrawal.objects.select_related("user", "top_up").get(pk=pk)
        if what == "cancel":
            try:
                withdrawals.cancel(pk, by=self.people[asked.who], now=self.now)
            except OutOfTurn:
                assert asked.stands != "requested"
                return
            asked.stands = "ended"
            self.purses[asked.who].put_back(asked.parts)
        elif what in ("send", "refuse") and asked.stands == "requested":
            self._release(withdrawal)
            if what == "send":
                withdrawal = paying_out._sent(withdrawal, self.now, refund_id=f"re_{pk}")
                asked.stands = "sent"
                self.received -= withdrawal.net.cents
                self.commission += withdrawal.fee.cents
            else:
                paying_out._declined(withdrawal, "no", self.now)
                asked.stands = "ended"
                self.purses[asked.who].put_back(asked.parts)
        elif what == "fail" and asked.stands == "sent":
            for _again in range(2):
                paying_out._returned(withdrawal, "no", self.now)
            asked.stands = "ended"
            self.received += withdrawal.net.cents
            self.commission -= withdrawal.fee.cents
            self.purses[asked.who].put_back(asked.parts)

    def _release(self, withdrawal: Withdrawal) -> None:
        with moving(withdrawal.pk, "batch", by=None, now=self.now) as step:
            step.withdrawal.batch = approved(self.now)
        with moving(withdrawal.pk, "approve", by=None, now=self.now) as step:
            step.withdrawal.next_try_at = self.now
        withdrawal.status = WithdrawalStatus.SENDING

    def _claim(self, top_up: int, state: str, cents: int, taken: int) -> Claim:
        moved = [(f"txn_{top_up}", -Money(cents))]
        if not taken:
            moved.append((f"txn_{top_up}_back", Money(cents)))
        return Claim(f"dp_{top_up}", state, Money(cents), tuple(moved), "fraudulent", "", top_up)

    @rule(who=PEOPLE)
    def charge_back(self, who: int) -> None:
        purse = self.purses[who]
        known = {each.lot for each in self.claims.values()}
        sent = {number for each in self.asked.values() if each.stands == "sent" for number in each.parts}
        numbers = [number for number in sorted(purse.cards) if number not in known | sent]
        if not numbers:
            return
        top_up = purse.cards[numbers[0]]
        cents = TopUp.objects.get(pk=top_up).amount.cents
        for _again in range(2):
            made = chargebacks.learn(top_up, self._claim(top_up, "open", cents, cents), self.now)
        self._stopped(who)
        paid = min(purse.main, cents)
        gave = purse.give_up(paid, numbers[0])
        self.claims[made.pk] = Claimed(who, numbers[0], top_up, cents, gave, cents - paid)
        self.received -= cents

    @precondition(lambda self: self.claims)
    @rule(nth=st.integers(min_value=0, max_value=3), won=st.booleans())
    def decide(self, nth: int, won: bool) -> None:
        pk = sorted(self.claims)[nth % len(self.claims)]
        claim = self.claims[pk]
        if claim.state != "open":
            return
        claim.state = "won" if won else "lost"
        said = self._claim(claim.top_up, claim.state, claim.cents, 0 if won else claim.cents)
        for _again in range(2):
            chargebacks.learn(claim.top_up, said, self.now)
        purse = self.purses[claim.who]
        if won:
            purse.put_back(claim.gave)
            claim.owed = 0
            self.received += claim.cents
        else:
            purse.lost.add(claim.lot)

    @precondition(lambda self: self.claims)
    @rule(nth=st.integers(min_value=0, max_value=3))
    def collect(self, nth: int) -> None:
        pk = sorted(self.claims)[nth % len(self.claims)]
        claim, purse = self.claims[pk], self.purses[self.claims[pk].who]
        moment = Chargeback.objects.get(pk=pk).collect_due_at
        if moment is None:
            assert not claim.owed
            return
        chargebacks.collect(pk, max(moment, self.now + COLLECT_EVERY))
        paid = min(purse.main, claim.owed)
        for number, part in purse.give_up(paid, claim.lot).items():
            claim.gave[number] = claim.gave.get(number, 0) + part
        claim.owed -= paid

    @invariant()
    def the_books_agree_with_the_numbers(self) -> None:
        lots = dict(Lot.objects.values_list("pk", "left"))
        for user, purse in zip(self.people, self.purses, strict=True):
            assert ledger.balance(ledger.main_of(user)).cents == purse.main
            assert ledger.balance(ledger.bonus_of(user)).cents == purse.bonus
            assert {number: lots[number].cents for number in purse.lots} == purse.lots
        for key, pot in self.held.items():
            assert escrow.held_in(key).cents == (pot.total if pot.open else 0)
        for pk, asked in self.asked.items():
            aside = ledger.balance(ledger.payout_of(f"withdrawal:{pk}", self.people[asked.who])).cents
            assert aside == (sum(asked.parts.values()) if asked.stands == "requested" else 0)
        for pk, claim in self.claims.items():
            assert -ledger.balance(ledger.chargeback_of(pk)).cents == claim.owed
        assert ledger.balance(ledger.COMMISSION).cents == self.commission
        assert ledger.balance(ledger.PROVIDER).cents == -self.received
        assert ledger.balance(ledger.BANK).cents == -self.banked
        assert ledger.balance(ledger.PROMOTION).cents == -self.promised


@pytest.mark.rule("FIN-06")
@pytest.mark.rule("FIN-01")
@pytest.mark.rule("FIN-03")
@pytest.mark.rule("PAY-01")
@pytest.mark.rule("CAN-16")
@pytest.mark.rule("WDR-02")
@pytest.mark.rule("WDR-04")
def test_any_story_of_money_ends_with_the_right_balances(bea: User, sam: User, sten: User, now: datetime) -> None:
    long_ago = now - timedelta(days=30)
    for number, user in enumerate((bea, sam, sten)):
        sign_a_form(user, now=long_ago)
        PayoutDetails.objects.create(
            user=user,
            account_id=f"acct_{number}",
            card_id="card_1",
            brand="Visa",
            last4="5556",
            enabled=True,
            at=long_ago,
        )
    AnyMoney.people, AnyMoney.now = [bea, sam, sten], now
    AnyMoney.staff = [User.objects.create_superuser(login, f"{login}@example.org") for login in ("mo", "ben", "cleo")]
    assert withdrawable.sources(bea, now)
    run_state_machine_as_test(
        AnyMoney,
        settings=settings(
            max_examples=STORIES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
