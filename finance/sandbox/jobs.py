"""Things that happen by themselves after a while: expiry, disputes, payouts. Rows of the state file."""

import sys
import threading
import traceback
from collections.abc import Callable, Mapping

from finance.sandbox import paying
from finance.sandbox.api import checkout, disputes, payouts, refunds
from finance.sandbox.config import Config
from finance.sandbox.store import Store, Tx
from finance.sandbox.work import Work, working

Verb = Callable[[Work, str], None]

VERBS: Mapping[str, Verb] = {
    "expire": checkout.expire_if_due,
    "dispute": disputes.open_by_card,
    "settle_payout": payouts.settle,
    "settle_payment": paying.settle,
    "fail_refund": refunds.fail,
}


def run_due(work: Work) -> int:
    """Do everything that is due at `work.now`, the oldest first, and return how many things that were."""
    rows = work.tx.db.execute(
        "SELECT seq, kind, subject FROM jobs WHERE due <= ? ORDER BY due, seq", (work.now,)
    ).fetchall()
    for seq, kind, subject in rows:
        work.tx.db.execute("DELETE FROM jobs WHERE seq = ?", (seq,))
        VERBS[kind](work, subject)
    return len(rows)


def earliest(tx: Tx) -> int | None:
    """Return when the next job is due (unix seconds of the sandbox's clock)."""
    row = tx.db.execute("SELECT MIN(due) FROM jobs").fetchone()
    return None if row[0] is None else int(row[0])


class Runner(threading.Thread):
    """The thread that runs jobs when they are due."""

    def __init__(self, store: Store, config: Config) -> None:
        super().__init__(name="jobs", daemon=True)
        self.store = store
        self.config = config
        self.stopping = threading.Event()

    def stop(self) -> None:
        """End after the batch under way."""
        self.stopping.set()
        self.store.wake()
        self.join(5)

    def run(self) -> None:
        """Run what is due, then sleep until something else is; an error is shown and tried again."""
        while not self.stopping.is_set():
            seen = self.store.generation
            try:
                with working(self.store, self.config) as work:
                    run_due(work)
                    due = earliest(work.tx)
                pause = None if due is None else max(due - work.now, 0.1)
            except Exception:  # the thread must outlive a bad job
                sys.stderr.write(traceback.format_exc())
                pause = 5.0
            self.store.wait(seen, pause)
