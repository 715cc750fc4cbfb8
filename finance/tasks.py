"""What runs off-request: asking the provider about payments, claims and withdrawals whose webhook never came."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.tasks import task
from finance.provider import ProviderDown
from finance.steps import chargebacks, paying_out, proving, reconciling, top_ups


@task
def settle_top_up(session_id: str) -> None:
    """Ask the provider about one session; while it is down the timer brings this back."""
    try:
        top_ups.settle(session_id, clock.now())
    except ProviderDown:
        return


def look_again(top_up_id: int, now: datetime) -> None:
    """The sweep's verb: the provider is asked after the sweep's transaction, by a task."""
    session_id = top_ups.due_for_a_look(top_up_id, now)
    if session_id:
        settle_top_up.delay(session_id)


@task
def carry_on_withdrawal(withdrawal_id: int) -> None:
    """Do what comes next for one withdrawal; while the provider is down the timer brings this back."""
    try:
        paying_out.carry_on(withdrawal_id, clock.now())
    except ProviderDown:
        return


def try_again(withdrawal_id: int, now: datetime) -> None:
    """The sweep's verb for withdrawals that are being sent."""
    paying_out.due_for_a_try(withdrawal_id, now)
    carry_on_withdrawal.delay(withdrawal_id)


@task
def settle_claim(dispute_id: str) -> None:
    """Ask the provider about one claim; while it is down the timer brings this back."""
    try:
        chargebacks.settle(dispute_id, clock.now())
    except ProviderDown:
        return


def ask_about(chargeback_id: int, now: datetime) -> None:
    """The sweep's verb for claims that the bank has not decided."""
    settle_claim.delay(chargebacks.due_for_a_look(chargeback_id, now))


@task
def reconcile() -> None:
    """Copy the provider's newest movements and match them with our entries (FIN-07); the next knock brings this back."""
    try:
        reconciling.reconcile(clock.now())
    except ProviderDown:
        return


@task
def seal_days() -> None:
    """Seal every day that is over (FIN-06)."""
    proving.seal(clock.now())


@task
def prove_books() -> None:
    """Prove the ledger and keep the outcome (FIN-07)."""
    proving.run(clock.now())
