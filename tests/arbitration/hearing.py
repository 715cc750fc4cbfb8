"""Cases of arbitration for tests of the desk: opened by the real steps, visited at the moment of the play's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from arbitration.models import Case
from arbitration.steps import cases
from orders.models import Order, Status
from tests.orders.visits import at, signed_in
from tests.stage import Stage

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

DECISION = {"refunded": "20", "favor": "buyer", "reason": "Half of it is missing."}


def may_decide(user: User) -> User:
    """The user with the permission to decide disputes; asked anew, so that nothing of before is remembered."""
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.user_permissions.add(Permission.objects.get(codename="arbitrate"))
    return User.objects.get(pk=user.pk)


def a_case(stage: Stage, order: Order | None = None, *, by: User | None = None, text: str = "It is late.") -> Case:
    """A case on an order in work or on the one given, opened by the buyer unless said otherwise."""
    order = order or stage.an_order(at=Status.IN_WORK)
    return cases.open_case(order.pk, text=text, by=by or stage.buyer, now=stage.later())


@dataclass
class Desk:
    """Somebody at the desk."""

    stage: Stage
    user: User

    def get(self, name: str, *args: object, **query: Any) -> Answer:
        with at(self.stage.now):
            return signed_in(self.user).get(reverse(name, args=args), query)

    def post(self, name: str, case: Case, data: dict[str, Any] | None = None, *, follow: bool = True) -> Answer:
        given = {"token": uuid4(), **(data or {})}
        with at(self.stage.now):
            return signed_in(self.user).post(reverse(name, args=[case.pk]), given, follow=follow)
