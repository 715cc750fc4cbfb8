"""Money as plain numbers, by where it came from: the model that the books are held against."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Purse:
    """What one person has, in cents: what is left of each payment, what is bound to none, bonus; and what they owe."""

    lots: dict[int, int] = field(default_factory=dict)
    free: int = 0
    bonus: int = 0
    lost: set[int] = field(default_factory=set)

    @property
    def main(self) -> int:
        return self.free + sum(self.lots.values())

    def spend(self, cents: int, first: int = 0) -> dict[int, int]:
        """Take from payments, the oldest first, then from the rest, which is named 0."""
        taken: dict[int, int] = {}
        for top_up in sorted(self.lots, key=lambda number: (number != first, number)):
            taken[top_up] = min(self.lots[top_up], cents)
            self.lots[top_up] -= taken[top_up]
            cents -= taken[top_up]
        taken[0] = cents
        self.free -= cents
        return taken

    def put_back(self, parts: dict[int, int]) -> None:
        for top_up, cents in parts.items():
            if top_up:
                self.lots[top_up] += cents
            else:
                self.free += cents


@dataclass
class Pot:
    """What one order holds, by where it came from."""

    buyer: int
    parts: dict[int, int]
    bonus: int
    open: bool = True

    @property
    def total(self) -> int:
        return sum(self.parts.values()) + self.bonus


@dataclass
class Asked:
    """A withdrawal: what was set aside, by where it came from, and whether it was sent."""

    who: int
    parts: dict[int, int]
    stands: str = "requested"


@dataclass
class Claimed:
    """A payment that a bank took back: what the balance gave by then, and what is owed."""

    who: int
    top_up: int
    cents: int
    gave: dict[int, int]
    owed: int
    state: str = "open"


def shared(cents: int, parts: dict[int, int]) -> dict[int, int]:
    """In proportion, odd cents to the largest remainders, the first of equals first; the rest, named 0, comes last."""
    order = [*sorted(number for number in parts if number and parts[number]), 0]
    total = sum(parts.values())
    exact = {number: (cents * parts.get(number, 0)) for number in order}
    got = {number: value // total for number, value in exact.items()}
    odd = cents - sum(got.values())
    for number in sorted(order, key=lambda n: (-(exact[n] % total), order.index(n)))[:odd]:
        got[number] += 1
    return got
