"""What each seller sells, in the words of the form: chosen by chance, the same each time."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from core.money import dollars
from kworks.content import ADDS, SAVES
from kworks.models import Attribute, AttributeKind, Category, Pricing
from kworks.rules import PRICE_LEAST, TITLE_MOST
from marketplace.demo.people import SECTIONS, sellers
from marketplace.demo.words import Person, Trade, talk, trades

COUNT = 300
STAR = "sam"
# What Bea orders is surely on sale, for long, and however small the demo.
SURE = {"logos": STAR, "brand-identity": STAR, "websites": "sten", "illustration": "ines_paints"}
SURE_EVERY = 3
STRIDE = 7
# Plausible answers for numbers that no trade says more about.
NUMBERS: dict[str, tuple[int, int]] = {
    "words": (500, 1500),
    "minutes": (30, 60),
    "pages": (1, 8),
    "seconds": (10, 60),
    "sizes": (3, 6),
    "drafts": (2, 4),
    "products": (10, 40),
    "posts": (8, 16),
    "slides": (8, 20),
    "screens": (3, 8),
    "area": (15, 60),
}
SOME = (1, 10)


@dataclass(frozen=True)
class Good:
    """One kwork to be: whose it is, what is typed into the form, and what its cover is drawn from."""

    number: int
    seller: str
    trade: Trade
    caption: str
    typed: dict[str, Any]

    @property
    def seed(self) -> str:
        return f"{self.number} {self.typed['title']}"


def all_goods(chance: Random, count: int = COUNT) -> list[Good]:
    """So many kworks over the whole tree; each trade's titles are used up before any comes again with a twist."""
    shares = [trade for trade in trades() for _each in range(trade.share)]
    sure = [trade for trade in trades() if trade.category in SURE]
    picked = sure + [shares[number * STRIDE % len(shares)] for number in range(count - len(sure))]
    used: dict[str, int] = {}
    goods, tree = [], category_tree()
    for number, trade in enumerate(picked):
        place = used.get(name_of(trade), 0)
        used[name_of(trade)] = place + 1
        seller = _seller(trade, place, chance)
        goods.append(a_good(number, trade, _title(trade, place, chance), seller.login, tree[name_of(trade)], chance))
    return goods


def a_good(number: int, trade: Trade, title: str, seller: str, category: Category, chance: Random) -> Good:
    """One kwork with everything its category asks for."""
    fixed = category.pricing == Pricing.FIXED
    typed = {
        "category": str(category.pk),
        "title": title,
        "description": _description(trade, chance),
        "volume": trade.volume[0] if fixed else chance.choice(trade.volume),
        "price": str(category.price if fixed else _price(trade, category, chance)),
        "lead_days": str(chance.randint(*trade.days)),
        "instruction": f"Please send me: {trade.ask[0].lower()}{trade.ask[1:]}",
        "attributes": {each.key: _answer(each, trade, chance) for each in category.attributes.all()},
        "extras": _extras(trade, chance),
    }
    return Good(number, seller, trade, chance.choice(trade.captions), typed)


def category_tree() -> dict[str, Category]:
    """Every category with its attributes, by section/category."""
    categories = Category.objects.filter(parent__isnull=False).select_related("parent").prefetch_related("attributes")
    return {f"{each.parent.slug}/{each.slug}": each for each in categories if each.parent}


def name_of(trade: Trade) -> str:
    """Where a trade stands in the tree: section/category."""
    return f"{trade.section}/{trade.category}"


def _title(trade: Trade, place: int, chance: Random) -> str:
    title = trade.titles[place % len(trade.titles)]
    if place < len(trade.titles):
        return title
    twisted: list[str] = [twist.format(title=title) for twist in talk()["twists"]]
    return chance.choice([each for each in twisted if len(each) <= TITLE_MOST])


def _seller(trade: Trade, place: int, chance: Random) -> Person:
    if trade.category in SURE and place % SURE_EVERY == 0:
        return next(person for person in sellers() if person.login == SURE[trade.category])
    return chance.choice([each for each in sellers() if trade.section in SECTIONS[each.trade] and each.login != STAR])


def _description(trade: Trade, chance: Random) -> str:
    common = trade.common
    parts = [chance.choice(common.openings), chance.choice(trade.about), chance.choice(common.closings)]
    return "\n\n".join(parts)


def _price(trade: Trade, category: Category, chance: Random) -> object:
    least, most = trade.price or (10, 60)
    step = category.price_step
    above = max(0, dollars(least).cents - category.price.cents) // step.cents
    reach = max(1, (dollars(most).cents - category.price.cents) // step.cents)
    # Most prices lie in the lower half of what the trade takes.
    steps = min(round(chance.triangular(above, reach, above + (reach - above) * 0.25)), reach)
    return max(PRICE_LEAST, category.price + step * steps)


def _extras(trade: Trade, chance: Random) -> list[dict[str, str]]:
    chosen = chance.sample(trade.common.extras, chance.randint(1, len(trade.common.extras)))
    return [
        {"title": title, "price": str(price), "days": str(abs(days) or ""), "way": SAVES if days < 0 else ADDS}
        for title, price, days in chosen
    ]


def _answer(attribute: Attribute, trade: Trade, chance: Random) -> str | list[str]:
    keys = [option["key"] for option in attribute.options]
    match AttributeKind(attribute.kind):
        case AttributeKind.CHOICE:
            return str(chance.choice(keys))
        case AttributeKind.CHOICES:
            return chance.sample(keys, min(len(keys), chance.randint(1, 3)))
        case AttributeKind.NUMBER:
            least, most = trade.numbers.get(attribute.key) or NUMBERS.get(attribute.key, SOME)
            step = 100 if most >= 1000 else 5 if most >= 30 else 1
            return str(chance.randrange(least, most + 1, step))
        case AttributeKind.YES_NO:
            return chance.choice(["yes", "yes", "no"])
