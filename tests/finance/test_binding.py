"""What binds money that is paid in is said before it is paid (WDR-01, WDR-02)."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User
from core.formats import percent, price
from finance.rules import BOUND_FOR, WITHDRAWAL_FEE_BASIS_POINTS, WITHDRAWAL_LEAST


@pytest.mark.rule("WDR-02")
def test_what_binds_money_paid_in_is_said_in_the_numbers_of_the_rules() -> None:
    text = render_to_string("finance/binding.html")
    assert "goes only back where it came from" in text
    for number in (f"{BOUND_FOR.days} days", price(WITHDRAWAL_LEAST), percent(WITHDRAWAL_FEE_BASIS_POINTS)):
        assert number in text


@pytest.mark.rule("WDR-02")
def test_the_page_that_adds_money_says_it(client: Client, bea: User) -> None:
    client.force_login(bea)
    page = " ".join(client.get("/balance/add/").content.decode().split())
    assert " ".join(render_to_string("finance/binding.html").split()) in page
