"""The demo: believable, made by the real verbs, and the same each time. One small demo serves all tests of this file."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import DjangoDbBlocker, Settings
from stripe import RequestOptions

from accounts.models import User
from core.models import Event
from core.money import Money, dollars
from finance import ledger, proof, vault
from finance.models import (
    Batch,
    Chargeback,
    Document,
    DocumentKind,
    TaxForm,
    TopUp,
    TopUpStatus,
    Withdrawal,
)
from finance.steps import batches
from kworks.models import Category, DraftStatus, Kwork, KworkDraft, KworkStatus, Picture
from marketplace.demo import fill as filling
from marketplace.demo import openings, people
from marketplace.demo.drawing.covers import COMPOSITIONS
from marketplace.demo.fill import fill
from marketplace.demo.goods import all_goods
from marketplace.demo.pictures import CoverWish, Painters, painted_cover, painted_portrait
from marketplace.demo.words import trades
from notifications.models import Letter, Notice
from orders.documents import reference
from orders.models import Attachment, Dispute, Message, MessageKind, Order, Status
from referrals.queries.earnings import numbers as referral_numbers
from reputation.models import Feedback
from tests.sandbox import SandboxProcess

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.xdist_group("demo")  # in one process, so that the demo is made once
KWORKS, SALES = 24, 40
CARD, LARGE = (640, 427), (1280, 853)


@contextmanager
def painters_here() -> Iterator[Painters]:
    """Painters in this process."""
    with ThreadPoolExecutor(1) as pool:
        yield Painters(pool)


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[datetime]:
    """A small demo up to a fixed moment, gone again when the file's tests are done."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(filling, "painters", painters_here)
        fill(NOW, say=lambda _sentence: None, kworks=KWORKS, sales=SALES)
        yield NOW
        transaction.set_rollback(True)


def test_everybody_of_the_demo_is_there_with_faces_and_confirmed_addresses(demo: datetime) -> None:
    users = User.objects.all()
    assert len(users) == 63
    assert all(user.picture and user.name and user.headline and user.city for user in users)
    assert EmailAddress.objects.filter(verified=True, primary=True).count() == 63
    assert {user.email.rpartition("@")[2] for user in users} == {"example.org"}


def test_the_printed_logins_open_the_site(demo: datetime) -> None:
    for login in ("bea", "sam", "sten", "mo", "ada", "fay", "otto", "alma"):
        assert User.objects.get(login=login).check_password(people.PASSWORD)
    assert [user.login for user in User.objects.filter(is_superuser=True)] == ["alma"]
    staff = User.objects.filter(is_staff=True).values_list("login", flat=True)
    assert set(staff) == {"mo", "ada", "fay", "otto", "alma"}


@pytest.mark.parametrize("login", list(people.RIGHTS))
def test_staff_has_the_rights_that_are_named_and_no_others(demo: datetime, client: Client, login: str) -> None:
    user = User.objects.get(login=login)
    named = {f"{room}.{right}" for room, rights in people.RIGHTS[login].items() for right in rights}
    assert user.get_all_permissions() == named
    client.force_login(user)
    assert client.get("/admin/").status_code == 200


@pytest.mark.rule("FIN-05")
def test_what_was_paid_has_its_receipt_and_what_was_completed_its_invoice(demo: datetime) -> None:
    paid = TopUp.objects.filter(status=TopUpStatus.PAID)
    receipts = Document.objects.filter(kind=DocumentKind.RECEIPT)
    assert {top_up.reference for top_up in paid} == set(receipts.values_list("reference", flat=True))
    completed = Order.objects.filter(status=Status.COMPLETED)
    invoices = Document.objects.filter(kind=DocumentKind.INVOICE)
    assert {reference(order) for order in completed} <= set(invoices.values_list("reference", flat=True))
    for kind in (receipts, invoices):
        issued = list(kind.order_by("number").values_list("number", "at"))
        assert [number for number, _at in issued] == list(range(1, len(issued) + 1))
        assert [at for _number, at in issued] == sorted(at for _number, at in issued)


@pytest.mark.rule("WDR-03", "FIN-03")
def test_withdrawals_and_chargebacks_stand_in_different_states(demo: datetime) -> None:
    statuses = list(Withdrawal.objects.values_list("status", flat=True))
    assert statuses.count("requested") == 1
    assert statuses.count("paid") >= 2
    assert statuses.count("batched") >= 1
    waiting = Batch.objects.get(approved_at=None)
    assert {approval.by.login for approval in waiting.approvals.all()} == {"fay"}
    second = User.objects.get(login="otto")
    assert batches.may_approve(waiting, second)
    claims = {each.status: each for each in Chargeback.objects.all()}
    assert claims.keys() == {"open", "lost"}
    assert claims["lost"].owed.cents == 0
    assert Event.objects.filter(kind="chargeback.collected").exists()
    assert TopUp.objects.get(chargebacks=claims["open"]).user.login == "sten"


def test_kworks_are_on_sale_with_covers_in_the_sites_sizes(demo: datetime) -> None:
    on_sale = Kwork.objects.filter(status=KworkStatus.ON_SALE)
    assert on_sale.count() >= KWORKS - 2
    assert all(kwork.images.count() == 1 and kwork.cover_url for kwork in on_sale)
    assert len({kwork.title for kwork in on_sale}) == len(on_sale)
    picture = Picture.objects.order_by("pk")[0]
    assert (picture.card.width, picture.card.height) == CARD
    assert (picture.large.width, picture.large.height) == LARGE


def test_moderators_have_something_to_decide_and_sellers_something_to_mend(demo: datetime) -> None:
    statuses = set(KworkDraft.objects.values_list("status", flat=True))
    assert statuses == set(DraftStatus)


def test_orders_stand_in_every_state(demo: datetime) -> None:
    orders = Order.objects.all()
    assert {order.status for order in orders} == set(Status)
    causes = set(orders.filter(outcome__isnull=False).values_list("outcome__cause", flat=True))
    assert causes >= {"ORD-05", "ORD-08", "CAN-01", "ARB-04"}
    assert set(orders.values_list("dispute", flat=True)) == {each.value for each in Dispute}
    assert any(order.is_expired(demo) for order in orders)
    assert Message.objects.filter(kind=MessageKind.RETURN).exists()
    assert Attachment.objects.filter(message__kind=MessageKind.DELIVERY).exists()


def test_every_running_clock_ends_in_the_future(demo: datetime) -> None:
    slack = timedelta(minutes=1)
    for order in Order.objects.filter(ended_at=None):
        assert order.dispute_due_at is None or order.dispute_due_at > demo - slack
        if order.paused_at is not None:
            continue  # its own clocks stand still
        assert order.start_due_at is None or order.start_due_at > demo - slack
        assert order.review_due_at is None or order.review_due_at > demo - slack
        assert (
            order.deadline is None
            or order.status != Status.IN_WORK
            or order.deadline > demo - slack
            or order.expired_at
        )


def test_nothing_has_happened_in_the_future(demo: datetime) -> None:
    assert not Event.objects.filter(at__gt=demo).exists()
    assert not Feedback.objects.filter(at__gt=demo).exists()


def test_the_books_are_right_and_every_balance_was_earned_or_paid_in(demo: datetime) -> None:
    assert proof.breaches() == []
    assert TopUp.objects.filter(status=TopUpStatus.PAID).exists()
    assert TopUp.objects.filter(status=TopUpStatus.ABANDONED, user__login="bea").count() == 1


@pytest.mark.rule("FIN-07")
def test_the_payment_sandbox_knows_all_of_its_money(demo: datetime, settings: Settings, tmp_path: Path) -> None:
    settings.LOCAL_DIR = tmp_path
    openings.write()
    with SandboxProcess(tmp_path, openings=openings.path()) as sandbox:
        stripe = sandbox.client().v1
        assert Money(stripe.balance.retrieve().available[0].amount) == proof.prove().at_provider
        assert stripe.balance_transactions.list().data == []
        for top_up in TopUp.objects.exclude(session_id=None):
            session = stripe.checkout.sessions.retrieve(str(top_up.session_id))
            assert (session.payment_status == "paid") == (top_up.status == TopUpStatus.PAID)
            assert top_up.charge_id == "" or stripe.charges.retrieve(top_up.charge_id).amount == top_up.amount.cents
        for claim in Chargeback.objects.all():
            assert stripe.disputes.retrieve(str(claim.dispute_id)).amount == claim.amount.cents
        for sent in Withdrawal.objects.filter(status="paid"):
            as_seller: RequestOptions = {"stripe_account": sent.account_id}
            assert stripe.payouts.retrieve(sent.payout_id, {}, as_seller).status == "paid"
            assert stripe.transfers.retrieve(sent.transfer_id).amount == sent.net.cents


def test_bea_can_spend_and_sam_has_earned(demo: datetime) -> None:
    bea, sam = User.objects.get(login="bea"), User.objects.get(login="sam")
    assert dollars(200) <= ledger.balance(ledger.main_of(bea)) < dollars(400)
    assert ledger.balance(ledger.main_of(sam)) > dollars(50)


def test_bea_has_orders_with_sam_in_different_states(demo: datetime) -> None:
    statuses = set(Order.objects.filter(buyer__login="bea", seller__login="sam").values_list("status", flat=True))
    assert statuses == set(Status)


def test_feedback_is_mostly_good(demo: datetime) -> None:
    given = list(Feedback.objects.values_list("positive", flat=True))
    assert len(given) > 10
    assert sum(given) / len(given) > 0.8


def test_no_old_mail_goes_out_and_few_notices_are_unread(demo: datetime) -> None:
    assert not Letter.objects.exists()
    assert Notice.objects.filter(user__login="bea", read_at__isnull=True).count() == filling.UNREAD_MOST
    assert Notice.objects.filter(read_at__isnull=False).exists()
    assert not Event.objects.filter(handed_at__isnull=True).exists()


@pytest.mark.parametrize("login", ["bea", "sam", "sten"])
def test_the_pages_that_a_visitor_opens_first_can_be_drawn(demo: datetime, client: Client, login: str) -> None:
    user = User.objects.get(login=login)
    client.force_login(user)
    order = Order.objects.filter(buyer=user).first() or Order.objects.filter(seller=user)[0]
    pages = [reverse("home"), reverse("categories"), reverse("balance"), reverse("orders"), order.get_absolute_url()]
    assert [client.get(page).status_code for page in [*pages, order.kwork.get_absolute_url()]] == [200] * 6


def test_the_words_fit_the_tree(demo: datetime) -> None:
    places = set(Category.objects.filter(parent__isnull=False).values_list("parent__slug", "slug"))
    assert {(trade.section, trade.category) for trade in trades()} <= places
    assert {trade.kind for trade in trades()} <= set(COMPOSITIONS)


def test_the_same_seed_makes_the_same_kworks(demo: datetime) -> None:
    first, second = (all_goods(Random("again"), 40) for _time in range(2))
    assert [good.typed for good in first] == [good.typed for good in second]


@pytest.mark.parametrize("kind", sorted(COMPOSITIONS))
def test_each_kind_of_cover_can_be_drawn_with_a_long_caption(kind: str) -> None:
    for seed in ("a", "b", "c", "d"):
        cover = painted_cover(CoverWish(kind, seed, "Localization of everything", (64, 43), (128, 85)))
        assert Image.open(BytesIO(cover.large)).size == (128, 85)
        assert Image.open(BytesIO(cover.card)).size == (64, 43)


@pytest.mark.parametrize("look", ["long", "short", "studio"])
def test_a_portrait_is_the_same_for_the_same_person(look: str) -> None:
    assert painted_portrait("bea", look, 64) == painted_portrait("bea", look, 64)
    assert painted_portrait("bea", look, 64) != painted_portrait("sam", look, 64)


@pytest.mark.rule("REF-04")
def test_bea_has_brought_people_whose_orders_pay_her(demo: datetime) -> None:
    bea = User.objects.get(login="bea")
    found = referral_numbers(bea, demo)
    assert (found.registered, found.active > 0) == (3, True)
    assert found.clicks > found.registered
    assert found.earned > dollars(1)


@pytest.mark.rule("TAX-01")
def test_signed_tax_forms_are_whole(demo: datetime) -> None:
    for form in TaxForm.objects.select_related("user"):
        content = vault.unseal(form.sealed, owner=form.user_id)
        assert content["fields"]["signature"] == form.user.name  # type: ignore[index]
        assert content["statements"]
    assert TaxForm.objects.exists()
