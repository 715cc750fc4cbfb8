"""Asking for something to happen later."""

from finance.sandbox.work import Work


def later(work: Work, kind: str, subject: str, after: int) -> None:
    """Schedule a job of `finance.sandbox.jobs` for an object, `after` seconds from now."""
    work.tx.db.execute("INSERT INTO jobs (due, kind, subject) VALUES (?, ?, ?)", (work.now + after, kind, subject))
