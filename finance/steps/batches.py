"""Payment dates: withdrawals are gathered, seen by two of staff, then sent (WDR-03)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.money import Money
from core.refusals import NotAllowed, OutOfTurn
from core.staff import may
from finance.models import Approval, Batch, BatchStatus, Withdrawal, WithdrawalStatus
from finance.rules import APPROVALS_NEEDED
from finance.steps.reasons import reason_given
from finance.steps.withdrawing import give_back, moving

APPROVE = "finance.change_batch"  # Django's own right; nothing else of a batch can be changed


def gather(withdrawal_id: int, now: datetime) -> None:
    """A payment date has come: the withdrawal joins the open batch of that date (WDR-03)."""
    with moving(withdrawal_id, "batch", by=None, now=now) as step:
        due = step.withdrawal.batch_due_at
        if due is None or due > now:
            raise OutOfTurn(_("It is not time for this yet."))
        step.withdrawal.batch = _open_batch(now)


def digest_of(withdrawals: Iterable[Withdrawal]) -> str:
    """What a batch is approved by: each withdrawal in it with its sum in cents, under one hash."""
    lines = sorted((each.pk, each.amount.cents) for each in withdrawals)
    return sha256("\n".join(f"{number}:{cents}" for number, cents in lines).encode()).hexdigest()


def approve(batch_id: int, *, digest: str, by: User, now: datetime) -> Batch:
    """One of staff agrees to send exactly what they saw; the second approval of the same lets it go.

    An approval of what the batch was before does not count, nor one of somebody who has lost the right since. Refused: no
    right to it, an own withdrawal in the batch, approved like this by the same person already (NotAllowed); approved already,
    or changed since it was shown (OutOfTurn).
    """
    _check_right(by)
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.status == BatchStatus.APPROVED:
            raise OutOfTurn(_("This batch has been approved already."))
        # In the order of their numbers, as everybody locks them.
        rows = list(_waiting(batch).select_for_update(of=("self",)).order_by("id"))
        if any(row.user_id == by.pk for row in rows):
            raise NotAllowed(_("A withdrawal of your own is in this batch: two others have to approve it."))
        if not rows:
            raise OutOfTurn(_("Nothing is left in this batch to be approved."))
        if digest != digest_of(rows):
            raise OutOfTurn(_("The batch has changed since this page was shown. Look at it again, then approve."))
        total = Money.total(row.amount for row in rows)
        given = {"at": now, "count": len(rows), "total": total}
        is_new = Approval.objects.get_or_create(batch=batch, by=by, digest=digest, defaults=given)[1]
        counting = len(standing_approvals(batch, digest))
        # Whoever had lost the right and has it again may have been waited for.
        if not is_new and counting < APPROVALS_NEEDED:
            raise NotAllowed(_("You have approved this batch: the second approval is for somebody else."))
        batch.status = BatchStatus.SECOND
        if counting >= APPROVALS_NEEDED:
            batch.status, batch.approved_at = BatchStatus.APPROVED, now
            # Each is let go by a sweep, so that a large batch keeps nobody waiting and none is lost half way.
            _waiting(batch).update(next_try_at=now)
        batch.save(update_fields=["status", "approved_at"])
        facts = {"count": len(rows), "total_cents": total.cents, "digest": digest}
        record("batch.approved", batch, by=by, now=now, **facts, status=batch.status)
    return batch


def release(withdrawal_id: int, now: datetime) -> None:
    """Its batch was approved by two: it goes on to be sent (WDR-03). Refused when it was not, or is gone."""
    with transaction.atomic():
        # The batch first, as who approves it does.
        batch = Batch.objects.select_for_update(of=("self",)).filter(withdrawals=withdrawal_id).first()
        with moving(withdrawal_id, "approve", by=_last_approver(withdrawal_id), now=now) as step:
            due = step.withdrawal.next_try_at
            is_approved = batch is not None and batch.status == BatchStatus.APPROVED
            if not is_approved or due is None or due > now:
                raise OutOfTurn(_("It is not time for this yet."))


def reject(withdrawal_id: int, reason: str, *, by: User, now: datetime) -> None:
    """Staff refuses a withdrawal that is not being sent yet; the money returns and its user reads the reason (WDR-03).

    Refused: no right to it, one's own (NotAllowed), no reason (Invalid), too late (OutOfTurn).
    """
    _check_right(by)
    reason = reason_given(reason)
    with moving(withdrawal_id, "reject", by=by, now=now) as step:
        if step.withdrawal.user_id == by.pk:
            raise NotAllowed(_("Your own withdrawal is for somebody else to decide."))
        step.withdrawal.reason = step.facts["reason"] = reason
        give_back(step.withdrawal, by=by, now=now)


def standing_approvals(batch: Batch, digest: str) -> list[Approval]:
    """The approvals of exactly this, by those who may approve still."""
    found = batch.approvals.filter(digest=digest).select_related("by").order_by("at", "id")
    return [each for each in found if may(each.by, APPROVE)]


def may_approve(batch: Batch, by: User) -> bool:
    """Whether this person could approve this batch now."""
    return (
        batch.status != BatchStatus.APPROVED
        and may(by, APPROVE)
        and not _waiting(batch).filter(user=by).exists()
        and _waiting(batch).exists()
        and _is_awaited(standing_approvals(batch, digest_of(_waiting(batch))), by)
    )


def _is_awaited(approvals: list[Approval], by: User) -> bool:
    return len(approvals) >= APPROVALS_NEEDED or all(each.by_id != by.pk for each in approvals)


def _open_batch(now: datetime) -> Batch:
    day = now.date()
    opened = Batch.objects.filter(date=day, status=BatchStatus.OPEN)
    while True:
        # Locked, so that nothing joins a batch while it is being approved.
        found = opened.select_for_update().first()
        if found is not None:
            return found
        part = Batch.objects.filter(date=day).count() + 1
        # Of two workers at once the database lets one open it; both then find it.
        Batch.objects.bulk_create([Batch(date=day, part=part, at=now)], ignore_conflicts=True)


def _waiting(batch: Batch) -> models.QuerySet[Withdrawal]:
    return Withdrawal.objects.filter(batch=batch, status=WithdrawalStatus.BATCHED)


def _last_approver(withdrawal_id: int) -> User | None:
    found = Approval.objects.filter(batch__withdrawals=withdrawal_id).select_related("by").order_by("-id").first()
    return found.by if found else None


def _check_right(by: User) -> None:
    if not may(by, APPROVE):
        raise NotAllowed(_("Only staff who may approve withdrawals can do this."))
