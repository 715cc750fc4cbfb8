"""The whole site, started by the real launcher on a folder of its own, and whoever kills parts of it at random moments."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

import psutil

from marketplace.launcher.ports import free_port
from marketplace.launcher.processes import bound_to_us, is_running

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180
STOP_SECONDS = 60
ELSEWHERE = ("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "EMAIL_URL", "SITE_URL")
# A part that dies four times within ten seconds of its start is given up by the launcher, and rightly so.
SPARED_SECONDS = 12
PAUSE_SECONDS = (0.5, 3.0)
# By what in its command line a part is known.
SIGNS = {
    "worker": re.compile(r" celery@%h( |$)"),
    "slow": re.compile(r" slow@%h( |$)"),
    "beat": re.compile(r" beat( |$)"),
    "valkey": re.compile(r"^\S*/valkey-server "),
    "postgres": re.compile(r"^\S*/postgres -D "),
}


@dataclass
class Site:
    """A launcher that runs, its folder, and how its servers are reached."""

    local: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        return (self.local / "said").read_text(errors="replace")

    @property
    def letters(self) -> Path:
        """The folder with every letter that was sent."""
        return self.local / "letters"

    def part(self, name: str) -> psutil.Process | None:
        """The process of a part that the launcher itself started; nothing while it is down."""
        try:
            for child in psutil.Process(self.process.pid).children():
                if SIGNS[name].search(" ".join(child.cmdline())):
                    return child
        except psutil.Error:
            pass
        return None

    def left(self) -> list[psutil.Process]:
        """Every process that was started for this folder and still runs, however far down."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("LOCAL_DIR") == str(self.local) and is_running(process.pid)
        except psutil.Error:
            return False

    def stop(self) -> None:
        """End it in order; what does not end is killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for process in self.left():
            process.kill()


@contextmanager
def running() -> Iterator[Site]:
    """The site, up and empty. Its folder is removed unless something was wrong."""
    local = Path(tempfile.mkdtemp(prefix="workhall-kill-"))
    local.chmod(0o711)  # PostgreSQL does not run as root
    site = Site(local, _launch(local))
    try:
        _until(lambda: "Ready after" in site.said or site.process.poll() is not None, START_SECONDS)
        if site.process.poll() is not None:
            raise SystemExit(f"The site did not start:\n{site.said}")
        told = json.loads((local / "launcher.lock").read_text())
        site.environment = {**told["environment"], "EMAIL_URL": _mail(local), "ENV_FILE": os.devnull}
        yield site
    except KeyboardInterrupt:
        site.stop()
        shutil.rmtree(local, ignore_errors=True)
        raise
    except BaseException:
        site.stop()
        print(f"What the site said and its data are in {local}", flush=True)
        raise
    site.stop()
    shutil.rmtree(local, ignore_errors=True)


def _launch(local: Path) -> subprocess.Popen[bytes]:
    inherited = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    own = {"LOCAL_DIR": str(local), "PORT": str(free_port()), "ENV_FILE": os.devnull, "EMAIL_URL": _mail(local)}
    command = bound_to_us([sys.executable, "-m", "marketplace.launcher", "run", "--no-demo"])
    with (local / "said").open("wb") as said:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**inherited, **own},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,  # Ctrl-C is for us; we end it in order
        )


def _mail(local: Path) -> str:
    return f"filemail:///{local / 'letters'}"


def _until(condition: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)


class Killer(Thread):
    """Kills parts, or one process of a part, with SIGKILL until it is stopped; the launcher is to heal them."""

    def __init__(self, site: Site, chance: Random) -> None:
        super().__init__(daemon=True)
        self.site, self.chance = site, chance
        self.stopped = Event()
        self.kills: Counter[str] = Counter()
        self._last: dict[str, float] = {}

    def run(self) -> None:
        while not self.stopped.wait(self.chance.uniform(*PAUSE_SECONDS)):
            name = self.chance.choice(sorted(SIGNS))
            if time.monotonic() - self._last.get(name, 0) < SPARED_SECONDS:
                continue
            self._kill(name)

    def _kill(self, name: str) -> None:
        part = self.site.part(name)
        if part is None:
            return
        try:
            children = part.children(recursive=True)
            victim = self.chance.choice(children) if children and self.chance.random() < 0.5 else part
            victim.kill()
        except psutil.Error:
            return
        self._last[name] = time.monotonic()
        self.kills[name if victim is part else f"{name}'s child"] += 1

    def stop(self) -> None:
        self.stopped.set()
        self.join()
