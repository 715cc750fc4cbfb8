"""Staff find an order by its number and read it, and change nothing."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from orders.models import Status
from reputation import steps as reputation
from tests.orders.facts import facts
from tests.orders.visits import signed_in, words
from tests.stage import Stage


@pytest.mark.rule("ORD-12")
def test_an_order_is_found_and_read_with_what_happened(stage: Stage, mo: User) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    admin = signed_in(mo)
    assert order.title in words(admin.get(reverse("admin:orders_order_changelist"), {"q": order.number}))
    page = words(admin.get(reverse("admin:orders_order_change", args=[order.pk])))
    assert "Work started (Sam Seller)" in page
    assert 'name="_save"' not in page


def test_nothing_of_an_order_or_its_feedback_is_changed_there(stage: Stage, mo: User) -> None:
    order = stage.an_order(at=Status.COMPLETED)
    feedback = reputation.leave_feedback(order.pk, positive=True, text="Quick.", by=stage.buyer, now=stage.later())
    admin = signed_in(mo)
    admin.get(reverse("admin:orders_order_change", args=[order.pk]))  # which is noted
    before = facts(order.pk)
    for page, pk in (("orders_order", order.pk), ("reputation_feedback", feedback.pk)):
        assert admin.get(reverse(f"admin:{page}_change", args=[pk])).status_code == 200
        assert admin.post(reverse(f"admin:{page}_change", args=[pk]), {"status": "placed"}).status_code == 403
        assert admin.post(reverse(f"admin:{page}_delete", args=[pk])).status_code == 403
        assert admin.get(reverse(f"admin:{page}_add")).status_code == 403
    assert facts(order.pk) == before
