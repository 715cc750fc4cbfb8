import pytest

from core.money import dollars
from finance import ledger
from orders.models import Status
from tests.stage import Stage


@pytest.mark.parametrize("status", list(Status))
def test_an_order_can_be_brought_anywhere(stage: Stage, status: Status) -> None:
    order = stage.an_order(at=status)
    assert order.status == status


@pytest.mark.rule("ORD-11")
def test_completion_pays_the_seller(stage: Stage) -> None:
    stage.an_order(at=Status.COMPLETED)
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(40)
    assert ledger.balance(ledger.COMMISSION) == dollars(10)
