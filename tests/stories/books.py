"""The ledger as a story reads it: every line in the order it was written."""

from __future__ import annotations

from core.formats import money
from finance.models import Posting

Line = tuple[str, str, str]


def lines() -> list[Line]:
    """(verb, whose account, amount) of every posting, entries in order and within each the largest sum first taken."""
    postings = Posting.objects.select_related("entry", "account__owner").order_by("entry_id", "amount", "account__kind")
    return [(posting.entry.verb, _whose(posting), money(posting.amount)) for posting in postings]


def _whose(posting: Posting) -> str:
    account = posting.account
    if account.kind in ("main", "bonus") and account.owner:
        return f"{account.owner.login} {account.kind}"
    return account.kind
