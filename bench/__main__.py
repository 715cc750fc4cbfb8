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
from django.core.management import call_command


def main() -> None:
    """Fill a throw-away database and print every figure as it is found."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--kworks", type=int, default=100_000, help="kworks in the catalogue")
    parser.add_argument("--orders", type=int, default=10_000, help="orders that are due at once")
    parser.add_argument("--seconds", type=float, default=5, help="how long each thing is measured")
    options = parser.parse_args()
    with own_database(os.environ["DATABASE_URL"]) as url, tempfile.TemporaryDirectory() as static:
        os.environ |= {"DATABASE_URL": url, "STATIC_ROOT": static, "DEBUG": "0", "DEV_TOOLS": "0"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "marketplace.settings"
        django.setup()
        call_command("collectstatic", interactive=False, verbosity=0)
        # These read models and settings, which exist only from here on.
        from bench import pages, verbs  # noqa: PLC0415
        from bench.fill import fill  # noqa: PLC0415

        filled = fill(kworks=options.kworks, orders=options.orders)
        pages.measure(filled, options.seconds)
        verbs.measure(filled, options.seconds)


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
