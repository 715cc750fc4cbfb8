"""`make kill`: the whole site at work while its parts are killed at random moments, and a verdict on what is left.

Starts the site by the real launcher on a folder of its own, runs orders through the real verbs, kills task workers, beat,
Valkey and PostgreSQL with SIGKILL, moves the clock so that timers fall due meanwhile, waits until all is settled, and checks.
Exits with 1 on any breach. Bounded: the seconds asked for and some minutes to settle; ends everything that it started.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from random import Random
from types import FrameType

import django

from bench.kill.site import Killer, Site, running

SETTLE_SECONDS = 420
LAST_LEAP = timedelta(hours=30)
EXAMPLES = 5


def main() -> int:
    """Run it once; the exit code says whether everything holds."""
    parser = argparse.ArgumentParser(prog="bench.kill", description=__doc__)
    parser.add_argument("--seconds", type=float, default=75, help="how long parts are killed")
    parser.add_argument("--orders", type=int, default=300, help="how many orders are placed at most")
    parser.add_argument("--seed", type=int, default=None, help="repeats the choices of an earlier run")
    options = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    print(f"seed {seed}", flush=True)
    try:
        with running() as site:
            os.environ |= {**site.environment, "DJANGO_SETTINGS_MODULE": "marketplace.settings"}
            django.setup()
            logging.disable(logging.WARNING)  # that messages are lost meanwhile is what this is about
            good = _run(site, Random(seed), options.seconds, options.orders)
            if not good:
                raise SystemExit(1)
        left = site.left()
        print(f"processes left behind: {len(left)}")
        return 1 if left else 0
    except KeyboardInterrupt:
        print("Interrupted; everything is stopped.")
        return 128 + signal.SIGINT


def _run(site: Site, chance: Random, seconds: float, orders: int) -> bool:
    # These read models and settings, which exist only from here on.
    from bench.kill import verdict  # noqa: PLC0415
    from bench.kill.play import Play, leap  # noqa: PLC0415

    killer, play = Killer(site, Random(chance.random())), Play(chance, orders)
    play.prepare()
    play.start()
    killer.start()
    _wait(site, seconds)
    killer.stop()
    play.stop()
    journal = play.journal
    print(f"killed: {', '.join(f'{name} {count}' for name, count in sorted(killer.kills.items()))}")
    print(
        f"{len(journal.orders)} orders, {sum(journal.seen.values())} steps seen done, {journal.refused} refused, "
        f"{sum(journal.maybe.values())} unsure, {journal.unplaced} never placed",
        flush=True,
    )
    time.sleep(5)  # for the launcher to start again what was killed last
    leap(LAST_LEAP)
    good = _settle(site)
    for name, check in verdict.CHECKS.items():
        good &= _tell(name, check(journal))
    doubled_most = sum(count for name, count in killer.kills.items() if name.split("'")[0] in ("slow", "postgres"))
    good &= _tell("every letter was sent, once", verdict.letters(journal, site.letters, doubled_most))
    print("VERDICT: everything holds" if good else "VERDICT: BROKEN", flush=True)
    return good


def _wait(site: Site, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.2)
        if site.process.poll() is not None:
            raise SystemExit(f"The launcher gave up:\n{site.said[-3000:]}")


def _settle(site: Site) -> bool:
    from bench.kill import verdict  # noqa: PLC0415

    began = time.monotonic()
    waiting: dict[str, int] = {}
    while time.monotonic() - began < SETTLE_SECONDS:
        _wait(site, 2)
        waiting = verdict.unsettled()
        if not waiting:
            print(f"settled after {time.monotonic() - began:.0f} s", flush=True)
            return True
    print(f"BREACH not settled after {SETTLE_SECONDS} s: {waiting}", flush=True)
    return False


def _tell(name: str, breaches: Iterable[str]) -> bool:
    found = list(breaches)
    print(f"{'ok    ' if not found else 'BREACH'} {name}{f': {len(found)} times' if found else ''}", flush=True)
    for line in found[:EXAMPLES]:
        print(f"         {line}")
    return not found


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
