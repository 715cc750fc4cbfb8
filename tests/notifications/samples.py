"""Facts with which every kind of notice can be written, each kind in all its variants."""

from typing import Any

_ORDER = {"number": "48210377", "title": "A logo & <more>", "other": "sam", "due_at": "2026-03-05T09:00:00+00:00"}
_PAID = {**_ORDER, "amount_cents": 123_450}
_BOTH: list[dict[str, Any]] = [{"side": "buyer"}, {"side": "seller"}]
_TEXT = {"text": "Please make it green."}

SAMPLES: dict[str, list[dict[str, Any]]] = {
    "order.placed": [_PAID | side for side in _BOTH],
    "order.briefed": [_ORDER],
    "order.message": [_ORDER, _ORDER | _TEXT],
    "order.started": [_ORDER],
    "order.expired": [_ORDER | side for side in _BOTH],
    "order.delivered": [_ORDER],
    "order.returned": [_ORDER, _ORDER | _TEXT],
    "order.completed": [_PAID | side | {"automatic": alone} for side in _BOTH for alone in (True, False)],
    "order.canceled": [_PAID | side | {"cause": cause} for side in _BOTH for cause in ("ORD-05", "CAN-01", "CAN-14")],
    "checkout.stopped": [{"title": "A logo & <more>", "text": "The price has changed."}],
    "feedback.left": [_ORDER | _TEXT | {"positive": liked} for liked in (True, False)],
    "kwork.accepted": [{"title": "A logo & <more>"}],
    "kwork.returned": [{"title": "A logo & <more>"}],
    "kwork.rejected": [{"title": "A logo & <more>"}, {"title": "A logo & <more>", "text": "This is prohibited."}],
    "top_up.paid": [{"amount_cents": 5_000}],
    "top_up.abandoned": [{"amount_cents": 5_000}],
    "top_up.closed": [{"amount_cents": 5_000}],
}
