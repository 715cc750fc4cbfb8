"""Which parts run here, where, and the environment in which all of them find each other."""

import hashlib
import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import environ

from finance.sandbox.config import OPENINGS_FILE
from marketplace.launcher import postgres, valkey
from marketplace.launcher.parts import Part, answers, listens
from marketplace.launcher.ports import HOST, free_port, holder, is_free
from marketplace.launcher.postgres import LONGEST_SOCKET_PATH, SOCKET_NAME, Postgres
from marketplace.launcher.problems import Problem
from marketplace.launcher.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 8000
SANDBOX_PORT = 12111
SANDBOX_PORTS = 50_000
WEB_WORKERS = 2
WEB_THREADS = 16  # of each worker; each thread keeps a database connection
TASK_PROCESSES = 2
SERIOUS = re.compile(r"^(?!.*overcommit).*\b(WARNING|ERROR|FATAL|PANIC)\b")  # one is about the machine
WEBHOOK_PATH = "/webhooks/stripe/"
SANDBOX_KEYS = {"STRIPE_SECRET_KEY": "sk_test_sandbox", "STRIPE_WEBHOOK_SECRET": "whsec_sandbox"}


@dataclass(frozen=True)
class Plan:
    """What is started here; None stands for a service that the environment names."""

    local: Path
    port: int
    postgres: Postgres | None
    valkey: Valkey | None
    sandbox_port: int | None

    @property
    def address(self) -> str:
        """Where the site is found."""
        return f"http://{HOST}:{self.port}/"

    @property
    def environment(self) -> dict[str, str]:
        """Added to the environment of every process, so that it finds the others."""
        found = {
            "PYTHONUNBUFFERED": "1",
            "LOCAL_DIR": str(self.local),
            "SITE_URL": os.environ.get("SITE_URL", self.address),
        }
        if self.postgres:
            found["DATABASE_URL"] = self.postgres.url()
        if self.valkey:
            found["REDIS_URL"] = self.valkey.url()
        if self.sandbox_port:
            found |= {"STRIPE_API_BASE": f"http://{HOST}:{self.sandbox_port}", **SANDBOX_KEYS}
        return found

    def stores(self) -> list[Part]:
        """PostgreSQL and Valkey, as far as they run here."""
        parts = []
        if self.postgres:
            parts.append(_postgres_part(self.postgres))
        if self.valkey:
            parts.append(_valkey_part(self.valkey))
        return parts

    def site(self) -> list[Part]:
        """What needs the stores: payment sandbox, web server, task workers, clock."""
        sandbox = [self._sandbox(self.sandbox_port)] if self.sandbox_port else []
        return [*sandbox, self._web(), self._worker(), self._slow_worker(), self._beat()]

    def command(self, name: str, *arguments: str) -> Part:
        """A command of manage.py, which ends by itself."""
        command = [sys.executable, str(ROOT / "manage.py"), name, *arguments]
        return Part(name, f"The command {name}", command, self.environment)

    def _sandbox(self, port: int) -> Part:
        state = str(self.local / "sandbox.sqlite3")
        webhook = f"http://{HOST}:{self.port}{WEBHOOK_PATH}"
        secret = SANDBOX_KEYS["STRIPE_WEBHOOK_SECRET"]
        options = ["--port", str(port), "--state", state, "--webhook", webhook, "--webhook-secret", secret]
        options += ["--merchant", os.environ.get("SITE_NAME", "Workhall")]
        options += ["--openings", str(self.local / OPENINGS_FILE)]
        command = [sys.executable, "-m", "finance.sandbox", *options]
        return Part("sandbox", "The payment sandbox", command, self.environment, is_ready=listens(port))

    def _web(self) -> Part:
        options = ["--interface", "wsgi", "--host", HOST, "--port", str(self.port), "--no-ws"]
        options += [
            "--workers",
            str(WEB_WORKERS),
            "--blocking-threads",
            str(WEB_THREADS),
            "--workers-kill-timeout",
            "3",
            "--respawn-failed-workers",
        ]
        command = [sys.executable, "-m", "granian", *options, "marketplace.wsgi:application"]
        figures = self.local / "metrics"  # the workers' counts, which /metrics adds up
        environment = {**self.environment, "PROMETHEUS_MULTIPROC_DIR": str(figures)}

        def prepare(_say: Callable[[str], None]) -> None:
            shutil.rmtree(figures, ignore_errors=True)
            figures.mkdir(parents=True)

        ready = answers(self.port, "/healthz")
        return Part("web", "The web server", command, environment, prepare=prepare, is_ready=ready)

    def _worker(self) -> Part:
        command = _worker("celery", TASK_PROCESSES, "timers")
        return Part("worker", "The task worker", command, self.environment)

    def _slow_worker(self) -> Part:
        command = _worker("slow", 1)
        return Part("slow", "The worker for letters and pictures", command, self.environment)

    def _beat(self) -> Part:
        schedule = str(self.local / "beat-schedule")
        command = _celery("beat", "--loglevel", "WARNING", "--schedule", schedule, "--pidfile", "")
        return Part("beat", "The clock of the timers", command, self.environment)


def make_plan(environment: Mapping[str, str]) -> Plan:
    """Reads `.env` and the environment: a service named there is used, the others are started here."""
    environ.Env.read_env(environment.get("ENV_FILE", str(ROOT / ".env")))
    if environment.get("PRODUCTION", "").lower() in ("1", "true", "yes", "on"):
        raise Problem("PRODUCTION is set, and this starts a site for development: see docs/operations.md.")
    local = Path(environment.get("LOCAL_DIR") or ROOT / ".local").resolve()
    database = None
    if not environment.get("DATABASE_URL"):
        database = Postgres(local / "postgres", _sockets(local), postgres.DURABLE)
    queue = None
    if not environment.get("REDIS_URL"):
        queue = Valkey(local / "valkey", free_port(), secrets.token_hex(16))
    port = _port(environment.get("PORT"))
    sandbox = None if environment.get("STRIPE_SECRET_KEY") else free_port(_sandbox_port(port))
    return Plan(local, port, database, queue, sandbox)


def _sandbox_port(port: int) -> int:
    """Follows from the site's port, so that copies started side by side do not both choose the same one."""
    return SANDBOX_PORT + (port - DEFAULT_PORT) % SANDBOX_PORTS


def refuse_port_in_use(port: int) -> None:
    """Problem when the site could not listen."""
    if not is_free(port):
        raise Problem(
            f"Port {port} is in use by {holder(port)}. "
            f"Stop that, or choose another port: make run PORT={free_port(port + 1)}"
        )


def _port(wished: str | None) -> int:
    if not wished:
        return DEFAULT_PORT
    if not wished.isdigit() or not 0 < int(wished) < 1 << 16:
        raise Problem(f"PORT is {wished}, which is no port: choose a number from 1 to 65535.")
    return int(wished)


def _sockets(local: Path) -> Path:
    """In the data folder, unless its path is longer than the kernel takes for a socket."""
    near = local / "sockets"
    if len(str(near / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return near
    word = hashlib.sha256(str(local).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"workhall-{os.geteuid()}-{word}"


def _postgres_part(server: Postgres) -> Part:
    return Part(
        "postgres",
        "PostgreSQL",
        server.command,
        prepare=server.prepare,
        is_ready=server.is_ready,
        stop_signal=postgres.STOP_SIGNAL,
        patience=20.0,
        user=server.user,
        shown=SERIOUS,
    )


def _valkey_part(server: Valkey) -> Part:
    return Part(
        "valkey",
        "Valkey",
        server.command,
        prepare=server.prepare,
        is_ready=server.is_ready,
        stop_signal=valkey.STOP_SIGNAL,
        shown=SERIOUS,
    )


def _worker(queue: str, processes: int, *further: str) -> list[str]:
    options = ["--loglevel", "INFO", "--concurrency", str(processes), "--without-mingle", "--without-gossip"]
    queues = ",".join([*further, queue])
    return _celery("worker", "--queues", queues, "--hostname", f"{queue}@%h", *options)


def _celery(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "marketplace.celery", "--quiet", *arguments]
