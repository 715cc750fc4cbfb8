"""`make bench`: how fast the site is, as ratios to a bare Django view and to plain SQL measured in the same run.

Makes a database of its own on the local server, fills it, measures, drops it. Bounded: a few minutes.
"""

from __future__ import annotations

import argparse
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import django
import psycopg
import redis
from django.core.management import call_command

PARTS = ["pages", "balance", "verbs", "timers"]
LAST_QUEUE = 63


def main() -> None:
    """Fill a throw-away database and print every figure as it is found."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--kworks", type=int, default=100_000, help="kworks in the catalogue")
    parser.add_argument("--orders", type=int, default=10_000, help="orders that are due at once")
    parser.add_argument("--seconds", type=float, default=5, help="how long each thing is measured")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="what is measured; all of it by default"
    )
    parser.add_argument("--due", type=int, default=2_000, help="orders that several workers drain together")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="how many drain them, in turn")
    parser.add_argument("--open", type=int, default=30_000, help="open orders that the sweeps look through")
    parser.add_argument("--movements", type=int, default=100_000, help="of somebody with a long balance")
    options = parser.parse_args()
    server = os.environ["DATABASE_URL"]
    with own_database(server) as url, own_queue() as queue, tempfile.TemporaryDirectory() as static:
        os.environ |= {"DATABASE_URL": url, "REDIS_URL": queue, "STATIC_ROOT": static, "DEBUG": "0", "DEV_TOOLS": "0"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "marketplace.settings"
        django.setup()
        call_command("collectstatic", interactive=False, verbosity=0)
        # These read models and settings, which exist only from here on.
        from bench import balance, pages, timers, verbs  # noqa: PLC0415
        from bench.fill import fill  # noqa: PLC0415

        filled = fill(kworks=options.kworks, orders=options.orders if "verbs" in options.parts else 0)
        if "pages" in options.parts:
            pages.measure(filled, options.seconds)
        if "balance" in options.parts:
            balance.measure(filled, movements=options.movements)
        if "verbs" in options.parts:
            verbs.measure(filled, options.seconds)
        if "timers" in options.parts:
            promised = timers.measure(filled, due=options.due, workers=options.workers, standing=options.open)
            if not promised:
                raise SystemExit("The timers do not hold what they promise.")


@contextmanager
def own_queue() -> Iterator[str]:
    """The address of the last numbered database of the same Valkey, so that no worker of the site gets these messages."""
    url = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{LAST_QUEUE}").geturl()
    with redis.Redis.from_url(url) as server:
        server.flushdb()
        try:
            yield url
        finally:
            server.flushdb()


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """The address of a new, empty database on the same server; it is dropped at the end."""
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    main()
