"""What every verb of the sandbox is given: the open transaction, the time, the settings."""

import secrets
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from finance.sandbox.config import Config
from finance.sandbox.errors import not_found
from finance.sandbox.store import Json, Store, Tx

LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Work:
    """An open transaction at `now` (unix seconds, UTC, moved by the sandbox's own clock offset)."""

    tx: Tx
    now: int
    config: Config


@dataclass(frozen=True)
class Call:
    """One API request: its checked parameters, the ids in its path, the account it acts for ('' = platform)."""

    work: Work
    params: Json
    path: dict[str, str] = field(default_factory=dict)
    account: str = ""

    @property
    def tx(self) -> Tx:
        """The transaction of this request."""
        return self.work.tx

    def owned(self, kind: str, object_id: str, param: str = "id") -> Json:
        """Return an object of the calling account; anything else does not exist for it (404)."""
        body = self.tx.get(object_id)
        if body is None or body["object"] != kind or self.tx.owner(object_id) != self.account:
            raise not_found(kind, object_id, param)
        return body


@contextmanager
def working(store: Store, config: Config) -> Iterator[Work]:
    """Open a transaction and read the clock for it."""
    with store.transaction() as tx:
        yield Work(tx, int(time.time()) + clock_offset(tx), config)


def clock_offset(tx: Tx) -> int:
    """Return the seconds by which the sandbox's clock was moved forward."""
    return int(tx.setting("clock").get("offset", 0))


def move_clock_to(tx: Tx, offset: int) -> None:
    """Let the sandbox's clock be at least so many seconds ahead; it never goes back."""
    tx.set_setting("clock", {"offset": max(clock_offset(tx), offset)})


def new_id(prefix: str, length: int = 24) -> str:
    """Return a fresh id such as `pi_3kD...`."""
    return f"{prefix}_" + "".join(secrets.choice(LETTERS) for _ in range(length))
