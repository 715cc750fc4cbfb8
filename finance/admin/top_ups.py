"""Top-ups in the admin: how each stands, and the decisions about those that are being checked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
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
from finance.models import TopUp
from finance.rules import DECISION_REASON_MOST
from finance.steps import top_ups

ID_MOST = 10**18 - 1  # fits the database's largest number


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
