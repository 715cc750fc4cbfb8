"""Starts parts, passes on what they say, starts a dead one again, stops them all."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

from marketplace.launcher import reaper
from marketplace.launcher.parts import Part
from marketplace.launcher.problems import Problem
from marketplace.launcher.processes import bound_to_us, signal_group
from marketplace.launcher.terminal import Terminal

READY_SECONDS = 180.0
SHORT_LIFE = 10.0  # seconds; a part that dies younger counts towards MOST_SHORT_LIVES
MOST_SHORT_LIVES = 4
FIRST_PAUSE = 0.5  # seconds before the first restart, doubled for each further short life
LAST_WORDS_SECONDS = 3.0  # something that has left the group may still hold a dead part's output open
GLANCE = 0.05  # seconds between two looks at a process
LONGEST_LINE = 1 << 20


class Supervisor:
    """Watches over parts in one event loop of the main thread."""

    def __init__(self, terminal: Terminal, lock: int) -> None:
        self.terminal = terminal
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._ready: dict[str, asyncio.Event] = {}
        self._running: dict[str, Process] = {}
        self._parts: dict[str, Part] = {}
        self._stopping = False
        self._reaper = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", "-S", str(Path(reaper.__file__).resolve())],
            stdin=subprocess.PIPE,
            pass_fds=[lock],
            start_new_session=True,
            text=True,
        )

    async def start(self, *parts: Part) -> None:
        """Starts parts together and returns when all are ready."""
        for part in parts:
            self._parts[part.name] = part
            self._ready[part.name] = asyncio.Event()
            self._keepers[part.name] = asyncio.create_task(self._keep(part))
        waiting = asyncio.create_task(self._all_ready(parts))
        try:
            await asyncio.wait({waiting, self.failed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self.failed.done():
            self.failed.result()

    async def _all_ready(self, parts: tuple[Part, ...]) -> None:
        for part in parts:
            await self._ready[part.name].wait()

    async def run(self, part: Part) -> None:
        """Runs a part that ends by itself; Problem when it fails."""
        process = await self._spawn(part)
        listening = asyncio.create_task(self._listen(part, process))
        ending = asyncio.create_task(_end_of(process))
        first: set[asyncio.Future[Any]] = {ending, self.failed}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if not ending.done():
            self.failed.result()
        code = ending.result()
        await asyncio.wait({listening}, timeout=LAST_WORDS_SECONDS)
        self._forget(part, process)
        if code != 0:
            raise Problem(f"{part.title} failed ({_ending(code)}): see what it said above.")

    async def stop(self) -> None:
        """Stops what was started last first; what keeps running past its patience is killed."""
        self._stopping = True
        for keeper in self._keepers.values():
            keeper.cancel()
        for names in _last_first(list(self._running)):
            await asyncio.gather(*(self._stop(self._parts[name]) for name in names))
        assert self._reaper.stdin is not None
        with contextlib.suppress(OSError):
            self._reaper.stdin.close()
        await asyncio.to_thread(self._reaper.wait)

    def kill(self) -> None:
        """For those who cannot wait: ends every part at once."""
        for process in self._running.values():
            signal_group(process.pid, signal.SIGKILL)

    async def _keep(self, part: Part) -> None:
        short_lives = 0
        while True:
            born = time.monotonic()
            try:
                part.prepare(self.terminal.say)
            except Problem as problem:
                self._fail(problem)
                return
            code = await self._live(part)
            if self._stopping:
                return
            short_lives = short_lives + 1 if time.monotonic() - born < SHORT_LIFE else 0
            if short_lives >= MOST_SHORT_LIVES:
                sentence = (
                    f"{part.title} stopped {short_lives} times within seconds of its start, last {_ending(code)}."
                )
                self._fail(Problem(f"{sentence} {self.terminal.last_words(part.name)}"))
                return
            self.terminal.say(f"{part.title} stopped unexpectedly ({_ending(code)}): starting it again.")
            await asyncio.sleep(FIRST_PAUSE * 2 ** max(short_lives - 1, 0))

    async def _live(self, part: Part) -> int:
        """One life of a part, from its start to its end; returns how it ended."""
        process = await self._spawn(part)
        listening = asyncio.create_task(self._listen(part, process))
        readiness = asyncio.create_task(self._await_ready(part))
        try:
            code = await _end_of(process)
        finally:
            readiness.cancel()
        signal_group(process.pid, signal.SIGKILL)  # what it leaves must not live beside its successor
        await asyncio.wait({listening}, timeout=LAST_WORDS_SECONDS)
        self._forget(part, process)
        return code

    async def _await_ready(self, part: Part) -> None:
        until = time.monotonic() + READY_SECONDS
        while not await asyncio.to_thread(part.is_ready):
            if time.monotonic() > until:
                self._fail(Problem(f"{part.title} was not ready within {READY_SECONDS:.0f} seconds."))
                return
            await asyncio.sleep(GLANCE)
        self._ready[part.name].set()

    async def _spawn(self, part: Part) -> Process:
        process = await asyncio.create_subprocess_exec(
            *bound_to_us(part.command, part.stop_signal, part.user),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **part.environment},
            start_new_session=True,
            limit=LONGEST_LINE,
        )
        self._parts[part.name] = part
        self._running[part.name] = process
        self._tell_reaper(f"+ {process.pid} {int(part.stop_signal)}")
        return process

    def _forget(self, part: Part, process: Process) -> None:
        if self._running.get(part.name) is process:
            del self._running[part.name]
        self._tell_reaper(f"- {process.pid}")

    def _tell_reaper(self, line: str) -> None:
        assert self._reaper.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # without it, the kernel's own signal remains
            self._reaper.stdin.write(line + "\n")
            self._reaper.stdin.flush()

    async def _listen(self, part: Part, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            text = line.decode(errors="replace").rstrip()
            if text:
                self.terminal.hear(part.name, text, shown=bool(part.shown.search(text)))

    async def _stop(self, part: Part) -> None:
        process = self._running[part.name]
        if process.returncode is None:
            process.send_signal(part.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_end_of(process), part.patience)
        if process.returncode is None:
            self.terminal.say(f"{part.title} did not stop in {part.patience:.0f} seconds: killing it.")
        signal_group(process.pid, signal.SIGKILL)
        await _end_of(process)
        self._forget(part, process)

    def _fail(self, problem: Problem) -> None:
        if not self.failed.done():
            self.failed.set_exception(problem)


async def _end_of(process: Process) -> int:
    """How the process ended. Its own `wait` would also wait for what it started, which may hold its output open."""
    while process.returncode is None:
        await asyncio.sleep(GLANCE)
    return process.returncode


def _last_first(names: list[str]) -> list[list[str]]:
    """The stores last: what writes to them must be gone by then."""
    stores = [name for name in names if name in ("postgres", "valkey")]
    return [[name for name in names if name not in stores], stores]


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"by {signal.Signals(-code).name}"
