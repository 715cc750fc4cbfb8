"""Help with an order: every reason with exactly what follows, and nothing else than what was shown (CAN-19, DIS-01)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from arbitration.models import CancelRequest, Case, CaseEntry
from arbitration.steps import canceling
from core.models import Upload
from core.money import dollars
from finance import ledger
from orders.models import Order, Outcome, Status
from orders.steps import checkout, offers, thread
from tests.arbitration.pages import a_rejectable_order, a_rejected_order, canceled, pressed, shown, written
from tests.kworks.files import a_file
from tests.orders.facts import facts
from tests.orders.visits import signed_in
from tests.stage import Stage, give, give_bonus

pytestmark = pytest.mark.rule("CAN-19")

NOT_ASKED = "It takes effect at once: %s is told, but not asked."
ASKED = "Sam Seller decides until Mar 4, 2026, 9:00 AM UTC. Without an answer by then it is confirmed by itself."


def _paid_from_both(stage: Stage) -> Order:
    give(stage.buyer, dollars(40), now=stage.now)
    give_bonus(stage.buyer, dollars(10), now=stage.now)
    return checkout.place(stage.a_choice().pk, by=stage.buyer, now=stage.now)


@pytest.mark.rule("CAN-15", "CAN-16", "CAN-18")
def test_the_buyer_reads_word_for_word_what_each_reason_does(stage: Stage) -> None:
    page = shown("order-help", _paid_from_both(stage), stage.buyer, stage)
    money = "<li>$40.00 returns to your main balance.</li><li>$10.00 returns to your bonus balance.</li>"
    kept = "<li>It has no effect on the rating of Sam Seller.</li><li>You cannot leave feedback on this order.</li>"
    lowered = (
        "<li>It counts against the rating of Sam Seller.</li>"
        "<li>You may leave feedback on this order, also negative.</li>"
    )
    mistake, silent, other, busy = (page.split(f'id="reason-CAN-{each}"')[1] for each in ("01", "04", "05", "07"))
    assert mistake.index(f"<li>{NOT_ASKED % 'Sam Seller'}</li>{money}{kept}") < mistake.index(
        "Cancel and refund $50.00"
    )
    assert f"<li>{ASKED} Nothing below happens before it is confirmed.</li>{money}{kept}" in other.split("</form>")[0]
    assert f"{money}{lowered}" in busy.split("</form>")[0]
    assert "Ask to cancel" in busy.split("</form>")[0]
    assert "Not possible now" in silent.split("</details>")[0]
    assert "Possible when the seller leaves a message of yours without an answer for 24 hours." in silent


def test_the_seller_reads_that_it_counts_and_who_is_paid_back(stage: Stage) -> None:
    page = shown("order-help", _paid_from_both(stage), stage.seller, stage)
    own = page.split('id="reason-CAN-13"')[1].split("</form>")[0]
    for told in (
        NOT_ASKED % "Bea Buyer",
        "$40.00 returns to the main balance of Bea Buyer.",
        "$10.00 returns to the bonus balance of Bea Buyer.",
        "It counts against your rating.",
        "Bea Buyer may leave feedback on this order, also negative.",
        "Cancel and refund $50.00",
    ):
        assert told in own
    assert "Remind the buyer of the information first." in page.split('id="reason-CAN-09"')[1].split("</details>")[0]
    assert "CAN-01" not in page


def test_a_reason_that_is_not_possible_yet_says_from_when(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    late = shown("order-help", order, stage.buyer, stage).split('id="reason-CAN-02"')[1].split("</details>")[0]
    assert "Possible only while the work is past its deadline." in late
    assert 'Possible from <time datetime="2026-03-06T10:00:00+00:00">Mar 6, 2026, 10:00 AM UTC</time>.' in late
    assert "<form" not in late


@pytest.mark.rule("CAN-03")
def test_asking_does_what_was_shown_and_a_second_press_is_harmless(stage: Stage) -> None:
    order = stage.an_order()
    page = canceled(order, stage.buyer, stage, "CAN-03", at_once=False, text="We talk past each other.")
    assert "You asked Sam Seller to cancel the order." in page
    after = facts(order.pk)
    again = canceled(order, stage.buyer, stage, "CAN-03", at_once=False, text="We talk past each other.")
    assert "A request to cancel is waiting for its answer already" in again
    assert "This was not done." not in again
    assert facts(order.pk) == after
    assert CancelRequest.objects.get().text == "We talk past each other."


@pytest.mark.rule("CAN-04")
def test_if_the_order_expired_meanwhile_it_is_shown_anew_and_not_canceled(stage: Stage) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    thread.write(order.pk, text="Hello?", by=stage.buyer, now=stage.later())
    stage.later(timedelta(hours=25))
    assert "Ask to cancel" in shown("order-help", order, stage.buyer, stage).split('id="reason-CAN-04"')[1]
    assert order.deadline is not None
    stage.now = order.deadline
    before = facts(order.pk)
    page = canceled(order, stage.buyer, stage, "CAN-04", at_once=False, text="He never answers.")
    assert "What follows has changed meanwhile, so nothing was done." in page
    assert facts(order.pk) == before
    reason = page.split('id="reason-CAN-04" open')[1].split("</form>")[0]
    assert NOT_ASKED % "Sam Seller" in reason
    assert "He never answers.</textarea>" in reason
    canceled(order, stage.buyer, stage, "CAN-04", at_once=True, text="He never answers.")
    assert Outcome.objects.get(order=order).cause == "CAN-04"


@pytest.mark.rule("ORD-14")
def test_if_the_price_grew_meanwhile_the_larger_refund_is_shown_first(stage: Stage) -> None:
    kwork = stage.a_kwork(extras=1)
    order = stage.an_order(kwork=kwork)
    give(stage.buyer, dollars(10), now=stage.now)
    offered = offers.offer(order.pk, kwork.extras.get(), quantity=1, by=stage.seller, now=stage.now)
    offers.accept(offered.pk, by=stage.buyer, now=stage.now)
    before = facts(order.pk)
    page = canceled(order, stage.buyer, stage, "CAN-01", at_once=True)
    assert "What follows has changed meanwhile" in page
    assert "Cancel and refund $60.00" in page
    assert facts(order.pk) == before
    assert "The order was canceled" in canceled(order, stage.buyer, stage, "CAN-01", at_once=True, cents=6000)
    assert ledger.balance(ledger.main_of(stage.buyer)) == dollars(60)


def test_a_press_without_a_preview_only_shows_it(stage: Stage) -> None:
    order = stage.an_order()
    before = facts(order.pk)
    assert "Look at it again." in pressed("order-cancel", order, stage.buyer, stage, reason="CAN-01")
    assert facts(order.pk) == before


def test_a_text_that_is_too_long_is_kept_and_nothing_is_done(stage: Stage) -> None:
    order = stage.an_order()
    before = facts(order.pk)
    page = canceled(order, stage.buyer, stage, "CAN-01", at_once=True, text="too long " * 600)
    assert 'id="reason-CAN-01" open' in page
    assert "field__error" in page
    assert "too long too long" in page
    assert "Choose a reason" in pressed("order-cancel", order, stage.buyer, stage, reason="CAN-99", text="Why?")
    assert facts(order.pk) == before


@pytest.mark.rule("ARB-01")
def test_either_side_opens_arbitration_with_a_description_and_files(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    data = written("He delivered another logo.", uploads=[a_file("proof.png")])
    page = pressed("order-arbitration", order, stage.buyer, stage, **data)
    assert "Support will decide." in page
    case = Case.objects.get(order=order)
    assert [each.text for each in case.entries.all()] == ["He delivered another logo."]
    after = facts(order.pk)
    data["uploads"] = [a_file("proof.png")]
    assert "in arbitration already" in pressed("order-arbitration", order, stage.buyer, stage, **data)
    assert facts(order.pk) == after
    assert Upload.objects.count() == 1


@pytest.mark.rule("ARB-01")
def test_a_refused_description_keeps_text_and_files(stage: Stage) -> None:
    order = stage.an_order(at=Status.DELIVERED)
    page = pressed("order-arbitration", order, stage.seller, stage, **written("", uploads=[a_file("proof.png")]))
    assert "Describe it in a few sentences." in page
    kept = Upload.objects.get()
    assert f'name="kept" value="{kept.pk}" checked' in page
    pressed("order-arbitration", order, stage.seller, stage, **written("He says nothing.", kept=[kept.pk]))
    assert CaseEntry.objects.get().files.get().upload == kept
    late = pressed("order-arbitration", order, stage.buyer, stage, **written("I wanted to say more."))
    assert "This was not done. What you wrote is kept here." in late
    assert "I wanted to say more." in late


@pytest.mark.rule("REV-02")
def test_such_an_order_is_rejected_with_a_reason_instead_of_canceled(stage: Stage) -> None:
    order = a_rejectable_order(stage, Status.IN_WORK)
    page = shown("order-help", order, stage.buyer, stage)
    assert "Reject the job" in page
    assert "Sam Seller has 20 days to approve it or to hire an independent mediator." in page
    assert "Cancel the order" not in page
    assert "This field is required." in pressed("order-reject", order, stage.buyer, stage, text=" ")
    assert "You rejected the job." in pressed("order-reject", order, stage.buyer, stage, text="Not what I wanted.")
    after = facts(order.pk)
    assert "rejected already" in pressed("order-reject", order, stage.buyer, stage, text="Not what I wanted.")
    assert facts(order.pk) == after
    assert "Cancel the order" in shown("order-help", a_rejectable_order(stage), stage.seller, stage)


@pytest.mark.rule("DIS-01")
def test_the_page_says_at_which_step_a_disagreement_is_and_by_when(stage: Stage) -> None:
    order = stage.an_order()

    def current(page: str) -> str:
        return page.split('aria-current="step"')[1].split("</li>")[0]

    page = shown("order-help", order, stage.buyer, stage)
    assert "Talk to each other" in current(page)
    assert "Mediation" not in page
    canceling.cancel(order.pk, "CAN-05", by=stage.buyer, now=stage.now)
    for user, words in (
        (stage.buyer, "Sam Seller confirms or declines the cancellation"),
        (stage.seller, "You confirm or decline the cancellation"),
    ):
        step = current(shown("order-help", order, user, stage))
        assert words in step
        assert "until <time" in step
        assert "It is confirmed by itself." in step
    rejected = shown("order-help", a_rejected_order(stage), stage.seller, stage)
    assert "Mediation" in current(rejected)
    assert "You approve the rejection or hire a mediator" in current(rejected)
    pressed("order-arbitration", order, stage.seller, stage, **written("We cannot agree."))
    step = current(shown("order-help", order, stage.buyer, stage))
    assert "Your view is asked for" in step
    assert "There is no deadline" in step


@pytest.mark.rule("CAN-14")
def test_only_those_who_decide_disputes_cancel_for_prohibited_content(stage: Stage, sten: User, ada: User) -> None:
    order = stage.an_order()
    sten.is_staff = True
    sten.save()
    sten.user_permissions.add(Permission.objects.get(codename="view_order"))
    clerk = User.objects.get(pk=sten.pk)
    assert "Cancel for prohibited content" not in shown("order-help", order, clerk, stage)
    assert "Cancel for prohibited content" not in shown("order-help", order, stage.buyer, stage)
    given = {"rating": "lowered", "text": "Sells a stolen logo.", "total": 5000}
    for user in (clerk, stage.buyer, stage.seller):
        assert pressed("order-prohibited", order, user, stage, **given) == "404"
    page = shown("order-help", order, ada, stage)
    assert "Cancel and refund $50.00" in page
    assert "Bea Buyer cannot leave feedback on this order." in page
    before = facts(order.pk)
    assert "Sells a stolen logo.</textarea>" in pressed(
        "order-prohibited", order, ada, stage, **{**given, "rating": ""}
    )
    assert "has changed meanwhile" in pressed("order-prohibited", order, ada, stage, **{**given, "total": 1})
    assert facts(order.pk) == before
    assert "was canceled and refunded" in pressed("order-prohibited", order, ada, stage, **given)
    outcome = Outcome.objects.get(order=order)
    assert (outcome.cause, outcome.lowers_seller, outcome.feedback) == ("CAN-14", True, False)


def test_strangers_find_nothing_of_it(stage: Stage, sten: User) -> None:
    order = stage.an_order()
    for name in ("order-help", "order-dispute"):
        assert signed_in(sten).get(reverse(name, args=[order.number])).status_code == 404
    before = facts(order.pk)
    for name in ("order-cancel", "order-reject", "order-arbitration", "order-prohibited"):
        assert pressed(name, order, sten, stage, **written("Mine.")) == "404"
        assert signed_in(stage.buyer).get(reverse(name, args=[order.number])).status_code == 405
    assert facts(order.pk) == before
