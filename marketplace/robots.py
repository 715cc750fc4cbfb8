"""What machines ask of a site by fixed names: which pages to visit, and its picture."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# Only what anyone may find is named; a list of what is closed would tell where to try.
OPEN_FOLDERS = ("/kworks/", "/users/", "/agreements/", "/static/", "/media/")


@require_safe
@cache_control(public=True, max_age=86400)
def robots(_request: HttpRequest) -> HttpResponse:
    """The front page, catalog, profiles and rules; searching and everything private is not for robots."""
    pages = [f"{reverse('home')}$", reverse("categories"), reverse("rules"), *OPEN_FOLDERS]
    lines = ["User-agent: *", "Disallow: /", *(f"Allow: {page}" for page in pages), ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=86400)
def favicon(_request: HttpRequest) -> HttpResponse:
    """For those who do not read the page's own link to the picture."""
    return HttpResponseRedirect(static("images/mark.svg"))
