"""Faults on request: failing answers, slow answers, webhooks that are lost, doubled or out of order."""

from dataclasses import asdict, dataclass, fields
from random import Random

from finance.sandbox.errors import ApiError
from finance.sandbox.store import Json, Tx

SETTING = "faults"
SOAK = "soak"


@dataclass(frozen=True)
class Faults:
    """What goes wrong at present.

    The next `fail_next` API requests answer `http_status` (0: the connection is cut), either before anything
    was done or, with `fail_when` "after", once it was. `payout_failure` is the failure code of payouts that
    settle from now on, `refund_failure` that of refunds that are asked for from now on.

    For a soak, one request in `fail_one_in` answers `http_status`, one in `cut_one_in` gets no answer, each before or
    after it was acted on, and only one in `delay_one_in` waits for `delay_ms`. The same `seed` gives the same sequence.
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
    refund_failure: str = ""
    fail_one_in: int = 0
    cut_one_in: int = 0
    delay_one_in: int = 0
    seed: int = 0


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
    if min(faults.fail_one_in, faults.cut_one_in, faults.delay_one_in) < 0:
        raise ApiError("One in how many must be zero (never) or more")
    tx.set_setting(SETTING, asdict(faults))
    tx.set_setting(SOAK, {"requests": 0})
    return asdict(faults)


def strike(tx: Tx) -> Strike:
    """Decide the fate of one request, using up one of `fail_next`."""
    faults = current(tx)
    if faults.fail_next > 0:
        tx.set_setting(SETTING, {**asdict(faults), "fail_next": faults.fail_next - 1})
        return Strike(faults.http_status, faults.fail_when, faults.delay_ms)
    if faults.fail_one_in or faults.cut_one_in or faults.delay_one_in:
        return _by_chance(tx, faults)
    return Strike(None, faults.fail_when, faults.delay_ms)


def _by_chance(tx: Tx, faults: Faults) -> Strike:
    number = int(tx.setting(SOAK).get("requests", 0))
    tx.set_setting(SOAK, {"requests": number + 1})
    chance = Random(f"{faults.seed}:{number}")  # noqa: S311 - the same sequence each time

    def hit(one_in: int) -> bool:
        return one_in > 0 and chance.randrange(one_in) == 0

    cut, fails, waits = hit(faults.cut_one_in), hit(faults.fail_one_in), hit(faults.delay_one_in)
    when = chance.choice(["before", "after"])
    delay = faults.delay_ms if waits or not faults.delay_one_in else 0
    return Strike(0 if cut else faults.http_status if fails else None, when, delay)
