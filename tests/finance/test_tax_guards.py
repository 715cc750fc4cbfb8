"""Attacks on signed tax forms in plain SQL: the database itself refuses each (TAX-01)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from finance.models import Residence, TaxForm, TaxFormKind
from finance.steps import tax

pytestmark = [pytest.mark.django_db, pytest.mark.rule("TAX-01")]


@pytest.fixture
def signed(sam: User, now: datetime) -> TaxForm:
    """Sam, who lives outside the United States, has signed."""
    tax.answer(citizen=False, residence=Residence.OUTSIDE, by=sam, now=now)
    return tax.sign(TaxFormKind.W8BEN, {"fields": {}, "statements": []}, by=sam, now=now)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE finance_taxform SET user_id = (SELECT id FROM accounts_user WHERE login = 'bea')",
        "UPDATE finance_taxform SET kind = 'w9'",
        "UPDATE finance_taxform SET signed_at = signed_at - interval '1 year'",
        "UPDATE finance_taxform SET id = id + 1000",
        "DELETE FROM finance_taxform",
        "TRUNCATE finance_taxform CASCADE",
    ],
)
def test_a_signed_form_is_neither_changed_nor_deleted(signed: TaxForm, bea: User, attack: str) -> None:
    before = TaxForm.objects.values().get()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE waits for none
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            cursor.execute(attack)
    assert TaxForm.objects.values().get() == before


def test_it_may_be_encrypted_anew_and_replaced(signed: TaxForm, now: datetime) -> None:
    assert TaxForm.objects.filter(pk=signed.pk).update(sealed=b"anew", replaced_at=now) == 1
