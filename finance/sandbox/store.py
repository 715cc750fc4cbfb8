"""The sandbox's state: one SQLite file in write-ahead mode, so `kill -9` loses nothing that was answered."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_listed ON objects (kind, account, seq);
CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending',
    outcome TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    due INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, body TEXT NOT NULL);
"""


class Tx:
    """One open transaction: API objects as JSON under their id, and named settings."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def insert(self, body: Json, account: str = "") -> Json:
        """Store a new object under the connected account that owns it ('' is the platform itself)."""
        self.db.execute(
            "INSERT INTO objects (id, kind, account, body) VALUES (?, ?, ?, ?)",
            (body["id"], body["object"], account, json.dumps(body)),
        )
        return body

    def save(self, body: Json) -> Json:
        """Overwrite an object that exists."""
        self.db.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), body["id"]))
        return body

    def get(self, object_id: str) -> Json | None:
        """Return the object with this id, whoever owns it."""
        row = self.db.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
        return _loaded(row[0]) if row else None

    def owner(self, object_id: str) -> str:
        """Return the account that owns the object; '' for the platform and for an id that is unknown."""
        row = self.db.execute("SELECT account FROM objects WHERE id = ?", (object_id,)).fetchone()
        return str(row[0]) if row else ""

    def newest_first(self, kind: str, account: str) -> Iterator[Json]:
        """Yield the objects of one kind and account, the latest first."""
        rows = self.db.execute(
            "SELECT body FROM objects WHERE kind = ? AND account = ? ORDER BY seq DESC", (kind, account)
        )
        for row in rows:
            yield _loaded(row[0])

    def total(self, kind: str, account: str, field: str) -> int:
        """Return the sum of an integer member over all objects of one kind and account."""
        row = self.db.execute(
            "SELECT COALESCE(SUM(json_extract(body, '$.' || ?)), 0) FROM objects WHERE kind = ? AND account = ?",
            (field, kind, account),
        ).fetchone()
        return int(row[0])

    def setting(self, name: str) -> Json:
        """Return the named setting, empty if it was never set."""
        row = self.db.execute("SELECT body FROM settings WHERE name = ?", (name,)).fetchone()
        return _loaded(row[0]) if row else {}

    def set_setting(self, name: str, body: Json) -> None:
        """Replace the named setting."""
        self.db.execute("INSERT OR REPLACE INTO settings (name, body) VALUES (?, ?)", (name, json.dumps(body)))

    def clear(self) -> None:
        """Forget everything, as if the state file were new."""
        for statement in (
            "DELETE FROM objects",
            "DELETE FROM answers",
            "DELETE FROM deliveries",
            "DELETE FROM jobs",
            "DELETE FROM settings",
        ):
            self.db.execute(statement)


class Store:
    """The state file, shared by all threads; one transaction at a time, so a double click is safe."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)
        self._lock = threading.Lock()
        self._committed = threading.Condition()
        self._generation = 0

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Run the block alone; commit at its end, undo it on any exception. Not to be nested."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            before = self._db.total_changes
            try:
                yield Tx(self._db)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            changed = self._db.total_changes != before
        if changed:
            self.wake()

    @property
    def generation(self) -> int:
        """A number that grows with each commit; `wait` compares it."""
        return self._generation

    def wake(self) -> None:
        """Make everyone in `wait` look again."""
        with self._committed:
            self._generation += 1
            self._committed.notify_all()

    def wait(self, seen: int, seconds: float | None) -> None:
        """Sleep until something was committed after `seen`, at most so many seconds."""
        with self._committed:
            self._committed.wait_for(lambda: self._generation != seen, seconds)

    def close(self) -> None:
        """Close the file once no transaction is open."""
        with self._lock:
            self._db.close()


def _loaded(text: str) -> Json:
    body: Json = json.loads(text)
    return body
