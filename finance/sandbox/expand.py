"""`expand[]`: ids in an answer replaced by the objects they name."""

from typing import Any

from finance.sandbox.errors import ApiError
from finance.sandbox.store import Json, Tx

EXPANDABLE = frozenset(
    {
        "payment_intent",
        "latest_charge",
        "charge",
        "balance_transaction",
        "source",
        "source_transaction",
        "destination",
        "destination_payment",
        "transfer",
        "dispute",
        "refund",
        "failure_balance_transaction",
    }
)
INCLUDED_ON_REQUEST = {"checkout.session": ("line_items",), "charge": ("refunds",)}


def expanded(tx: Tx, body: Json, paths: list[str]) -> Json:
    """Return the answer with every requested path expanded; a path that cannot be is refused."""
    for path in paths:
        _follow(tx, body, path.split("."), path)
    result: Json = _without_unrequested(body)
    return result


def _follow(tx: Tx, node: Any, parts: list[str], path: str) -> None:
    if isinstance(node, list):
        for item in node:
            _follow(tx, item, parts, path)
        return
    if not parts or not isinstance(node, dict):
        return
    head, rest = parts[0], parts[1:]
    optional = INCLUDED_ON_REQUEST.get(str(node.get("object")), ())
    if head not in node or not (head in EXPANDABLE or head in optional or head == "data"):
        raise ApiError(f"This property cannot be expanded ({path}).", param="expand")
    if head in optional:
        node.setdefault("_requested", []).append(head)
    value = node[head]
    if isinstance(value, str):
        value = node[head] = tx.get(value) or value
    _follow(tx, value, rest, path)


def _without_unrequested(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_unrequested(item) for item in node]
    if not isinstance(node, dict):
        return node
    hidden = set(INCLUDED_ON_REQUEST.get(str(node.get("object")), ())) - set(node.get("_requested", []))
    return {key: _without_unrequested(value) for key, value in node.items() if key[0] != "_" and key not in hidden}
