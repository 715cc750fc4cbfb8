"""Orders from placing to feedback: each act plans the next one, and the clock decides how far it comes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property
from random import Random
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from arbitration.models import WaitsFor
from arbitration.steps import canceling, cases, rejecting
from core.models import Upload
from core.money import Money
from core.uploads import receive
from kworks.models import Extra, Kwork
from marketplace.demo.clockwork import KNOCK, Act, Clockwork, sweep
from marketplace.demo.money import cover_price
from marketplace.demo.words import Section, Trade, talk
from orders.models import Order, Policy
from orders.moves import Actor
from orders.steps import checkout, ending, offers, thread, work
from reputation import steps as reputation

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Fate(Enum):
    """What becomes of an order if the clock lets it."""

    ACCEPTED = "accepted"
    RETURNED = "returned"  # once, and accepted then
    UNANSWERED = "unanswered"  # accepted by time
    LATE = "late"  # delivered after the deadline
    NEVER_STARTED = "never started"
    NEVER_DELIVERED = "never delivered"
    MISTAKE = "mistake"
    DISPUTED = "disputed"  # taken to arbitration, and split in the end
    CALLED_OFF = "called off"  # the buyer asks, the seller confirms


@dataclass
class Sale:
    """One order to be. `briefed` off: the buyer keeps the seller waiting for the information."""

    clockwork: Clockwork
    chance: Random
    buyer: User
    seller: User
    kwork: Callable[[], int]
    trade: Trade
    fate: Fate
    briefed: bool = True
    feedback: bool = True
    quantity: int = 1
    order: int = 0
    timer: datetime | None = None
    support: User | None = None

    @cached_property
    def dispute(self) -> Dispute:
        return Dispute(self)

    @property
    def words(self) -> Section:
        return self.trade.common

    def place(self, now: datetime) -> None:
        kwork = Kwork.objects.get(pk=self.kwork())
        extras = self._extras(kwork)
        quote = checkout.quote(kwork, self.quantity, extras)
        cover_price(self.buyer, quote.total, now=now)
        token = UUID(int=self.chance.getrandbits(128), version=4)
        choice = checkout.choose(
            kwork, quantity=self.quantity, extras=extras, shown_total=quote.total, token=token, by=self.buyer, now=now
        )
        order = checkout.place(choice.pk, by=self.buyer, now=now)
        self.order = order.pk
        self._set(order.start_due_at)
        if self.fate is Fate.MISTAKE:
            self._then(now, self._minutes(3, 17), self.cancel)
            return
        if self.briefed:
            self._then(now, self._minutes(2, 55), self.brief)
        if self.fate is not Fate.NEVER_STARTED:
            self._then(now, self._hours(1.2, 15), self.start)

    def brief(self, now: datetime) -> None:
        files = self._files(self.buyer, "information", now) if self.chance.random() < 0.3 else []
        text = self.chance.choice(self.words.briefs)
        work.send_information(self.order, text=text, files=files, by=self.buyer, now=now)

    def start(self, now: datetime) -> None:
        work.start(self.order, by=self.seller, now=now)
        order = self._read()
        self._set(order.deadline)
        lead = max(HOUR, (order.deadline or now) - now)
        if self.chance.random() < 0.6:
            self._then(now, self._minutes(3, 40), self._said(self.seller, "questions"))
            self._then(now, self._minutes(50, 200), self._said(self.buyer, "answers"))
        if lead > timedelta(days=3) and self.chance.random() < 0.5:
            self._then(now, lead * 0.4, self._said(self.seller, "progress"))
        if self.fate is Fate.CALLED_OFF:
            self._then(now, lead * 0.5, self.dispute.ask_to_cancel)
            return
        if self.fate is Fate.LATE:
            self._then(now, lead + self._hours(2, 30), self.deliver)
        elif self.fate is not Fate.NEVER_DELIVERED:
            self._then(now, lead * self.chance.uniform(0.35, 0.9), self.deliver)

    def deliver(self, now: datetime) -> None:
        files = self._files(self.seller, self.trade.category, now)
        text = self.chance.choice(self.words.deliveries)
        work.deliver(self.order, text=text, files=files, by=self.seller, now=now)
        self._set(self._read().review_due_at)
        if self.fate is Fate.UNANSWERED:
            self._then(now, timedelta(days=4), self.praise)
            return
        answers = {Fate.RETURNED: self.send_back, Fate.DISPUTED: self.dispute.open}
        self._then(now, self._hours(2, 60), answers.get(self.fate, self.accept))

    def send_back(self, now: datetime) -> None:
        reasons = self.chance.choice(self.words.returns)
        work.return_for_revision(self.order, reasons=reasons, by=self.buyer, now=now)
        self._set(self._read().deadline)
        self._then(now, self._hours(3, 18), self.deliver_again)

    def deliver_again(self, now: datetime) -> None:
        files = self._files(self.seller, f"{self.trade.category}-2", now)
        work.deliver(self.order, text=self.chance.choice(talk()["mends"]), files=files, by=self.seller, now=now)
        self._set(self._read().review_due_at)
        self._then(now, self._hours(2, 40), self.accept)

    def accept(self, now: datetime) -> None:
        if self.chance.random() < 0.5:
            thread.write(self.order, text=self.chance.choice(talk()["thanks"]), by=self.buyer, now=now - MINUTE)
        ending.accept(self.order, by=self.buyer, now=now)
        self._set(None)
        self._then(now, self._hours(0.1, 50), self.praise)

    def praise(self, now: datetime) -> None:
        """Feedback, mostly good; it is worse after trouble."""
        if not self.feedback:
            return
        troubled = self.fate in (Fate.LATE, Fate.RETURNED)
        positive = self.chance.random() < (0.78 if troubled else 0.98)
        text = self.chance.choice(self.words.likes if positive else self.words.dislikes)
        reputation.leave_feedback(self.order, positive=positive, text=text, by=self.buyer, now=now)

    def cancel(self, now: datetime) -> None:
        canceling.cancel(self.order, "CAN-01", by=self.buyer, now=now)
        self._set(None)

    def _set(self, due: datetime | None) -> None:
        """The order's timer now: the sweeps run when it falls due, unless another one runs by then."""
        self.timer = due
        if due is not None:
            self.clockwork.at(due + KNOCK, lambda now: sweep(now) if self.timer == due else None)

    def _said(self, who: User, kind: str) -> Act:
        text = self.chance.choice(talk()[kind])

        def write(now: datetime) -> None:
            if self._read().is_open:
                thread.write(self.order, text=text, by=who, now=now)

        return write

    def _then(self, now: datetime, wait: timedelta, act: Act) -> None:
        self.clockwork.at(now + wait, act)

    def _read(self) -> Order:
        return Order.objects.get(pk=self.order)

    def _extras(self, kwork: Kwork) -> dict[str, int]:
        if self.chance.random() < 0.6:
            return {}
        offered = list(Extra.objects.filter(kwork=kwork))
        return {str(extra.pk): 1 for extra in self.chance.sample(offered, min(len(offered), 1))}

    def _files(self, owner: User, name: str, now: datetime) -> list[Upload]:
        file = SimpleUploadedFile(f"{name}.zip", _archive(name))
        return [receive(file, by=owner, now=now)]

    def _hours(self, least: float, most: float) -> timedelta:
        return HOUR * self.chance.uniform(least, most)

    def _minutes(self, least: float, most: float) -> timedelta:
        return MINUTE * self.chance.uniform(least, most)


@dataclass
class Dispute:
    """What the two sides of a sale do when they disagree; support decides after some days."""

    sale: Sale
    case: int = 0

    @property
    def words(self) -> dict[str, Any]:
        found: dict[str, Any] = talk()["disputes"]
        return found

    def ask_to_cancel(self, now: datetime) -> None:
        canceling.cancel(self.sale.order, "CAN-03", text=self.words["reason"], by=self.sale.buyer, now=now)
        self.sale._then(now, self.sale._hours(2, 40), self.confirm)

    def confirm(self, now: datetime) -> None:
        canceling.confirm(self.sale.order, by=self.sale.seller, now=now)
        self.sale._set(None)

    def decline(self, now: datetime) -> None:
        canceling.decline(self.sale.order, text=self.words["no"], by=self.sale.seller, now=now)

    def open(self, now: datetime) -> None:
        text = self.sale.chance.choice(self.words["claims"])
        self.case = cases.open_case(self.sale.order, text=text, by=self.sale.buyer, now=now).pk
        self.sale._set(None)
        self.sale._then(now, self.sale._hours(3, 30), self.state)

    def state(self, now: datetime) -> None:
        text = self.sale.chance.choice(self.words["views"])
        cases.state(self.case, text=text, by=self.sale.seller, now=now)
        self.sale._then(now, self.sale._hours(5, 30), self.ask)

    def ask(self, now: datetime) -> None:
        cases.claim(self.case, by=self._support, now=now)
        cases.note(self.case, text=self.words["note"], by=self._support, now=now + MINUTE)
        cases.ask(self.case, WaitsFor.BUYER, text=self.words["question"], by=self._support, now=now + 2 * MINUTE)
        self.sale._then(now, self.sale._hours(2, 20), self.answer)

    def answer(self, now: datetime) -> None:
        cases.state(self.case, text=self.words["answer"], by=self.sale.buyer, now=now)
        self.sale._then(now, self.sale._hours(20, 60), self.decide)

    def decide(self, now: datetime) -> None:
        order = self.sale._read()
        third = Money(order.total.cents // 3)
        decision = cases.Decision(third, Actor.BUYER, beyond_order=False, reason=self.words["decision"])
        cases.decide(self.case, decision, by=self._support, now=now)

    def reject(self, now: datetime) -> None:
        work.change_policy(self.sale.order, Policy.REJECTION, by=self._support, now=now)
        rejecting.reject(self.sale.order, text=self.words["rejection"], by=self.sale.buyer, now=now + HOUR)
        self.sale._set(None)

    def offer(self, now: datetime) -> None:
        extra = Extra.objects.filter(kwork=self.sale._read().kwork_id).first()
        if extra is not None:
            offers.offer(self.sale.order, extra, quantity=1, text=self.words["grown"], by=self.sale.seller, now=now)

    @property
    def _support(self) -> User:
        assert self.sale.support is not None
        return self.sale.support


def _archive(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/read-me.txt", "A file of the demo. In a real order this would be the work.\n")
    return out.getvalue()
