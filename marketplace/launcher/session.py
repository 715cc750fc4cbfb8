"""One run of the launcher, from the first check to the last process gone."""

import asyncio
import contextlib
import os
import shlex
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TextIO

import psycopg

from marketplace.launcher.occupancy import Occupancy, Occupant
from marketplace.launcher.plan import Plan, refuse_port_in_use
from marketplace.launcher.postgres import DATABASE, Postgres
from marketplace.launcher.problems import Problem
from marketplace.launcher.processes import bound_to_us
from marketplace.launcher.supervisor import Supervisor
from marketplace.launcher.terminal import Terminal

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FAILURE = 1
DEMO_DOMAIN = "example.org"
DEMO_PASSWORD = "workhall-demo"  # noqa: S105 - for everyone to use
TERMINAL_GLANCE = 1.0  # seconds between two looks whether the terminal is still there
DEMO_PEOPLE = {
    "bea": "buyer",
    "sam": "seller",
    "mo": "moderator",
    "ada": "arbiter",
    "fay": "finance",
    "otto": "finance, for the second approval",
    "alma": "administrator",
    "sten": "a stranger to their orders",
}


class Session:
    """The launcher's run on one data folder."""

    def __init__(self, plan: Plan, stream: TextIO = sys.stdout) -> None:
        self.plan = plan
        self.terminal = Terminal(plan.local / "log", stream)
        self.unfinished_demo = plan.local / "demo-unfinished"
        self.occupancy = Occupancy(plan.local)
        self.began = time.monotonic()

    def take_folder(self) -> Occupant | None:
        """Takes the data folder; returns the occupant if another launcher has it, whose logs are then left alone."""
        occupant = self.occupancy.take(self.terminal.say)
        if occupant is None:
            self.terminal.begin_anew()
        return occupant

    def run_site(self, demo: bool) -> int:
        """Starts the whole site and keeps it up until a signal; returns the exit code."""
        refuse_port_in_use(self.plan.port)
        return asyncio.run(self._supervised(lambda supervisor: self._site(supervisor, demo), "make run"))

    def run_command(self, command: list[str]) -> int:
        """Starts the stores, runs one command that needs them, stops them; returns the command's exit code."""
        return asyncio.run(self._supervised(lambda supervisor: self._command(supervisor, command), shlex.join(command)))

    async def _supervised(self, work: Callable[[Supervisor], Awaitable[int]], purpose: str) -> int:
        supervisor = Supervisor(self.terminal, self.occupancy.descriptor)
        stop_asked = asyncio.Event()
        self._on_signals(supervisor, stop_asked)
        self.occupancy.tell(Occupant(os.getpid(), purpose, self.plan.address, self.plan.environment))
        working = asyncio.ensure_future(work(supervisor))
        asking = asyncio.create_task(self._stop_wanted(stop_asked))
        try:
            await asyncio.wait({working, asking}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else 0
        except Problem as problem:
            self.terminal.say(str(problem))
            return FAILURE
        finally:
            asking.cancel()
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError, Problem):
                await working
            self.terminal.say("Stopping.")
            await supervisor.stop()
            if self.plan.postgres:
                self.plan.postgres.leave()
            self.terminal.say("Everything is stopped.")

    async def _stop_wanted(self, stop_asked: asyncio.Event) -> None:
        while not stop_asked.is_set() and not self.terminal.is_gone():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop_asked.wait(), TERMINAL_GLANCE)

    def _on_signals(self, supervisor: Supervisor, stop_asked: asyncio.Event) -> None:
        def on_signal() -> None:
            if stop_asked.is_set():
                supervisor.kill()
            stop_asked.set()

        self.terminal.on_closed = stop_asked.set
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, on_signal)

    async def _site(self, supervisor: Supervisor, demo: bool) -> int:
        await self._stores(supervisor)
        self.terminal.say("Bringing the database up to date.")
        await supervisor.run(self.plan.command("migrate", "--no-input", "--verbosity", "1"))
        if demo:
            await self._demo(supervisor)
        else:
            self.unfinished_demo.unlink(missing_ok=True)  # whoever goes on with half of it means to keep it
        self.terminal.say("Starting the site.")
        await supervisor.start(*self.plan.site())
        self._announce(demo)
        await supervisor.failed
        return 0

    async def _demo(self, supervisor: Supervisor) -> None:
        """Fills an empty site. One that was cut off in the filling is emptied and filled anew."""
        unfinished, how = self.unfinished_demo, "--if-empty"
        if unfinished.exists():
            how = "--fresh"
            self.terminal.say("The demo data was cut off in the making: making it anew.")
        elif self.plan.postgres and not has_people(self.plan.postgres):
            self.terminal.say("Making demo data; this takes a minute or two, the next start is quick.")
            unfinished.touch()
        await supervisor.run(self.plan.command("demo", how))
        unfinished.unlink(missing_ok=True)

    async def _command(self, supervisor: Supervisor, command: list[str]) -> int:
        """The command has the terminal for itself, so it may ask questions."""
        await self._stores(supervisor)
        process = await asyncio.create_subprocess_exec(
            *bound_to_us(command), env={**os.environ, **self.plan.environment}
        )
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()

    async def _stores(self, supervisor: Supervisor) -> None:
        stores = self.plan.stores()
        if stores:
            self.terminal.say(f"Starting {' and '.join(part.title for part in stores)}.")
        await supervisor.start(*stores)
        if self.plan.postgres:
            create_database(self.plan.postgres)

    def _announce(self, demo: bool) -> None:
        say = self.terminal.say
        say(f"Ready after {time.monotonic() - self.began:.1f} seconds.")
        say("")
        say(f"  The site      {self.plan.address}")
        if demo:
            for login, part in DEMO_PEOPLE.items():
                say(f"  Log in as     {login}@{DEMO_DOMAIN} ({part})")
            say(f"  Password      {DEMO_PASSWORD}, or one press each: {self.plan.address}login/")
        say(f"  Mail, clock   {self.plan.address}devtools/")
        say("  Stop with Ctrl-C.")
        say("")


def has_people(server: Postgres) -> bool:
    """Whether the site's database has any users."""
    with psycopg.connect(server.url()) as connection:
        return connection.execute("SELECT 1 FROM accounts_user LIMIT 1").fetchone() is not None


def create_database(server: Postgres) -> None:
    """Makes the site's database on a new server."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if found is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
