"""One launcher at a time on a data folder, and how to reach the one that runs."""

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from marketplace.launcher.problems import Problem
from marketplace.launcher.processes import is_running

PATIENCE = 15.0  # seconds to wait for a killed launcher's servers to be gone


@dataclass(frozen=True)
class Occupant:
    """Who holds the data folder, what for, and the environment in which its servers are reached."""

    pid: int
    purpose: str
    address: str
    environment: dict[str, str] = field(default_factory=dict)


class Occupancy:
    """The lock file of a data folder. The kernel lets go of it with the last process that has it open."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "launcher.lock"
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self, say: Callable[[str], None]) -> Occupant | None:
        """Takes the folder; returns the occupant if another launcher has it."""
        until = time.monotonic() + PATIENCE
        waited = False
        while not self._lock():
            occupant = self._read()
            if occupant is not None and is_running(occupant.pid):
                return occupant
            if not waited:
                say("An earlier start was killed and its servers are still stopping: waiting for them.")
                waited = True
            if time.monotonic() > until:
                raise Problem(f"Servers of an earlier start do not stop; see who has {self.path} open.")
            time.sleep(0.1)
        os.ftruncate(self.descriptor, 0)
        return None

    def tell(self, occupant: Occupant) -> None:
        """Writes for others who holds the folder."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, json.dumps(asdict(occupant)).encode(), 0)

    def _lock(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read(self) -> Occupant | None:
        try:
            return Occupant(**json.loads(self.path.read_text()))
        except (OSError, ValueError, TypeError):
            return None
