"""Every timer of the site, on one screen: what becomes due by which column, and which verb acts on it.

Beat knocks once a minute for each; a sweep finds whatever is due, also what fell due while the site was down.
"""

from __future__ import annotations

from arbitration.steps.timers import dispute_due
from core import uploads
from core.models import Upload
from core.sweeps import Sweep
from finance.models import Chargeback, TopUp, Withdrawal, WithdrawalStatus
from finance.steps import batches, chargebacks
from finance.tasks import ask_about, look_again, try_again
from notifications import letters
from notifications.models import Letter
from orders.models import Dispute, Order, Status
from orders.steps import ending, work
from referrals.models import GroupReward, GroupScheme
from referrals.steps import groups

UNDER_WAY = (WithdrawalStatus.SENDING, WithdrawalStatus.SENT)

SWEEPS = [
    Sweep(
        "orders not started in time",
        lambda: Order.objects.filter(start_due_at__isnull=False, paused_at__isnull=True),
        "start_due_at",
        ending.lapse,
    ),
    Sweep(
        "orders past their deadline",
        lambda: Order.objects.filter(status=Status.IN_WORK, expired_at__isnull=True).exclude(
            dispute=Dispute.ARBITRATION
        ),
        "deadline",
        work.expire,
    ),
    Sweep(
        "deliveries nobody answered",
        lambda: Order.objects.filter(review_due_at__isnull=False, paused_at__isnull=True),
        "review_due_at",
        ending.complete_by_time,
    ),
    Sweep(
        "orders without activity",
        lambda: Order.objects.filter(status=Status.IN_WORK, idle_due_at__isnull=False, paused_at__isnull=True),
        "idle_due_at",
        ending.end_idle,
    ),
    Sweep(
        "orders soon canceled for inactivity",
        lambda: Order.objects.filter(status=Status.IN_WORK, idle_warn_at__isnull=False, paused_at__isnull=True),
        "idle_warn_at",
        ending.warn_idle,
    ),
    Sweep(
        "disputes nobody answered",
        lambda: Order.objects.filter(dispute_due_at__isnull=False),
        "dispute_due_at",
        dispute_due,
    ),
    Sweep(
        "top-ups nobody has told us about",
        lambda: TopUp.objects.filter(check_due_at__isnull=False),
        "check_due_at",
        look_again,
    ),
    Sweep(
        "withdrawals whose payment date has come",
        lambda: Withdrawal.objects.filter(batch_due_at__isnull=False),
        "batch_due_at",
        batches.gather,
    ),
    Sweep(
        "withdrawals approved and not released",
        lambda: Withdrawal.objects.filter(status=WithdrawalStatus.BATCHED, next_try_at__isnull=False),
        "next_try_at",
        batches.release,
    ),
    Sweep(
        "withdrawals being sent",
        lambda: Withdrawal.objects.filter(status__in=UNDER_WAY, next_try_at__isnull=False),
        "next_try_at",
        try_again,
    ),
    Sweep(
        "claims the bank has not decided",
        lambda: Chargeback.objects.filter(check_due_at__isnull=False),
        "check_due_at",
        ask_about,
    ),
    Sweep(
        "sums owed after chargebacks",
        lambda: Chargeback.objects.filter(collect_due_at__isnull=False),
        "collect_due_at",
        chargebacks.collect,
    ),
    Sweep(
        "files nothing has attached",
        lambda: Upload.objects.filter(unused_due_at__isnull=False),
        "unused_due_at",
        uploads.remove_unused,
    ),
    Sweep(
        "months of group rewards not reckoned",
        lambda: GroupScheme.objects.filter(next_run_at__isnull=False),
        "next_run_at",
        groups.reckon,
    ),
    Sweep(
        "group rewards not paid",
        lambda: GroupReward.objects.filter(pay_due_at__isnull=False),
        "pay_due_at",
        groups.pay,
    ),
    Sweep(
        "letters not sent yet",
        lambda: Letter.objects.filter(due_at__isnull=False),
        "due_at",
        letters.send,
    ),
]

# These wait for other machines; they run where they hold up nothing else.
SLOW_SWEEPS = frozenset(
    {
        "letters not sent yet",
        "top-ups nobody has told us about",
        "withdrawals being sent",
        "claims the bank has not decided",
        "files nothing has attached",
    }
)
