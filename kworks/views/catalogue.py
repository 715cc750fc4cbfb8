"""The tree and its lists: sections, categories, search, a seller's kworks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.views.whose import whose
from core.fields import MoneyFormField
from core.forms import MoneyInput
from core.money import Money
from kworks import queries
from kworks.models import Category, Kwork

Crumbs = list[tuple[str, str]]


class PriceRange(forms.Form):
    """The bounds of a list's prices; what is no price is shown with its error and bounds nothing."""

    least = MoneyFormField(label=_("From"), required=False, widget=MoneyInput())
    most = MoneyFormField(label=_("To"), required=False, widget=MoneyInput())

    def bound(self, name: str) -> Money | None:
        self.is_valid()
        found: Money | None = self.cleaned_data.get(name)
        return found


@dataclass(frozen=True)
class Listing:
    """A page of a list with its choices of order and price, as the address says."""

    request: HttpRequest
    categories: list[int]

    @cached_property
    def prices(self) -> PriceRange:
        return PriceRange(self.request.GET, auto_id="price-%s")

    @cached_property
    def sort(self) -> str:
        asked = self.request.GET.get("sort", "")
        return asked if asked in queries.SORTS else queries.NEWEST

    @property
    def sorts(self) -> list[dict[str, Any]]:
        return [{"label": label, "value": name, "current": name == self.sort} for name, label in queries.SORTS.items()]

    @property
    def is_narrowed(self) -> bool:
        return any(self.prices.bound(name) is not None for name in ("least", "most"))

    @cached_property
    def page(self) -> Page[Kwork]:
        least, most = self.prices.bound("least"), self.prices.bound("most")
        return page_of(self.request, queries.listed(self.categories, sort=self.sort, least=least, most=most))


def page_of(request: HttpRequest, kworks: QuerySet[Kwork]) -> Page[Kwork]:
    """The page that the address asks for; the nearest one for a number that does not exist."""
    return queries.BoundedPages(kworks).get_page(request.GET.get("page"))


def crumbs_of(category: Category) -> Crumbs:
    """The way from the catalogue to a category, its own name last and without an address."""
    start = [(_("Categories"), reverse("categories"))]
    above = [(category.parent.name, category.parent.get_absolute_url())] if category.parent else []
    return [*start, *above, (category.name, "")]


@require_safe
def categories(request: HttpRequest) -> HttpResponse:
    return render(request, "kworks/categories.html", {"sections": queries.sections()})


@require_safe
def section(request: HttpRequest, section: str) -> HttpResponse:
    """A section's categories, and what is on sale in any of them."""
    found = get_object_or_404(Category.objects.prefetch_related("children__parent"), parent=None, slug=section)
    listing = Listing(request, [child.pk for child in found.children.all()])
    return render(
        request, "kworks/section.html", {"section": found, "listing": listing, "breadcrumbs": crumbs_of(found)}
    )


@require_safe
def category(request: HttpRequest, section: str, category: str) -> HttpResponse:
    """What is on sale in one category."""
    found = get_object_or_404(Category.objects.select_related("parent"), parent__slug=section, slug=category)
    listing = Listing(request, [found.pk])
    return render(
        request, "kworks/category.html", {"category": found, "listing": listing, "breadcrumbs": crumbs_of(found)}
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Kworks found by words; without any, the categories to look in."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    page = page_of(request, queries.search(words))
    known = {"words": words, "page": page}
    if not page.object_list:
        known["sections"] = queries.sections()
    return render(request, "kworks/search.html", known)


@require_safe
@whose
def profile_kworks(request: HttpRequest, seller: User) -> HttpResponse:
    """A seller's kworks on sale, for the profile page."""
    page = page_of(request, queries.of_seller(seller))
    template = "kworks/profile_kworks.html#kworks" if request.htmx else "kworks/profile_kworks.html"  # type: ignore[attr-defined]
    return render(request, template, {"seller": seller, "page": page})
