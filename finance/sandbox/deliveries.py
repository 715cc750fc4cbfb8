"""The queue of webhooks: rows of the state file, so that a restart goes on where the process stopped."""

from dataclasses import dataclass

from finance.sandbox.faults import Faults, current
from finance.sandbox.store import Json, Tx

MOST_ATTEMPTS = 500
LONGEST_PAUSE_SECONDS = 300.0

FIRST_DUE = """
SELECT seq, event, attempts FROM deliveries WHERE state = 'pending' AND due <= ? ORDER BY due, seq LIMIT 1
"""
LATEST_DUE = """
SELECT seq, event, attempts FROM deliveries WHERE state = 'pending' AND due <= ? ORDER BY seq DESC LIMIT 1
"""


@dataclass(frozen=True)
class Delivery:
    """One event to be sent once; `attempts` counts the failed ones."""

    seq: int
    event: str
    attempts: int


def enqueue(tx: Tx, event_id: str, at: float, *, faults: Faults | None = None) -> None:
    """Queue an event for `at` (unix seconds); faults may lose it, double it or hold it back."""
    faults = faults or current(tx)
    state = "dropped" if faults.drop_webhooks else "pending"
    for _ in range(2 if faults.duplicate_webhooks else 1):
        tx.db.execute(
            "INSERT INTO deliveries (event, due, state) VALUES (?, ?, ?)",
            (event_id, at + faults.webhook_delay_ms / 1000, state),
        )


def next_due(tx: Tx, at: float) -> Delivery | None:
    """Return the delivery whose turn it is: in order of happening, or the latest first under `reorder`."""
    row = tx.db.execute(LATEST_DUE if current(tx).reorder else FIRST_DUE, (at,)).fetchone()
    return Delivery(*row) if row else None


def earliest(tx: Tx) -> float | None:
    """Return when the next delivery is due, None if the queue is empty."""
    row = tx.db.execute("SELECT MIN(due) FROM deliveries WHERE state = 'pending'").fetchone()
    return None if row[0] is None else float(row[0])


def delivered(tx: Tx, delivery: Delivery, outcome: str) -> None:
    """Record that the receiver took the event."""
    tx.db.execute(
        "UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, outcome = ? WHERE seq = ?",
        (outcome, delivery.seq),
    )


def failed(tx: Tx, delivery: Delivery, outcome: str, at: float, base: float) -> None:
    """Put the event back with a pause that doubles each time, or give up after the last attempt."""
    attempts = delivery.attempts + 1
    pause = min(base * 2 ** min(delivery.attempts, 20), LONGEST_PAUSE_SECONDS)
    state = "pending" if attempts < MOST_ATTEMPTS else "given up"
    tx.db.execute(
        "UPDATE deliveries SET state = ?, attempts = ?, due = ?, outcome = ? WHERE seq = ?",
        (state, attempts, at + pause, outcome, delivery.seq),
    )


def overview(tx: Tx) -> list[Json]:
    """Return every delivery in order of happening, with the type of its event."""
    rows = tx.db.execute(
        "SELECT d.event, json_extract(o.body, '$.type'), d.state, d.attempts, d.outcome"
        " FROM deliveries d LEFT JOIN objects o ON o.id = d.event ORDER BY d.seq"
    )
    names = ("event", "type", "state", "attempts", "outcome")
    return [dict(zip(names, row, strict=True)) for row in rows]
