"""Sealing days and proving the books, every ten minutes (FIN-06, FIN-07)."""

from __future__ import annotations

import time
from datetime import datetime

import structlog

from core.locks import alone
from finance.models import ProofRun
from finance.proof import Proof, prove
from finance.rules import PROOF_EVERY, PROOF_RUNS_KEPT
from finance.seals.sealing import TransactionsBeganAnew, seal_what_is_over

log = structlog.get_logger(__name__)

LOCK_SPACE = 0x50524F46  # keeps this lock apart from any others


def seal(now: datetime) -> None:
    """Seal what is over. A server that counts transactions anew is told about in the log, until somebody acts."""
    try:
        seal_what_is_over(now)
    except TransactionsBeganAnew as error:
        log.error("days are not sealed", why=str(error), what_to_do="docs/operations.md, after a restore")


def run(now: datetime) -> ProofRun | None:
    """Prove the books and keep the outcome; empty while another worker is at it. What broke is an error in the log."""
    with alone(LOCK_SPACE, "proof") as first:
        if not first:
            return None
        began = time.perf_counter()
        proof = prove(turn=int(now.timestamp() // PROOF_EVERY.total_seconds()))
        kept = _keep(proof, time.perf_counter() - began, now)
        ProofRun.objects.filter(at__lt=now - PROOF_RUNS_KEPT).delete()
    if proof.holds:
        log.info("ledger proven", entries=proof.entries, seconds=kept.seconds)
    else:
        log.error("ledger not proven", laws=[check.law.name for check in proof.broken], examples=kept.broken)
    return kept


def _keep(proof: Proof, seconds: float, now: datetime) -> ProofRun:
    return ProofRun.objects.create(
        at=now,
        holds=proof.holds,
        entries=proof.entries,
        sums={kind.value: amount.cents for kind, amount in proof.sums.items()},
        broken={check.law.name: {"cases": check.broken, "examples": list(check.examples)} for check in proof.broken},
        seconds=seconds,
    )
