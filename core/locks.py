"""Locks across all processes that are held without a transaction: one of them at a time does a thing, the others leave it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection


@contextmanager
def alone(space: int, key: str) -> Iterator[bool]:
    """True for the first who comes; `space` keeps kinds of locks apart.

    The lock belongs to the database session and ends with it, should the process die.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [space, key])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [space, key])
            except (DatabaseError, InterfaceError):
                connection.close()  # and the lock with it
