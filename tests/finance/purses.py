"""Money as plain numbers, by where it came from: the model that the books are held against."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Purse:
    """What one person has, in cents: what is left of each payment, by its lot, what is bound to none, and bonus.

    `cards` are the payments by card, by lot; the other lots are of checks. Nothing of `lost` ones can be withdrawn.
    """

    lots: dict[int, int] = field(default_factory=dict)
    cards: dict[int, int] = field(default_factory=dict)
    free: int = 0
    bonus: int = 0
    lost: set[int] = field(default_factory=set)

    @property
    def main(self) -> int:
        return self.free + sum(self.lots.values())

    def spend(self, cents: int) -> dict[int, int]:
        """Take from payments, the oldest first, then from the rest, which is named 0."""
        return self._take(cents, [*sorted(self.lots), 0])

    def give_up(self, cents: int, own: int) -> dict[int, int]:
        """Take from one payment, then from what is bound to none, then from other checks, then from cards, the oldest first."""
        others = sorted((number in self.cards, number) for number in self.lots if number != own)
        return self._take(cents, [own, 0, *(number for _by_card, number in others)])

    def earnings(self) -> list[int]:
        """Where a withdrawal of what is bound to no card takes from: the rest first, then checks that did not bounce."""
        return [0, *sorted(number for number in self.lots if number not in self.cards.keys() | self.lost)]

    def left(self, numbers: list[int]) -> int:
        return sum(self.lots[number] if number else self.free for number in numbers)

    def _take(self, cents: int, order: list[int]) -> dict[int, int]:
        taken: dict[int, int] = {}
        for number in order:
            taken[number] = min(self.left([number]), cents)
            cents -= taken[number]
            self.put_back({number: -taken[number]})
        assert not cents
        return taken

    def withdraw(self, cents: int, lot: int) -> dict[int, int]:
        """Set aside what one card paid in, or, of no lot, what is bound to no card."""
        return self._take(cents, [lot] if lot else self.earnings())

    def put_back(self, parts: dict[int, int]) -> None:
        for number, cents in parts.items():
            if number:
                self.lots[number] += cents
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
    """A payment that was taken back: what the balance gave by then, and what is owed. Of a check, `top_up` is 0."""

    who: int
    lot: int
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
