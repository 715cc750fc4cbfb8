"""Gives each test session a PostgreSQL and a Valkey of its own, ready in about a second, gone with the session.

Loaded with `-p`, so that the servers' addresses are in the environment before Django reads its settings.
The database is copied from a folder in `.local/test` that holds every migration already run; a change in
the migrations makes a new such folder.
"""

import fcntl
import gc
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest

from marketplace.launcher import postgres
from marketplace.launcher.ports import free_port
from marketplace.launcher.postgres import Postgres
from marketplace.launcher.processes import bound_to_us, run_to_end
from marketplace.launcher.valkey import Valkey
from tests.plugins.fingerprint import ROOT as ROOT
from tests.plugins.fingerprint import fingerprint

CACHE = ROOT / ".local" / "test"
MEMORY = Path("/dev/shm")
MEMORY_WANTED = 1_000_000_000  # bytes
TEMPLATE = "template"
CACHED_TEMPLATES = 3
START_SECONDS = 30
FAILURE = "WORKHALL_MIGRATE_FAILURE"
SHARED = "WORKHALL_TEST_SERVERS"  # the folder of servers that run already and outlive this session
SEATS = range(1, 64)  # the numbered databases of Valkey
DOCUMENTED = re.compile(r"^#([A-Z0-9_]+)=", re.MULTILINE)
PREFIX = f"workhall-test-{os.geteuid()}-"


@dataclass(frozen=True)
class Running:
    """A server process and the signal that ends it without delay or litter."""

    process: subprocess.Popen[bytes]
    end: signal.Signals

    def stop(self) -> None:
        """Ends the process and waits for it."""
        self.process.send_signal(self.end)
        self.process.wait()


@dataclass(frozen=True)
class Servers:
    """The servers of one test session."""

    folder: Path
    lock: IO[str]
    postgres: Postgres
    valkey: Valkey
    running: list[Running]

    def environment(self, worker: str) -> dict[str, str]:
        """What a pytest process, main or worker, must have in its environment."""
        number = int(worker.removeprefix("gw")) + 1 if worker.startswith("gw") else 0
        return {
            "DATABASE_URL": self.postgres.url(f"test_{worker}"),
            "REDIS_URL": self.valkey.url(number),
            "LOCAL_DIR": str(self.folder / worker),
            "CACHE_TEMPLATES": "1",
        }


@contextmanager
def shared() -> Iterator[None]:
    """Servers for every test session that this process starts, and for all that those fork."""
    servers = _start()
    try:
        seats = {number: servers.environment(f"gw{number - 1}") for number in SEATS}
        (servers.folder / "seats.json").write_text(json.dumps(seats))
        os.environ[SHARED] = str(servers.folder)
        yield
    finally:
        os.environ.pop(SHARED, None)
        _stop(servers)


def seat_environment() -> dict[str, str]:
    """What this process has of shared servers: the seat that it keeps until it ends, and that no other process has."""
    return _seats[os.getpid()][1] if os.getpid() in _seats else _take_seat()


_seats: dict[int, tuple[IO[str], dict[str, str]]] = {}


def _take_seat() -> dict[str, str]:
    folder = Path(os.environ[SHARED])
    for number, environment in json.loads((folder / "seats.json").read_text()).items():
        lock = (folder / f"seat-{number}").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        _seats[os.getpid()] = lock, environment
        return dict(environment)
    raise pytest.UsageError("More processes than seats share the test servers.")


def _quiet(_sentence: str) -> None:
    """Nobody needs to read how a throw-away server was made."""


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Runs before pytest-django loads the settings. Workers of xdist do not get here."""
    for name in DOCUMENTED.findall((ROOT / ".env.example").read_text()):
        os.environ.pop(name, None)  # tests run under the default settings
    os.environ["ENV_FILE"] = os.devnull
    if SHARED in os.environ:
        os.environ.update(seat_environment())
        return (yield)
    servers = _start()
    early_config.stash[_SERVERS] = servers
    early_config.add_cleanup(lambda: _stop(servers))
    os.environ.update(servers.environment("main"))
    return (yield)


_SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    """The fixtures come after pytest-django's own, which they replace."""
    config.pluginmanager.import_plugin("tests.plugins.database")


def pytest_collection_finish() -> None:
    """What is there now stays: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Each worker has a database and a numbered Valkey database of its own on the session's servers."""
    for spec in specs:
        spec.env.update(config.stash[_SERVERS].environment(spec.id))


def _start() -> Servers:
    base = _base()
    _sweep(base)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    folder.chmod(0o711)
    lock = (folder / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    database = Postgres(folder / "postgres", folder / "sockets", postgres.FAST)
    queue = Valkey(folder / "valkey", free_port(), secrets.token_hex(16), durable=False)
    servers = Servers(folder, lock, database, queue, [])
    try:
        _copy(_template(folder), database.data)
        database.prepare(_quiet)
        queue.prepare(_quiet)
        servers.running.append(_launch(database.command, signal.SIGQUIT, folder, database.user))
        servers.running.append(_launch(queue.command, signal.SIGKILL, folder))
        _await(servers.running, lambda: database.is_ready() and queue.is_ready(), folder)
    except BaseException:
        _stop(servers)
        raise
    return servers


def _stop(servers: Servers) -> None:
    for server in servers.running:
        server.stop()
    shutil.rmtree(servers.folder, ignore_errors=True)
    servers.lock.close()


def _base() -> Path:
    """In memory when there is room, else on disk."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_WANTED:
        return MEMORY
    return Path(tempfile.gettempdir())


def _sweep(base: Path) -> None:
    """Removes what killed sessions left: a folder whose lock nobody holds. Their servers died with them."""
    for folder in base.glob(f"{PREFIX}*"):
        try:
            with (folder / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _launch(command: list[str], end: signal.Signals, folder: Path, user: tuple[int, int] | None = None) -> Running:
    with (folder / "servers.log").open("ab") as log:
        process = subprocess.Popen(
            bound_to_us(command, end, user),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return Running(process, end)


def _await(running: list[Running], ready: Callable[[], bool], folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not ready():
        dead = any(server.process.poll() is not None for server in running)
        if dead or time.monotonic() > until:
            raise pytest.UsageError(
                f"The test servers did not start:\n{(folder / 'servers.log').read_text(errors='replace')}"
            )
        time.sleep(0.01)


@contextmanager
def _cache_lock() -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _template(folder: Path) -> Path:
    """The data folder to copy: with every migration run, or an empty one when they fail."""
    wanted = CACHE / f"migrated-{fingerprint()}"
    with _cache_lock():
        if wanted.exists():
            wanted.touch()
            return wanted
        empty = Postgres(CACHE / f"empty-{postgres.MAJOR}", folder / "sockets", postgres.FAST)
        empty.prepare(_quiet)
        building = Postgres(CACHE / "building", folder / "sockets", postgres.FAST)
        shutil.rmtree(building.data, ignore_errors=True)
        _copy(empty.data, building.data)
        failure = _migrate(building, folder)
        if failure:
            os.environ[FAILURE] = failure
            return empty.data
        building.data.rename(wanted)
        for old in sorted(CACHE.glob("migrated-*"), key=lambda path: path.stat().st_mtime)[:-CACHED_TEMPLATES]:
            shutil.rmtree(old, ignore_errors=True)
    return wanted


def _migrate(server: Postgres, folder: Path) -> str:
    """Runs every migration in the database the others are cloned from; returns what went wrong, if so."""
    server.prepare(_quiet)
    running = _launch(server.command, postgres.STOP_SIGNAL, folder, server.user)
    try:
        _await([running], server.is_ready, folder)
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        environment = {**os.environ, "DATABASE_URL": server.url(TEMPLATE)}
        command = [sys.executable, "manage.py", "migrate", "--no-input", "--skip-checks", "--verbosity=0"]
        outcome = run_to_end(command, env=environment, cwd=ROOT)
    finally:
        running.stop()
    return "\n".join(outcome.stdout.splitlines()[-4:]) if outcome.returncode else ""
