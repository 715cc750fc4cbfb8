"""Facts with which every kind of notice can be written, each kind in all its variants."""

from typing import Any

_ORDER = {"number": "48210377", "title": "A logo & <more>", "other": "sam", "due_at": "2026-03-05T09:00:00+00:00"}
_PAID = {**_ORDER, "amount_cents": 123_450}
_BOTH: list[dict[str, Any]] = [{"side": "buyer"}, {"side": "seller"}]
_TEXT = {"text": "Please make it green."}
_WITHDRAWN = {"amount_cents": 123_450, "net_cents": 117_895, "where": "Visa •••• 4242", "reason": ""}
_CARD = {"card": "Visa •••• 5556", "limit_cents": 10_000, "days": 7}
_CLAIM = {"amount_cents": 5_000, "owed_cents": 0, "source": "Visa •••• 4242"}
_REFERRAL = {"login": "nina", "ends_at": "2026-09-01T09:00:00+00:00"}

SAMPLES: dict[str, list[dict[str, Any]]] = {
    "order.placed": [_PAID | side for side in _BOTH],
    "order.briefed": [_ORDER],
    "order.message": [_ORDER, _ORDER | _TEXT],
    "order.started": [_ORDER],
    "order.expired": [_ORDER | side for side in _BOTH],
    "order.delivered": [_ORDER, _ORDER | {"due_at": None}],
    "order.returned": [_ORDER, _ORDER | _TEXT],
    "order.completed": [
        _PAID | side | {"automatic": alone, "cause": cause, "reason": "Decided", "feedback": True}
        for side in _BOTH
        for alone in (True, False)
        for cause in ("ORD-08", "ARB-04")
    ],
    "order.canceled": [
        _PAID | side | {"cause": cause, "reason": "So it was", "by": by, "lowers": bad, "feedback": bad} | text
        for side in _BOTH
        for cause, by in [("ORD-05", "clock"), ("CAN-03", "buyer"), ("CAN-10", "seller"), ("ARB-04", "staff")]
        for bad in (True, False)
        for text in ({}, _TEXT)
    ],
    "order.split": [
        _PAID | side | {"reason": "Decided in arbitration"} | text for side in _BOTH for text in ({}, _TEXT)
    ],
    "order.reminded": [_ORDER],
    "order.policy_changed": [_ORDER | {"rejection": new} for new in (True, False)],
    "order.idle": [_ORDER | {"again": "14 days"}],
    **{
        f"order.offer{how}": [_PAID | {"offer": "Fast & more"}]
        for how in ("ed", "_accepted", "_declined", "_withdrawn")
    },
    "order.cancel_asked": [_ORDER | {"reason": "No contact"}, _ORDER | {"reason": "No contact"} | _TEXT],
    "order.cancel_declined": [_ORDER | _TEXT],
    "order.cancel_withdrawn": [_ORDER],
    "order.rejected": [_ORDER | _TEXT],
    "order.rejection_withdrawn": [_ORDER],
    "order.mediator_hired": [_ORDER | {"mediator": "Mel"}],
    "mediation.hired": [_PAID],
    "order.mediator_proposed": [_PAID | _TEXT],
    "order.mediation_ended": [_ORDER],
    "order.case_opened": [_ORDER | _TEXT, _ORDER | {"mine": True}],
    "case.asked": [_ORDER | _TEXT],
    "case.stated": [_ORDER | _TEXT],
    "order.settlement_offered": [_PAID, _PAID | _TEXT],
    "order.settlement_agreed": [_ORDER],
    "order.settlement_declined": [_ORDER],
    "checkout.stopped": [{"title": "A logo & <more>", "text": "The price has changed."}],
    "feedback.left": [_ORDER | _TEXT | {"positive": liked} for liked in (True, False)],
    "kwork.accepted": [{"title": "A logo & <more>"}],
    "kwork.returned": [{"title": "A logo & <more>"}],
    "kwork.rejected": [{"title": "A logo & <more>"}, {"title": "A logo & <more>", "text": "This is prohibited."}],
    "top_up.paid": [{"amount_cents": 5_000}, {"amount_cents": 4_900, "asked_cents": 5_000}],
    "top_up.abandoned": [{"amount_cents": 5_000}],
    "top_up.questioned": [{"amount_cents": 5_000}],
    "top_up.came_back": [{"amount_cents": 5_000}],
    "top_up.closed": [{"amount_cents": 5_000}, {"amount_cents": 5_000, "went_back": True}],
    "offline.received": [
        {"amount_cents": 50_000, "code": "WH-7K2M-9QX"},
        {"amount_cents": 50_000, "code": "WH-7K2M-9QX", "choice": "A logo & <more>"},
        {"amount_cents": 48_500, "announced_cents": 50_000, "code": "WH-7K2M-9QX"},
        *(
            {"amount_cents": 50_000, "code": "WH-7K2M-9QX", "came_by": way, "bound_days": days}
            for way, days in (("bank", 0), ("money_order", 30), ("check", 30))
        ),
    ],
    "offline.rejected": [
        {"amount_cents": 50_000, "code": "WH-7K2M-9QX", "reason": "Nothing came & <nobody> answered."}
    ],
    "offline.taken_back": [
        {
            "amount_cents": 50_000,
            "owed_cents": owed,
            "code": "WH-7K2M-9QX",
            "reason": "The check <bounced> & came back.",
        }
        for owed in (0, 12_000)
    ],
    "bonus.given": [{"amount_cents": 750, "reason": "For the <wait> & more."}],
    "group.paid": [
        {"kind": k, "month": "2026-03", "amount_cents": 1_250} for k in ("group", "growth", "director", "work")
    ],
    "referral.joined": [_REFERRAL],
    "referral.activated": [_REFERRAL],
    "referral.earned": [_REFERRAL | {"amount_cents": 175, "side": side} for side in ("sale", "purchase")],
    "referral.voided": [_REFERRAL | {"text": "Two accounts of one person."}],
    **{
        f"withdrawal.{how}": [
            _WITHDRAWN,
            _WITHDRAWN | {"reason": "The card is <closed> & gone."},
            _WITHDRAWN | {"back_days": 10},
        ]
        for how in ("requested", "sent", "paid", "failed", "rejected")
    },
    "payout_details.changed": [_CARD, _CARD | {"card": ""}, {"card": "Visa •••• 5556"}],
    **{
        f"chargeback.{how}": [_CLAIM, _CLAIM | {"owed_cents": 1_200}, _CLAIM | {"payment_cents": 28_000}]
        for how in (
            *("opened", "lost", "collected"),
            *("sent_back", "send_back_failed", "payment_failed", "payment_came"),
        )
    },
    "chargeback.written_off": [_CLAIM, *(_CLAIM | {"free": free} for free in (True, False))],
    "chargeback.won": [
        _CLAIM,
        *(_CLAIM | part | {"free": free} for part in ({}, {"payment_cents": 28_000}) for free in (True, False)),
    ],
}
