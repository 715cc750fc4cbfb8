"""`make soak`: money stories on the whole site while the payment provider fails, delays, repeats and reorders, then a verdict.

Starts the site by the real launcher on a folder of its own, lets people pay in, order, withdraw and dispute through the real
verbs and the sandbox's own pages, with the sandbox's faults on; then switches them off, waits until all is settled, and holds
every object of the provider against the books. Exits with 1 on any breach. Bounded; ends everything that it started.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import sys
import time
from random import Random
from types import FrameType

import django

from bench.kill.site import Site, running

SETTLE_SECONDS = 300
EXAMPLES = 5


def main() -> int:
    """Run it once; the exit code says whether everything holds."""
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=90, help="how long faults are on")
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
            logging.disable(logging.ERROR)  # that the provider fails is what this is about
            if not _run(site, Random(seed), options.seconds, seed):
                raise SystemExit(1)
        left = site.left()
        print(f"processes left behind: {len(left)}")
        return 1 if left else 0
    except KeyboardInterrupt:
        print("Interrupted; everything is stopped.")
        return 128 + signal.SIGINT


def _run(site: Site, chance: Random, seconds: float, seed: int) -> bool:
    # These read models and settings, which exist only from here on.
    from bench.soak import verdict  # noqa: PLC0415
    from bench.soak.play import Play  # noqa: PLC0415

    verdict.opening = verdict.held()
    play = Play(chance, seed)
    play.prepare()
    play.start()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.5)
        if site.process.poll() is not None:
            raise SystemExit(f"The launcher gave up:\n{site.said[-3000:]}")
    play.stop()
    print(", ".join(f"{name} {count}" for name, count in sorted(play.done.items())), flush=True)
    play.calm()
    began, waiting = time.monotonic(), {"everything": 1}
    while waiting and time.monotonic() - began < SETTLE_SECONDS:
        play.finish()
        time.sleep(2)
        waiting = verdict.unsettled()
    good = not waiting
    print(f"settled after {time.monotonic() - began:.0f} s" if good else f"BREACH not settled: {waiting}", flush=True)
    for name, check in verdict.CHECKS.items():
        found = list(check())
        good &= not found
        print(f"{'ok    ' if not found else 'BREACH'} {name}{f': {len(found)} times' if found else ''}", flush=True)
        for line in found[:EXAMPLES]:
            print(f"         {line}")
    print("VERDICT: everything holds" if good else "VERDICT: BROKEN", flush=True)
    return good


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
