"""The ledger in the admin: to be looked at and proven, never to be changed; money moves only through the ledger's verbs."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from core import clock, formats
from core.admin import ReadOnly
from finance.models import Account, AccountKind, Entry, Posting
from finance.proof import prove
from finance.queries import books
from finance.rules import PROOF_EVERY

LATEST_RUNS, LATEST_DAYS = 20, 10


class PostingInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """The lines of an entry."""

    model = Posting
    fields = ("account", "amount", "balance_after")
    extra = 0


@admin.register(Account)
class AccountAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Accounts with their running balances, and the page that proves the books."""

    list_display = ("key", "kind", "owner", "balance")
    list_filter = ("kind",)
    list_select_related = ("owner",)
    search_fields = ("key", "owner__login")
    show_full_result_count = False
    change_list_template = "finance/admin/accounts.html"

    def get_urls(self) -> list[URLPattern]:
        proof = path("proof/", self.admin_site.admin_view(self.proof), name="finance_proof")
        return [proof, *super().get_urls()]

    def proof(self, request: HttpRequest) -> HttpResponse:
        """The proof of the books (FIN-07), made anew at each visit."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = prove(turn=int(clock.now().timestamp()))
        sums = [(kind.label, found.sums[kind]) for kind in AccountKind if kind != AccountKind.PROVIDER]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Proof of the ledger"),
            "proof": found,
            "sums": sums,
            "runs": books.latest_runs(LATEST_RUNS),
            "every": formats.elapsed(PROOF_EVERY),
            "days": books.latest_days(LATEST_DAYS),
        }
        return TemplateResponse(request, "finance/admin/proof.html", context)


@admin.register(Entry)
class EntryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Entries with their lines."""

    list_display = ("key", "verb", "reference", "by", "at")
    list_filter = ("verb",)
    list_select_related = ("by",)
    search_fields = ("key", "=reference")
    date_hierarchy = "at"
    show_full_result_count = False
    inlines = (PostingInline,)


@admin.register(Posting)
class PostingAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Every line that was ever written."""

    list_display = ("id", "account", "amount", "balance_after", "entry", "at")
    list_filter = ("account__kind", "entry__verb")
    list_select_related = ("account", "entry")
    search_fields = ("=account__key", "=entry__key", "=entry__reference")
    show_full_result_count = False

    @admin.display(description=_("at"), ordering="entry__at")
    def at(self, posting: Posting) -> object:
        return posting.entry.at
