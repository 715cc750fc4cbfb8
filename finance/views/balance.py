"""The balance page: what there is, what is held, and every movement (FIN-01, FIN-05)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from finance import queries
from finance.forms_movements import MovementFilter
from finance.queries import claims
from finance.queries.offline import has_waiting


@login_required
@require_safe
def balance(request: UserRequest) -> HttpResponse:
    """Both balances and a page of movements, filtered by kind, balance, order and period."""
    narrowed = MovementFilter(request.GET)
    narrowed.is_valid()
    shown = queries.movements(
        request.user,
        narrowed.wanted,
        before=narrowed.cleaned_data.get("before"),
        after=narrowed.cleaned_data.get("after"),
    )
    context = {
        "balances": queries.balances(request.user),
        "claims": claims.blocking(request.user),
        "unfinished": queries.unfinished_top_ups(request.user),
        "announced": bool(settings.OFFLINE_PAYMENT_DETAILS) and has_waiting(request.user),
        "filter": narrowed,
        "downloads": _downloads(narrowed),
        "movements": shown,
        "rows": queries.with_names(request.user, shown.rows),
    }
    return render(request, "finance/balance.html", context)


def _downloads(narrowed: MovementFilter) -> dict[str, str]:
    """The queries of the downloads: of the same movements for the table, of the same period for the others."""
    days = {"from": narrowed.first_day, "to": narrowed.last_day}
    wanted = narrowed.wanted
    same = {"kind": wanted.verb, "account": wanted.account, "reference": wanted.reference, **days}
    return {name: _query(values) for name, values in (("same", same), ("period", days))}


def _query(values: Mapping[str, str | date | None]) -> str:
    given = {name: str(value) for name, value in values.items() if value}
    return f"?{urlencode(given)}" if given else ""
