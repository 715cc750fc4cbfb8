"""The balance page: what there is, what is held, and every movement (FIN-01, FIN-05)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from finance import queries
from finance.forms import MovementFilter


@login_required
@require_safe
def balance(request: UserRequest) -> HttpResponse:
    """Both balances and a page of movements, filtered by kind and balance."""
    narrowed = MovementFilter(request.GET)
    narrowed.is_valid()
    wanted = narrowed.cleaned_data
    return render(
        request,
        "finance/balance.html",
        {
            "balances": queries.balances(request.user),
            "unfinished": queries.unfinished_top_ups(request.user),
            "filter": narrowed,
            "movements": queries.movements(
                request.user,
                verb=wanted.get("kind", ""),
                account=wanted.get("account", ""),
                before=wanted.get("before"),
                after=wanted.get("after"),
            ),
        },
    )
