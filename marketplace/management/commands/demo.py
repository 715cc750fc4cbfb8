"""`manage.py demo`: fill a development site with people, kworks and orders."""

from __future__ import annotations

import logging
import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from core import clock
from finance.steps import proving
from marketplace.demo import openings
from marketplace.demo.fill import fill
from marketplace.demo.fresh import NotHere, refuse_outside_development, wipe
from marketplace.demo.people import PASSWORD


def _close_the_books() -> None:
    """Seal the past days and prove all of it, without a line of the log for each.

    A seal takes what earlier transactions have written, so this comes after the one that fills.
    """
    logging.disable(logging.INFO)
    try:
        proving.seal(clock.now())
        proving.run(clock.now())
    finally:
        logging.disable(logging.NOTSET)


class Command(BaseCommand):
    """Fills an empty site; with `--fresh` the site is emptied first, with `--if-empty` a filled one is left in peace."""

    help = "Fill a development site with a believable marketplace."

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--fresh", action="store_true", help="delete everything in the database first")
        how.add_argument("--if-empty", action="store_true", help="do nothing, without complaint, where there are users")

    def handle(self, *_args: object, fresh: bool, if_empty: bool, **_options: object) -> None:
        began = time.monotonic()
        try:
            refuse_outside_development()
        except NotHere as refusal:
            raise CommandError(str(refusal)) from refusal
        if fresh:
            self.stdout.write("Emptying the database.")
            openings.forget()
            wipe()
        elif User.objects.exists():
            if if_empty:
                openings.write()
                return
            raise CommandError("There are users already. To delete everything and begin anew: make demo")
        filled = fill(clock.now(), say=self.stdout.write)
        self.stdout.write("Sealing the days that are over.")
        _close_the_books()
        openings.write()
        openings.hand_over()
        self.stdout.write(
            f"{filled.users} users, {filled.kworks} kworks, {filled.orders} orders "
            f"in {time.monotonic() - began:.0f} seconds. Everyone's password: {PASSWORD}"
        )
