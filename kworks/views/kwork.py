"""The page of a kwork (CAT-15), and a preview of its draft for the people who may see it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from accounts.queries import is_online
from accounts.requests import UserRequest
from core import clock
from kworks import queries, sheets
from kworks.models import Category, Kwork, KworkStatus
from kworks.sheets import Sheet
from kworks.steps.moving import MODERATE
from kworks.views.catalogue import Crumbs, crumbs_of

# What a JSON text must not contain to stand inside <script>.
_IN_SCRIPT = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
DESCRIPTION_CHARACTERS = 155


@require_safe
def kwork(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """A kwork on sale, for everybody. While paused its seller and moderators see it, others that it is not on sale now."""
    found = queries.page_of(pk)
    if found is None or found.status == KworkStatus.NEW:
        raise Http404
    if slug != found.slug:
        return redirect(found, permanent=True)
    if not (found.status == KworkStatus.ON_SALE and found.seller.is_active) and not may_look(request, found):
        known = {"kwork": found, "breadcrumbs": _crumbs(found.category, found.title)}
        return render(request, "kworks/not_on_sale.html", known, status=404)
    sheet = sheets.of_kwork(found)
    known = {**_page(found, sheet), "similar": queries.similar(found), "linked_data": linked_data(found, sheet)}
    return render(request, "kworks/kwork.html", known)


@require_safe
@login_required
def preview(request: UserRequest, pk: int) -> HttpResponse:
    """How the draft would look on sale, for its seller."""
    found = get_object_or_404(queries.mine(request.user), pk=pk)
    sheet = sheets.of_draft(found.draft)
    return render(request, "kworks/kwork.html", {**_page(found, sheet), "preview": True})


def may_look(request: HttpRequest, kwork: Kwork) -> bool:
    """Whether the viewer is its seller or a moderator."""
    user = request.user
    return user.is_authenticated and (user.pk == kwork.seller_id or user.has_perm(MODERATE))


def linked_data(kwork: Kwork, sheet: Sheet) -> SafeString:
    """The kwork for search engines (schema.org), as JSON that cannot leave its <script>."""
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": sheet.title,
        "description": Truncator(sheet.description).chars(500),
        "category": sheet.category.name if sheet.category else "",
        "url": absolute(kwork.get_absolute_url()),
        "image": [absolute(image.url) for image in sheet.ready_images],
        "brand": {"@type": "Person", "name": kwork.seller.shown_name},
        "offers": {
            "@type": "Offer",
            "price": str(kwork.price),
            "priceCurrency": "USD",
            "availability": "https://schema.org/InStock",
        },
    }
    text = json.dumps({key: value for key, value in said.items() if value}, ensure_ascii=False)
    return mark_safe(text.translate(_IN_SCRIPT))  # noqa: S308 - escaped on this line


def absolute(url: str) -> str:
    return urljoin(str(settings.SITE_URL), url)


def _page(kwork: Kwork, sheet: Sheet) -> dict[str, Any]:
    now = clock.now()
    return {
        "kwork": kwork,
        "sheet": sheet,
        "now": now,
        "online": is_online(kwork.seller, now),
        "breadcrumbs": _crumbs(sheet.category, sheet.title),
        "canonical": absolute(kwork.get_absolute_url()) if kwork.slug else "",
        "share_image": absolute(sheet.ready_images[0].url) if sheet.ready_images else "",
        "description": Truncator(" ".join(sheet.description.split())).chars(DESCRIPTION_CHARACTERS),
    }


def _crumbs(category: Category | None, title: str) -> Crumbs:
    if category is None:
        return []
    *above, (name, _) = crumbs_of(category)
    return [*above, (name, category.get_absolute_url()), (title, "")]
