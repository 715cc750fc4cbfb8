"""REF-05: signs that two accounts are one person's, and when they are looked for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from core import handing
from core.events import record
from core.money import dollars
from finance.models import PayoutDetails, TopUp, TopUpStatus
from orders.models import Status
from referrals.likeness import same_card, same_mailbox, sharing_a_card
from referrals.models import Flag, FlagKind
from referrals.steps import flagging
from tests.referrals.bringing import brought
from tests.stage import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.rule("REF-05")]


def _abandoned_top_up(user: User, card: str, now: datetime) -> TopUp:
    """One by this card that brought no money, so that the books need not tell of it."""
    return TopUp.objects.create(
        user=user,
        amount=dollars(10),
        status=TopUpStatus.ABANDONED,
        fingerprint=card,
        last4="4242",
        at=now,
        settled_at=now,
    )


def _payout_card(user: User, card: str, now: datetime) -> PayoutDetails:
    return PayoutDetails.objects.create(user=user, fingerprint=card, last4="5556", at=now)


def test_one_mailbox_under_two_spellings_is_found() -> None:
    one, other = User(email="bea@example.org"), User(email="Bea+shop@example.org")
    assert same_mailbox(one, other) == {}
    assert same_mailbox(one, User(email="sam@example.org")) is None


def test_a_card_that_pays_for_one_and_is_paid_out_to_by_the_other_is_found(
    bea: User, sam: User, sten: User, now: datetime
) -> None:
    _abandoned_top_up(bea, "card-1", now)
    assert same_card(bea, sam) is None
    _payout_card(sam, "card-1", now)
    assert same_card(bea, sam) == {"cards": ["4242"]}
    assert sharing_a_card(bea) == {sam.pk}
    for user in (bea, sten):
        TopUp.objects.create(
            user=user, amount=dollars(1), status=TopUpStatus.ABANDONED, fingerprint="", at=now, settled_at=now
        )
    assert sharing_a_card(sten) == set()


def test_a_shared_card_is_flagged_as_soon_as_it_is_named(bea: User, sam: User, now: datetime) -> None:
    attachment = brought(sam, by=bea, now=now)
    _abandoned_top_up(bea, "card-1", now)
    details = _payout_card(sam, "card-1", now)
    assert not Flag.objects.exists()
    record("payout_details.changed", details, by=None, now=now, card=details.card)
    handing.hand_on_waiting(now=now)
    flag = Flag.objects.get()
    assert (flag.attachment, flag.kind, flag.facts) == (attachment, FlagKind.CARD, {"cards": ["4242"]})


@pytest.mark.parametrize("side", ["referral", "referrer"])
def test_a_shared_card_is_flagged_when_either_pays_with_it(bea: User, sam: User, now: datetime, side: str) -> None:
    brought(sam, by=bea, now=now)
    payer, other = (sam, bea) if side == "referral" else (bea, sam)
    _payout_card(other, "card-1", now)
    top_up = _abandoned_top_up(payer, "card-1", now)
    flagging.look_at_cards(top_up.user, now=now)
    assert [flag.kind for flag in Flag.objects.all()] == [FlagKind.CARD]


def test_strangers_with_one_card_are_nobodys_referrals(bea: User, sam: User, now: datetime) -> None:
    _abandoned_top_up(bea, "card-1", now)
    _abandoned_top_up(sam, "card-1", now)
    flagging.look_at_cards(bea, now=now)
    assert not Flag.objects.exists()


def test_a_shared_card_is_flagged_when_they_trade(stage: Stage) -> None:
    brought(stage.buyer, by=stage.seller, now=stage.now)
    _abandoned_top_up(stage.buyer, "card-1", stage.now)
    _abandoned_top_up(stage.seller, "card-1", stage.now + timedelta(minutes=1))
    stage.an_order(at=Status.COMPLETED)
    handing.hand_on_waiting(now=stage.now)
    assert {flag.kind for flag in Flag.objects.all()} == {FlagKind.CARD}
