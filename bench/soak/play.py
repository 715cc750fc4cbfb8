"""What people, staff and banks do while the provider fails: through the site's verbs and the sandbox's own pages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from threading import Event, Lock, Thread
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from arbitration.steps import canceling
from core import clock
from core.money import Money, dollars
from core.refusals import Refusal
from finance.models import Batch, BatchStatus, PayoutDetails, TopUp, Withdrawal
from finance.queries import withdrawable
from finance.queries.withdrawable import EARNINGS
from finance.steps import batches, chargebacks, payout_details, top_ups, withdrawals
from kworks.models import Kwork
from orders.models import Order, Status
from orders.steps import checkout, ending, work
from tests.sandbox import send, visit
from tests.stage import Stage, a_person
from tests.withdrawing import sign_a_form

PEOPLE, PLAYERS = 8, 3
PAUSE = 0.03
LEAP_EVERY, LEAP = 2.0, timedelta(hours=44)
DAY_SECONDS = 24 * 60 * 60
CARDS = ("4242424242424242", "5555555555554444", "4000056655665556")
ODD_CARDS = ("4000000000000259", "4000000000000002")  # disputes, is declined
PAYOUT_CARDS = ("4000056655665556", "5200828282828210", "4000056655665572")
FAULTS = {
    "fail_one_in": 7,
    "cut_one_in": 9,
    "delay_one_in": 5,
    "delay_ms": 300,
    "duplicate_webhooks": True,
    "reorder": True,
}
FEE_BASIS_POINTS = 290


class Play:
    """A cast, the threads in which it acts, and the time machine that runs beside it."""

    def __init__(self, chance: Random, seed: int) -> None:
        self.chance, self.seed = chance, seed
        self.done: Counter[str] = Counter()
        self.lock, self.stopped = Lock(), Event()
        self.threads: list[Thread] = []
        self.people: list[User] = []
        self.staff: list[User] = []
        self.kworks: list[Kwork] = []
        self.claims: set[str] = set()

    def prepare(self) -> None:
        """People with payout cards and tax forms, kworks on sale, two of staff; then faults are switched on."""
        now = clock.now()
        self.staff = [User.objects.create_superuser(f"staff{n}", f"staff{n}@example.org") for n in range(2)]
        self.people = [a_person(f"person{n}", f"Person {n}", now=now) for n in range(PEOPLE)]
        for number, person in enumerate(self.people):
            self.kworks.append(Stage(buyer=self.people[number - 1], seller=person, now=now).a_kwork(price=dollars(20)))
            sign_a_form(person, now=now)
            page = payout_details.change(person, by=person, now=now)
            visit(page, {"number": PAYOUT_CARDS[number % len(PAYOUT_CARDS)], "expiry": "12 / 40", "cvc": "123"})
            payout_details.refresh(PayoutDetails.objects.get(user=person).account_id or "", now - timedelta(days=30))
        control("fees", {"fee_basis_points": FEE_BASIS_POINTS})
        control("faults", {**FAULTS, "seed": self.seed})

    def start(self) -> None:
        acts = [self._play] * PLAYERS + [self._leap]
        self.threads = [Thread(target=act, args=(Random(self.chance.random()),), daemon=True) for act in acts]
        for each in self.threads:
            each.start()

    def stop(self) -> None:
        self.stopped.set()
        for each in self.threads:
            each.join()

    def calm(self) -> None:
        """The provider is well again, and every bank decides."""
        control("faults", {})

    def finish(self) -> None:
        """Banks decide, staff approve what there is, and time passes on both sides."""
        for claim in self._open_claims():
            control(f"decide/{claim}", {"outcome": self.chance.choice(["won", "lost"])})
        self._approve(self.chance)
        control("clock", {"advance": DAY_SECONDS})
        with transaction.atomic():
            clock.move_forward(LEAP)

    def _open_claims(self) -> list[str]:
        found = json.loads(send("GET", f"{settings.STRIPE_API_BASE}/v1/disputes?limit=100", "", _key())[2])
        # Faults strike here, too.
        return [each["id"] for each in found.get("data", []) if each["status"] == "needs_response"]

    def _leap(self, _chance: Random) -> None:
        while not self.stopped.wait(LEAP_EVERY):
            with transaction.atomic():
                clock.move_forward(LEAP)
        connection.close()

    def _play(self, chance: Random) -> None:
        deeds: list[Callable[[Random], str]] = [
            *[self._pay_in] * 4,
            *[self._order] * 4,
            *[self._go_on] * 6,
            *[self._withdraw] * 3,
            self._cancel,
            self._approve,
            self._claim,
        ]
        chance.shuffle(deeds)
        while not self.stopped.wait(PAUSE):
            try:
                name = chance.choice(deeds)(chance)
            except Refusal as refusal:
                name = f"refused ({type(refusal).__name__})"
            except OSError:
                name = "no answer"
            with self.lock:
                self.done[name] += 1
        connection.close()

    def _pay_in(self, chance: Random) -> str:
        user, now = chance.choice(self.people), clock.now()
        top_up = top_ups.begin(user, Money(chance.randint(1_000, 20_000)), by=user, now=now)
        if chance.random() < 0.15:
            return "left unpaid"
        card = chance.choice(ODD_CARDS if chance.random() < 0.1 else CARDS)
        typed = {"number": card, "expiry": "12 / 40", "cvc": "123", "name": "P", "email": user.email}
        visit(top_up.payment_url, typed)
        if top_up.session_id and chance.random() < 0.5:  # the others wait for the webhook or the timer
            top_ups.settle(top_up.session_id, clock.now())
        return "paid in"

    def _order(self, chance: Random) -> str:
        buyer, kwork, now = chance.choice(self.people), chance.choice(self.kworks), clock.now()
        if kwork.seller_id == buyer.pk:
            return "nothing"
        many = chance.randint(1, 3)
        choice = checkout.choose(
            kwork, quantity=many, extras={}, shown_total=kwork.price * many, token=uuid4(), by=buyer, now=now
        )
        checkout.place(choice.pk, by=buyer, now=now)
        return "ordered"

    def _go_on(self, chance: Random) -> str:
        order = Order.objects.select_related("buyer", "seller").exclude(status=Status.COMPLETED).order_by("?").first()
        if order is None:
            return "nothing"
        now = clock.now()
        if order.status == Status.PLACED:
            if chance.random() < 0.3:
                canceling.cancel(order.pk, "CAN-01", by=order.buyer, now=now)
                return "canceled an order"
            work.start(order.pk, by=order.seller, now=now)
        elif order.status == Status.IN_WORK:
            work.deliver(order.pk, text="Here.", by=order.seller, now=now)
        elif order.status == Status.DELIVERED:
            ending.accept(order.pk, by=order.buyer, now=now)
        return "went on"

    def _withdraw(self, chance: Random) -> str:
        user, now = chance.choice(self.people), clock.now()
        found = [source for source in withdrawable.sources(user, now) if source.now >= dollars(10)]
        if not found:
            return "nothing"
        source = chance.choice(found)
        amount = Money(chance.randint(1_000, source.now.cents))
        withdrawals.request(user, amount, source.route, net=source.net(amount), by=user, now=now)
        return "asked for earnings" if source.route == EARNINGS else "asked for card money"

    def _cancel(self, chance: Random) -> str:
        found = Withdrawal.objects.filter(status="requested").select_related("user").order_by("?").first()
        if found is None or chance.random() < 0.5:
            return "nothing"
        withdrawals.cancel(found.pk, by=found.user, now=clock.now())
        return "took a request back"

    def _approve(self, _chance: Random) -> str:
        for batch in Batch.objects.exclude(status=BatchStatus.APPROVED):
            for by in self.staff:
                seen = batches.digest_of(Withdrawal.objects.filter(batch=batch, status="batched"))
                try:
                    batches.approve(batch.pk, digest=seen, by=by, now=clock.now())
                except Refusal:
                    continue
        return "approved"

    def _claim(self, chance: Random) -> str:
        claims = self._open_claims()
        if claims and chance.random() < 0.8:
            control(f"decide/{chance.choice(claims)}", {"outcome": chance.choice(["won", "lost"])})
            return "a bank decided"
        paid = TopUp.objects.filter(status="paid").exclude(charge_id="").order_by("?").first()
        if paid is None:
            return "nothing"
        made = control(f"dispute/{paid.charge_id}", {})
        if "id" in made and chance.random() < 0.5:
            chargebacks.settle(str(made["id"]), clock.now())
        return "a bank took back" if "id" in made else "nothing"


def control(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST to the sandbox's control API; what it refuses comes back as its error."""
    headers = {"Content-Type": "application/json"}
    answer: dict[str, Any] = json.loads(
        send("POST", f"{settings.STRIPE_API_BASE}/_control/{path}", json.dumps(body), headers)[2]
    )
    return answer


def _key() -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"}
