"""What is kept and recorded of answers and signed tax forms, and whose they are (TAX-01)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from core.models import Event
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import vault
from finance.models import Residence, TaxAnswer, TaxForm, TaxFormKind, TaxReading
from finance.rules import READING_PURPOSE_MOST
from finance.steps import tax
from finance.steps.tax import MayNotSell
from tests.finance.records import recorded

FORMS = "/admin/finance/taxform/"
HOUR = timedelta(hours=1)
W9, W8 = TaxFormKind.W9, TaxFormKind.W8BEN
pytestmark = [pytest.mark.django_db, pytest.mark.rule("TAX-01")]


def signed(user: User, now: datetime) -> TaxForm:
    tax.answer(citizen=True, residence=Residence.PERMITTED, by=user, now=now)
    return tax.sign(W9, {"name": user.name}, by=user, now=now)


@pytest.fixture
def reader(ada: User) -> User:
    """Ada with the right to read forms."""
    ada.user_permissions.add(Permission.objects.get(codename="read_taxform"))
    return User.objects.get(pk=ada.pk)


@pytest.mark.parametrize(
    ("citizen", "residence", "kind"),
    [
        (True, Residence.OUTSIDE, W9),
        (True, Residence.NOT_PERMITTED, W9),
        (False, Residence.OUTSIDE, W8),
        (False, Residence.PERMITTED, W9),
    ],
)
def test_answers_are_kept_and_can_be_given_anew(
    sam: User, now: datetime, citizen: bool, residence: Residence, kind: TaxFormKind
) -> None:
    assert (tax.kind_for(sam), tax.may_sell(sam)) == (None, True)
    tax.answer(citizen=False, residence=Residence.NOT_PERMITTED, by=sam, now=now)
    assert not tax.may_sell(sam)
    for step in (tax.check_may_sell, tax.kind_for):
        with pytest.raises(MayNotSell, match="without permission to work"):
            step(sam)
    given = tax.answer(citizen=citizen, residence=residence, by=sam, now=now + HOUR)
    kept = TaxAnswer.objects.get()
    assert (kept.user, kept.citizen, kept.residence, kept.at) == (sam, citizen, residence, now + HOUR)
    assert (tax.kind_for(sam), tax.may_sell(sam)) == (kind, True)
    tax.check_may_sell(sam)
    assert recorded(given) == [("tax.answered", sam.pk, now, {}), ("tax.answered", sam.pk, now + HOUR, {})]


def test_everybody_has_their_own(sam: User, bea: User, now: datetime) -> None:
    tax.answer(citizen=False, residence=Residence.NOT_PERMITTED, by=bea, now=now)
    hers_first = signed(sam, now)
    assert tax.form_in_force(bea) is None
    assert not tax.has_form(bea)
    assert tax.may_sell(sam)
    assert not tax.may_sell(bea)
    signed(bea, now)
    assert [tax.form_in_force(user).user_id for user in (sam, bea)] == [sam.pk, bea.pk]  # type: ignore[union-attr]
    assert TaxForm.objects.get(pk=hers_first.pk).replaced_at is None


def test_a_form_is_in_force_until_the_next(sam: User, now: datetime) -> None:
    first = signed(sam, now)
    assert tax.has_form(sam)
    assert recorded(first) == [("tax.signed", sam.pk, now, {"form": "w9"})]
    second = signed(sam, now + HOUR)
    first.refresh_from_db()
    assert (first.replaced_at, second.signed_at, second.kind) == (now + HOUR, now + HOUR, "w9")
    assert tax.form_in_force(sam) == second


def test_another_form_than_the_answers_ask_for_is_none(sam: User, now: datetime) -> None:
    signed(sam, now)
    tax.answer(citizen=False, residence=Residence.OUTSIDE, by=sam, now=now)
    assert not tax.has_form(sam)
    with pytest.raises(OutOfTurn, match="another form"):
        tax.sign(W9, {}, by=sam, now=now)
    TaxAnswer.objects.all().delete()
    assert not tax.has_form(sam)


def test_looking_for_the_form_in_force_does_not_load_what_is_in_it(sam: User, now: datetime) -> None:
    signed(sam, now)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        tax.form_in_force(sam)
    assert len(asked) == 1
    assert '"sealed"' not in asked[0]["sql"]


class TestReading:
    def test_who_has_the_right_reads_and_is_noted(self, sam: User, reader: User, now: datetime) -> None:
        form = signed(sam, now)
        read = tax.read_form(form.pk, " Year's\u200b end. ", by=reader, now=now + HOUR)
        assert read == {"name": sam.name}
        noted = TaxReading.objects.get()
        assert (noted.form, noted.by, noted.purpose, noted.at) == (form, reader, "Year's end.", now + HOUR)
        assert recorded(form)[-1] == ("tax.read", reader.pk, now + HOUR, {})

    def test_not_without_right_purpose_or_staff(
        self, sam: User, bea: User, sten: User, reader: User, now: datetime
    ) -> None:
        form = signed(sam, now)
        sten.user_permissions.add(Permission.objects.get(codename="read_taxform"))
        bea.is_staff = True
        for by in (bea, User.objects.get(pk=sten.pk)):
            with pytest.raises(NotAllowed, match="Only finance staff"):
                tax.read_form(form.pk, "Curious.", by=by, now=now)
        for purpose in ("", "x" * (READING_PURPOSE_MOST + 1)):
            with pytest.raises(Invalid, match=f"at most {READING_PURPOSE_MOST}"):
                tax.read_form(form.pk, purpose, by=reader, now=now)
        own = signed(reader, now)
        with pytest.raises(NotAllowed, match="somebody else"):
            tax.read_form(own.pk, "Mine.", by=reader, now=now)
        assert not TaxReading.objects.exists()
        assert not Event.objects.filter(kind="tax.read").exists()
        tax.read_form(form.pk, "x" * READING_PURPOSE_MOST, by=reader, now=now)

    def test_who_may_read_forms_finds_them(self, client: Client, sam: User, ada: User, now: datetime) -> None:
        form = signed(sam, now)
        client.force_login(ada)
        assert client.get(FORMS).status_code == 403
        ada.user_permissions.add(Permission.objects.get(codename="read_taxform"))
        assert FORMS in client.get("/admin/").content.decode()
        assert f"{FORMS}{form.pk}/change/" in client.get(FORMS).content.decode()
        assert 'name="purpose"' in client.get(f"{FORMS}{form.pk}/change/").content.decode()

    @pytest.mark.parametrize(
        "content", [{"name": "Sam Seller"}, {"fields": ["Sam Seller"]}, {"fields": {}, "statements": "Sam Seller"}]
    )
    def test_content_of_another_shape_is_shown_as_it_is(
        self, client: Client, sam: User, reader: User, now: datetime, content: dict[str, object]
    ) -> None:
        tax.answer(citizen=True, residence=Residence.PERMITTED, by=sam, now=now)
        form = tax.sign(W9, content, by=sam, now=now)
        client.force_login(reader)
        answer = client.post(f"{FORMS}{form.pk}/read/", {"purpose": "Year's end."})
        assert answer.status_code == 200
        assert "Sam Seller" in answer.content.decode().split('<div class="module">', 1)[1]

    def test_who_reads_it_sees_the_answers_that_chose_it(
        self, client: Client, sam: User, reader: User, now: datetime
    ) -> None:
        form = signed(sam, now)
        client.force_login(reader)
        assert str(Residence.PERMITTED.label) not in client.get(f"{FORMS}{form.pk}/change/").content.decode()
        read = f"{FORMS}{form.pk}/read/"
        text = client.post(read, {"purpose": "Year's end."}).content.decode()
        assert str(Residence.PERMITTED.label) in text
        assert "before this form was signed" in text
        tax.answer(citizen=False, residence=Residence.OUTSIDE, by=sam, now=now + HOUR)
        text = client.post(read, {"purpose": "Year's end."}).content.decode()
        assert str(Residence.OUTSIDE.label) in text
        assert "after this form was signed" in text


def test_new_keys_go_past_forms_that_no_key_opens(
    sam: User, bea: User, sten: User, now: datetime, settings: Settings
) -> None:
    old, lost, new = (Fernet.generate_key().decode() for _ in range(3))
    settings.TAX_FORM_KEYS = [old]
    first = signed(sam, now)
    settings.TAX_FORM_KEYS = [lost]
    closed = signed(bea, now)
    settings.TAX_FORM_KEYS = [old]
    last = signed(sten, now)
    settings.TAX_FORM_KEYS = [new, old]
    assert tax.rotate_keys() == (2, [closed.pk])
    settings.TAX_FORM_KEYS = [new]
    for form in (first, last):
        form.refresh_from_db()
        assert vault.unseal(form.sealed, owner=form.user_id)["name"] == form.user.name
