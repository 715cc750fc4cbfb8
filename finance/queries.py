"""Reading the ledger for its owner: balances and movements, from accounts and postings only."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from accounts.models import User
from core.money import ZERO, Money
from finance.ledger import bonus_of, main_of
from finance.models import Account, AccountKind, Posting, TopUp
from finance.moves import UNFINISHED
from finance.rules import MOVEMENTS_A_PAGE

OWN_KINDS = (AccountKind.MAIN, AccountKind.BONUS)


@dataclass(frozen=True)
class Balances:
    """What a user has, in cents: main and bonus can be spent, `held` waits in escrow for the user's own orders."""

    main: Money
    bonus: Money
    held: Money


@dataclass(frozen=True)
class Movements:
    """One page of movements, newest first; `older` and `newer` are the ids to go on from, empty at the ends."""

    rows: list[Posting]
    older: int | None
    newer: int | None


def header_balance(user: User) -> Money:
    """What the user can spend now, main and bonus together: one query by key."""
    keys = [main_of(user).key, bonus_of(user).key]
    found: Money | None = Account.objects.filter(key__in=keys).aggregate(sum=Sum("balance"))["sum"]
    return found or ZERO


def balances(user: User) -> Balances:
    """Everything the user has, in one query."""
    sums = dict(Account.objects.filter(owner=user).values_list("kind").annotate(Sum("balance")))
    return Balances(*(sums.get(kind, ZERO) for kind in (AccountKind.MAIN, AccountKind.BONUS, AccountKind.ESCROW)))


def movements(
    user: User, *, verb: str = "", account: str = "", before: int | None = None, after: int | None = None
) -> Movements:
    """Movements of the user's own balances (FIN-05), older than one id or newer than another; as fast deep down as on top."""
    kinds = [account] if account else list(OWN_KINDS)
    found: list[Posting] = []
    # One walk down the index for each of the two accounts, so that a long history is never sorted.
    for pk in Account.objects.filter(owner=user, kind__in=kinds).values_list("pk", flat=True):
        rows = Posting.objects.filter(account=pk).select_related("entry", "account")
        if verb:
            rows = rows.filter(entry__verb=verb)
        if after is not None:
            found += rows.filter(pk__gt=after).order_by("pk")[: MOVEMENTS_A_PAGE + 1]
        else:
            found += (rows.filter(pk__lt=before) if before else rows).order_by("-pk")[: MOVEMENTS_A_PAGE + 1]
    found.sort(key=lambda posting: posting.pk, reverse=after is None)
    more, page = len(found) > MOVEMENTS_A_PAGE, found[:MOVEMENTS_A_PAGE]
    if after is not None:
        page.reverse()
        return Movements(page, older=page[-1].pk if page else None, newer=page[0].pk if more else None)
    return Movements(page, older=page[-1].pk if more else None, newer=page[0].pk if before and page else None)


def unfinished_top_ups(user: User) -> list[TopUp]:
    """Top-ups that wait for the user's payment or the provider's word, newest first; the page shows the latest few."""
    return list(TopUp.objects.filter(user=user, status__in=UNFINISHED).order_by("-id")[:3])
