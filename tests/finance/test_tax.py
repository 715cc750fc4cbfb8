"""Tax forms: which one, what is checked, who reads it (TAX-01)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.handing import hand_on_waiting
from core.models import Event
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance import vault
from finance.forms_tax import SignedForm, W8BENForm, W9Form
from finance.models import Residence, TaxAnswer, TaxForm, TaxFormKind, TaxReading
from finance.steps import tax
from kworks.models import Kwork
from kworks.steps import drafting, publishing
from tests.finance.seals import forge
from tests.stage import Stage

QUESTIONS, FORM = "/settings/tax/", "/settings/tax/form/"
TODAY = date(2026, 3, 2)
SSN = "078-05-1120"
W9 = {
    "name": "Sam Seller",
    "classification": "individual",
    "address": "1 Main Street",
    "city": "Springfield",
    "state": "il",
    "zip": "62701",
    "country": "US",
    "tin_type": "ssn",
    "tin": "078 05 1120",
    "certified": "on",
    "signature": "sam  seller",
}
W8BEN = {
    "name": "Sam Seller",
    "citizenship": "DE",
    "born": "1990-05-17",
    "address": "Hauptstraße 1",
    "city": "10115 Berlin",
    "country": "DE",
    "foreign_tin": "12 345 678 901",
    "capacity": "on",
    "certified": "on",
    "signature": "Sam Seller",
}

pytestmark = pytest.mark.rule("TAX-01")


@pytest.fixture
def outside(sam: User, now: datetime) -> TaxAnswer:
    return tax.answer(citizen=False, residence=Residence.OUTSIDE, by=sam, now=now)


@pytest.fixture
def signed(outside: TaxAnswer, now: datetime) -> TaxForm:
    filled = W8BENForm(W8BEN, today=TODAY)
    assert filled.is_valid(), filled.errors
    return tax.sign(TaxFormKind.W8BEN, filled.content(), by=outside.user, now=now)


@pytest.fixture
def reader(ada: User) -> User:
    ada.user_permissions.add(
        *Permission.objects.filter(codename__in=["read_taxform", "view_taxform", "view_taxreading"])
    )
    return User.objects.get(pk=ada.pk)


def _errors(form: type[SignedForm], typed: dict[str, str], **changed: str) -> set[str]:
    return set(form({**typed, **changed}, today=TODAY).errors)


class TestWhichForm:
    @pytest.mark.parametrize(
        ("citizen", "residence", "kind"),
        [
            (True, Residence.OUTSIDE, TaxFormKind.W9),
            (True, Residence.PERMITTED, TaxFormKind.W9),
            (True, Residence.NOT_PERMITTED, TaxFormKind.W9),
            (False, Residence.PERMITTED, TaxFormKind.W9),
            (False, Residence.OUTSIDE, TaxFormKind.W8BEN),
        ],
    )
    def test_two_questions_choose(
        self, sam: User, now: datetime, citizen: bool, residence: Residence, kind: TaxFormKind
    ) -> None:
        tax.answer(citizen=citizen, residence=residence, by=sam, now=now)
        assert tax.kind_for(sam) == kind
        assert tax.may_sell(sam)

    def test_without_permission_to_work_nobody_sells(self, stage: Stage, sam: User, now: datetime) -> None:
        kwork = stage.a_kwork()
        tax.answer(citizen=False, residence=Residence.NOT_PERMITTED, by=sam, now=now)
        assert not tax.may_sell(sam)
        with pytest.raises(tax.MayNotSell, match="may not sell"):
            drafting.submit(kwork.pk, by=sam, now=now)
        with pytest.raises(tax.MayNotSell):
            tax.sign(TaxFormKind.W8BEN, {}, by=sam, now=now)

    def test_what_was_on_sale_or_in_moderation_is_taken_back(self, stage: Stage, sam: User, now: datetime) -> None:
        on_sale, waiting = stage.a_kwork(), stage.a_kwork()
        drafting.save_draft(waiting.pk, {"title": "A quite different logo"}, revision=0, by=sam, now=now)
        drafting.submit(waiting.pk, by=sam, now=now)
        tax.answer(citizen=False, residence=Residence.OUTSIDE, by=sam, now=now)
        hand_on_waiting(now=now)
        on_sale.refresh_from_db()
        assert on_sale.status == "on_sale"
        tax.answer(citizen=False, residence=Residence.NOT_PERMITTED, by=sam, now=now)
        hand_on_waiting(now=now)
        assert set(Kwork.objects.values_list("status", "draft__status")) == {
            ("paused", "accepted"),
            ("paused", "editing"),
        }
        with pytest.raises(tax.MayNotSell):
            publishing.resume(on_sale.pk, by=sam, now=now)
        tax.answer(citizen=False, residence=Residence.OUTSIDE, by=sam, now=now)
        publishing.resume(on_sale.pk, by=sam, now=now)

    def test_without_answers_nothing_is_signed(self, sam: User, now: datetime) -> None:
        assert (tax.kind_for(sam), tax.has_form(sam), tax.may_sell(sam)) == (None, False, True)
        with pytest.raises(OutOfTurn):
            tax.sign(TaxFormKind.W9, {}, by=sam, now=now)

    def test_other_answers_ask_for_another_form(self, signed: TaxForm, sam: User, now: datetime) -> None:
        assert tax.has_form(sam)
        tax.answer(citizen=True, residence=Residence.OUTSIDE, by=sam, now=now)
        assert not tax.has_form(sam)


class TestW9:
    def test_a_good_one(self) -> None:
        form = W9Form(W9, today=TODAY)
        assert form.is_valid(), form.errors
        assert (form.cleaned_data["tin"], form.cleaned_data["state"]) == (SSN, "IL")
        assert len(form.content()["statements"]) == 4  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("tin", "000-12-3456"),
            ("tin", "666-12-3456"),
            ("tin", "123-00-4567"),
            ("tin", "123-45-0000"),
            ("tin", "12345678"),
            ("tin", "٠٧٨٠٥١١٢٠"),
            ("state", "XX"),
            ("zip", "6270"),
            ("country", "XX"),
            ("exempt_payee", "14"),
            ("exempt_fatca", "Z"),
            ("signature", "Somebody Else"),
            ("certified", ""),
            ("name", ""),
        ],
    )
    def test_what_cannot_be(self, name: str, value: str) -> None:
        assert name in _errors(W9Form, W9, **{name: value})

    @pytest.mark.parametrize("nothing", ["\u200b", " \u2060\ufeff", "\u2800", "."])
    def test_what_cannot_be_seen_is_no_name(self, nothing: str) -> None:
        assert _errors(W9Form, W9, name=nothing, signature=nothing, city=nothing) == {"name", "signature", "city"}

    def test_a_company_has_an_ein_and_another_signatory(self) -> None:
        company = {
            "classification": "llc",
            "llc_class": "C",
            "name": "Logos LLC",
            "tin_type": "ein",
            "tin": "12-3456789",
        }
        assert _errors(W9Form, W9, **company) == set()
        assert _errors(W9Form, W9, **{**company, "llc_class": ""}) == {"llc_class"}
        assert _errors(W9Form, W9, **{**company, "tin": "00-0000000"}) == {"tin"}
        assert _errors(W9Form, W9, classification="other") == {"other_class"}

    def test_a_citizen_abroad_has_an_address_there(self) -> None:
        assert _errors(W9Form, W9, country="DE", state="Berlin", zip="10115 B") == set()


class TestW8BEN:
    def test_a_good_one(self) -> None:
        assert _errors(W8BENForm, W8BEN) == set()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("born", "2008-03-03"),
            ("born", "2026-03-03"),
            ("born", "1890-01-01"),
            ("born", "yesterday"),
            ("address", "P.O. Box 12"),
            ("address", "c/o Somebody, Hauptstraße 1"),
            ("country", "US"),
            ("citizenship", "US"),
            ("foreign_tin", ""),
            ("foreign_tin", "000 000"),
            ("us_tin", "000-00-0000"),
            ("signature", "Sam S"),
            ("capacity", ""),
            ("treaty_rate", "31"),
            ("treaty_rate", "ten"),
        ],
    )
    def test_what_cannot_be(self, name: str, value: str) -> None:
        assert name in _errors(W8BENForm, W8BEN, **{name: value})

    @pytest.mark.parametrize("nothing", ["\u200b", " \u2060\ufeff", "\u2800", "."])
    def test_what_cannot_be_seen_is_no_name(self, nothing: str) -> None:
        unseen = dict.fromkeys(("name", "signature", "address", "city"), nothing)
        assert _errors(W8BENForm, W8BEN, **unseen) == set(unseen)

    def test_what_cannot_be_seen_hides_nothing_from_the_checks(self) -> None:
        assert _errors(W8BENForm, W8BEN, address="P\u200bO Box 5") == {"address"}
        form = W8BENForm({**W8BEN, "foreign_tin": "12\u200b 345", "signature": "Sam\u200b  Seller"}, today=TODAY)
        assert form.is_valid(), form.errors
        assert (form.cleaned_data["foreign_tin"], form.cleaned_data["signature"]) == ("12 345", "Sam Seller")

    def test_eighteen_today_is_of_age(self) -> None:
        assert _errors(W8BENForm, W8BEN, born="2008-03-02") == set()

    def test_no_tax_number_where_the_law_wants_none(self) -> None:
        assert _errors(W8BENForm, W8BEN, foreign_tin="", no_foreign_tin="on") == set()
        assert _errors(W8BENForm, W8BEN, foreign_tin="", us_tin="912-70-1234") == set()
        assert _errors(W8BENForm, W8BEN, no_foreign_tin="on") == {"no_foreign_tin"}

    def test_a_claim_and_a_mailing_address_are_whole(self) -> None:
        claim = {"treaty_country": "DE", "treaty_article": "7(1)", "treaty_rate": "12.5 %", "treaty_income": "Services"}
        assert _errors(W8BENForm, W8BEN, **claim) == set()
        assert _errors(W8BENForm, W8BEN, treaty_rate="0") == {"treaty_country", "treaty_article", "treaty_income"}
        assert _errors(W8BENForm, W8BEN, mail_city="Bonn") == {"mail_address", "mail_country"}


class TestSealed:
    def test_nothing_of_it_lies_open_in_the_database(self, signed: TaxForm) -> None:
        with connection.cursor() as cursor:
            for table in ("finance_taxform", "core_event", "django_session", "finance_taxanswer"):
                cursor.execute(f"SELECT string_agg({table}::text, ' ') FROM {table}")
                text = str(cursor.fetchone()[0])
                assert "Hauptstra" not in text
                assert "345 678" not in text
                assert b"Hauptstra".hex() not in text

    def test_a_new_one_replaces_the_old(self, signed: TaxForm, sam: User, now: datetime) -> None:
        newer = tax.sign(TaxFormKind.W8BEN, {"fields": {}, "statements": []}, by=sam, now=now)
        signed.refresh_from_db()
        assert signed.replaced_at == now
        in_force = tax.form_in_force(sam)
        assert in_force is not None
        assert in_force.pk == newer.pk

    def test_one_persons_cannot_be_passed_off_as_anothers(
        self, signed: TaxForm, bea: User, reader: User, now: datetime
    ) -> None:
        forge("UPDATE finance_taxform SET user_id = %s WHERE id = %s", bea.pk, signed.pk)
        with pytest.raises(vault.Unreadable, match="somebody else"):
            tax.read_form(signed.pk, "Year's end.", by=reader, now=now)

    def test_keys_change_while_all_stays_readable(
        self, signed: TaxForm, reader: User, now: datetime, settings: Settings
    ) -> None:
        old, new = settings.TAX_FORM_KEYS[0], Fernet.generate_key().decode()
        settings.TAX_FORM_KEYS = [new, old]
        assert tax.read_form(signed.pk, "Before.", by=reader, now=now)
        call_command("rotate_tax_keys")
        settings.TAX_FORM_KEYS = [new]
        assert tax.read_form(signed.pk, "After.", by=reader, now=now)["fields"]["country"] == "DE"  # type: ignore[index]
        settings.TAX_FORM_KEYS = [old]
        with pytest.raises(vault.Unreadable):
            tax.read_form(signed.pk, "With the old one.", by=reader, now=now)

    def test_a_form_that_no_key_opens_is_named_and_left(
        self, signed: TaxForm, sam: User, now: datetime, settings: Settings
    ) -> None:
        settings.TAX_FORM_KEYS = [Fernet.generate_key().decode()]
        newer = tax.sign(TaxFormKind.W8BEN, {"fields": {}, "statements": []}, by=sam, now=now)
        with pytest.raises(CommandError, match=f"as they were: {signed.pk}$"):
            call_command("rotate_tax_keys")
        newer.refresh_from_db()
        assert vault.unseal(newer.sealed, owner=sam.pk)["statements"] == []


class TestReading:
    def test_it_is_noted_first(
        self, signed: TaxForm, reader: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_args: Any, **_named: Any) -> None:
            assert TaxReading.objects.count() == 1
            raise vault.Unreadable

        monkeypatch.setattr(vault, "unseal", broken)
        with pytest.raises(vault.Unreadable):
            tax.read_form(signed.pk, "Year's end.", by=reader, now=now)
        reading = TaxReading.objects.get()
        assert (reading.by, reading.purpose, reading.at) == (reader, "Year's end.", now)
        assert Event.objects.get(kind="tax.read").facts == {}

    def test_who_may_not(self, signed: TaxForm, ada: User, mo: User, sam: User, now: datetime) -> None:
        with pytest.raises(NotAllowed, match="finance staff"):
            tax.read_form(signed.pk, "Curious.", by=ada, now=now)
        with pytest.raises(Invalid, match="what for"):
            tax.read_form(signed.pk, " ", by=mo, now=now)
        User.objects.filter(pk=sam.pk).update(is_staff=True, is_superuser=True)
        with pytest.raises(NotAllowed, match="somebody else"):
            tax.read_form(signed.pk, "Mine.", by=User.objects.get(pk=sam.pk), now=now)
        assert not TaxReading.objects.exists()

    def test_the_page_of_staff(self, client: Client, signed: TaxForm, reader: User) -> None:
        client.force_login(reader)
        page, read = (f"/admin/finance/taxform/{signed.pk}/{name}/" for name in ("change", "read"))
        assert "Hauptstraße" not in client.get(page).content.decode()
        assert client.get(read).status_code == 404
        assert "Say what for" in client.post(read, {"purpose": ""}, follow=True).content.decode()
        answer = client.post(read, {"purpose": "Year's end."})
        text = answer.content.decode()
        assert "Hauptstraße 1" in text
        assert "Tax number in your country" in text
        assert "no-store" in answer.headers["Cache-Control"]
        after = client.get(page).content.decode()
        assert "Year&#x27;s end." in after
        assert "Hauptstraße" not in after

    def test_others_of_staff_see_no_way_to_it(self, client: Client, signed: TaxForm, ada: User) -> None:
        ada.user_permissions.add(Permission.objects.get(codename="view_taxform"))
        client.force_login(ada)
        assert 'name="purpose"' not in client.get(f"/admin/finance/taxform/{signed.pk}/change/").content.decode()
        assert client.post(f"/admin/finance/taxform/{signed.pk}/read/", {"purpose": "x"}).status_code == 403


class TestThePages:
    def test_questions_lead_to_the_form_and_back_to_where_one_was(self, client: Client, sam: User) -> None:
        client.force_login(sam)
        assert client.get(FORM).headers["Location"] == QUESTIONS
        answer = client.post(QUESTIONS, {"citizen": "no", "residence": "outside", "next": "/balance/"})
        assert answer.headers["Location"] == f"{FORM}?next=%2Fbalance%2F"
        assert "W-8BEN" in client.get(FORM).content.decode()
        answer = client.post(FORM, {**W8BEN, "next": "/balance/"})
        assert answer.headers["Location"] == "/balance/"
        text = client.get(QUESTIONS).content.decode()
        assert "What you signed" in text
        assert "Hauptstraße" not in text
        assert tax.has_form(sam)

    def test_a_way_out_of_the_site_is_dropped(self, client: Client, outside: TaxAnswer) -> None:
        client.force_login(outside.user)
        assert client.post(FORM, {**W8BEN, "next": "https://evil.example/"}).headers["Location"] == QUESTIONS

    def test_what_is_wrong_is_told_and_kept(self, client: Client, outside: TaxAnswer) -> None:
        client.force_login(outside.user)
        text = client.post(FORM, {**W8BEN, "born": "2020-01-01"}).content.decode()
        assert "at least 18 years old" in text
        assert 'value="Hauptstraße 1"' in text
        assert not TaxForm.objects.exists()

    def test_who_may_not_sell_is_told(self, client: Client, sam: User) -> None:
        client.force_login(sam)
        answer = client.post(QUESTIONS, {"citizen": "no", "residence": "not_permitted"}, follow=True)
        assert "You may not sell here" in answer.content.decode()
        assert client.get(FORM, follow=True).redirect_chain == [(QUESTIONS, 302)]

    def test_the_form_of_a_citizen(self, client: Client, sam: User) -> None:
        client.force_login(sam)
        client.post(QUESTIONS, {"citizen": "yes", "residence": "permitted"})
        assert "Federal tax classification" in client.get(FORM).content.decode()
        assert client.post(FORM, W9).headers["Location"] == QUESTIONS
        assert TaxForm.objects.get().kind == "w9"

    @pytest.mark.parametrize("path", [QUESTIONS, FORM])
    def test_only_for_those_who_are_signed_in(self, client: Client, db: None, path: str) -> None:
        assert client.get(path).headers["Location"].startswith("/login/")

    def test_nothing_typed_comes_into_the_log(
        self, client: Client, outside: TaxAnswer, caplog: pytest.LogCaptureFixture
    ) -> None:
        client.force_login(outside.user)
        client.post(FORM, W8BEN)
        assert "Hauptstra" not in caplog.text
        assert "345 678" not in caplog.text
