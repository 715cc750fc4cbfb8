"""What is going on in a disagreement, on the order's page: everybody sees their part and may press what is possible (DIS-01)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from arbitration.models import CancelRequest, Case, RequestStatus, Settlement, SettlementStatus, WaitsFor
from arbitration.steps import canceling, cases, rejecting, settling
from core.models import Event
from core.money import dollars
from core.uploads import receive
from finance import ledger
from orders.models import Order, Outcome, Status
from orders.moves import Actor
from orders.rules import WRITE_LIMIT
from orders.steps import ending, offers
from tests.arbitration.pages import a_mediation, a_mediator, a_rejected_order, pressed, shown, written
from tests.kworks.files import a_file
from tests.orders.facts import facts
from tests.orders.visits import at, signed_in
from tests.stage import Stage, give

pytestmark = pytest.mark.rule("DIS-01")


def _asked(stage: Stage, rule: str = "CAN-03", text: str = "Let us stop.") -> Order:
    order = stage.an_order(at=Status.IN_WORK)
    canceling.cancel(order.pk, rule, text=text, by=stage.buyer, now=stage.now)
    return order


def _case(stage: Stage) -> Case:
    order = stage.an_order(at=Status.DELIVERED)
    upload = receive(a_file("proof.png"), by=stage.buyer, now=stage.now)
    return cases.open_case(order.pk, text="It is another logo.", files=[upload], by=stage.buyer, now=stage.later())


def _page(order: Order, user: User, stage: Stage) -> str:
    return shown("order-dispute", order, user, stage)


@pytest.mark.rule("CAN-15")
def test_a_request_shows_each_side_what_it_may_answer(stage: Stage, ada: User) -> None:
    order = _asked(stage)
    buyers, sellers, staffs = (_page(order, user, stage) for user in (stage.buyer, stage.seller, ada))
    for page in (buyers, sellers, staffs):
        assert "Misunderstanding with the seller" in page
        assert "Let us stop." in page
        assert "Mar 4, 2026, 10:00 AM UTC" in page
    assert "You asked to cancel the order" in buyers
    assert "Bea Buyer asks to cancel the order" in sellers
    assert "$50.00 returns to your main balance." in buyers
    assert "$50.00 returns to the main balance of Bea Buyer." in sellers
    assert ("Withdraw the request" in buyers, "Confirm the cancellation" in buyers) == (True, False)
    assert ("Withdraw the request" in sellers, "Confirm the cancellation" in sellers) == (False, True)
    assert "<form" not in staffs


@pytest.mark.rule("CAN-15", "CAN-17")
def test_declining_needs_a_reason_and_shows_it_to_the_other_side(stage: Stage) -> None:
    order = _asked(stage)
    assert "This field is required." in pressed("request-decline", order, stage.seller, stage, text="")
    assert "You declined the request." in pressed("request-decline", order, stage.seller, stage, text="Half is done.")
    after = facts(order.pk)
    assert "declined the request already" in pressed(
        "request-decline", order, stage.seller, stage, text="Half is done."
    )
    late = pressed("request-decline", order, stage.seller, stage, text="And one thing more.")
    assert "This was not done. What you wrote is kept here." in late
    assert "And one thing more." in late
    assert facts(order.pk) == after
    page = _page(order, stage.buyer, stage)
    assert "The request to cancel was declined" in page
    assert "Half is done." in page


@pytest.mark.rule("CAN-15", "CAN-19")
def test_confirming_is_for_the_sum_that_was_shown(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=1)
    order = stage.an_order(kwork=kwork)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.now)
    give(stage.buyer, dollars(10), now=stage.now)
    offered = offers.offer(order.pk, kwork.extras.get(), quantity=1, by=stage.seller, now=stage.now)
    offers.accept(offered.pk, by=stage.buyer, now=stage.now)
    before = facts(order.pk)
    assert "has changed meanwhile" in pressed("dispute-confirm", order, stage.seller, stage, total=5000)
    assert facts(order.pk) == before
    assert "You confirmed" in pressed("dispute-confirm", order, stage.seller, stage, total=6000)
    after = facts(order.pk)
    assert "no longer possible" in pressed("dispute-confirm", order, stage.seller, stage, total=6000)
    assert facts(order.pk) == after
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(60)


@pytest.mark.rule("CAN-15")
def test_a_request_is_withdrawn_by_the_side_that_asked(stage: Stage) -> None:
    order = _asked(stage)
    assert "Only the side that asked" in pressed("dispute-withdraw", order, stage.seller, stage)
    assert "You withdrew the request." in pressed("dispute-withdraw", order, stage.buyer, stage)
    assert CancelRequest.objects.get().status == RequestStatus.WITHDRAWN


@pytest.mark.rule("REV-02", "REV-03")
def test_a_rejection_is_approved_withdrawn_or_mediated_by_the_right_side(stage: Stage, ada: User) -> None:
    order = a_rejected_order(stage)
    a_mediator(stage)
    buyers, sellers, staffs = (_page(order, user, stage) for user in (stage.buyer, stage.seller, ada))
    assert "You rejected the job" in buyers
    assert "If you approve it" in sellers
    for page in (sellers, staffs):
        assert "Bea Buyer rejected the job" in page
    for page in (buyers, sellers, staffs):
        assert "The letters are cut off." in page
        assert "Mar 22, 2026" in page
    assert "Approve and refund $50.00" in sellers
    assert "your main balance is short by $30.00" in sellers
    assert "Withdraw the rejection" in buyers
    assert "the rejection falls away and the money is paid" in buyers
    assert "Approve" not in buyers
    assert "<form" not in staffs
    assert "You approved the rejection" in pressed("dispute-approve", order, stage.seller, stage, total=5000)
    assert Outcome.objects.get(order=order).cause == "REV-02"
    other = a_rejected_order(stage)
    assert "You withdrew the rejection." in pressed("dispute-withdraw-rejection", other, stage.buyer, stage)


@pytest.mark.rule("REV-05")
def test_a_mediator_is_hired_for_the_fee_that_was_shown(stage: Stage) -> None:
    order, mia = a_rejected_order(stage), a_mediator(stage)
    give(stage.seller, dollars(100), now=stage.now)
    assert "Hire for $30.00" in _page(order, stage.seller, stage)
    mia.fee = dollars(40)
    mia.save()
    before = facts(order.pk)
    hired = {"mediator": mia.pk, "fee": 3000}
    assert "has changed meanwhile" in pressed("mediator-hire", order, stage.seller, stage, **hired)
    assert "Choose an independent mediator" in pressed("mediator-hire", order, stage.seller, stage, mediator="x")
    assert facts(order.pk) == before
    assert "You hired Mia Mediator." in pressed("mediator-hire", order, stage.seller, stage, **{**hired, "fee": 4000})
    assert "already" in pressed("mediator-hire", order, stage.seller, stage, **{**hired, "fee": 4000})
    page = _page(order, stage.buyer, stage)
    assert "Sam Seller hired the mediator Mia Mediator" in page


@pytest.mark.rule("REV-05")
def test_a_mediators_proposal_shows_exact_shares_and_both_may_answer(stage: Stage) -> None:
    order = a_rejected_order(stage)
    mediation = a_mediation(stage, order)
    made = rejecting.propose(
        mediation.pk, dollars(20), text="Most is good.", by=mediation.mediator.user, now=stage.later()
    )
    buyers, sellers = _page(order, stage.buyer, stage), _page(order, stage.seller, stage)
    assert "$20.00 returns to your main balance." in buyers
    assert "Sam Seller receives $24.00; the commission is $6.00." in buyers
    assert "You receive $24.00; the commission is $6.00." in sellers
    assert "Most is good." in sellers
    assert "As soon as the other side does" in pressed("settlement-agree", order, stage.buyer, stage, made.pk)
    assert "You have agreed already" in pressed("settlement-agree", order, stage.buyer, stage, made.pk)
    assert "Agreed so far: Bea Buyer" in _page(order, stage.seller, stage)
    assert "the money has moved" in pressed("settlement-agree", order, stage.seller, stage, made.pk)
    ended = _page(order, stage.seller, stage)
    assert "Settled in mediation" in ended
    assert "Most is good." in ended
    assert "Paid to the seller</dt><dd>$24.00" in ended


@pytest.mark.rule("REV-05")
def test_declining_the_mediators_proposal_ends_the_mediation(stage: Stage) -> None:
    order = a_rejected_order(stage)
    mediation = a_mediation(stage, order)
    rejecting.propose(mediation.pk, dollars(20), text="Most is good.", by=mediation.mediator.user, now=stage.later())
    assert "the mediation is over" in pressed("dispute-end-mediation", order, stage.buyer, stage)
    page = _page(order, stage.seller, stage)
    assert "The mediation by Mia Mediator ended without agreement." in page
    assert "The proposal was to return $20.00 to the buyer." in page
    assert "Hire a mediator" not in page


@pytest.mark.rule("ARB-02", "ARB-03", "ARB-08")
def test_a_case_is_open_to_its_sides_and_closed_to_everybody_else(stage: Stage, ada: User, sten: User) -> None:
    case = _case(stage)
    order = case.order
    cases.ask(case.pk, WaitsFor.SELLER, text="Which logo?", by=ada, now=stage.now)
    cases.note(case.pk, text="Looks clear.", by=ada, now=stage.now)
    buyers, sellers, arbiters = (_page(order, user, stage) for user in (stage.buyer, stage.seller, ada))
    for page in (buyers, sellers):
        assert "It is another logo." in page
        assert "proof.png" in page
        assert "Looks clear." not in page
    assert ("Which logo?" in sellers, "Which logo?" in buyers) == (True, False)
    assert "Your view is asked for." in sellers
    assert "It is another logo." not in arbiters
    assert case.get_absolute_url() in arbiters
    clerk = _clerk(sten)
    clerks = _page(order, clerk, stage)
    assert "It is another logo." not in clerks
    assert case.get_absolute_url() not in clerks


@pytest.mark.rule("ARB-08")
def test_files_of_a_case_are_for_both_sides_and_arbiters_whose_reading_is_noted(
    stage: Stage, ada: User, sten: User
) -> None:
    case = _case(stage)
    upload = case.entries.get().files.get().upload_id
    url = reverse("case-file", args=[case.order.number, upload])
    noted = Event.objects.filter(kind="case.read")
    for user, status in ((stage.buyer, 200), (stage.seller, 200), (sten, 404), (_clerk(sten), 404)):
        assert signed_in(user).get(url).status_code == status
    assert not noted.exists()
    with at(stage.now):
        answer = signed_in(ada).get(url)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    event = noted.get()
    assert (event.by, event.facts["what"]) == (ada, "proof.png")
    other = stage.an_order()
    assert signed_in(stage.buyer).get(reverse("case-file", args=[other.number, upload])).status_code == 404


@pytest.mark.rule("ARB-02")
def test_a_view_is_added_once_and_nothing_typed_is_lost(stage: Stage) -> None:
    case = _case(stage)
    order = case.order
    data = written("I delivered what was ordered.")
    assert "was added to the case" in pressed("case-state", order, stage.seller, stage, **data)
    pressed("case-state", order, stage.seller, stage, **data)
    assert case.entries.count() == 2
    case.refresh_from_db()
    assert case.waits_for == WaitsFor.SUPPORT
    empty = pressed("case-state", order, stage.seller, stage, **written("", uploads=[a_file("mine.png")]))
    assert "Describe it in a few sentences." in empty
    assert 'name="kept"' in empty
    settling.concede(order.pk, by=stage.seller, now=stage.now)
    late = pressed("case-state", order, stage.buyer, stage, **written("I forgot something."))
    assert "not in arbitration" in late
    assert "I forgot something." in late


@pytest.mark.rule("ARB-07", "CAN-19")
def test_a_split_is_proposed_only_after_its_effect_was_shown(stage: Stage) -> None:
    order = _case(stage).order
    first = pressed("settlement-offer", order, stage.seller, stage, refunded="12.50", text="Let us share.")
    assert not Settlement.objects.exists()
    assert "$12.50 returns to the main balance of Bea Buyer." in first
    assert "You receive $30.00; the commission is $7.50." in first
    assert 'name="shown" value="1250"' in first
    assert "Let us share.</textarea>" in first
    given = {"refunded": "12.50", "text": "Let us share.", "shown": "1250"}
    assert "The other side was told" in pressed("settlement-offer", order, stage.seller, stage, **given)
    assert "proposed this already" in pressed("settlement-offer", order, stage.seller, stage, **given)
    made = Settlement.objects.get()
    assert "The most is $50." in pressed("settlement-offer", order, stage.buyer, stage, refunded="50.01")
    with at(stage.now):
        live = signed_in(stage.buyer).get(reverse("split-preview", args=[order.number]), {"refunded": "12.50"})
    assert b"$12.50 returns to your main balance." in live.content
    page = _page(order, stage.buyer, stage)
    assert "Sam Seller proposes" in page
    assert "Sam Seller receives $30.00; the commission is $7.50." in page
    assert "the money has moved" in pressed("settlement-agree", order, stage.buyer, stage, made.pk)
    assert ledger.balance(ledger.main_of(stage.seller)) == dollars(30)
    assert "Settled in arbitration" in _page(order, stage.seller, stage)


@pytest.mark.rule("ARB-07")
def test_proposals_are_declined_and_withdrawn(stage: Stage) -> None:
    order = _case(stage).order
    for by, words, status in (
        (stage.buyer, "You declined it.", SettlementStatus.DECLINED),
        (stage.seller, "You withdrew your proposal.", SettlementStatus.WITHDRAWN),
    ):
        made = settling.offer(order.pk, dollars(10), text="", by=stage.seller, now=stage.later())
        assert words in pressed("settlement-decline", order, by, stage, made.pk)
        made.refresh_from_db()
        assert made.status == status
        assert "no longer stands" in pressed("settlement-agree", order, stage.buyer, stage, made.pk)


@pytest.mark.rule("ARB-07")
def test_either_side_may_give_in_and_sees_what_that_does(stage: Stage) -> None:
    order, other = _case(stage).order, _case(stage).order
    page = _page(order, stage.seller, stage)
    assert "Give all the money back" in page
    assert "It counts against your rating." in page
    assert "settled" in pressed("dispute-give-in", order, stage.seller, stage, total=5000)
    assert Outcome.objects.get(order=order).lowers_seller
    assert "Accept and pay Sam Seller $40.00" in _page(other, stage.buyer, stage)
    pressed("dispute-give-in", other, stage.buyer, stage, total=5000)
    assert Outcome.objects.get(order=other).completed


@pytest.mark.rule("ARB-04")
def test_both_sides_read_the_decision_and_its_reason(stage: Stage, ada: User) -> None:
    case = _case(stage)
    decision = cases.Decision(dollars(50), Actor.BUYER, False, "It is not what was ordered.")
    cases.decide(case.pk, decision, by=ada, now=stage.later())
    for user in (stage.buyer, stage.seller):
        page = _page(case.order, user, stage)
        assert "Decided in arbitration" in page
        assert "It is not what was ordered." in page
        assert "Returned to the buyer</dt><dd>$50.00" in page


@pytest.mark.rule("ARB-08")
@pytest.mark.parametrize("name", ["order-dispute", "order-help"])
def test_that_staff_read_a_part_alone_is_noted(stage: Stage, ada: User, name: str) -> None:
    order = _asked(stage)
    with at(stage.now):
        for user in (stage.buyer, ada):
            assert signed_in(user).get(reverse(name, args=[order.number])).status_code == 200
    assert Event.objects.get(kind="order.read").by == ada


def test_strangers_and_staff_press_nothing(stage: Stage, sten: User, ada: User) -> None:
    order = _asked(stage)
    before = facts(order.pk)
    for user in (sten, ada):
        for name in ("dispute-confirm", "dispute-withdraw", "dispute-approve", "dispute-give-in", "request-decline"):
            assert pressed(name, order, user, stage, text="Mine.", total=5000) == "404"
        for name in ("mediator-hire", "case-state", "settlement-offer"):
            assert pressed(name, order, user, stage, **written("Mine.")) == "404"
    assert facts(order.pk) == before


def test_in_peace_there_is_nothing(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    assert "card" not in _page(order, stage.buyer, stage)
    ending.accept(order.pk, by=stage.buyer, now=stage.now)
    assert "card" not in _page(order, stage.buyer, stage)


def _clerk(user: User) -> User:
    """Staff who look orders up and decide no disputes."""
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    return User.objects.get(pk=user.pk)


@pytest.mark.rule("CAN-19")
@pytest.mark.parametrize("name", ["dispute-confirm", "request-decline"])
def test_an_answer_is_for_the_request_that_was_shown(stage: Stage, name: str) -> None:
    order = _asked(stage)
    shown_one = CancelRequest.objects.get().pk
    canceling.withdraw(order.pk, by=stage.buyer, now=stage.later())
    canceling.cancel(order.pk, "CAN-05", by=stage.buyer, now=stage.later())
    page = pressed(name, order, stage.seller, stage, request=shown_one, total=5000, text="No.")
    assert "What follows has changed meanwhile" in page
    assert CancelRequest.objects.get(rule="CAN-05").status == RequestStatus.WAITING


@pytest.mark.rule("CAN-19")
@pytest.mark.parametrize("reason", ["%d", "%(x)s", "%s%s", "", "CAN-99"])
def test_an_unknown_reason_is_refused_in_words(stage: Stage, reason: str) -> None:
    order = stage.an_order()
    assert "Choose a reason for canceling the order." in pressed(
        "order-cancel", order, stage.buyer, stage, reason=reason
    )


@pytest.mark.rule("MSG-05")
def test_asking_and_withdrawing_has_a_limit(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    canceling.cancel(order.pk, "CAN-03", by=stage.buyer, now=stage.now)
    for _ in range(WRITE_LIMIT.most):
        WRITE_LIMIT.count(by=stage.buyer, now=stage.now)
    assert "You withdrew" not in pressed("dispute-withdraw", order, stage.buyer, stage)
    assert CancelRequest.objects.get().status == RequestStatus.WAITING
