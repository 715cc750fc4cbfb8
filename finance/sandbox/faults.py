"""Faults on request: failing answers, slow answers, webhooks that are lost, doubled or out of order."""

from dataclasses import asdict, dataclass, fields

from finance.sandbox.errors import ApiError
from finance.sandbox.store import Json, Tx

SETTING = "faults"


@dataclass(frozen=True)
class Faults:
    """What goes wrong at present.

    The next `fail_next` API requests answer `http_status` (0: the connection is cut), either before anything
    was done or, with `fail_when` "after", once it was. `payout_failure` is the failure code of payouts that
    settle from now on.
    """

    fail_next: int = 0
    http_status: int = 500
    fail_when: str = "before"
    delay_ms: int = 0
    duplicate_webhooks: bool = False
    reorder: bool = False
    drop_webhooks: bool = False
    webhook_delay_ms: int = 0
    payout_failure: str = ""


@dataclass(frozen=True)
class Strike:
    """What happens to one API request; `status` None means that it is answered as usual."""

    status: int | None
    when: str
    delay_ms: int


def current(tx: Tx) -> Faults:
    """Return the faults that are switched on."""
    return Faults(**tx.setting(SETTING))


def switch(tx: Tx, wanted: Json) -> Json:
    """Replace all faults; what is not named is off. Unknown names and values of another type are refused."""
    kinds = {item.name: type(item.default) for item in fields(Faults)}
    for name, value in wanted.items():
        if name not in kinds:
            raise ApiError(f"Unknown fault: {name}", param=name)
        if type(value) is not kinds[name]:
            raise ApiError(f"{name} must be of type {kinds[name].__name__}", param=name)
    faults = Faults(**wanted)
    if faults.fail_when not in ("before", "after"):
        raise ApiError("fail_when must be before or after", param="fail_when")
    tx.set_setting(SETTING, asdict(faults))
    return asdict(faults)


def strike(tx: Tx) -> Strike:
    """Decide the fate of one request, using up one of `fail_next`."""
    faults = current(tx)
    if faults.fail_next <= 0:
        return Strike(None, faults.fail_when, faults.delay_ms)
    tx.set_setting(SETTING, {**asdict(faults), "fail_next": faults.fail_next - 1})
    return Strike(faults.http_status, faults.fail_when, faults.delay_ms)
