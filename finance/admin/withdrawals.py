"""Money that goes out, in the admin: to be found and read; it is approved at the payout desk (WDR-03)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin import ReadOnly
from finance.models import Batch, PayoutDetails, Withdrawal
from finance.steps.batches import APPROVE


class ReadByApprovers(ReadOnly):
    """Who approves withdrawals may find them here, too, besides who has the right to look at them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(APPROVE) or super().has_view_permission(request, obj)  # type: ignore[misc]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(APPROVE) or super().has_module_permission(request)  # type: ignore[misc]


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadByApprovers, admin.ModelAdmin):  # type: ignore[type-arg]
    """Every withdrawal with what the provider calls it."""

    list_display = ("id", "user", "amount", "fee", "destination", "status", "batch", "at", "ended_at")
    list_filter = ("status",)
    list_select_related = ("user", "batch")
    search_fields = ("user__login", "=transfer_id", "=payout_id", "=refund_id")
    date_hierarchy = "at"
    show_full_result_count = False


@admin.register(Batch)
class BatchAdmin(ReadByApprovers, admin.ModelAdmin):  # type: ignore[type-arg]
    """Payment dates and whether they are approved."""

    list_display = ("date", "part", "status", "at", "approved_at")
    list_filter = ("status",)


@admin.register(PayoutDetails)
class PayoutDetailsAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Where earnings go; of a card only what the provider tells."""

    list_display = ("user", "card", "enabled", "changed_at")
    list_filter = ("enabled",)
    list_select_related = ("user",)
    search_fields = ("user__login", "=account_id", "=fingerprint")
