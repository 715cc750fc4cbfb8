"""Outlives the launcher to stop what it started, should the launcher be killed. Run as a script.

Reads lines `+ LEADER SIGNAL` and `- LEADER` from standard input. At its end, which comes when the launcher is
gone, signals every process group still listed and kills what does not stop in time. It inherits the launcher's
lock, so that a new start waits for it.
"""

import contextlib
import os
import signal
import sys
import time

PATIENCE = 6.0  # seconds


def signal_all(leaders: dict[int, int], number: int | None) -> list[int]:
    """Signals each group, by its own number if none is given; returns the leaders of groups that exist."""
    left = []
    for leader, own in leaders.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, own if number is None else number)
            left.append(leader)
    return left


def main() -> None:
    """Waits for the launcher's end."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    leaders: dict[int, int] = {}
    for line in sys.stdin:
        sign, leader, *number = line.split()
        if sign == "+":
            leaders[int(leader)] = int(number[0])
        else:
            leaders.pop(int(leader), None)
    signal_all(leaders, None)
    until = time.monotonic() + PATIENCE
    while signal_all(leaders, 0) and time.monotonic() < until:
        time.sleep(0.05)
    signal_all(leaders, signal.SIGKILL)


if __name__ == "__main__":
    main()
