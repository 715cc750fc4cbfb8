"""Orders for staff: found by number and read with everything that happened, never changed here."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import clock, formats
from core.admin import ReadOnly
from core.refusals import Refusal
from orders.models import Order, OrderLine, Policy
from orders.queries.timeline import timeline
from orders.steps import work
from orders.steps.reading import PAGE, note_reading


class LineInline(ReadOnly, admin.TabularInline[OrderLine, Order]):
    """The extras as they were ordered."""

    model = OrderLine
    fields = ("title", "price", "quantity", "days")
    extra = 0


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin[Order]):
    """Search by number, title and either side's login; the timeline stands on the order's own page here."""

    list_display = ("number", "title", "buyer", "seller", "status", "dispute", "total", "placed_at")
    list_filter = ("status", "dispute", "policy", "placed_at")
    list_select_related = ("buyer", "seller")
    search_fields = ("number", "title", "buyer__login", "seller__login")
    date_hierarchy = "placed_at"
    ordering = ("-id",)
    readonly_fields = ("what_happened",)
    inlines = (LineInline,)
    actions = ("allow_rejection",)

    def has_policy_permission(self, request: HttpRequest) -> bool:
        """Who may change how an order is left; everything else about an order is only read here."""
        return request.user.has_perm("orders.change_order")

    @admin.action(description=_("Leave by rejection and mediation"), permissions=["policy"])
    def allow_rejection(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Orders that nobody works on yet are left by rejecting the job from now on (REV-02)."""
        assert isinstance(request.user, User)
        for order in queryset:
            try:
                work.change_policy(order.pk, Policy.REJECTION, by=request.user, now=clock.now())
            except Refusal as refusal:
                self.message_user(request, f"{order}: {refusal}", messages.ERROR)
            else:
                words = gettext("%(order)s is now left by rejection and mediation.")
                self.message_user(request, words % {"order": order}, messages.SUCCESS)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The order as it stands; that it was read is noted like on its own page."""
        response = super().change_view(request, object_id, form_url, extra_context)
        order = self.get_object(request, object_id)
        if order is not None and response.status_code == HTTPStatus.OK and isinstance(request.user, User):
            note_reading(order, PAGE, by=request.user, now=clock.now())
        return response

    @admin.display(description=_("What happened"))
    def what_happened(self, order: Order) -> SafeString:
        """The order's timeline, oldest first."""
        lines = ((formats.moment(line.at), line.text, line.actor) for line in timeline(order))
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}: {} ({})</li>", lines))
