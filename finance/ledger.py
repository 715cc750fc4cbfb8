"""The only writer of postings (FIN-06). Everything here runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.money import ZERO, Money
from core.refusals import Refusal
from finance.models import KEPT_KINDS, Account, AccountKind, Entry, LotMove, Posting


class AlreadyPosted(Refusal):
    """An entry with this key exists: the same movement was asked for twice."""

    def __init__(self) -> None:
        super().__init__(_("This has been booked already."))


class Overdrawn(Refusal):
    """An account would fall below zero."""

    def __init__(self) -> None:
        super().__init__(_("There is not enough money for this."))


@dataclass(frozen=True)
class Place:
    """Names an account by its key; the row is made at first use."""

    key: str
    kind: AccountKind
    owner_id: int | None = None


def main_of(user: User) -> Place:
    return Place(f"user:{user.pk}:main", AccountKind.MAIN, user.pk)


def bonus_of(user: User) -> Place:
    return Place(f"user:{user.pk}:bonus", AccountKind.BONUS, user.pk)


def escrow_of(key: str, buyer: User | None = None) -> Place:
    """An escrow by its key, such as `order:17`; its buyer is needed only where it is opened."""
    return Place(f"escrow:{key}", AccountKind.ESCROW, buyer.pk if buyer else None)


def payout_of(key: str, user: User) -> Place:
    """What is set aside for one withdrawal, such as `withdrawal:17` (WDR-04)."""
    return Place(f"payout:{key}", AccountKind.PAYOUT, user.pk)


def chargeback_of(chargeback_id: int) -> Place:
    """What a user owes after one chargeback: below zero by it (FIN-03)."""
    return Place(f"chargeback:{chargeback_id}", AccountKind.CHARGEBACK)


COMMISSION = Place("platform:commission", AccountKind.COMMISSION)
PROMOTION = Place("platform:promotion", AccountKind.PROMOTION)
PROCESSING = Place("platform:processing", AccountKind.PROCESSING)
PROVIDER = Place("provider:stripe", AccountKind.PROVIDER)
BANK = Place("provider:bank", AccountKind.PROVIDER)


def post(
    key: str,
    verb: str,
    lines: Mapping[Place, Money],
    *,
    lots: Mapping[int, Money] | None = None,
    reference: str = "",
    by: User | None,
    now: datetime,
) -> Entry:
    """Write one balanced entry, its lines in cents summing to zero; empty lines are left out.

    `lots` says by their ids what of a line on a main balance goes out of (negative) or into lots (finance/lots.py).
    Refused: a key used before (AlreadyPosted), a user's or an escrow's account below zero (Overdrawn).
    """
    moved = {place: amount for place, amount in lines.items() if amount}
    if not moved or Money.total(moved.values()):
        raise ValueError(f"{key}: an entry moves money and its lines sum to zero")
    accounts = _accounts(list(moved))
    try:
        with transaction.atomic():
            entry = Entry.objects.create(key=key, verb=verb, reference=reference, by=by, at=now)
            # In the order of the accounts' keys, so that two entries never wait for each other in a circle.
            Posting.objects.bulk_create(
                Posting(entry=entry, account=accounts[place.key], amount=amount)
                for place, amount in sorted(moved.items(), key=lambda line: line[0].key)
            )
            LotMove.objects.bulk_create(
                LotMove(entry=entry, lot_id=lot_id, amount=amount)
                for lot_id, amount in sorted((lots or {}).items())
                if amount
            )
    except IntegrityError as error:
        raise _as_refusal(error) from error
    return entry


def balance(place: Place) -> Money:
    """What the account holds now, in cents; for accounts without a running balance, the sum of their postings."""
    if place.kind in KEPT_KINDS:
        return Account.objects.filter(key=place.key).values_list("balance", flat=True).first() or ZERO
    total = Posting.objects.filter(account__key=place.key).aggregate(total=models.Sum("amount"))["total"]
    return total or ZERO


def locked_balances(places: Sequence[Place]) -> dict[Place, Money]:
    """Balances of accounts with a running balance, held until the transaction ends; locked in the order of their keys."""
    accounts = _accounts(places)
    keys = sorted(accounts)
    rows = Account.objects.select_for_update(no_key=True).filter(key__in=keys).order_by("key")
    held = dict(rows.values_list("key", "balance"))
    return {place: held[place.key] for place in places}


def held_now(place: Place) -> Money:
    """The balance of an account with a running balance, locked until the transaction ends; nothing if it was never opened."""
    account = Account.objects.select_for_update(no_key=True).filter(key=place.key).values_list("balance", flat=True)
    return account.first() or ZERO


def account_at(place: Place) -> Account:
    """The account's row, made at first use."""
    return _accounts([place])[place.key]


def _accounts(places: Sequence[Place]) -> dict[str, Account]:
    keys = [place.key for place in places]
    found = {account.key: account for account in Account.objects.filter(key__in=keys)}
    missing = sorted((place for place in places if place.key not in found), key=lambda place: place.key)
    if missing:
        Account.objects.bulk_create(
            [Account(key=p.key, kind=p.kind, owner_id=p.owner_id, kept=p.kind in KEPT_KINDS) for p in missing],
            ignore_conflicts=True,
        )
        found |= {account.key: account for account in Account.objects.filter(key__in=keys)}
    return found


def _as_refusal(error: IntegrityError) -> Exception:
    cause = error.__cause__
    broken = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else ""
    if broken in ("kept_account_never_below_zero", "lot_between_nothing_and_all"):
        return Overdrawn()
    if broken == "key_used_once":
        return AlreadyPosted()
    return error
