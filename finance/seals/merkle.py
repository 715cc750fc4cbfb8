"""The tree over a day's leaves. An odd node at the end of a level rises to the next one as it is."""

from __future__ import annotations

from collections.abc import Sequence

from finance.verifier import EMPTY, node_hash

WIDTH = 32


def split(leaves: bytes) -> list[bytes]:
    """Stored leaves, one after another, as a list."""
    return [leaves[place : place + WIDTH] for place in range(0, len(leaves), WIDTH)]


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaves; of none, a fixed one."""
    return levels(leaves)[-1][0] if leaves else EMPTY


def levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Every level of the tree, the leaves first and the root last."""
    found: list[Sequence[bytes]] = [leaves]
    while len(found[-1]) > 1:
        found.append(_above(found[-1]))
    return found


def path(tree: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """The siblings that lead from a leaf to the root, the lowest first."""
    siblings = []
    for level in tree[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            siblings.append(level[sibling])
        index //= 2
    return siblings


def _above(level: Sequence[bytes]) -> list[bytes]:
    pairs = [node_hash(level[place], level[place + 1]) for place in range(0, len(level) - 1, 2)]
    return [*pairs, level[-1]] if len(level) % 2 else pairs
