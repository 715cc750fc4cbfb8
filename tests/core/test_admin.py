"""What staff may not do in the admin stands in one place."""

from __future__ import annotations

import ast
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import Acceptance, User
from core import formats
from core.admin import Kept, ReadOnly
from finance.models import Account, Entry, OfflinePayment, Posting, TopUp, Withdrawal
from kworks.models import Kwork, KworkDraft
from orders.models import Order
from reputation.models import Feedback
from tests.laws.source import modules, named, parsed

READ_ONLY = (Acceptance, Account, Entry, Posting, TopUp, Kwork, Order, Feedback)
ADMINS = [path for path in modules() if path.name == "admin.py" and path.parent.name != "core"]


@pytest.mark.parametrize("model", [*READ_ONLY, User, KworkDraft])
def test_what_people_and_money_left_behind_is_never_added_or_deleted(model: type, rf: RequestFactory, mo: User) -> None:
    """Not even by those who may do everything."""
    request = rf.get("/")
    request.user = mo
    site: admin.ModelAdmin[Any] = admin.site.get_model_admin(model)
    assert isinstance(site, Kept)
    assert isinstance(site, ReadOnly) is (model in READ_ONLY)
    assert not site.has_add_permission(request)
    assert not site.has_delete_permission(request)
    assert site.has_change_permission(request) is (model not in READ_ONLY)
    for inline in site.get_inline_instances(request):
        assert not inline.has_add_permission(request, None)
        assert not inline.has_delete_permission(request)


@pytest.mark.parametrize("path", ADMINS, ids=named)
def test_no_room_forbids_adding_in_words_of_its_own(path: Path) -> None:
    written = {node.name for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef)}
    assert "has_add_permission" not in written


def test_a_moment_in_the_admin_names_its_zone(now: datetime) -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        shown = display_for_value(now, "-")
        assert shown == formats.moment(now)
        assert display_for_value(now.date(), "-") == formats.day(now)


@pytest.mark.parametrize("model", [TopUp, OfflinePayment, Withdrawal])
def test_the_admin_leads_staff_to_no_page_that_is_a_users_alone(model: type) -> None:
    assert admin.site.get_model_admin(model).get_view_on_site_url(model(pk=1)) is None
