"""REF-04, REF-05: what staff sees of referrals, and the two decisions."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import handing
from core.models import Event
from core.refusals import Invalid, NotAllowed, OutOfTurn
from notifications.models import Letter, Notice
from orders.models import Status
from referrals.models import Attachment, Flag, FlagKind
from referrals.steps import flagging, voiding
from tests.referrals.bringing import brought
from tests.stage import Stage, a_person

pytestmark = pytest.mark.django_db

LIST = "/admin/referrals/attachment/"


@pytest.fixture
def attachment(bea: User, sten: User, now: datetime) -> Attachment:
    """Sten has brought Bea."""
    return brought(bea, by=sten, now=now)


def _may(user: User, codename: str) -> User:
    user.user_permissions.add(Permission.objects.get(content_type__app_label="referrals", codename=codename))
    return User.objects.get(pk=user.pk)


@pytest.mark.rule("REF-04")
def test_voiding_is_recorded_and_told_to_the_referrer_alone(
    attachment: Attachment, sten: User, mo: User, now: datetime
) -> None:
    handing.hand_on_waiting(now=now)
    voiding.void(attachment.pk, "  One person with two accounts. ", by=mo, now=now)
    attachment.refresh_from_db()
    assert (attachment.voided_at, attachment.voided_by, attachment.void_reason) == (
        now,
        mo,
        "One person with two accounts.",
    )
    event = Event.objects.get(kind="referral.voided")
    assert (event.by, event.subject_id) == (mo, attachment.pk)
    handing.hand_on_waiting(now=now)
    assert [notice.user for notice in Notice.objects.filter(kind="referral.voided")] == [sten]
    assert Letter.objects.get().notice.user == sten


@pytest.mark.rule("REF-04")
def test_voiding_needs_a_right_a_reason_and_a_first_time(
    attachment: Attachment, sam: User, mo: User, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        voiding.void(attachment.pk, "So.", by=sam, now=now)
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(Invalid):
            voiding.void(attachment.pk, reason, by=mo, now=now)
    assert not Attachment.objects.exclude(voided_at=None).exists()
    voiding.void(attachment.pk, "So.", by=mo, now=now)
    with pytest.raises(OutOfTurn):
        voiding.void(attachment.pk, "Again.", by=mo, now=now)
    assert Event.objects.filter(kind="referral.voided").count() == 1


@pytest.mark.rule("REF-04")
@pytest.mark.parametrize("side", ["referrer", "referral"])
def test_nobody_judges_their_own(attachment: Attachment, side: str, now: datetime) -> None:
    judge = _may(getattr(attachment, side), "change_attachment")
    flagging.flag(attachment, FlagKind.TRADE, now=now)
    with pytest.raises(NotAllowed):
        voiding.void(attachment.pk, "So.", by=judge, now=now)
    with pytest.raises(NotAllowed):
        flagging.dismiss(Flag.objects.get().pk, by=judge, now=now)
    assert Flag.objects.get().dismissed_at is None


@pytest.mark.rule("REF-05")
def test_a_flag_is_dismissed_once_and_does_not_come_back(attachment: Attachment, mo: User, now: datetime) -> None:
    flagging.flag(attachment, FlagKind.TRADE, now=now, orders=3, of=4)
    flagging.flag(attachment, FlagKind.TRADE, now=now, orders=4, of=5)
    flag = Flag.objects.get()
    assert flag.facts == {"orders": 4, "of": 5}
    flagging.dismiss(flag.pk, by=mo, now=now)
    with pytest.raises(OutOfTurn):
        flagging.dismiss(flag.pk, by=mo, now=now)
    flagging.flag(attachment, FlagKind.TRADE, now=now, orders=5, of=6)
    flag.refresh_from_db()
    assert (flag.facts, flag.dismissed_by) == ({"orders": 4, "of": 5}, mo)


@pytest.mark.rule("REF-05")
def test_trading_mainly_with_each_other_is_flagged(stage: Stage, sten: User) -> None:
    attachment = brought(stage.buyer, by=stage.seller, now=stage.now)
    for number in range(3):
        assert Flag.objects.exists() is False, number
        stage.an_order(at=Status.COMPLETED if number else Status.SPLIT)
        handing.hand_on_waiting(now=stage.now)
    flag = Flag.objects.get()
    assert (flag.attachment, flag.kind, flag.facts) == (attachment, FlagKind.TRADE, {"orders": 3, "of": 3})


@pytest.mark.rule("REF-05")
def test_trading_with_others_as_well_is_not_flagged(stage: Stage, sten: User) -> None:
    brought(stage.buyer, by=stage.seller, now=stage.now)
    other = Stage(buyer=stage.buyer, seller=sten, now=stage.now)
    for _ in range(4):
        other.an_order(at=Status.COMPLETED)
    for _ in range(3):
        stage.an_order(at=Status.COMPLETED)
        handing.hand_on_waiting(now=stage.now)
    assert not Flag.objects.exists()


class TestPages:
    def test_the_list_shows_flags_and_is_narrowed_by_them(
        self, client: Client, attachment: Attachment, mo: User, sam: User, now: datetime
    ) -> None:
        brought(sam, by=attachment.referrer, now=now)
        flagging.flag(attachment, FlagKind.CARD, now=now, last4="4242")
        client.force_login(mo)
        everyone = client.get(LIST).content.decode()
        assert ">sam<" in everyone
        assert ">bea<" in everyone
        for flag in ("any", "card"):
            narrowed = client.get(LIST, {"flag": flag}).content.decode()
            assert ">bea<" in narrowed
            assert ">sam<" not in narrowed
        assert ">bea<" not in client.get(LIST, {"flag": "trade"}).content.decode()

    def test_the_list_asks_no_more_for_many(self, client: Client, bea: User, mo: User, now: datetime) -> None:
        client.force_login(mo)
        counts = []
        client.get(LIST)
        for size in (2, 9):
            for number in range(size):
                brought(a_person(f"p{size}-{number}", "P", now=now), by=bea, now=now)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(LIST).status_code == 200
            counts.append(len(asked))
        assert counts[0] == counts[1]

    @pytest.mark.rule("REF-04")
    def test_a_referral_is_voided_with_a_reason(
        self, client: Client, attachment: Attachment, mo: User, now: datetime
    ) -> None:
        client.force_login(mo)
        page = f"{LIST}{attachment.pk}/change/"
        assert "Void this referral" in client.get(page).content.decode()
        assert "Write the reason" in client.post(f"{LIST}{attachment.pk}/decide/", {}, follow=True).content.decode()
        client.post(f"{LIST}{attachment.pk}/decide/", {"reason": "One person."})
        attachment.refresh_from_db()
        assert (attachment.void_reason, attachment.voided_by) == ("One person.", mo)
        text = client.get(page).content.decode()
        assert "Void this referral" not in text
        assert "referral.voided" in text

    @pytest.mark.rule("REF-05")
    def test_a_flag_is_dismissed(self, client: Client, attachment: Attachment, mo: User, now: datetime) -> None:
        flagging.flag(attachment, FlagKind.CARD, now=now, last4="4242")
        flag = Flag.objects.get()
        client.force_login(mo)
        page = f"{LIST}{attachment.pk}/change/"
        assert "Nothing wrong: Same card as the referrer" in client.get(page).content.decode()
        assert client.post(f"{LIST}{attachment.pk}/decide/", {"dismiss": "0"}).status_code == 404
        client.post(f"{LIST}{attachment.pk}/decide/", {"dismiss": str(flag.pk)})
        flag.refresh_from_db()
        assert flag.dismissed_by == mo
        assert "dismissed by mo" in client.get(page).content.decode()

    def test_nothing_else_can_be_changed_or_deleted(
        self, client: Client, attachment: Attachment, mo: User, now: datetime
    ) -> None:
        client.force_login(mo)
        page = f"{LIST}{attachment.pk}/change/"
        assert client.post(page, {"referrer": mo.pk}).status_code == 403
        assert client.get(f"{LIST}{attachment.pk}/delete/").status_code == 403
        assert client.get(f"{LIST}add/").status_code == 403

    def test_who_may_only_look_decides_nothing(self, client: Client, attachment: Attachment, now: datetime) -> None:
        looker = _may(a_person("lou", "Lou Looker", now=now, is_staff=True), "view_attachment")
        client.force_login(looker)
        assert "Void this referral" not in client.get(f"{LIST}{attachment.pk}/change/").content.decode()
        assert client.post(f"{LIST}{attachment.pk}/decide/", {"reason": "So."}).status_code == 403
        attachment.refresh_from_db()
        assert attachment.voided_at is None

    def test_who_may_nothing_sees_nothing(self, client: Client, attachment: Attachment, now: datetime) -> None:
        client.force_login(a_person("lou", "Lou Looker", now=now + timedelta(days=1), is_staff=True))
        assert client.get(LIST).status_code == 403
