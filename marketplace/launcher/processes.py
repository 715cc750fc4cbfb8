"""Child processes that are led by a session of their own and die with the process that started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from marketplace.launcher import spawn

SPAWN = str(Path(spawn.__file__).resolve())


def bound_to_us(
    command: Sequence[str],
    death_signal: signal.Signals = signal.SIGTERM,
    user: tuple[int, int] | None = None,
) -> list[str]:
    """The command line that runs `command` so that the kernel sends it `death_signal` when we are gone.

    To be started from the main thread: the kernel counts the starting thread as the parent.
    """
    uid, gid = user or (spawn.KEEP_USER, spawn.KEEP_USER)
    numbers = (os.getpid(), int(death_signal), uid, gid)
    return [sys.executable, "-I", "-S", SPAWN, *map(str, numbers), *command]


def run_to_end(
    command: Sequence[str],
    user: tuple[int, int] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a command that ends by itself and returns its outcome, output and errors together as text."""
    return subprocess.run(  # noqa: S603 - the command is the launcher's own
        bound_to_us(command, signal.SIGKILL, user),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        env=None if env is None else dict(env),
        cwd=cwd,
        check=False,
    )


def signal_group(leader: int, number: signal.Signals) -> bool:
    """Signals every process of the group that `leader` leads; False when none is left."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def process_line(pid: int) -> str:
    """The command line of a running process, or nothing when there is none or it is not ours to see."""
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def is_running(pid: int) -> bool:
    """Whether the process is there and has not ended; one that ended may wait for its parent to notice."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Waits for a process that need not be our child; True when it is gone in time."""
    until = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(pid)
