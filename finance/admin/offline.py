"""Announced payments in the admin: looked up, sent back and taken back; they are confirmed at the desk (PAY-01)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.deciding import Deciding
from finance.models import OfflinePayment
from finance.queries.offline import open_acts
from finance.rules import EVIDENCE_MOST
from finance.steps import offline


@admin.register(OfflinePayment)
class OfflinePaymentAdmin(Deciding, admin.ModelAdmin):  # type: ignore[type-arg]
    """Every announced payment, with who confirmed it and why; what bounced or was a mistake is taken back (PAY-01)."""

    list_display = (
        "code",
        "user",
        "way",
        "came_by",
        "amount",
        "received",
        "status",
        "at",
        "ended_at",
        "confirmed_by",
        "second_by",
    )
    list_filter = ("status", "way", "came_by")
    list_select_related = ("user", "confirmed_by", "second_by")
    search_fields = ("=code", "user__login")
    date_hierarchy = "at"
    show_full_result_count = False
    view_on_site = False  # its page is its user's alone
    change_list_template = "finance/admin/offline_payments.html"
    right = offline.CONFIRM
    question = _("This payment can be sent back to wait for its money, or taken back off the balance")
    reason_help = _("Sent back: only staff reads it. Taken back: its user reads it, and owes what the balance lacks.")
    reason_most = EVIDENCE_MOST
    decisions = {
        "send-back": (_("Send it back: it was not confirmed rightly"), offline.send_back),
        "take-back": (_("Take it back: it bounced, or was a mistake"), offline.take_back),
    }

    def may_decide(self, thing: Any, by: Any) -> bool:
        acts = open_acts(thing, by)
        return (
            offline.may_confirm(by) and thing.user_id != by.pk and bool({"send_back", "take_back"}.intersection(acts))
        )
