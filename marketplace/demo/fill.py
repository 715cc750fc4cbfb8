"""Filling an empty site: people, kworks, orders, each at its moment of the last months, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.core.cache import cache
from django.db import connection
from django.db.models import F

from accounts.models import User
from kworks.models import Kwork
from marketplace.demo import payouts, referrals
from marketplace.demo import people as who
from marketplace.demo.clockwork import Clockwork, nothing_leaves, one_transaction
from marketplace.demo.goods import COUNT, STAR, SURE, Good, all_goods
from marketplace.demo.pictures import painters
from marketplace.demo.sales import Fate, Sale
from marketplace.demo.shelf import PAUSED_EVERY, Shelf, not_on_sale
from marketplace.demo.story import tell
from notifications.models import Letter, Notice
from orders.models import Order

SEED = "workhall"
SALES = 220
UNFINISHED = 14  # kworks that are not on sale yet
FIRST_KWORK, LAST_KWORK = timedelta(days=215), timedelta(days=2)
FIRST_SALE = timedelta(days=170)
GROWTH = 1.6  # the larger, the more orders are recent
EVENNESS = 5  # the smaller, the more orders go to a few kworks
READ_AFTER = timedelta(hours=3)
UNREAD_MOST = 3
FATES = {
    Fate.ACCEPTED: 69,
    Fate.RETURNED: 11,
    Fate.UNANSWERED: 6,
    Fate.LATE: 3,
    Fate.NEVER_STARTED: 2,
    Fate.NEVER_DELIVERED: 1,
    Fate.MISTAKE: 3,
    Fate.DISPUTED: 3,
    Fate.CALLED_OFF: 2,
}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Filled:
    """What there is afterward."""

    users: int
    kworks: int
    orders: int


def fill(now: datetime, *, say: Say, kworks: int = COUNT, sales: int = SALES) -> Filled:
    """Make the demo up to `now`; when it is interrupted the site is as empty as before."""
    chance = Random(SEED)  # noqa: S311 - the same demo each time
    with painters() as brushes, nothing_leaves(), one_transaction():
        clockwork = Clockwork(now)
        say(f"Registering {len(who.everyone())} people.")
        people = who.settle(brushes, chance, now)
        referrals.bring(people, now)
        goods, spare = _goods(kworks, chance)
        shelf = Shelf(people, people[who.MODERATOR], brushes, chance, clockwork)
        on_sale = _plan_kworks(shelf, goods, spare, chance)
        _plan_sales(shelf, on_sale, sales, chance)
        tell(shelf, goods, people, chance)
        payouts.plan(clockwork, people)
        say(f"Writing {kworks} kworks and placing {sales} orders, day by day.")
        clockwork.run()
        _tidy(chance, now)
    cache.clear()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Filled(User.objects.count(), Kwork.objects.count(), Order.objects.count())


def _goods(count: int, chance: Random) -> tuple[list[Good], list[Good]]:
    goods = all_goods(chance, count + UNFINISHED)
    spare = [good for good in goods if good.seller not in SURE.values()][-UNFINISHED:]
    return [good for good in goods if good not in spare], spare


def _plan_kworks(
    shelf: Shelf, goods: list[Good], spare: list[Good], chance: Random
) -> dict[int, tuple[Good, datetime]]:
    """Spread the kworks over the months; returns those that can be ordered, with the moment from which."""
    end = shelf.clockwork.end
    ages = {good.number: chance.uniform(LAST_KWORK.total_seconds(), FIRST_KWORK.total_seconds()) for good in goods}
    for good in goods:
        if good.seller in SURE.values():
            ages[good.number] = FIRST_KWORK.total_seconds() * chance.uniform(0.8, 1.0)
    in_turn = sorted(goods, key=lambda good: -ages[good.number])
    shelf.paint(in_turn)
    found = {good.number: (good, shelf.plan(good, end - timedelta(seconds=ages[good.number]))) for good in in_turn}
    shelf.paint(not_on_sale(shelf, spare))
    return {number: each for number, each in found.items() if number % PAUSED_EVERY != PAUSED_EVERY - 1}


def _plan_sales(shelf: Shelf, on_sale: dict[int, tuple[Good, datetime]], count: int, chance: Random) -> None:
    """Orders grow more frequent toward today; a few kworks are ordered often and most now and then."""
    end, people = shelf.clockwork.end, shelf.people
    offers = list(on_sale.values())
    chance.shuffle(offers)
    liking = {good.number: 1 / (place + EVENNESS) for place, (good, _since) in enumerate(offers)}
    clients = [people[person.login] for person in who.buyers() if person.login != "bea" for _often in range(3)]
    clients += [people[person.login] for person in who.sellers()]
    for _number in range(count):
        at = end - FIRST_SALE * chance.random() ** GROWTH
        buyer = chance.choice(clients)
        found = [good for good, since in offers if since < at and good.seller != buyer.login]
        if found:
            good = chance.choices(found, [liking[each.number] for each in found])[0]
            shelf.clockwork.at(at, _a_sale(shelf, good, buyer, chance).place)


def _a_sale(shelf: Shelf, good: Good, buyer: User, chance: Random) -> Sale:
    return Sale(
        shelf.clockwork,
        chance,
        buyer,
        shelf.people[good.seller],
        lambda: shelf.kworks[good.number],
        good.trade,
        chance.choices(list(FATES), list(FATES.values()))[0],
        briefed=chance.random() < 0.93,
        feedback=chance.random() < 0.8,
        quantity=chance.choices([1, 2, 3], [85, 11, 4])[0],
        support=shelf.people[who.SUPPORT],
    )


def _tidy(chance: Random, now: datetime) -> None:
    """The past is past: its letters are not sent any more, and most of its notices have been read."""
    Letter.objects.all().delete()
    who.come_by(chance, now)
    for user in User.objects.order_by("pk"):
        unread = UNREAD_MOST if user.login in ("bea", STAR) else chance.randint(0, UNREAD_MOST)
        newest = Notice.objects.filter(user=user).order_by("-id").values("pk")[:unread]
        Notice.objects.filter(user=user).exclude(pk__in=newest).update(read_at=F("at") + READ_AFTER)
