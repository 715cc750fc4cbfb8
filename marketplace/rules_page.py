"""`/rules/`: the rules as the site runs them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from marketplace.rulebook import CHAPTERS


def rules(request: HttpRequest) -> HttpResponse:
    """Every built rule with its id and today's numbers, each with an address of its own (`#ORD-05`)."""
    return render(request, "marketplace/rules.html", {"chapters": CHAPTERS})
