"""What people do meanwhile: orders placed and moved by the real verbs, and a journal of what was seen to be committed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Event, Lock, Thread
from uuid import uuid4

from django.db import Error, connection, transaction

from accounts.models import User
from arbitration.rules import REASONS
from arbitration.steps import canceling
from core import clock
from core.money import dollars
from core.refusals import Refusal
from kworks.models import Kwork
from orders.models import Order, Status
from orders.moves import Actor
from orders.steps import checkout, ending, thread, work
from tests.stage import Stage, a_person, give

BUYERS, SELLERS, PLAYERS = 12, 6, 4
PAUSE = 0.05  # seconds between two deeds of a player: the letters of all of it have to be sent, too
LEAP_EVERY = 3.0  # seconds
LEAP_HOURS = (2, 9)
TEXT = "Killed or not, this is written once."

Deed = Callable[[Order, datetime, Random], str]


@dataclass
class Journal:
    """What was seen to be committed, and what may have been: the database went away while it was done."""

    orders: list[int] = field(default_factory=list)
    seen: Counter[tuple[int, str]] = field(default_factory=Counter)
    maybe: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    unplaced: int = 0
    lock: Lock = field(default_factory=Lock)

    def done(self, order: int, kind: str) -> None:
        with self.lock:
            self.seen[order, kind] += 1

    def placed(self, order: int) -> None:
        with self.lock:
            self.orders.append(order)
            self.seen[order, "order.placed"] += 1

    def unsure(self, order: int) -> None:
        with self.lock:
            self.maybe[order] += 1


def _cancel(order: Order, now: datetime, chance: Random) -> str:
    reason = chance.choice(list(REASONS.values()))
    by = order.buyer if reason.actor is Actor.BUYER else order.seller
    effect = canceling.cancel(order.pk, reason.rule, text=TEXT, by=by, now=now)
    return "order.canceled" if effect.at_once else "order.cancel_asked"


def _write(order: Order, now: datetime, chance: Random) -> str:
    thread.write(order.pk, text=TEXT, by=chance.choice([order.buyer, order.seller]), now=now)
    return "order.message"


def _deed(kind: str, verb: Callable[[Order, datetime], object]) -> Deed:
    def do(order: Order, now: datetime, _chance: Random) -> str:
        verb(order, now)
        return kind

    return do


_brief = _deed("order.briefed", lambda o, now: work.send_information(o.pk, text=TEXT, by=o.buyer, now=now))
_start = _deed("order.started", lambda o, now: work.start(o.pk, by=o.seller, now=now))
_deliver = _deed("order.delivered", lambda o, now: work.deliver(o.pk, text=TEXT, by=o.seller, now=now))
_accept = _deed("order.completed", lambda o, now: ending.accept(o.pk, by=o.buyer, now=now))
_return = _deed("order.returned", lambda o, now: work.return_for_revision(o.pk, reasons=TEXT, by=o.buyer, now=now))
_confirm = _deed("order.canceled", lambda o, now: canceling.confirm(o.pk, by=o.seller, now=now))
_decline = _deed("order.cancel_declined", lambda o, now: canceling.decline(o.pk, text=TEXT, by=o.seller, now=now))

# What is tried where an order stands, by weight; much of it is left to the clock.
DEEDS: dict[str, dict[Deed, int]] = {
    Status.PLACED: {_start: 5, _brief: 1, _write: 1, _cancel: 1},
    Status.IN_WORK: {_deliver: 5, _brief: 1, _write: 1, _cancel: 1, _confirm: 1, _decline: 1},
    Status.DELIVERED: {_accept: 2, _return: 2, _write: 1, _cancel: 1, _confirm: 1},
}


class Play:
    """A cast, the threads in which it acts, and the time machine that runs beside it."""

    def __init__(self, chance: Random, orders: int) -> None:
        self.chance, self.most = chance, orders
        self.journal = Journal()
        self.stopped = Event()
        self.kworks: list[Kwork] = []
        self.buyers: list[User] = []
        self.threads: list[Thread] = []

    def prepare(self) -> None:
        """People with money, and kworks on sale."""
        now = clock.now()
        self.buyers = [a_person(f"buyer{n}", f"Buyer {n}", now=now) for n in range(BUYERS)]
        for buyer in self.buyers:
            give(buyer, dollars(50 * self.most), now=now)
        for n in range(SELLERS):
            seller = a_person(f"seller{n}", f"Seller {n}", now=now)
            self.kworks.append(Stage(buyer=self.buyers[0], seller=seller, now=now).a_kwork())

    def start(self) -> None:
        acts = [self._play] * PLAYERS + [self._leap]
        self.threads = [Thread(target=act, args=(Random(self.chance.random()),), daemon=True) for act in acts]
        for each in self.threads:
            each.start()

    def stop(self) -> None:
        self.stopped.set()
        for each in self.threads:
            each.join()

    def _play(self, chance: Random) -> None:
        while not self.stopped.wait(PAUSE):
            if len(self.journal.orders) < self.most and chance.random() < 0.3:
                self._place(chance)
            elif self.journal.orders:
                self._act(chance.choice(self.journal.orders), chance)
        connection.close()

    def _place(self, chance: Random) -> None:
        """Press the button until the site answers, as a person would: it is one order however often it was pressed."""
        buyer, kwork, token = chance.choice(self.buyers), chance.choice(self.kworks), uuid4()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                now = clock.now()
                choice = checkout.choose(
                    kwork, quantity=1, extras={}, shown_total=kwork.price, token=token, by=buyer, now=now
                )
                self.journal.placed(checkout.place(choice.pk, by=buyer, now=now).pk)
            except Error:
                _reconnect()
            else:
                return
        self.journal.unplaced += 1

    def _act(self, pk: int, chance: Random) -> None:
        began = False
        try:
            order = Order.objects.select_related("buyer", "seller").get(pk=pk)
            deeds = DEEDS.get(order.status)
            if not deeds:
                return
            deed = chance.choices(list(deeds), list(deeds.values()))[0]
            now, began = clock.now(), True
            self.journal.done(pk, deed(order, now, chance))
        except Refusal:
            self.journal.refused += 1
        except Error:
            if began:
                self.journal.unsure(pk)
            _reconnect()

    def _leap(self, chance: Random) -> None:
        while not self.stopped.wait(LEAP_EVERY):
            leap(timedelta(hours=chance.uniform(*LEAP_HOURS)))
        connection.close()


def leap(by: timedelta) -> None:
    """Move the site's clock on; when the database is away it stays."""
    try:
        with transaction.atomic():
            clock.move_forward(by)
    except Error:
        _reconnect()


def _reconnect() -> None:
    connection.close()
    time.sleep(0.3)
