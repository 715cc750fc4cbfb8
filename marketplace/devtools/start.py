"""The page that lists the tools."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.devtools.gate import dev_only
from notifications import outbox


@dev_only
@require_safe
def tools(request: HttpRequest) -> HttpResponse:
    """Every tool with its address."""
    return render(request, "devtools/tools.html", {"letter_count": len(outbox.keys())})
