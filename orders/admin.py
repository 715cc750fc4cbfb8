"""Orders for staff: found by number and read with everything that happened, never changed here."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import clock, formats
from core.admin import ReadOnly
from orders.models import Order, OrderLine
from orders.queries.timeline import timeline
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
