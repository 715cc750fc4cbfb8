"""GRP-01, GRP-02: group rewards, off by default, limited, reckoned and paid once a month."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import clock, handing
from core.events import timeline
from core.money import ZERO, Money, dollars
from core.refusals import NotAllowed
from finance import ledger, proof
from finance.models import Entry, Verb
from marketplace.schedule import SWEEPS
from notifications.models import Notice
from orders.models import Status
from referrals.models import Attachment, GroupReward, GroupRun, GroupScheme
from referrals.queries.groups import contributions, scheme
from referrals.reckoning import Month, Terms, lines, within
from referrals.rules import GROUP_CAP, month_before, month_of, reckoned_at
from referrals.steps import groups
from tests.referrals.bringing import brought
from tests.stage import Stage, a_person

pytestmark = [pytest.mark.django_db, pytest.mark.rule("GRP-01")]

PAGE = "/referrals/group/"
MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
TERMS = Terms((500, 200, 100), 500, 200, dollars(1_000), 300, dollars(100), 2_000)


@pytest.fixture
def chain(stage: Stage, sten: User) -> Stage:
    """Sten has brought Bea, and Bea has brought Sam. An order of $50 in March brings $10, less $1.25 and $1.75."""
    brought(stage.buyer, by=sten, now=stage.now)
    brought(stage.seller, by=stage.buyer, now=stage.now)
    stage.an_order(at=Status.COMPLETED)
    return stage


def _on(now: datetime, **settings: object) -> GroupScheme:
    return groups.turn(GroupScheme(on=True, **settings), by=_staff(now), now=now)


def _staff(now: datetime) -> User:
    """Somebody who may change the scheme."""
    found = User.objects.filter(login="gus").first()
    return found or a_person("gus", "Gus Groups", now=now, is_staff=True, is_superuser=True)


def _sweep(now: datetime) -> None:
    for sweep in SWEEPS:
        if sweep.rows().model in (GroupScheme, GroupReward):
            sweep.run(now)


def _due(now: datetime) -> datetime:
    return reckoned_at(month_of(now)[1])


def _has(user: User) -> Money:
    return ledger.balance(ledger.main_of(user))


def test_a_month_is_computed_line_by_line() -> None:
    month = Month(own=dollars(200), levels=(dollars(900), dollars(100), dollars(50)), before=dollars(1_000))
    assert [(line.kind, line.level, line.base, line.amount) for line in lines(month, TERMS)] == [
        ("group", 1, dollars(900), dollars(45)),
        ("group", 2, dollars(100), dollars(2)),
        ("group", 3, dollars(50), Money(50)),
        ("growth", 0, dollars(50), Money(250)),
        ("director", 0, dollars(1_050), dollars(21)),
        ("work", 0, dollars(200), dollars(6)),
    ]


def test_below_the_least_sums_and_without_growth_there_is_nothing() -> None:
    month = Month(own=Money(9_999), levels=(Money(99_999), ZERO, ZERO), before=dollars(2_000))
    assert [line.kind for line in lines(month, TERMS) if line.amount] == ["group"]


def test_all_rewards_together_keep_the_limit_in_proportion() -> None:
    assert within([Money(30), Money(10)], Money(40)) == [Money(30), Money(10)]
    assert within([Money(30), Money(10)], Money(20)) == [Money(15), Money(5)]
    assert Money.total(within([Money(33), Money(33), Money(34)], Money(7))) == Money(7)
    assert within([Money(30), Money(10)], ZERO) == [ZERO, ZERO]


def test_each_orders_net_commission_is_half_its_sellers_and_half_its_buyers(chain: Stage, sten: User) -> None:
    both = {chain.seller.pk: Money(350), chain.buyer.pk: Money(350)}
    assert contributions(MARCH, APRIL) == both
    assert contributions(MARCH, APRIL, {chain.seller.pk, sten.pk}) == {chain.seller.pk: Money(350)}
    assert contributions(APRIL, APRIL + timedelta(days=30)) == {}


def test_a_split_counts_and_a_canceled_order_does_not(stage: Stage) -> None:
    stage.an_order(at=Status.CANCELED)
    assert contributions(MARCH, APRIL) == {}
    stage.an_order(at=Status.SPLIT)
    assert contributions(MARCH, APRIL) == {stage.seller.pk: dollars(3), stage.buyer.pk: dollars(3)}


def test_while_it_is_off_nothing_is_reckoned_and_there_is_no_page(chain: Stage, client: Client) -> None:
    assert scheme() is None
    groups.turn(GroupScheme(), by=_staff(chain.now), now=chain.now)
    _sweep(_due(chain.now))
    assert not GroupRun.objects.exists()
    client.force_login(chain.buyer)
    assert client.get(PAGE).status_code == 404
    assert PAGE not in client.get("/referrals/").content.decode()


@pytest.mark.rule("GRP-02")
def test_a_month_is_reckoned_and_paid_once(chain: Stage, sten: User) -> None:
    bea = chain.buyer
    _on(chain.now)
    due = _due(chain.now)
    before = {user: _has(user) for user in (sten, bea)}
    _sweep(due - timedelta(seconds=1))
    assert not GroupRun.objects.exists()
    _sweep(due)
    _sweep(due + timedelta(minutes=1))
    run = GroupRun.objects.get()
    assert (run.month, run.source, run.limit, run.total) == (MARCH.date(), dollars(7), Money(140), Money(93))
    assert [
        (each.user.login, each.kind, each.amount.cents) for each in GroupReward.objects.order_by("user", "kind")
    ] == [
        ("bea", "group", 17),
        ("bea", "growth", 17),
        ("sten", "group", 24),
        ("sten", "growth", 35),
    ]
    assert (_has(sten) - before[sten], _has(bea) - before[bea]) == (Money(59), Money(34))
    entry = Entry.objects.get(key=f"group:2026-03:{sten.pk}:growth")
    assert (entry.verb, entry.at) == (Verb.GROUP, due)
    assert ledger.balance(ledger.COMMISSION) == dollars(7) - Money(93)
    handing.hand_on_waiting(now=due)
    assert Notice.objects.filter(user=sten, kind="group.paid").count() == 2


@pytest.mark.rule("GRP-02")
def test_after_a_standstill_each_month_is_reckoned_in_its_turn(chain: Stage) -> None:
    _on(chain.now)
    for _ in range(2):
        _sweep(datetime(2026, 6, 15, tzinfo=UTC))
    assert [run.month.month for run in GroupRun.objects.order_by("month")] == [3, 4, 5]
    assert GroupScheme.objects.get().next_run_at == reckoned_at(datetime(2026, 7, 1, tzinfo=UTC))


def test_the_limit_lowers_all_in_proportion(chain: Stage, sten: User) -> None:
    _on(chain.now, cap=500)
    _sweep(_due(chain.now))
    run = GroupRun.objects.get()
    assert (run.limit, run.total) == (Money(35), Money(35))
    assert Money.total(GroupReward.objects.values_list("amount", flat=True)) == Money(35)
    assert proof.breaches() == []


def test_a_limit_of_nothing_pays_nothing(chain: Stage) -> None:
    _on(chain.now, cap=0)
    _sweep(_due(chain.now))
    assert GroupRun.objects.get().total == ZERO
    assert not GroupReward.objects.exists()


def test_voided_and_inactive_referrals_and_blocked_heads_do_not_count(chain: Stage, sten: User, mo: User) -> None:
    _on(chain.now)
    Attachment.objects.filter(referral=chain.seller).update(voided_at=chain.now, voided_by=mo, void_reason="So.")
    User.objects.filter(pk=sten.pk).update(is_active=False)
    _sweep(_due(chain.now))
    assert not GroupReward.objects.exists()


def test_the_group_goes_as_deep_as_it_is_set(chain: Stage, sten: User) -> None:
    _on(chain.now, levels=[500], growth=0)
    _sweep(_due(chain.now))
    rewards = GroupReward.objects.order_by("user")
    assert {(each.user.login, each.amount.cents) for each in rewards} == {("sten", 17), ("bea", 17)}


def test_registering_alone_pays_nothing(stage: Stage, sten: User) -> None:
    for number in range(5):
        brought(a_person(f"p{number}", "P", now=stage.now), by=sten, now=stage.now)
    _on(stage.now)
    _sweep(_due(stage.now))
    assert GroupRun.objects.get().total == ZERO


def test_turning_it_off_stops_the_timer(chain: Stage) -> None:
    found = _on(chain.now)
    found.on = False
    groups.turn(found, by=_staff(chain.now), now=chain.now)
    assert GroupScheme.objects.get().next_run_at is None
    _sweep(_due(chain.now))
    assert not GroupRun.objects.exists()


def test_each_change_is_recorded_with_the_terms_before_and_after(stage: Stage) -> None:
    scheme = _on(stage.now)
    _on(stage.now)  # the same once more is no change
    scheme.cap, scheme.levels = 500, [100]
    groups.turn(scheme, by=_staff(stage.now), now=stage.now)
    first, second = timeline(scheme)
    assert (first.kind, first.by, first.facts["old"]) == ("group.scheme_changed", _staff(stage.now), None)
    assert (first.facts["new"]["on"], first.facts["new"]["cap"]) == (True, GROUP_CAP)
    assert second.facts["old"] == first.facts["new"]
    assert second.facts["new"] == {**first.facts["new"], "cap": 500, "levels": [100]}


def test_without_the_right_nobody_changes_it(stage: Stage, sten: User) -> None:
    with pytest.raises(NotAllowed):
        groups.turn(GroupScheme(on=True), by=sten, now=stage.now)
    assert not GroupScheme.objects.exists()
    scheme = _on(stage.now)
    sten.user_permissions.add(Permission.objects.get(codename="add_groupscheme"))
    with pytest.raises(NotAllowed):
        groups.turn(scheme, by=User.objects.get(pk=sten.pk), now=stage.now)


@pytest.mark.rule("GRP-02")
def test_a_form_from_before_a_run_does_not_turn_the_timer_back(chain: Stage) -> None:
    _on(chain.now)
    stale = GroupScheme.objects.get()
    _sweep(_due(chain.now))
    after = GroupScheme.objects.get().next_run_at
    assert after != stale.next_run_at
    stale.cap = 500
    groups.turn(stale, by=_staff(chain.now), now=_due(chain.now))
    found = GroupScheme.objects.get()
    assert (found.cap, found.next_run_at) == (500, after)


def test_the_database_keeps_one_scheme_and_its_bounds(db: None) -> None:
    for wrong in (GroupScheme(pk=2), GroupScheme(pk=1, cap=5_001), GroupScheme(pk=1, growth=10_001)):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong.save()


def test_months_are_those_of_utc() -> None:
    at = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    begins, ends = month_of(at)
    assert (begins, ends) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert month_before(ends) == begins


@pytest.mark.rule("FIN-07")
def test_the_proof_finds_a_group_reward_without_money(chain: Stage, ledger_may_break: None) -> None:
    _on(chain.now)
    _sweep(_due(chain.now))
    assert proof.breaches() == []
    reward = GroupReward.objects.order_by("pk")[0]
    GroupReward.objects.filter(pk=reward.pk).update(amount=Money(1))
    assert "due 1, paid" in "\n".join(proof.breaches())


@pytest.mark.rule("GRP-02")
class TestPage:
    @pytest.fixture
    def now_chain(self, stage: Stage, sten: User) -> Stage:
        """The same in the present month."""
        stage.now = max(month_of(clock.now())[0], clock.now() - timedelta(hours=20))
        brought(stage.buyer, by=sten, now=stage.now)
        brought(stage.seller, by=stage.buyer, now=stage.now)
        order = stage.an_order(at=Status.COMPLETED)
        assert order.ended_at
        _on(stage.now)
        return stage

    def test_the_month_stands_there_line_by_line_with_members(
        self, now_chain: Stage, client: Client, sten: User
    ) -> None:
        client.force_login(sten)
        text = re.sub(r"\s+", " ", client.get(PAGE).content.decode())
        for words in ("· level 1", "· level 2", "5%", "$3.50", "$0.17", "$0.07", "$0.35", "Forecast", "20%"):
            assert words in text
        assert "bea" in text
        assert "sam" in text
        for private in (now_chain.buyer.name, now_chain.buyer.email, now_chain.seller.email):
            assert private not in text
        assert PAGE in client.get("/referrals/").content.decode()

    def test_past_months_stand_there_with_their_lines(self, chain: Stage, client: Client, sten: User) -> None:
        _on(chain.now)
        _sweep(_due(chain.now))
        client.force_login(sten)
        text = re.sub(r"\s+", " ", client.get(PAGE).content.decode())
        assert "March 2026" in text
        assert "5% of $3.50 = $0.17" in text
        assert "2% of $3.50 = $0.07" in text
        assert "Nobody is in your group yet" not in text

    def test_an_empty_group_says_what_to_do(self, now_chain: Stage, client: Client, mo: User) -> None:
        client.force_login(mo)
        assert "Nobody is in your group yet" in client.get(PAGE).content.decode()

    def test_it_asks_no_more_for_a_large_group(self, now_chain: Stage, client: Client, sten: User) -> None:
        client.force_login(sten)
        client.get(PAGE)
        counts = []
        for size in (0, 12):
            for number in range(size):
                brought(a_person(f"p{number}", "P", now=now_chain.now), by=sten, now=now_chain.now)
            Attachment.objects.filter(active_at=None).update(active_at=now_chain.now, active_by="order")
            with CaptureQueriesContext(connection) as asked:
                assert client.get(PAGE).status_code == 200
            counts.append(len(asked))
        assert counts == [15, 15]

    def test_staff_turns_it_on_in_the_admin(self, client: Client, mo: User) -> None:
        client.force_login(mo)
        form = {
            "on": "on",
            "levels": "500,100",
            "growth": "0",
            "director": "0",
            "director_least": "1000",
            "work": "0",
            "work_least": "100",
            "cap": "2000",
        }
        answer = client.post("/admin/referrals/groupscheme/add/", form)
        assert answer.status_code == 302, answer.content.decode()
        found = GroupScheme.objects.get()
        assert (found.on, found.levels, found.director_least) == (True, [500, 100], dollars(1_000))
        assert found.next_run_at is not None
        assert client.get("/admin/referrals/groupscheme/add/").status_code == 403
        too_much = client.post("/admin/referrals/groupscheme/1/change/", {**form, "cap": "5001"})
        assert too_much.status_code == 200
