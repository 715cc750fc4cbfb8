"""A mediator reads the case while the mediation runs, proposes a settlement and is paid for it (REV-05)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from arbitration.models import Mediation, MediationStatus, Mediator, Settlement
from arbitration.steps import rejecting
from core.money import ZERO, dollars
from core.uploads import receive
from finance import ledger
from orders.models import Message, Policy
from orders.steps import thread
from tests.arbitration.pages import a_mediation, a_rejected_order, pressed
from tests.kworks.files import a_file
from tests.orders.facts import facts
from tests.orders.visits import at, signed_in, words
from tests.stage import Stage

pytestmark = pytest.mark.rule("REV-05")


@pytest.fixture
def mediation(stage: Stage) -> Mediation:
    """Mia at work on an order in which a file was sent."""
    order = a_rejected_order(stage)
    upload = receive(a_file("sketch.png"), by=stage.buyer, now=stage.now)
    thread.write(order.pk, text="This is what I meant.", files=[upload], by=stage.buyer, now=stage.later())
    return a_mediation(stage, order)


def _page(mediation: Mediation, user: User, stage: Stage) -> str:
    with at(stage.now):
        answer = signed_in(user).get(mediation.get_absolute_url())
    return words(answer) if answer.status_code == 200 else str(answer.status_code)


def _propose(mediation: Mediation, user: User, stage: Stage, **data: object) -> str:
    with at(stage.now):
        answer = signed_in(user).post(reverse("mediation-propose", args=[mediation.pk]), data, follow=True)
    return words(answer) if answer.status_code == 200 else str(answer.status_code)


def test_the_mediator_reads_the_order_and_its_files_while_it_runs(mediation: Mediation, stage: Stage) -> None:
    mia, order = mediation.mediator.user, mediation.rejection.order
    page = _page(mediation, mia, stage)
    for told in (
        "The letters are cut off.",
        "This is what I meant.",
        "Here it is.",
        "Tell me the name of your company.",
    ):
        assert told in page
    assert "Your fee of $30.00 is set aside. It is paid to your main balance as soon as you propose." in page
    upload = Message.objects.get(text="This is what I meant.").attachments.get().upload_id
    url = reverse("mediation-file", args=[mediation.pk, upload])
    assert url in page
    client = signed_in(mia)
    assert client.get(url).status_code == 200
    assert client.get(order.get_absolute_url()).status_code == 404
    rejecting.withdraw(order.pk, by=stage.buyer, now=stage.later())
    after = _page(mediation, mia, stage)
    assert "This is what I meant." not in after
    assert "The letters are cut off." not in after
    assert "so the fee of $30.00 went back" in after
    assert client.get(url).status_code == 404


def test_everybody_else_finds_nothing(mediation: Mediation, stage: Stage, sten: User, ada: User) -> None:
    upload = Message.objects.get(text="This is what I meant.").attachments.get().upload_id
    before = facts(mediation.rejection.order_id)
    for user in (stage.buyer, stage.seller, sten, ada):
        assert _page(mediation, user, stage) == "404"
        assert _propose(mediation, user, stage, refunded="10", text="Mine.", shown="1000") == "404"
        assert signed_in(user).get(reverse("mediation-file", args=[mediation.pk, upload])).status_code == 404
        assert signed_in(user).get(reverse("mediation-split-preview", args=[mediation.pk])).status_code == 404
    assert facts(mediation.rejection.order_id) == before


@pytest.mark.rule("CAN-19")
def test_a_proposal_is_shown_explained_and_paid_once(mediation: Mediation, stage: Stage) -> None:
    mia = mediation.mediator.user
    page = _propose(mediation, mia, stage, refunded="20", text="Most is good.")
    assert "$20.00 returns to the main balance of Bea Buyer." in page
    assert "Sam Seller receives $24.00; the commission is $6.00." in page
    assert "Most is good.</textarea>" in page
    assert "This field is required." in _propose(mediation, mia, stage, refunded="20", text="", shown="2000")
    assert not Settlement.objects.exists()
    assert ledger.balance(ledger.main_of(mia)) == ZERO
    given = {"refunded": "20", "text": "Most is good.", "shown": "2000"}
    told = _propose(mediation, mia, stage, **given)
    assert "your fee was paid" in told
    assert "MediatedOrder" not in told  # what the page is made of is not printed into its messages
    assert "proposed a settlement already" in _propose(mediation, mia, stage, **given)
    assert ledger.balance(ledger.main_of(mia)) == dollars(30)
    page = _page(mediation, mia, stage)
    assert "Your fee of $30.00 was paid" in page
    assert "Propose a settlement" not in page


def test_a_proposal_that_comes_too_late_is_kept_and_not_made(mediation: Mediation, stage: Stage) -> None:
    rejecting.withdraw(mediation.rejection.order_id, by=stage.buyer, now=stage.later())
    page = _propose(mediation, mediation.mediator.user, stage, refunded="20", text="Too late.", shown="2000")
    assert "This was not done. What you wrote is kept here." in page
    assert "Too late." in page
    assert not Settlement.objects.exists()


def test_the_list_shows_ones_own_and_asks_no_more_for_more(mediation: Mediation, stage: Stage, sten: User) -> None:
    client = signed_in(mediation.mediator.user)

    def queries() -> int:
        with at(stage.now), CaptureQueriesContext(connection) as captured:
            assert "Bea Buyer and Sam Seller, fee $30.00" in words(client.get(reverse("mediations")))
        return len(captured)

    queries()
    first = queries()
    rejecting.withdraw(mediation.rejection.order_id, by=stage.buyer, now=stage.later())
    again = a_rejected_order(stage)
    rejecting.hire(again.pk, mediation.mediator, by=stage.seller, now=stage.later())
    assert queries() == first
    assert "You have no mediations" in words(signed_in(sten).get(reverse("mediations")))


def test_staff_admit_mediators_and_change_nothing_else(stage: Stage, mo: User, sten: User) -> None:
    admin = signed_in(mo)
    given = {"user": sten.pk, "fee": "25", "about": "Contracts.", "active": "on"}
    with at(stage.now):
        admin.post(reverse("admin:arbitration_mediator_add"), given)
    made = Mediator.objects.get()
    assert (made.user, made.fee, made.active, made.admitted_at) == (sten, dollars(25), True, stage.now)
    assert admin.post(reverse("admin:arbitration_mediator_delete", args=[made.pk])).status_code == 403
    mediation = a_mediation(stage, a_rejected_order(stage))
    assert mediation.status == MediationStatus.HIRED
    for page in ("cancelrequest", "rejection", "mediation", "case", "mediator"):
        answer = admin.get(reverse(f"admin:arbitration_{page}_changelist"), {"q": stage.buyer.login})
        assert answer.status_code == 200
    for page, pk in (("rejection", mediation.rejection_id), ("mediation", mediation.pk)):
        assert admin.post(reverse(f"admin:arbitration_{page}_change", args=[pk]), {}).status_code == 403


@pytest.mark.rule("REV-02")
def test_permitted_staff_let_an_order_be_left_by_rejection(stage: Stage, mo: User, ada: User) -> None:
    order = stage.an_order()
    pressed_by = {"action": "allow_rejection", "_selected_action": [order.pk]}
    url = reverse("admin:orders_order_changelist")
    with at(stage.now):
        signed_in(ada).post(url, pressed_by)
        order.refresh_from_db()
        assert order.policy == Policy.CANCELLATION
        page = words(signed_in(mo).post(url, pressed_by, follow=True))
        assert "is now left by rejection and mediation" in page
        assert "The order has these terms already." in words(signed_in(mo).post(url, pressed_by, follow=True))
    order.refresh_from_db()
    assert order.policy == Policy.REJECTION
    assert pressed("order-reject", order, ada, stage, text="Mine.") == "404"
