"""The ledger in the admin: to be looked at and proven, never to be changed; money moves only through the ledger's verbs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import clock, formats
from core.admin import ReadOnly
from core.events import timeline
from core.numbers import small_int
from core.refusals import Refusal
from finance.models import Account, AccountKind, Entry, Posting, TopUp
from finance.proof import prove
from finance.rules import DECISION_REASON_MOST
from finance.steps import top_ups

ID_MOST = 10**18 - 1  # fits the database's largest number


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
        found = prove()
        sums = [(kind.label, found.sums[kind]) for kind in AccountKind if kind != AccountKind.PROVIDER]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Proof of the ledger"),
            "proof": found,
            "sums": sums,
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


@admin.register(TopUp)
class TopUpAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Top-ups; those being checked by us need somebody to look at the provider's side, and to decide (FIN-03)."""

    list_display = ("id", "user", "amount", "status", "last_problem", "at", "settled_at")
    list_filter = ("status",)
    list_select_related = ("user",)
    search_fields = ("user__login", "=session_id", "=payment_intent")
    date_hierarchy = "at"
    show_full_result_count = False
    readonly_fields = ("what_happened",)
    change_form_template = "finance/admin/top_up.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TopUp]:
        return super().get_queryset(request).order_by("-id")

    def get_urls(self) -> list[URLPattern]:
        decide = path("<int:pk>/decide/", self.admin_site.admin_view(self.decide), name="finance_topup_decide")
        return [decide, *super().get_urls()]

    @admin.display(description=_("What happened"))
    def what_happened(self, top_up: TopUp) -> SafeString:
        """Everything that was recorded of it, oldest first, with the reasons that staff gave."""
        lines = (
            (formats.moment(event.at), event.kind, event.by or "", event.facts.get("reason", ""))
            for event in timeline(top_up)
        )
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}: {} {} {}</li>", lines))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the decisions, where there is one to take."""
        top_up = TopUp.objects.filter(pk=small_int(object_id, 1, ID_MOST) or 0).first()
        by = request.user
        assert isinstance(by, User)
        may = top_up is not None and top_ups.may_decide(top_up, by)
        known = {"top_up": top_up, "may_decide": may, "reason_most": DECISION_REASON_MOST}
        return super().change_view(request, object_id, form_url, {**known, **(extra_context or {})})

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the decision that was pressed, and show the top-up as it then stands."""
        by = request.user
        verb = {"look-again": top_ups.reopen, "close": top_ups.close}.get(request.POST.get("decision", ""))
        if not isinstance(by, User) or not by.has_perm(top_ups.DECIDE):
            raise PermissionDenied
        if verb is None or not TopUp.objects.filter(pk=pk).exists():
            raise Http404
        try:
            verb(pk, request.POST.get("reason", ""), by=by, now=clock.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Decided; the reason stands in its history."))
        return HttpResponseRedirect(reverse("admin:finance_topup_change", args=[pk]))
