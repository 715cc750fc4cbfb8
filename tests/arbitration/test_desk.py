"""The desk: which cases stand there, in which order, and for whom (ARB-03, ARB-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from arbitration.models import Case, WaitsFor
from arbitration.queries import desk
from arbitration.steps import cases, settling
from core.money import ZERO
from kworks.models import Category
from orders.models import Status
from orders.moves import Actor
from tests.arbitration.hearing import Desk, a_case, may_decide
from tests.orders.visits import words
from tests.stage import Stage, a_person

pytestmark = pytest.mark.rule("ARB-03")


@pytest.fixture
def arbiter(ada: User) -> User:
    return may_decide(ada)


@pytest.fixture
def at_desk(stage: Stage, arbiter: User) -> Desk:
    return Desk(stage, arbiter)


def _listed(at_desk: Desk, **query: object) -> list[Case]:
    return [row.case for row in at_desk.get("desk", **query).context["rows"]]


def test_an_empty_desk_says_what_will_stand_there(at_desk: Desk) -> None:
    assert "No case is open" in words(at_desk.get("desk"))
    assert "No case has been closed yet" in words(at_desk.get("desk", tab="closed"))
    assert "No case fits" in words(at_desk.get("desk", q="nobody"))


def test_the_oldest_case_stands_first_with_everything_about_it(stage: Stage, at_desk: Desk) -> None:
    first, second = a_case(stage), a_case(stage)
    assert _listed(at_desk) == [first, second]
    stage.later(timedelta(hours=3))
    page = words(at_desk.get("desk"))
    for told in (first.order.number, first.order.title, "Anything", "$50.00", "bea", "sam", "The seller", "Nobody"):
        assert told in page
    assert "3 hours ago" in page


def test_it_says_who_waits_for_whom_since_when(stage: Stage, at_desk: Desk, arbiter: User) -> None:
    case = a_case(stage)

    def waits() -> tuple[str, object]:
        case.refresh_from_db()
        [row] = desk.rows([case])
        return case.waits_for, row.since

    assert waits() == (WaitsFor.SELLER, case.at)
    cases.state(case.pk, text="More of mine.", by=stage.buyer, now=stage.later())
    assert waits() == (WaitsFor.SELLER, case.at)
    answered = stage.later()
    cases.state(case.pk, text="My view.", by=stage.seller, now=answered)
    cases.state(case.pk, text="And more.", by=stage.seller, now=stage.later())
    cases.note(case.pk, text="Hm.", by=arbiter, now=stage.later())
    assert waits() == (WaitsFor.SUPPORT, answered)
    asked = stage.later()
    cases.ask(case.pk, WaitsFor.BUYER, text="When?", by=arbiter, now=asked)
    assert waits() == (WaitsFor.BUYER, asked)
    replied = stage.later()
    cases.state(case.pk, text="Then.", by=stage.buyer, now=replied)
    assert waits() == (WaitsFor.SUPPORT, replied)


def test_it_is_narrowed_by_turn_owner_category_number_and_login(stage: Stage, at_desk: Desk, arbiter: User) -> None:
    mine, theirs = a_case(stage), a_case(stage, by=stage.seller)
    waiting = a_case(stage)
    cases.claim(mine.pk, by=arbiter, now=stage.later())
    cases.state(waiting.pk, text="My view.", by=stage.seller, now=stage.later())
    other = Category.objects.create(parent=Category.objects.get(slug="studio"), name="Else", slug="else")
    kwork = theirs.order.kwork
    kwork.category = other
    kwork.save()
    assert _listed(at_desk, waits="seller") == [mine]
    assert _listed(at_desk, waits="buyer") == [theirs]
    assert _listed(at_desk, waits="support") == [waiting]
    assert _listed(at_desk, claimed="mine") == [mine]
    assert _listed(at_desk, claimed="unclaimed") == [theirs, waiting]
    assert _listed(at_desk, category=other.pk) == [theirs]
    assert _listed(at_desk, q=theirs.order.number) == [theirs]
    assert _listed(at_desk, q=" BEA ") == _listed(at_desk, q="sam") == [mine, theirs, waiting]
    assert _listed(at_desk, q="sten") == []
    assert _listed(at_desk, waits="nonsense", category="x" * 50, page="900") == [mine, theirs, waiting]


def test_closed_cases_stand_apart_latest_first(stage: Stage, at_desk: Desk, arbiter: User) -> None:
    decided, settled, still_open = a_case(stage), a_case(stage), a_case(stage)
    settling.concede(settled.order_id, by=stage.buyer, now=stage.later())
    decision = cases.Decision(ZERO, Actor.SELLER, False, "All was done.")
    cases.decide(decided.pk, decision, by=arbiter, now=stage.later())
    assert _listed(at_desk) == [still_open]
    assert _listed(at_desk, tab="closed") == _listed(at_desk, tab="closed", waits="support") == [settled, decided]
    page = words(at_desk.get("desk", tab="closed"))
    assert "Decided for the seller" in page
    assert "Settled by the sides" in page
    assert desk.counts(arbiter) == {"open": 1, "closed": 2}


def test_a_page_costs_the_same_with_one_case_and_with_many(stage: Stage, at_desk: Desk) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert at_desk.get("desk").status_code == 200
        return len(queries)

    a_case(stage)
    cost()  # what the header remembers for a while is asked for once
    once = cost()
    for _each in range(4):
        a_case(stage)
    assert cost() == once <= 25


def test_many_open_cases_are_read_from_an_index_in_their_order(at_desk: Desk) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    assert "open_cases" in desk.tab(at_desk.user, desk.OPEN)[:25].explain()


@pytest.mark.rule("ARB-08")
def test_the_menu_counts_what_waits_for_support(stage: Stage, at_desk: Desk, arbiter: User, mo: User) -> None:
    waiting, _other = a_case(stage), a_case(stage)
    cases.state(waiting.pk, text="My view.", by=stage.seller, now=stage.later())
    assert desk.waiting_count(arbiter) == 1
    assert "cases wait for support" in words(at_desk.get("balance"))
    own = may_decide(stage.seller)
    assert desk.waiting_count(own) == 0
    assert desk.waiting_count(stage.buyer) is None
    assert 'href="/desk/"' not in words(Desk(stage, stage.buyer).get("balance"))


@pytest.mark.rule("ARB-08")
def test_nobody_finds_the_desk_but_arbiters(stage: Stage, sten: User, ada: User, mo: User) -> None:
    case = a_case(stage)
    plain_staff = a_person("staff", "Plain Staff", now=stage.now, is_staff=True)
    gone = may_decide(a_person("gone", "Gone Arbiter", now=stage.now, is_staff=True))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for user in (stage.buyer, stage.seller, sten, plain_staff):
        somebody = Desk(stage, user)
        assert somebody.get("desk").status_code == 404
        for name in ("desk-case", "desk-export"):
            assert somebody.get(name, case.pk).status_code == 404
        for name in ("desk-claim", "desk-ask", "desk-note", "desk-decide"):
            assert somebody.post(name, case, {"text": "x"}).status_code == 404
    assert Desk(stage, gone).get("desk").status_code == 302
    for user in (may_decide(ada), mo):
        assert Desk(stage, user).get("desk-case", case.pk).status_code == 200


@pytest.mark.rule("ARB-08")
def test_an_arbiter_who_is_a_side_does_not_find_the_own_case(stage: Stage, at_desk: Desk) -> None:
    case, kept = a_case(stage), a_case(Stage(stage.seller, at_desk.user, stage.now))
    for side in (stage.buyer, stage.seller):
        somebody = Desk(stage, may_decide(side))
        assert _listed(somebody) == ([] if side == stage.seller else [kept])
        assert somebody.get("desk-case", case.pk).status_code == 404
        for name in ("desk-claim", "desk-ask", "desk-note", "desk-decide"):
            assert somebody.post(name, case, {"text": "x", "to": "seller"}).status_code == 404
        assert somebody.get("desk-export", case.pk).status_code == 404
    assert _listed(at_desk) == [case]
    case.refresh_from_db()
    assert case.arbiter is None
    assert case.order.status == Status.IN_WORK
