"""The outbox: the letters that the site would have sent."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_update
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.devtools.gate import dev_only
from notifications import outbox
from notifications.outbox import Kept

LETTERS_PER_PAGE = 25
# A letter's HTML has its styles inline and is shown in a frame that can do nothing but open its links in a new tab.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
OPEN_ELSEWHERE = '<base target="_blank">'


@dev_only
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """All letters, newest first."""
    page = Paginator(outbox.keys(), LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    found = [kept for kept in map(outbox.letter, page.object_list) if kept]
    return render(request, "devtools/outbox.html", {"page": page, "letters": found})


@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
@dev_only
@require_safe
def letter(request: HttpRequest, key: str) -> HttpResponse:
    """One letter, its text and its HTML."""
    return render(request, "devtools/letter.html", {"letter": _letter(key)})


@dev_only
@require_safe
def letter_html(_request: HttpRequest, key: str) -> HttpResponse:
    """The HTML half of a letter, for the frame."""
    html = _letter(key).html.replace("<head>", f"<head>{OPEN_ELSEWHERE}", 1)
    return HttpResponse(html, headers={"Content-Security-Policy": LETTER_POLICY, "X-Frame-Options": "SAMEORIGIN"})


def _letter(key: str) -> Kept:
    found = outbox.letter(key)
    if found is None:
        raise Http404
    return found
