"""One of several workers that drain a timer together: says when it is ready, starts when told to, says how many it did."""

from __future__ import annotations

import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402

from marketplace.demo.clockwork import nothing_leaves  # noqa: E402
from marketplace.schedule import SWEEPS  # noqa: E402
from orders.steps import ending  # noqa: E402

if __name__ == "__main__":
    sweep = next(each for each in SWEEPS if each.verb is ending.lapse)
    sweep.is_due(timezone.now())  # connects
    print("ready", flush=True)
    sys.stdin.readline()
    with nothing_leaves():
        print(sweep.run(timezone.now()), flush=True)
