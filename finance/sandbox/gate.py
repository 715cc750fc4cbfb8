"""From an API request to its answer: key, faults, idempotency, parameters, verb, expansion."""

import base64
import binascii
import hashlib
import json
import re
import time
from dataclasses import dataclass

from finance.sandbox import faults
from finance.sandbox.config import Config
from finance.sandbox.errors import ApiError, not_found, unauthorized
from finance.sandbox.expand import expanded
from finance.sandbox.params import Field, checked, decoded, listing, text
from finance.sandbox.routes import find
from finance.sandbox.store import Json, Store, Tx
from finance.sandbox.work import Call, Work, working

EXPAND = Field(listing(text(200), 20))
LIVE_KEY = re.compile(r"(sk|rk|pk)_live_")


@dataclass(frozen=True)
class ApiRequest:
    """What arrived: `form` is the body of a POST or the query of a GET, still encoded."""

    method: str
    path: str
    form: str
    authorization: str
    account: str
    idempotency_key: str


@dataclass(frozen=True)
class ApiAnswer:
    """What goes back; status 0 cuts the connection without an answer."""

    status: int
    body: Json
    replayed: bool = False


def answer(store: Store, config: Config, request: ApiRequest) -> ApiAnswer:
    """Answer one request; every refusal comes back in Stripe's error shape."""
    try:
        authenticate(request.authorization)
        with store.transaction() as tx:
            strike = faults.strike(tx)
        time.sleep(strike.delay_ms / 1000)
        if strike.status is not None and strike.when == "before":
            return _broken(strike.status)
        result = _answer_in_transaction(store, config, request)
        return result if strike.status is None else _broken(strike.status)
    except ApiError as error:
        return ApiAnswer(error.status, error.body())


def _broken(status: int) -> ApiAnswer:
    kinds = {429: ("invalid_request_error", "rate_limit")}
    kind, code = kinds.get(status, ("api_error", None))
    return ApiAnswer(status, ApiError("Fault switched on in the sandbox.", kind=kind, code=code).body())


def authenticate(authorization: str) -> None:
    """Refuse every key that is not a secret test key; keys are never recorded."""
    scheme, _, credentials = authorization.partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if LIVE_KEY.match(key):
        raise unauthorized("This is the payment sandbox. It refuses live keys; use a key that starts with sk_test_.")
    if scheme.lower() not in ("bearer", "basic") or not key:
        raise unauthorized("You did not provide an API key. Send a key that starts with sk_test_.")
    if not re.fullmatch(r"sk_test_\w+", key):
        raise unauthorized("Invalid API Key provided: the sandbox takes keys that start with sk_test_.")


def _answer_in_transaction(store: Store, config: Config, request: ApiRequest) -> ApiAnswer:
    route, ids = find(request.method, request.path)
    raw = decoded(request.form)
    fingerprint = _fingerprint(request, raw)
    with working(store, config) as work:
        _check_account(work, request.account)
        if request.method == "POST":
            replay = _replay(work.tx, request, fingerprint)
            if replay is not None:
                return replay
        params = checked({**route.shape, "expand": EXPAND}, raw)
        body = route.verb(Call(work, params, ids, request.account))
        body = expanded(work.tx, body, params.get("expand", []))
        if request.method == "POST" and request.idempotency_key:
            _remember(work.tx, request, fingerprint, body)
        return ApiAnswer(200, body)


def _check_account(work: Work, account: str) -> None:
    if not account:
        return
    found = work.tx.get(account)
    if found is None or found["object"] != "account":
        raise not_found("account", account, "account")


def _fingerprint(request: ApiRequest, raw: Json) -> str:
    whole = json.dumps([request.method, request.path, raw], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _replay(tx: Tx, request: ApiRequest, fingerprint: str) -> ApiAnswer | None:
    row = tx.db.execute(
        "SELECT fingerprint, status, body FROM answers WHERE account = ? AND key = ?",
        (request.account, request.idempotency_key),
    ).fetchone()
    if row is None:
        return None
    if row[0] != fingerprint:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with."
            f" Use a key other than '{request.idempotency_key}' if you meant to make a different request."
        )
        raise ApiError(message, kind="idempotency_error")
    return ApiAnswer(int(row[1]), json.loads(row[2]), replayed=True)


def _remember(tx: Tx, request: ApiRequest, fingerprint: str, body: Json) -> None:
    tx.db.execute(
        "INSERT INTO answers (account, key, fingerprint, status, body) VALUES (?, ?, ?, 200, ?)",
        (request.account, request.idempotency_key, fingerprint, json.dumps(body)),
    )
