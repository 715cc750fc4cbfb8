"""Visiting the pages of disagreements, and staging them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.urls import reverse

from accounts.models import User
from arbitration.models import CancelRequest, Mediation, Mediator, RequestStatus
from arbitration.steps import rejecting
from core.money import dollars
from orders.models import Order, Policy, Status
from orders.steps import work
from tests.orders.visits import HTMX, at, signed_in, words
from tests.stage import Stage, a_person, give


def shown(name: str, order: Order, user: User, stage: Stage) -> str:
    """A part of the order's page as the user sees it now."""
    with at(stage.now):
        answer = signed_in(user).get(reverse(name, args=[order.number]), headers=HTMX)
    assert answer.status_code == 200
    return words(answer)


def pressed(name: str, order: Order, user: User, stage: Stage, *more: int, **data: Any) -> str:
    """What a user reads after posting a form; `more` are further parts of its address.

    The form is that of the request to cancel that waits, if one does.
    """
    waiting = CancelRequest.objects.filter(order=order, status=RequestStatus.WAITING).first()
    sent = {"request": waiting.pk if waiting else "", **data}
    with at(stage.now):
        answer = signed_in(user).post(reverse(name, args=[order.number, *more]), sent, follow=True)
    return words(answer) if answer.status_code == 200 else str(answer.status_code)


def canceled(
    order: Order, user: User, stage: Stage, rule: str, *, at_once: bool, cents: int = 5000, text: str = ""
) -> str:
    """What a user reads after pressing the button of a reason, with what its preview promised."""
    promised = {"at_once": "yes" if at_once else "no", "refunded": cents}
    return pressed("order-cancel", order, user, stage, reason=rule, text=text, **promised)


def written(text: str, **more: Any) -> dict[str, Any]:
    """A text with files as its form sends them."""
    return {"text": text, "token": uuid4(), **more}


def a_rejectable_order(stage: Stage, at_status: Status = Status.PLACED) -> Order:
    """An order that its buyer leaves by rejecting the job."""
    order = stage.an_order()
    work.change_policy(order.pk, Policy.REJECTION, by=stage.moderator, now=stage.now)
    if at_status in (Status.IN_WORK, Status.DELIVERED):
        work.start(order.pk, by=stage.seller, now=stage.later())
    if at_status is Status.DELIVERED:
        work.deliver(order.pk, text="Here it is.", by=stage.seller, now=stage.later())
    order.refresh_from_db()
    return order


def a_rejected_order(stage: Stage) -> Order:
    """One whose job was rejected."""
    order = a_rejectable_order(stage, Status.DELIVERED)
    rejecting.reject(order.pk, text="The letters are cut off.", by=stage.buyer, now=stage.later())
    order.refresh_from_db()
    return order


def a_mediator(stage: Stage) -> Mediator:
    """Mia, who mediates for $30."""
    mia = User.objects.filter(login="mia").first() or a_person("mia", "Mia Mediator", now=stage.now)
    return Mediator.objects.create(user=mia, fee=dollars(30), about="Design contracts.", admitted_at=stage.now)


def a_mediation(stage: Stage, order: Order) -> Mediation:
    """Mia at work on a rejected order, hired by the seller."""
    give(stage.seller, dollars(30), now=stage.now)
    return rejecting.hire(order.pk, a_mediator(stage), by=stage.seller, now=stage.later())
