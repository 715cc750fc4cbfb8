"""Starting, healing, watching and stopping: real processes, real servers, real signals."""

import asyncio
import io
import os
import pty
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from pytest_django import Settings

from marketplace.demo import openings, people
from marketplace.devtools.demo import DEMO_LOGINS
from marketplace.launcher import supervisor
from marketplace.launcher.occupancy import Occupant
from marketplace.launcher.parts import Part
from marketplace.launcher.plan import make_plan
from marketplace.launcher.ports import free_port
from marketplace.launcher.postgres import Postgres
from marketplace.launcher.problems import Problem
from marketplace.launcher.processes import is_running
from marketplace.launcher.session import DEMO_DOMAIN, DEMO_PASSWORD, DEMO_PEOPLE, Session
from marketplace.launcher.supervisor import Supervisor
from marketplace.launcher.terminal import Terminal
from tests.plugins.fingerprint import ROOT

# Groups begin before single tests: what takes so long must not begin as the last.
pytestmark = pytest.mark.xdist_group("launcher")
START_SECONDS = 180  # on a machine that is busy with much else
STOP_SECONDS = 60
LAUNCHER = [sys.executable, "-m", "marketplace.launcher"]
MAKE_A_TABLE = """
import os, psycopg, time
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("CREATE TABLE words AS SELECT 'kept' AS word")
print("made", flush=True)
time.sleep(99)
"""
READ_THE_TABLE = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print(connection.execute("SELECT word FROM words").fetchone())
"""


def until(condition: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    """Waits for something that other processes bring about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} seconds: {what}"
        time.sleep(0.05)


@dataclass
class Launched:
    """A launcher that runs on a data folder of its own, and everything it said."""

    local: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def said(self) -> str:
        return (self.local / "said").read_text()

    def alive(self) -> list[psutil.Process]:
        """Every process that was started for this data folder, however far down."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def part(self, word: str) -> psutil.Process:
        """The process whose command line has the word."""
        found: list[psutil.Process] = []

        def is_found() -> bool:
            found[:] = self.parts(word)
            return bool(found)

        until(is_found, f"a process of {word}")
        return found[0]

    def parts(self, word: str) -> list[psutil.Process]:
        """What the launcher itself started whose command line has the word."""
        return [process for process in self.alive() if self._has_started(process, word)]

    def _has_started(self, process: psutil.Process, word: str) -> bool:
        try:
            # Some programs write their command line anew, as one word.
            return process.ppid() == self.process.pid and word in " ".join(process.cmdline()).split()
        except psutil.Error:
            return False

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            ours = process.environ().get("LOCAL_DIR") == str(self.local)
            return ours and is_running(process.pid)
        except psutil.Error:
            return False


def launch(local: Path, *arguments: str, port: int | None = None) -> Launched:
    """Starts a launcher in a session of its own, as a terminal would."""
    port = port or free_port()
    local.mkdir(exist_ok=True)
    with (local / "said").open("wb") as said:
        process = subprocess.Popen(
            [*LAUNCHER, *arguments],
            cwd=ROOT,
            env=environment(local, port),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    return Launched(local, port, process)


def environment(local: Path, port: int) -> dict[str, str]:
    """Nothing but a data folder and a port: all parts are to be started here."""
    given = ("DATABASE_URL", "REDIS_URL", "PYTEST_CURRENT_TEST")
    inherited = {name: value for name, value in os.environ.items() if name not in given}
    return {**inherited, "LOCAL_DIR": str(local), "PORT": str(port)}


def run(local: Path, *arguments: str, port: int | None = None) -> tuple[int, str]:
    """Runs a launcher to its end; its exit code and what it said."""
    launched = launch(local, *arguments, port=port)
    code = launched.process.wait(START_SECONDS)
    return code, launched.said


def test_the_whole_site_starts_heals_and_stops_without_a_trace(tmp_path: Path) -> None:
    site = launch(tmp_path / "site", "run", "--no-demo")
    try:
        until(lambda: "Ready after" in site.said or site.process.poll() is not None, "the site is up")
        assert healthy(site), site.said
        assert_lines_are_labelled(site)
        assert_second_start_is_refused(site)
        assert_dead_part_is_started_again(site, "granian", "The web server")
        assert_dead_part_is_started_again(site, "worker", "The task worker")
        assert_dead_part_is_started_again(site, "-D", "PostgreSQL")
        until(lambda: healthy(site), "the site is back")
    finally:
        processes = site.alive()
        site.process.send_signal(signal.SIGTERM)
        assert site.process.wait(STOP_SECONDS) == 0
    assert len(processes) > 8
    assert site.alive() == []
    assert "Removed the stale pid file of a PostgreSQL server" in site.said
    assert "killing it" not in site.said


def healthy(site: Launched) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/healthz", timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def assert_lines_are_labelled(site: Launched) -> None:
    def labels() -> set[str]:
        return {line.split("|")[0].strip() for line in site.said.splitlines()}

    # The site is up once its pages are; a worker may have its first word a moment later.
    until(lambda: {"start", "migrate", "web", "worker"} <= labels(), "each part has said something")
    assert labels() <= {"start", "migrate", "postgres", "valkey", "sandbox", "web", "worker", "slow", "beat"}
    assert f"http://127.0.0.1:{site.port}/" in site.said
    assert "\x1b[" not in site.said  # no terminal, no colors


def assert_second_start_is_refused(site: Launched) -> None:
    code, said = run_beside(site)
    assert code == 1
    assert f"already runs on this data folder: http://127.0.0.1:{site.port}/" in said
    assert f"kill {site.process.pid}" in said
    code, said = run(site.local.with_name("other"), "run", port=site.port)
    assert code == 1
    assert f"Port {site.port} is in use by process" in said
    assert "make run PORT=" in said


def run_beside(site: Launched) -> tuple[int, str]:
    outcome = subprocess.run(
        [*LAUNCHER, "run"],
        env=environment(site.local, site.port),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return outcome.returncode, outcome.stderr


def assert_dead_part_is_started_again(site: Launched, word: str, title: str) -> None:
    dead = site.part(word)
    dead.kill()
    until(lambda: f"{title} stopped unexpectedly (by SIGKILL): starting it again." in site.said, f"{title} is missed")
    assert site.part(word).pid != dead.pid


def test_a_killed_launcher_takes_everything_with_it_and_the_next_start_keeps_the_data(tmp_path: Path) -> None:
    local = tmp_path / "local"
    first = launch(local, "exec", sys.executable, "-c", MAKE_A_TABLE)
    until(lambda: "made" in first.said, "the command runs")
    first.process.kill()
    code, said = run(local, "exec", sys.executable, "-c", READ_THE_TABLE)  # waits for what still stops
    assert (code, "kept" in said) == (0, True), said
    assert first.alive() == []


def test_closing_the_terminal_stops_everything(tmp_path: Path) -> None:
    screen, keyboard = pty.openpty()
    process = subprocess.Popen(
        [*LAUNCHER, "exec", "sleep", "99"],
        cwd=ROOT,
        env=environment(tmp_path, free_port()),
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
        start_new_session=True,
    )
    launched = Launched(tmp_path, 0, process)
    until(lambda: launched.parts("sleep"), "the command runs")
    os.close(keyboard)
    os.close(screen)
    process.wait(STOP_SECONDS)
    assert launched.alive() == []


def test_a_half_made_data_folder_is_set_aside(tmp_path: Path) -> None:
    local = tmp_path / "local"
    half = local / "postgres"
    (local / "postgres.new" / "base").mkdir(parents=True)
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    code, said = run(local, "exec", sys.executable, "-c", MAKE_A_TABLE.replace("99", "0"))
    assert code == 0, said
    assert "The data folder was incomplete: moved it to postgres.incomplete-1" in said
    assert (local / "postgres.incomplete-1" / "PG_VERSION").exists()


def test_the_next_start_heals_a_pid_file_whose_server_is_gone(tmp_path: Path) -> None:
    server, said = half_a_server(tmp_path), list[str]()
    write_pid(server, os.getpid())  # alive, but no PostgreSQL
    server.heal(said.append)
    assert said == ["Removed the stale pid file of a PostgreSQL server that did not stop in order."]
    assert not (server.data / "postmaster.pid").exists()


def test_the_next_start_stops_a_server_that_was_left_on_the_data(tmp_path: Path) -> None:
    server, said = half_a_server(tmp_path), list[str]()
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)", str(server.data)])
    write_pid(server, left.pid)
    server.heal(said.append)
    assert said[0] == "A PostgreSQL server of an earlier start was still running on the data: stopping it."
    assert left.wait(5) != 0


def half_a_server(folder: Path) -> Postgres:
    server = Postgres(folder / "postgres", folder / "sockets", {})
    server.data.mkdir()
    return server


def write_pid(server: Postgres, pid: int) -> None:
    (server.data / "postmaster.pid").write_text(f"{pid}\n{server.data}\n")


def test_data_of_another_postgresql_is_left_alone(tmp_path: Path) -> None:
    server = half_a_server(tmp_path)
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(Problem, match=r"was written by PostgreSQL 17, this is PostgreSQL 18: move the folder away"):
        server.prepare(lambda sentence: None)


def test_a_part_that_keeps_dying_stops_everything_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    terminal = Terminal(tmp_path, io.StringIO())
    broken = Part("web", "The web server", [sys.executable, "-c", "raise SystemExit('no such module')"])
    healthy_part = Part("beat", "The clock", [sys.executable, "-c", "import time; time.sleep(99)"])

    async def supervise() -> None:
        watching = Supervisor(terminal, os.open(tmp_path / "lock", os.O_CREAT))
        try:
            await watching.start(healthy_part)
            await watching.start(broken)
            await watching.failed
        finally:
            await watching.stop()

    # In a thread of its own: browser tests in this process keep an event loop in the main one.
    why = r"stopped 4 times within seconds of its start, last exit code 1"
    with ThreadPoolExecutor(1) as thread, pytest.raises(Problem, match=why) as told:
        thread.submit(lambda: asyncio.run(supervise())).result()
    assert str(told.value).endswith("  no such module")
    assert (tmp_path / "web.log").read_text().count("no such module") == 4


def test_services_that_the_environment_names_are_not_started_here(tmp_path: Path) -> None:
    given = {"LOCAL_DIR": str(tmp_path), "ENV_FILE": os.devnull, "DATABASE_URL": "postgres://db/x"}
    plan = make_plan({**given, "REDIS_URL": "redis://queue", "STRIPE_SECRET_KEY": "sk_test_mine"})
    assert plan.stores() == []
    assert [part.name for part in plan.site()] == ["web", "worker", "slow", "beat"]
    assert not {"DATABASE_URL", "REDIS_URL", "STRIPE_API_BASE"} & plan.environment.keys()


def test_the_payment_sandbox_reads_what_the_site_writes_for_it(tmp_path: Path, settings: Settings) -> None:
    plan = make_plan({"LOCAL_DIR": str(tmp_path), "ENV_FILE": os.devnull})
    (sandbox,) = [part for part in plan.site() if part.name == "sandbox"]
    settings.LOCAL_DIR = Path(plan.environment["LOCAL_DIR"])
    assert sandbox.command[sandbox.command.index("--openings") + 1] == str(openings.path())


def test_the_demo_people_it_names_can_be_signed_in_as() -> None:
    assert DEMO_PEOPLE.keys() <= DEMO_LOGINS.keys()
    assert (DEMO_DOMAIN, DEMO_PASSWORD) == (people.DOMAIN, people.PASSWORD)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "http", "PORT is http, which is no port"),
        ("PORT", "70000", "PORT is 70000, which is no port"),
        ("PRODUCTION", "1", "PRODUCTION is set, and this starts a site for development"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    with pytest.raises(Problem, match=sentence):
        make_plan({"LOCAL_DIR": str(tmp_path), "ENV_FILE": os.devnull, name: value})


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_a_command_beside_a_running_site_leaves_its_logs_alone(tmp_path: Path) -> None:
    plan = make_plan({"LOCAL_DIR": str(tmp_path), "ENV_FILE": os.devnull})
    first = Session(plan, io.StringIO())
    assert first.take_folder() is None
    first.terminal.hear("web", "what the site says")
    first.occupancy.tell(Occupant(os.getpid(), "make run", plan.address))
    beside = Session(plan, io.StringIO())
    occupant = beside.take_folder()
    assert occupant is not None
    assert (tmp_path / "log" / "web.log").read_text() == "what the site says\n"
    for session in (first, beside):
        os.close(session.occupancy.descriptor)
    again = Session(plan, io.StringIO())
    assert again.take_folder() is None
    assert not (tmp_path / "log" / "web.log").exists()
    os.close(again.occupancy.descriptor)


@pytest.mark.parametrize(("no_color", "colored"), [("", True), ("1", False)])
def test_colors_only_for_a_terminal_that_wants_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_color: str, colored: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen()
    Terminal(tmp_path, screen).hear("web", "\x1b[31mred\x1b[0m words")
    assert ("\x1b[" in screen.getvalue()) is colored
    assert (tmp_path / "web.log").read_text() == "red words\n"
