"""Announced payments in the admin, to be looked up; they are confirmed at the desk (PAY-01)."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from finance.models import OfflinePayment


@admin.register(OfflinePayment)
class OfflinePaymentAdmin(ReadOnly, admin.ModelAdmin[OfflinePayment]):
    """Every announced payment, with who confirmed it and why."""

    list_display = ("code", "user", "way", "amount", "received", "status", "at", "ended_at", "confirmed_by")
    list_filter = ("status", "way")
    list_select_related = ("user", "confirmed_by")
    search_fields = ("=code", "user__login")
    ordering = ("-id",)
    date_hierarchy = "at"
    show_full_result_count = False
    change_list_template = "finance/admin/offline_payments.html"
