"""Orders for staff: found by number and read with everything that happened, never changed here."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core import formats
from core.admin import ReadOnly
from orders.models import Order, OrderLine
from orders.queries.story import timeline


class LineInline(ReadOnly, admin.TabularInline[OrderLine, Order]):
    """The extras as they were ordered."""

    model = OrderLine
    fields = ("title", "price", "quantity", "days")
    extra = 0


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin[Order]):
    """Search by number, title and either side's login; the timeline stands on the order's own page here."""

    list_display = ("number", "title", "buyer", "seller", "status", "total", "placed_at")
    list_filter = ("status", "placed_at")
    list_select_related = ("buyer", "seller")
    search_fields = ("number", "title", "buyer__login", "seller__login")
    date_hierarchy = "placed_at"
    ordering = ("-id",)
    readonly_fields = ("what_happened",)
    inlines = (LineInline,)

    @admin.display(description=_("What happened"))
    def what_happened(self, order: Order) -> SafeString:
        """The order's timeline, oldest first."""
        lines = ((formats.moment(line.at), line.text, line.actor) for line in timeline(order))
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}: {} ({})</li>", lines))
