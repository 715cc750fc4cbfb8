"""Stripe's list objects: the latest first, paged by cursor."""

from collections.abc import Iterator

from finance.sandbox.errors import not_found
from finance.sandbox.params import Field, Shape, integer, record, text
from finance.sandbox.params import anything as either
from finance.sandbox.store import Json
from finance.sandbox.work import Call

DEFAULT_LIMIT = 10
MOST_LIMIT = 100
UNIX = integer(0, 99_999_999_999)
COMPARISONS = ("gt", "gte", "lt", "lte")
RANGE = record({name: Field(UNIX) for name in COMPARISONS})

PAGING: Shape = {
    "limit": Field(integer(1, MOST_LIMIT)),
    "starting_after": Field(text()),
    "ending_before": Field(text()),
    "created": Field(either),
}


def listing_of(*filters: str) -> Shape:
    """The parameters of a list that can be narrowed by these members."""
    return {**PAGING, **{name: Field(text()) for name in filters}}


def page(call: Call, kind: str, url: str) -> Json:
    """Return one page of the caller's objects; parameters other than paging must equal the member they name."""
    limit = int(call.params.get("limit", DEFAULT_LIMIT))
    rows = list(_matching(call, kind))
    before, after = call.params.get("ending_before"), call.params.get("starting_after")
    if before:
        newer = rows[: _place(rows, before, kind)]
        chosen, more = newer[-limit:], len(newer) > limit
    else:
        rest = rows[_place(rows, after, kind) + 1 :] if after else rows
        chosen, more = rest[:limit], len(rest) > limit
    return {"object": "list", "data": chosen, "has_more": more, "url": url}


def _matching(call: Call, kind: str) -> Iterator[Json]:
    wanted = {name: value for name, value in call.params.items() if name not in PAGING and name != "expand"}
    created = call.params.get("created")
    span = RANGE(created, "created") if isinstance(created, dict) else None
    exact = UNIX(created, "created") if isinstance(created, str) else None
    for body in call.tx.newest_first(kind, call.account):
        if exact is not None and body["created"] != exact:
            continue
        if span is not None and not _within(int(body["created"]), span):
            continue
        if all(body.get(name) == value for name, value in wanted.items()):
            yield body


def _within(created: int, span: Json) -> bool:
    return bool(
        created > span.get("gt", -1)
        and created >= span.get("gte", 0)
        and created < span.get("lt", created + 1)
        and created <= span.get("lte", created)
    )


def _place(rows: list[Json], object_id: str, kind: str) -> int:
    for place, body in enumerate(rows):
        if body["id"] == object_id:
            return place
    raise not_found(kind, object_id, "starting_after")
