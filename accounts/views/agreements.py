"""The texts that users agree to, readable by everyone (ACC-01)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from accounts.models import Agreement

_markdown = MarkdownIt("commonmark", {"html": False})


@require_safe
def agreement(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """One version of a text; older ones stay readable and say that there is a newer one."""
    text = get_object_or_404(Agreement, slug=slug, version=version)
    newest = Agreement.objects.filter(slug=slug).defer("text").latest("published_at", "pk")
    return render(
        request,
        "accounts/agreement.html",
        {
            "agreement": text,
            "newest": newest if newest.pk != text.pk else None,
            "body": mark_safe(_markdown.render(text.text)),  # noqa: S308 - raw HTML is off; the texts are the operator's
        },
    )


@require_safe
def newest_agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """The address that always leads to the newest version."""
    newest = Agreement.objects.filter(slug=slug).order_by("-published_at", "-pk")
    return redirect(get_object_or_404(newest[:1]))
