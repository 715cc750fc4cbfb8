"""What staff see of withdrawals before they approve them (WDR-03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum, Value

from accounts.models import User
from core.fields import MoneyField
from core.money import ZERO, Money
from core.staff import may
from finance.models import Approval, Batch, BatchStatus, PayoutDetails, Withdrawal, WithdrawalStatus
from finance.steps.batches import APPROVE, digest_of, standing_approvals

IN_IT = Q(withdrawals__status=WithdrawalStatus.BATCHED)
NOT_REJECTED = ~Q(withdrawals__status=WithdrawalStatus.REJECTED)
TRIES_BEFORE_STUCK = 4


@dataclass(frozen=True)
class Row:
    """One withdrawal, and the other accounts that use the same card."""

    withdrawal: Withdrawal
    same_card: tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """What is to be approved, and what was rejected or sent already."""

    rows: list[Row]
    others: list[Withdrawal]
    total: Money
    net: Money
    digest: str


def approves(user: User) -> bool:
    """Whether this person may approve and reject withdrawals."""
    return may(user, APPROVE)


def waiting_batches() -> int:
    """How many batches wait for an approval."""
    return Batch.objects.exclude(status=BatchStatus.APPROVED).filter(IN_IT).distinct().count()


def waiting() -> Mapping[str, Money | int]:
    """How many withdrawals wait for their payment date, over what sum."""
    found = Withdrawal.objects.filter(status=WithdrawalStatus.REQUESTED).aggregate(
        count=Count("id"), total=Sum("amount")
    )
    return {"count": found["count"], "total": found["total"] or ZERO}


def stuck() -> list[Withdrawal]:
    """What the provider has not taken or confirmed after several tries, or has refused to, the oldest first."""
    late = Q(tries__gte=TRIES_BEFORE_STUCK) | ~Q(last_problem="")
    rows = Withdrawal.objects.filter(late, next_try_at__isnull=False).select_related("user", "batch")
    return list(rows.order_by("id")[:20])


def with_sums(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    """Batches with how many withdrawals are in each, and over what sum, in the same query; without those that were rejected."""
    return batches.annotate(
        count=Count("withdrawals", filter=NOT_REJECTED),
        total=Sum("withdrawals__amount", filter=NOT_REJECTED, default=Value(ZERO, MoneyField())),
        open_count=Count("withdrawals", filter=IN_IT),
    )


def contents(batch: Batch) -> Contents:
    """Everything in a batch; three queries, however much it is."""
    found = list(batch.withdrawals.select_related("user", "top_up").order_by("id"))
    is_open = batch.status != BatchStatus.APPROVED
    rows = [each for each in found if is_open and each.status == WithdrawalStatus.BATCHED]
    others = [each for each in found if not is_open or each.status != WithdrawalStatus.BATCHED]
    same = _same_cards([each.user_id for each in rows])
    return Contents(
        rows=[Row(each, same.get(each.user_id, ())) for each in rows],
        others=others,
        total=Money.total(each.amount for each in rows),
        net=Money.total(each.net for each in rows),
        digest=digest_of(rows),
    )


def approvals(batch: Batch, digest: str) -> tuple[list[Approval], list[Approval]]:
    """The approvals that count, and those that do not; `digest` is what waits in it now.

    One does not count when the batch was another one, or, before it is approved, when its giver has lost the right since.
    """
    found = list(batch.approvals.select_related("by").order_by("at", "id"))
    if batch.status == BatchStatus.APPROVED:
        counting = [each for each in found if each.digest == found[-1].digest]
    else:
        counting = standing_approvals(batch, digest)
    return counting, [each for each in found if each not in counting]


def approvals_of(withdrawal: Withdrawal) -> int:
    """How many of staff have approved a withdrawal that waits for it, in its batch as that is now."""
    batch = withdrawal.batch
    if batch is None or batch.status != BatchStatus.SECOND:
        return 0
    waiting = batch.withdrawals.filter(status=WithdrawalStatus.BATCHED).only("amount")
    return len(standing_approvals(batch, digest_of(waiting)))


def _same_cards(user_ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Logins of others whose payout card is the same, by user (ACC-03: one destination for one account)."""
    cards = dict(
        PayoutDetails.objects.filter(user__in=user_ids).exclude(fingerprint="").values_list("fingerprint", "user_id")
    )
    others: dict[int, list[str]] = {}
    shared = PayoutDetails.objects.filter(fingerprint__in=cards).values_list("fingerprint", "user_id", "user__login")
    for fingerprint, user_id, login in shared:
        if user_id != cards[fingerprint]:
            others.setdefault(cards[fingerprint], []).append(login)
    return {user_id: tuple(sorted(logins)) for user_id, logins in others.items()}
