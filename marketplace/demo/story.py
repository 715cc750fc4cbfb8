"""What the people of the sign-in page find: Bea's orders with Sam in every state, and a little of Sten's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random

from accounts.models import User
from arbitration.models import Mediator
from core.money import Money, dollars
from finance import ledger
from kworks.models import Extra, Kwork
from marketplace.demo.clockwork import Act
from marketplace.demo.goods import STAR, Good
from marketplace.demo.money import add_funds, announce, promote, redeem, rounded_up
from marketplace.demo.people import FINANCE, SUPPORT
from marketplace.demo.sales import Fate, Sale
from marketplace.demo.shelf import Shelf

TARGET = dollars(200)  # what Bea has left to spend
Script = Sequence[tuple[float, str]]

# Each line is one order: (hours ago, act).
WITH_SAM: list[Script] = [
    [(1450, "place"), (1449.5, "brief"), (1445, "start"), (1410, "deliver"), (1400, "accept"), (1396, "praise")],
    [(960, "place"), (959, "brief"), (955, "start"), (920, "deliver"), (900, "send_back"), (890, "deliver_again")],
    [(300, "place"), (299, "brief"), (294, "start"), (262, "deliver"), (250, "accept")],
    [(64, "place"), (63.5, "brief"), (60, "start"), (58, "ask"), (57, "answer"), (19, "deliver")],
    [(30, "place"), (29.5, "brief"), (26, "start"), (25, "ask"), (22, "answer")],
    [(70, "place"), (69.8, "brief"), (66, "start"), (44, "deliver"), (18, "send_back")],
    [(3.2, "place")],
    [(150, "place"), (149.75, "cancel")],
    [(90, "place"), (89, "brief"), (80, "start"), (20, "ask_to_cancel")],
    [(200, "place"), (199, "brief"), (190, "start"), (140, "deliver"), (100, "open_case"), (80, "state")],
    [
        (420, "place"),
        (419, "brief"),
        (410, "start"),
        (370, "deliver"),
        (360, "open_case"),
        *([(350, "state"), (330, "claim"), (320, "tell"), (280, "decide"), (270, "praise")]),
    ],
    [(60, "place"), (58, "reject")],
    [(45, "place"), (44.5, "brief"), (40, "start"), (9, "offer")],
]
STEN_FROM_SAM: Script = [(90, "place"), (89.9, "brief"), (80, "start"), (50, "deliver")]
BEA_FROM_STEN: Script = [(6, "place"), (5.8, "brief")]
BEA_FROM_INES: Script = [(190, "place"), (189, "brief")]
MEDIATORS = {"ines_paints": 1_500, "sten": 1_000}  # cents for a mediation
ABOUT_MEDIATORS = "Has settled many such things. Reads everything, answers within two days."
LATE_BY = 14.0  # hours that one of Sam's deliveries to Bea is overdue


class Scripted(Sale):
    """An order whose acts have fixed moments."""

    def play(self, script: Script) -> None:
        acts: dict[str, Act] = {
            "place": self.place,
            "brief": self.brief,
            "ask": self._said(self.seller, "questions"),
            "answer": self._said(self.buyer, "answers"),
            "start": self.start,
            "deliver": self.deliver,
            "send_back": self.send_back,
            "deliver_again": self.deliver_again,
            "accept": self.accept,
            "praise": self.praise,
            "cancel": self.cancel,
            "ask_to_cancel": self.dispute.ask_to_cancel,
            "open_case": self.dispute.open,
            "state": self.dispute.state,
            "claim": self.dispute.ask,
            "tell": self.dispute.answer,
            "decide": self.dispute.decide,
            "reject": self.dispute.reject,
            "offer": self.dispute.offer,
        }
        for hours, act in script:
            self.clockwork.at(self.clockwork.end - timedelta(hours=hours), acts[act])

    def _then(self, now: datetime, wait: timedelta, act: Act) -> None:
        """Nothing follows by itself."""

    def _extras(self, kwork: Kwork) -> dict[str, int]:
        return {str(extra.pk): 1 for extra in Extra.objects.filter(kwork=kwork, days__gt=0)[:1]}


def tell(shelf: Shelf, goods: list[Good], people: dict[str, User], chance: Random) -> None:
    """Plan the orders of Bea, Sam and Sten."""
    clockwork, bea, sten = shelf.clockwork, people["bea"], people["sten"]
    of_sam = sorted((good for good in goods if good.seller == STAR), key=lambda good: -int(good.typed["lead_days"]))
    of_sten = [good for good in goods if good.seller == "sten"]
    of_ines = [good for good in goods if good.seller == "ines_paints"]

    def sale(buyer: User, good: Good, fate: Fate = Fate.ACCEPTED) -> Scripted:
        return Scripted(
            clockwork,
            chance,
            buyer,
            people[good.seller],
            lambda: shelf.kworks[good.number],
            good.trade,
            fate,
            support=people[SUPPORT],
        )

    for login, cents in MEDIATORS.items():
        mediator = Mediator(user=people[login], fee=Money(cents), about=ABOUT_MEDIATORS)
        clockwork.at(clockwork.end - timedelta(days=100), partial(_admit, mediator))
    for place, script in enumerate(WITH_SAM):
        sale(bea, of_sam[place % len(of_sam)]).play(script)
    sale(bea, of_sam[0]).play(_overdue(of_sam[0]))
    sale(sten, of_sam[-1]).play(STEN_FROM_SAM)
    sale(bea, of_sten[0]).play(BEA_FROM_STEN)
    sale(bea, of_ines[0]).play(BEA_FROM_INES)
    clockwork.at(clockwork.end - timedelta(hours=40), lambda now: add_funds(bea, dollars(50), now=now, paid=False))
    clockwork.at(clockwork.end - timedelta(hours=2), lambda now: _fill_purse(bea, now))
    clockwork.at(clockwork.end - timedelta(days=20), partial(promote, by=people[FINANCE[0]]))
    clockwork.at(clockwork.end - timedelta(days=5), partial(redeem, sten))
    clockwork.at(clockwork.end - timedelta(hours=30), partial(announce, sten, dollars(250)))


def _admit(mediator: Mediator, now: datetime) -> None:
    mediator.admitted_at = now
    mediator.save()


def _overdue(good: Good) -> Script:
    """An order whose lead time ran out some hours ago."""
    started = int(good.typed["lead_days"]) * 24 + LATE_BY + 48
    return [(started + 4, "place"), (started, "start"), (started - 1, "ask"), (started - 3, "brief")]


def _fill_purse(bea: User, now: datetime) -> None:
    missing = TARGET - ledger.balance(ledger.main_of(bea))
    if missing.cents > 0:
        add_funds(bea, rounded_up(missing), now=now)
