"""Sam's job is rejected; he hires a mediator, both agree to the proposal, and the fee is paid from his main balance."""

from __future__ import annotations

import pytest

from arbitration.models import Mediator
from arbitration.steps import rejecting, settling
from core.money import dollars
from finance.queries import Balances, balances
from orders.models import Order, Policy, Status
from tests.stage import Stage, a_person, give
from tests.stories.books import lines


@pytest.mark.rule("REV-05")
def test_a_mediated_settlement_and_its_fee(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    Order.objects.filter(pk=order.pk).update(policy=Policy.REJECTION)
    give(stage.seller, dollars(25), now=stage.now)
    mel = Mediator.objects.create(
        user=a_person("mel", "Mel Mediator", now=stage.now), fee=dollars(10), admitted_at=stage.now
    )
    before = len(lines())

    rejecting.reject(order.pk, text="Not as briefed.", by=stage.buyer, now=stage.later())
    mediation = rejecting.hire(order.pk, mel, by=stage.seller, now=stage.later())
    assert balances(stage.seller) == Balances(main=dollars(15), bonus=dollars(0), held=dollars(10))
    proposal = rejecting.propose(mediation.pk, dollars(20), text="Two fifths.", by=mel.user, now=stage.later())
    settling.agree(proposal.pk, by=stage.buyer, now=stage.later())
    settling.agree(proposal.pk, by=stage.seller, now=stage.later())

    told = lines()[before:]
    assert {line[0] for line in told} == {"fee_hold", "fee_paid", "split"}
    assert ("fee_hold", "sam main", "−$10.00") in told
    assert ("fee_paid", "mel main", "$10.00") in told
    assert balances(stage.buyer) == Balances(main=dollars(20), bonus=dollars(0), held=dollars(0))
    assert balances(stage.seller) == Balances(main=dollars(39), bonus=dollars(0), held=dollars(0))
    assert balances(mel.user) == Balances(main=dollars(10), bonus=dollars(0), held=dollars(0))
