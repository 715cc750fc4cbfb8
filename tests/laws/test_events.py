"""Every kind of event that is recorded is known to the list of reactions."""

from __future__ import annotations

import ast

from finance.moves import MOVES as TOP_UP_MOVES
from kworks.moves import MOVES as KWORK_MOVES
from marketplace.reactions import REACTIONS
from orders.moves import ENDS as ORDER_ENDS
from orders.moves import MOVES as ORDER_MOVES
from tests.laws.source import modules, nodes

LEAST = 20  # a law that finds nothing proves nothing


def _recorded() -> set[str]:
    kinds = (
        {move.event for move in TOP_UP_MOVES.values()}
        | {move.event for move in ORDER_MOVES.values() if move.event}
        | set(ORDER_ENDS.values())
    )
    kinds |= {move.event for move in KWORK_MOVES.values() if move.event}
    for path in modules(sandbox=False):
        for node in nodes(path):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "record" and node.args:
                first = node.args[0]
                kinds |= {first.value} if isinstance(first, ast.Constant) and isinstance(first.value, str) else set()
    return kinds


def test_every_recorded_kind_is_listed_with_its_reactions() -> None:
    assert len(_recorded()) >= LEAST
    assert _recorded() - REACTIONS.keys() == set()
