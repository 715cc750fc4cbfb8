"""Putting kworks on sale: written by their sellers, looked at by Mo, some of them not accepted."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from core.uploads import receive
from kworks.models import Picture
from kworks.rules import CARD_SIZE, LARGE_SIZE
from kworks.steps import drafting, moderation, publishing
from marketplace.demo.clockwork import Clockwork
from marketplace.demo.goods import Good, a_good, category_tree, name_of
from marketplace.demo.pictures import Cover, CoverWish, Painters
from marketplace.demo.words import talk, trades

PAUSED_EVERY = 60
WRITING = timedelta(minutes=40)


@dataclass
class Shelf:
    """Every kwork by its good's number, as far as it has come."""

    people: dict[str, User]
    moderator: User
    painters: Painters
    chance: Random
    clockwork: Clockwork
    kworks: dict[int, int] = field(default_factory=dict)
    covers: dict[int, Future[Cover]] = field(default_factory=dict)

    def paint(self, goods: list[Good]) -> None:
        """Ask for the covers in the order in which they will be needed."""
        for good in goods:
            wish = CoverWish(good.trade.kind, good.seed, good.caption, CARD_SIZE, LARGE_SIZE)
            self.covers[good.number] = self.painters.cover(wish)

    def plan(self, good: Good, begun: datetime) -> datetime:
        """Let a kwork be written, sent and accepted; returns when it goes on sale."""
        accepted = begun + timedelta(hours=self.chance.uniform(3, 40))
        self.clockwork.at(begun, lambda now: self.write(good, now))
        self.clockwork.at(begun + WRITING, lambda now: self.submit(good, now))
        self.clockwork.at(accepted, lambda now: self.accept(good, now))
        if good.number % PAUSED_EVERY == PAUSED_EVERY - 1:
            self.clockwork.at(self.clockwork.end - timedelta(days=3), lambda now: self.pause(good, now))
        return accepted

    def write(self, good: Good, now: datetime) -> None:
        seller = self.people[good.seller]
        kwork = drafting.begin_draft(by=seller, now=now, typed=good.typed)
        self.kworks[good.number] = kwork.pk
        cover = self.covers[good.number].result()
        file = SimpleUploadedFile(f"cover-{good.trade.category}.jpg", cover.upload)
        picture = drafting.add_image(kwork.pk, receive(file, by=seller, now=now, images_only=True), by=seller, now=now)
        _fill(picture, cover, good.number, now)

    def submit(self, good: Good, now: datetime) -> None:
        drafting.submit(self.kworks[good.number], by=self.people[good.seller], now=now)

    def accept(self, good: Good, now: datetime) -> None:
        moderation.accept(self.kworks[good.number], revision=0, by=self.moderator, now=now)

    def pause(self, good: Good, now: datetime) -> None:
        publishing.pause(self.kworks[good.number], by=self.people[good.seller], now=now)

    def return_(self, good: Good, now: datetime) -> None:
        reasons = dict(self.chance.sample(talk()["returned"], 2))
        moderation.return_with_reasons(self.kworks[good.number], reasons, revision=0, by=self.moderator, now=now)

    def reject(self, good: Good, reason: str, now: datetime) -> None:
        moderation.reject(self.kworks[good.number], reason, revision=0, by=self.moderator, now=now)


def not_on_sale(shelf: Shelf, spare: list[Good]) -> list[Good]:
    """Besides what is sold: drafts that are being written, wait for Mo, were returned or were rejected."""
    end, clockwork = shelf.clockwork.end, shelf.clockwork
    doubtful = _doubtful(len(spare) + 1_000_000, shelf.chance)
    for place, good in enumerate([*spare, *doubtful]):
        begun = end - timedelta(hours=shelf.chance.uniform(4, 30))
        if place == 0:  # the one that has waited longer than staff should let it
            begun = end - timedelta(hours=55)
        clockwork.at(begun, lambda now, good=good: shelf.write(good, now))  # type: ignore[misc]
        if good in doubtful or place % 4 != 3:
            clockwork.at(begun + WRITING, lambda now, good=good: shelf.submit(good, now))  # type: ignore[misc]
        if good in doubtful:
            reason = talk()["rejected"][doubtful.index(good)]
            clockwork.at(begun + 3 * WRITING, lambda now, g=good, r=reason: shelf.reject(g, r, now))  # type: ignore[misc]
        elif place % 4 == 2:
            clockwork.at(begun + 3 * WRITING, lambda now, good=good: shelf.return_(good, now))  # type: ignore[misc]
    return [*spare, *doubtful]


def _doubtful(first: int, chance: Random) -> list[Good]:
    goods, tree = [], category_tree()
    for place, (section, category, title, description) in enumerate(talk()["doubtful"]):
        trade = next(each for each in trades() if (each.section, each.category) == (section, category))
        good = a_good(first + place, trade, title, "sofia_edits", tree[name_of(trade)], chance)
        good.typed["description"] = description
        goods.append(good)
    return goods


def _fill(picture: Picture, cover: Cover, number: int, now: datetime) -> None:
    """What the task that makes the sizes would do, with sizes that are there already."""
    picture.card.save(f"demo-{number}.webp", ContentFile(cover.card), save=False)
    picture.large.save(f"demo-{number}.webp", ContentFile(cover.large), save=False)
    picture.made_at = now
    picture.save(update_fields=["card", "large", "made_at"])
