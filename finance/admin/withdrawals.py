"""Money that goes out, in the admin: it is approved at the payout desk; what gets stuck is decided here (WDR-03)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import clock
from core.admin import ReadOnly
from core.deciding import Deciding
from finance.models import Batch, PayoutDetails, Withdrawal
from finance.rules import DECISION_REASON_MOST
from finance.steps import settling
from finance.steps.batches import APPROVE


class ReadByApprovers(ReadOnly):
    """Who approves withdrawals may find them here, too, besides who has the right to look at them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(APPROVE) or super().has_view_permission(request, obj)  # type: ignore[misc]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(APPROVE) or super().has_module_permission(request)  # type: ignore[misc]


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadByApprovers, Deciding, admin.ModelAdmin):  # type: ignore[type-arg]
    """Every withdrawal with what the provider calls it, and the ends for those that the provider does not end."""

    list_display = ("id", "user", "amount", "fee", "destination", "status", "last_problem", "batch", "at", "ended_at")
    list_filter = ("status",)
    list_select_related = ("user", "batch")
    search_fields = ("user__login", "=transfer_id", "=payout_id", "=refund_id")
    date_hierarchy = "at"
    show_full_result_count = False
    view_on_site = False  # its page is its user's alone
    right = settling.DECIDE
    question = _("The payment service does not end this withdrawal")
    reason_help = _(
        "Its user reads why it is stopped. What a settlement rests on only staff reads; it takes two of you to say the same."
    )
    reason_most = DECISION_REASON_MOST
    decisions = {
        "stop": (_("Stop it and return the money"), settling.stop),
        "arrived": (_("Settle by hand: it has arrived"), settling.arrived),
        "returned": (_("Settle by hand: return it, the site bears it"), settling.came_back),
    }

    def may_decide(self, thing: Any, by: Any) -> bool:
        return bool(self.offered(thing, by))

    def offered(self, thing: Any, by: Any) -> Collection[str]:
        if settling.may_stop(thing, by):
            return ("stop",)
        return ("arrived", "returned") if settling.may_settle(thing, by, clock.now()) else ()


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
