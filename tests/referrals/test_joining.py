"""REF-03 and the refusals of REF-05: how referrals become active, end, and who cannot be one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from core import handing
from core.models import Event
from kworks.steps import moderation
from notifications.models import Letter, Notice
from orders.models import Status
from referrals.cookies import CameBy
from referrals.models import Attachment, Deed, FlagKind, Standing
from referrals.queries import earnings
from referrals.rules import ends_at
from referrals.steps import joining, links
from tests.kworks.writing import a_waiting_draft
from tests.referrals.bringing import brought
from tests.stage import Stage

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.mark.rule("REF-01")
def test_a_newcomer_is_attached_once(bea: User, sam: User, sten: User, now: datetime) -> None:
    first = brought(bea, by=sten, now=now)
    assert brought(bea, by=sam, now=now + DAY) == first
    assert Attachment.objects.get().referrer == sten
    assert Event.objects.filter(kind="referral.joined").count() == 1


@pytest.mark.rule("REF-01")
def test_the_referrer_is_told_without_a_letter(bea: User, sten: User, now: datetime) -> None:
    brought(bea, by=sten, now=now)
    handing.hand_on_waiting(now=now)
    assert [(notice.user, notice.kind) for notice in Notice.objects.all()] == [(sten, "referral.joined")]
    assert not Letter.objects.exists()


@pytest.mark.rule("REF-05")
def test_nobody_is_their_own_referral(bea: User, now: datetime) -> None:
    link = links.own_link(bea, now=now)
    assert joining.attach(bea, CameBy(link.code, now, False), now=now) is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.create(referral=bea, referrer=bea, at=now, ends_at=now + DAY)


@pytest.mark.rule("REF-05")
def test_what_would_close_a_ring_is_void_from_the_start_and_flagged(
    bea: User, sam: User, sten: User, now: datetime
) -> None:
    brought(sam, by=bea, now=now)
    brought(sten, by=sam, now=now)
    ring = brought(bea, by=sten, now=now)
    assert ring.standing(now) is Standing.VOIDED
    flag = ring.flags.get()
    assert (flag.kind, flag.facts) == (FlagKind.RING, {"logins": ["sten", "sam", "bea"]})
    joining.activate(bea, Deed.ORDER, now=now + DAY)
    ring.refresh_from_db()
    assert ring.active_at is None


@pytest.mark.rule("REF-05")
def test_two_cannot_bring_each_other(bea: User, sam: User, now: datetime) -> None:
    brought(sam, by=bea, now=now)
    assert brought(bea, by=sam, now=now).voided_at == now


@pytest.mark.rule("REF-05")
def test_two_addresses_of_one_mailbox_are_flagged(bea: User, sam: User, now: datetime) -> None:
    User.objects.filter(pk=sam.pk).update(email="bea+second@example.org")
    sam.refresh_from_db()
    attachment = brought(sam, by=bea, now=now)
    assert attachment.voided_at is None
    assert [flag.kind for flag in attachment.flags.all()] == [FlagKind.MAILBOX]


@pytest.mark.rule("REF-03")
def test_an_order_makes_a_buyer_active_for_three_years_from_registration(stage: Stage, sten: User) -> None:
    joined = stage.now
    attachment = brought(stage.buyer, by=sten, now=joined)
    assert attachment.standing(stage.now) is Standing.WAITING
    stage.later(30 * DAY)
    stage.an_order()
    attachment.refresh_from_db()
    assert (attachment.active_at, attachment.active_by) == (stage.now, Deed.ORDER)
    assert attachment.ends_at == joined.replace(year=joined.year + 3)
    assert attachment.standing(stage.now) is Standing.ACTIVE
    assert attachment.standing(attachment.ends_at) is Standing.ENDED


@pytest.mark.rule("REF-03")
def test_an_accepted_kwork_makes_a_seller_active_once(stage: Stage, sten: User) -> None:
    attachment = brought(stage.seller, by=sten, now=stage.now)
    stage.later(DAY)
    stage.a_kwork()
    first = stage.now
    stage.later(DAY)
    stage.a_kwork()
    attachment.refresh_from_db()
    assert (attachment.active_at, attachment.active_by) == (first, Deed.KWORK)
    assert Event.objects.filter(kind="referral.activated").count() == 1


@pytest.mark.rule("REF-03")
def test_a_kwork_that_moderators_reject_does_not_count(stage: Stage, sten: User) -> None:
    attachment = brought(stage.seller, by=sten, now=stage.now)
    kwork = a_waiting_draft(stage)
    moderation.reject(kwork.pk, "Prohibited.", revision=kwork.draft.revision, by=stage.moderator, now=stage.now)
    attachment.refresh_from_db()
    assert attachment.active_at is None


@pytest.mark.rule("REF-03")
@pytest.mark.parametrize(("wait", "active"), [(180 * DAY - timedelta(seconds=1), True), (180 * DAY, False)])
def test_after_180_days_nothing_makes_it_active(
    bea: User, sten: User, now: datetime, wait: timedelta, active: bool
) -> None:
    attachment = brought(bea, by=sten, now=now)
    joining.activate(bea, Deed.ORDER, now=now + wait)
    attachment.refresh_from_db()
    assert (attachment.active_at is not None) is active
    assert attachment.standing(now + 181 * DAY) is (Standing.ACTIVE if active else Standing.ENDED)
    assert earnings.running(now + 181 * DAY).exists() is active


@pytest.mark.rule("REF-03")
def test_three_years_from_a_leap_day_end_on_the_28th() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert ends_at(leap, active=True) == datetime(2031, 2, 28, 12, tzinfo=UTC)
    assert ends_at(leap, active=False) == leap + 180 * DAY


@pytest.mark.rule("REF-03")
def test_who_came_by_no_link_is_never_attached(stage: Stage) -> None:
    stage.an_order(at=Status.COMPLETED)
    assert not Attachment.objects.exists()
