"""What one supervised part is: how it is started, when it is ready, how it is stopped."""

import http.client
import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from marketplace.launcher.ports import HOST, PATIENCE, connect

EVERYTHING = re.compile("")


def always_ready() -> bool:
    """For parts that nobody connects to."""
    return True


@dataclass(frozen=True)
class Part:
    """A long-running process of the marketplace."""

    name: str
    title: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Callable[[str], None]], None] = lambda say: None
    is_ready: Callable[[], bool] = always_ready
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0  # seconds between the stop signal and the kill
    user: tuple[int, int] | None = None
    shown: re.Pattern[str] = EVERYTHING  # lines that match go to the terminal, all go to the log


def listens(port: int) -> Callable[[], bool]:
    """Ready when something takes connections on the port."""

    def check() -> bool:
        try:
            connect(port).close()
        except OSError:
            return False
        return True

    return check


def answers(port: int, path: str) -> Callable[[], bool]:
    """Ready when a GET of the path is answered with 200."""

    def check() -> bool:
        connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE * 5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return check
