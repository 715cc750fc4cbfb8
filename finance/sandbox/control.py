"""The control API for tests and development: faults, disputes, time, webhooks again, a clean slate."""

import json
import re
import time
from collections.abc import Callable

from finance.sandbox import deliveries, faults, jobs, openings
from finance.sandbox.api import accounts, balance, checkout, disputes
from finance.sandbox.config import Config
from finance.sandbox.errors import ApiError, not_found
from finance.sandbox.faults import Faults
from finance.sandbox.store import Json, Store
from finance.sandbox.work import Work, clock_offset, move_clock_to, working

Verb = Callable[[Work, str, Json], Json]


def set_faults(work: Work, _: str, wanted: Json) -> Json:
    """POST /_control/faults: replace all faults; `{}` switches them off."""
    return faults.switch(work.tx, wanted)


def show(work: Work, _: str, __: Json) -> Json:
    """GET /_control/state: the faults, the clock, every webhook with its fate."""
    return {
        "faults": dict(work.tx.setting(faults.SETTING)),
        "fee_basis_points": balance.fee_basis_points(work.tx),
        "now": work.now,
        "clock_offset": clock_offset(work.tx),
        "deliveries": deliveries.overview(work.tx),
    }


def deliver(work: Work, event_id: str, _: Json) -> Json:
    """POST /_control/deliver/<event>: send an event once more, whatever faults are on."""
    event = _object(work, "event", event_id)
    if not work.config.webhook_url:
        raise ApiError("The sandbox was started without --webhook: there is nowhere to send events.")
    deliveries.enqueue(work.tx, event["id"], time.time(), faults=Faults())
    return {"event": event["id"]}


def dispute(work: Work, charge_id: str, wanted: Json) -> Json:
    """POST /_control/dispute/<charge> {reason?}: the card holder disputes a charge."""
    return disputes.opened(work, _object(work, "charge", charge_id), str(wanted.get("reason", "fraudulent")))


def decide(work: Work, dispute_id: str, wanted: Json) -> Json:
    """POST /_control/decide/<dispute> {outcome: won|lost}: the bank decides."""
    if wanted.get("outcome") not in ("won", "lost"):
        raise ApiError("outcome must be won or lost", param="outcome")
    return disputes.decided(work, _object(work, "dispute", dispute_id), won=wanted["outcome"] == "won")


def account(work: Work, account_id: str, wanted: Json) -> Json:
    """POST /_control/account/<account> {enabled: bool}: what onboarding or a later check would do."""
    found = _object(work, "account", account_id)
    return accounts.enable(work, found, enabled=bool(wanted.get("enabled", True)))


def bank(work: Work, account_id: str, wanted: Json) -> Json:
    """POST /_control/bank/<account> {name?}: its owner names a bank account for payouts, in place of the card."""
    found = _object(work, "account", account_id)
    accounts.attach_bank(work, found, str(wanted.get("name", "First Test Bank")))
    return accounts.enable(work, found)


def expire(work: Work, session_id: str, _: Json) -> Json:
    """POST /_control/expire/<session>: let a session's time be over now."""
    session = _object(work, "checkout.session", session_id)
    work.tx.save({**session, "expires_at": work.now})
    checkout.expire_if_due(work, session_id)
    return _object(work, "checkout.session", session_id)


def clock(work: Work, _: str, wanted: Json) -> Json:
    """POST /_control/clock {advance: seconds}: move the sandbox's clock forward and run what became due.

    Or {offset: seconds}: let it be so far ahead of the real time, if it is not so already.
    """
    name = "offset" if "offset" in wanted else "advance"
    seconds, before = wanted.get(name), clock_offset(work.tx)
    if type(seconds) is not int or seconds < 0:
        raise ApiError(f"{name} must be a number of seconds, zero or more", param=name)
    move_clock_to(work.tx, seconds if name == "offset" else before + seconds)
    moved = Work(work.tx, work.now + clock_offset(work.tx) - before, work.config)
    return {"now": moved.now, "ran": jobs.run_due(moved)}


def fees(work: Work, _: str, wanted: Json) -> Json:
    """POST /_control/fees {fee_basis_points}: what charges cost from now on, in hundredths of a percent."""
    points = wanted.get("fee_basis_points")
    if type(points) is not int or not 0 <= points <= 10_000:
        raise ApiError("fee_basis_points must be a number from 0 to 10000", param="fee_basis_points")
    work.tx.set_setting(balance.FEES, {"fee_basis_points": points})
    return {"fee_basis_points": points}


def price(work: Work, session_id: str, wanted: Json) -> Json:
    """POST /_control/price/<session> {amount}: let a payment page ask for another sum, in cents, than it was made for."""
    session = _object(work, "checkout.session", session_id)
    cents = _cents(wanted)
    return work.tx.save({**session, "amount_subtotal": cents, "amount_total": cents})


def move(work: Work, kind: str, wanted: Json) -> Json:
    """POST /_control/move/<kind> {amount, source?}: a movement that nobody here has asked for, such as a `topup`."""
    amount = wanted.get("amount")
    if type(amount) is not int or amount == 0:
        raise ApiError("amount must be a number of cents, below zero for what goes out", param="amount")
    return balance.move(work, kind, amount, "usd", str(wanted.get("source", "")))


def reset(work: Work, _: str, __: Json) -> Json:
    """POST /_control/reset: forget everything."""
    work.tx.clear()
    return {"reset": True}


def begin(work: Work, _: str, wanted: Json) -> Json:
    """POST /_control/begin {openings: path}: forget everything and begin as at the first start, with that file.

    Refused unless the sandbox was started with it: it belongs to another site then.
    """
    if work.config.openings is None or wanted.get("openings") != str(work.config.openings):
        raise ApiError("The sandbox was not started with this file of openings.", param="openings")
    work.tx.clear()
    try:
        openings.begin(Work(work.tx, int(time.time()), work.config))
    except openings.UnreadableError as error:
        raise ApiError(str(error), param="openings") from error
    return {"begun": True}


VERBS: dict[tuple[str, str], Verb] = {
    ("GET", "state"): show,
    ("POST", "faults"): set_faults,
    ("POST", "deliver"): deliver,
    ("POST", "dispute"): dispute,
    ("POST", "decide"): decide,
    ("POST", "account"): account,
    ("POST", "bank"): bank,
    ("POST", "expire"): expire,
    ("POST", "clock"): clock,
    ("POST", "fees"): fees,
    ("POST", "price"): price,
    ("POST", "move"): move,
    ("POST", "reset"): reset,
    ("POST", "begin"): begin,
}


def answer(store: Store, config: Config, method: str, path: str, text: str) -> tuple[int, Json]:
    """Run one control verb; the body of a POST is a JSON object or empty."""
    match = re.fullmatch(r"/_control/([a-z]+)(?:/(\w+))?", path)
    verb = VERBS.get((method, match[1])) if match else None
    try:
        if match is None or verb is None:
            raise ApiError(f"No such control: {method} {path}", status=404)
        with working(store, config) as work:
            return 200, verb(work, match[2] or "", _read(text))
    except ApiError as error:
        return error.status, error.body()


def _cents(wanted: Json) -> int:
    amount = wanted.get("amount")
    if type(amount) is not int or amount < 1:
        raise ApiError("amount must be a number of cents", param="amount")
    return amount


def _read(text: str) -> Json:
    try:
        body = json.loads(text or "{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError("The body must be a JSON object.")
    return body


def _object(work: Work, kind: str, object_id: str) -> Json:
    body = work.tx.get(object_id)
    if body is None or body["object"] != kind:
        raise not_found(kind, object_id)
    return body
