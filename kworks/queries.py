"""Reads that span models: the tree, lists of kworks as cards, search. Every list costs a fixed number of queries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.paginator import Paginator
from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.money import Money
from core.numbers import small_int
from kworks import rules
from kworks.models import Category, DraftStatus, Kwork, KworkDraft, KworkImage, KworkStatus

NEWEST, CHEAPEST, LIKED = "newest", "cheapest", "liked"
SORTS = {NEWEST: _("Newest"), CHEAPEST: _("Cheapest"), LIKED: _("Most liked")}
# Each follows an index of the kworks on sale in a category, so that a page is read without sorting.
_ORDERS = {NEWEST: ("-published_at", "-id"), CHEAPEST: ("price", "id"), LIKED: ("-likes", "-id")}
_WORD = re.compile(r"\w+", re.UNICODE)
ENGLISH = "english"


def sections() -> list[Category]:
    """All sections with their categories, in the order of the tree."""
    children = Prefetch("children", Category.objects.select_related("parent"))
    return list(Category.objects.filter(parent__isnull=True).prefetch_related(children))


def category_choices() -> list[tuple[Any, Any]]:
    """The tree as choices of a form, categories grouped by section."""
    groups = [(section.name, [(str(each.pk), each.name) for each in section.children.all()]) for section in sections()]
    return [("", _("Choose…")), *groups]


def category(pk: str | int) -> Category | None:
    """A category (no section) with its section and attributes; empty for anything else."""
    number = small_int(str(pk), 1, rules.ID_MOST)
    if number is None:
        return None
    found = Category.objects.filter(pk=number, parent__isnull=False)
    return found.select_related("parent").prefetch_related("attributes").first()


def on_sale() -> QuerySet[Kwork]:
    """What buyers find: on sale, and of a seller whose account is open."""
    return Kwork.objects.filter(status=KworkStatus.ON_SALE, seller__is_active=True)


def cards(kworks: QuerySet[Kwork]) -> QuerySet[Kwork]:
    """With all that a card shows: two queries for a whole list. The search vector stays where it is."""
    cover = Prefetch("images", KworkImage.objects.filter(position=0).select_related("picture"))
    return kworks.select_related("seller").prefetch_related(cover).defer("search", "description", "instruction")


def listed(
    categories: Sequence[int], *, sort: str = NEWEST, least: Money | None = None, most: Money | None = None
) -> QuerySet[Kwork]:
    """Kworks on sale in the categories, in one of SORTS, with a buyer price between the two bounds."""
    found = on_sale().filter(category__in=categories)
    if least is not None:
        found = found.filter(price__gte=least)
    if most is not None:
        found = found.filter(price__lte=most)
    return cards(found.order_by(*_ORDERS.get(sort, _ORDERS[NEWEST])))


def search(text: str) -> QuerySet[Kwork]:
    """Kworks on sale whose words match, best first; the last word may be unfinished.

    Ranking reads the text of every match. So of a common word only the SEARCH_RANKED_MOST most liked are ranked, and
    of one that is nearly everywhere, these are chosen among SEARCH_MATCHES_MOST.
    """
    words = _words(text)
    if words is None:
        return Kwork.objects.none()
    ranked = Kwork.objects.filter(pk__in=_candidates(words)).annotate(rank=SearchRank(F("search"), words))
    return cards(ranked.order_by("-rank", "-likes", "-id"))


def _candidates(words: SearchQuery) -> RawSQL:
    """Ids of the matches worth ranking.

    PostgreSQL plans a materialized query as if all of it were wanted, so rare words are looked up in the index of words;
    it runs no further than what is asked of it, so common words are not read to their end. With a plain LIMIT it would
    read the whole table in search of a rare word.
    """
    matching, values = on_sale().filter(search=words).order_by().values("id", "likes").query.sql_with_params()
    candidates = (
        f"WITH found AS MATERIALIZED ({matching}), looked_at AS (SELECT * FROM found LIMIT %s)"  # noqa: S608
        " SELECT id FROM looked_at ORDER BY likes DESC LIMIT %s"
    )
    return RawSQL(  # noqa: S611 - nothing here but what the ORM has written, with its parameters
        candidates,
        [*values, rules.SEARCH_MATCHES_MOST, rules.SEARCH_RANKED_MOST],
    )


def similar(kwork: Kwork) -> list[Kwork]:
    """The most liked kworks of other sellers in the same category."""
    found = on_sale().filter(category=kwork.category_id).exclude(seller=kwork.seller_id)
    return list(cards(found.order_by(*_ORDERS[LIKED]))[: rules.SIMILAR_MOST])


def of_seller(seller: User) -> QuerySet[Kwork]:
    """A seller's kworks on sale, newest first."""
    return cards(on_sale().filter(seller=seller).order_by("-id"))


def mine(seller: User) -> QuerySet[Kwork]:
    """All of a seller's kworks with their drafts, newest first."""
    return cards(Kwork.objects.filter(seller=seller).order_by("-id")).select_related("draft", "category")


def page_of(pk: int) -> Kwork | None:
    """One kwork with everything its page shows."""
    images = Prefetch("images", KworkImage.objects.select_related("picture"))
    found = Kwork.objects.filter(pk=pk).select_related("seller", "category__parent").defer("search")
    return found.prefetch_related(images, "extras", "category__attributes").first()


def waiting() -> QuerySet[KworkDraft]:
    """The moderation queue, oldest first (CAT-18)."""
    return KworkDraft.objects.filter(status=DraftStatus.WAITING).order_by("submitted_at", "pk")


def waiting_long(now: datetime) -> tuple[int, int]:
    """How many wait so long that staff is warned, and how many beyond the promised days (CAT-18)."""
    warned = Q(submitted_at__lte=now - timedelta(days=rules.MODERATION_WARN_DAYS))
    late = Q(submitted_at__lte=now - timedelta(days=rules.MODERATION_DAYS))
    counts = waiting().order_by().aggregate(warned=Count("pk", filter=warned & ~late), late=Count("pk", filter=late))
    return counts["warned"], counts["late"]


class BoundedPages(Paginator[Kwork]):
    """Pages of a list that counts no further than COUNT_MOST: no page of it is slower than another, however long it is."""

    def __init__(self, kworks: QuerySet[Kwork]) -> None:
        super().__init__(kworks, rules.KWORKS_PER_PAGE)
        self.kworks = kworks

    @cached_property
    def counted(self) -> int:
        return self.kworks.order_by().values("pk")[: rules.COUNT_MOST + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.counted, rules.COUNT_MOST)

    @property
    def has_more(self) -> bool:
        """Whether there are more than are counted."""
        return self.counted > rules.COUNT_MOST


def _words(text: str) -> SearchQuery | None:
    whole = SearchQuery(text, config=ENGLISH, search_type="websearch")
    found = _WORD.findall(text)
    if not found:
        return None
    if not text[-1].isalnum():
        return whole
    # The last word may still be being typed: its beginning counts too, along with the words before it.
    begun = SearchQuery(f"{found[-1]}:*", config=ENGLISH, search_type="raw")
    before = text[: text.rindex(found[-1])].strip()
    if not _WORD.search(before):
        return whole | begun
    return whole | (SearchQuery(before, config=ENGLISH, search_type="websearch") & begun)
