"""What staff may not do in the admin stands in one place."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from accounts.models import Acceptance, User
from core.admin import Kept, ReadOnly
from finance.models import Account, Entry, Posting, TopUp
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
