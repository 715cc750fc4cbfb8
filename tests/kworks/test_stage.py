"""The stage itself walks the real steps, and quickly."""

from __future__ import annotations

from kworks.models import DraftStatus, KworkStatus
from tests.stage import Stage


def test_a_kwork_comes_on_sale_by_the_real_steps(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=2)
    assert kwork.status == KworkStatus.ON_SALE
    assert kwork.draft.status == DraftStatus.ACCEPTED
    assert [extra.title for extra in kwork.extras.all()] == ["Extra 1", "Extra 2"]
