"""Starting over: everything in the development database and its uploaded files is gone afterward."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

UPLOADED = ("uploads", "pictures", "kworks")


class NotHere(Exception):
    """This site is no place for a demo: its accounts have a password that everyone knows."""


def refuse_outside_development() -> None:
    """Raise NotHere unless this is a development site."""
    if settings.PRODUCTION or not settings.DEV_TOOLS:
        raise NotHere("This is no development site (PRODUCTION is on or DEV_TOOLS is off), so it gets no demo data.")


def wipe() -> None:
    """Drop every table and make them anew: the ledger's rows can be deleted in no other way. Refused in production."""
    refuse_outside_development()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    call_command("migrate", interactive=False, verbosity=0)
    for folder in UPLOADED:
        shutil.rmtree(Path(settings.MEDIA_ROOT) / folder, ignore_errors=True)
    cache.clear()
