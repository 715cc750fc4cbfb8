"""What an order's end, or its arbitration, does to everything else that was being asked of it."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from arbitration.models import (
    CancelRequest,
    Case,
    CaseStatus,
    Mediation,
    MediationStatus,
    Rejection,
    RejectionStatus,
    RequestStatus,
    Settlement,
    SettlementStatus,
)
from arbitration.steps import fees
from core.events import record


def overtake(order_id: int, now: datetime, *, by: User | None = None, case: bool = True) -> None:
    """Close what still waits for an answer on an order whose lock is held; a mediator who proposed nothing gets no fee.

    Whatever was answered already stays as it was, so that calling it twice changes nothing.
    """
    CancelRequest.objects.filter(order_id=order_id, status=RequestStatus.WAITING).update(
        status=RequestStatus.OVERTAKEN, answered_at=now
    )
    Rejection.objects.filter(order_id=order_id, status=RejectionStatus.OPEN).update(
        status=RejectionStatus.OVERTAKEN, ended_at=now
    )
    for mediation in Mediation.objects.filter(
        rejection__order_id=order_id, status__in=[MediationStatus.HIRED, MediationStatus.PROPOSED]
    ):
        fees.give_back(mediation, now=now)
        mediation.status, mediation.ended_at = MediationStatus.FAILED, now
        mediation.save(update_fields=["status", "ended_at"])
    Settlement.objects.filter(order_id=order_id, status=SettlementStatus.OPEN).update(
        status=SettlementStatus.OVERTAKEN, ended_at=now
    )
    if case:
        _close_case(order_id, by=by, now=now)


def _close_case(order_id: int, *, by: User | None, now: datetime) -> None:
    case = Case.objects.filter(order_id=order_id, status=CaseStatus.OPEN).first()
    if case is not None:
        case.status, case.closed_at = CaseStatus.CLOSED, now
        case.save(update_fields=["status", "closed_at"])
        record("case.closed", case, by=by, now=now)
