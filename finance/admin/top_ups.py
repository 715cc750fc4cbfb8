"""Money that came in, in the admin: how each payment stands, and the decisions about those that need one (FIN-03)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import clock
from core.deciding import Deciding
from core.events import timeline
from core.models import Event
from finance.models import Chargeback, ChargebackStatus, Lot, ProviderMovement, TopUp
from finance.rules import DECISION_REASON_MOST
from finance.steps import chargebacks, freeing, owning, top_ups


@admin.register(TopUp)
class TopUpAdmin(Deciding, admin.ModelAdmin):  # type: ignore[type-arg]
    """Top-ups; those being checked by us need somebody to look at the provider's side, and to decide (FIN-03)."""

    list_display = ("id", "user", "amount", "status", "source", "last_problem", "at", "settled_at")
    list_filter = ("status", "method")
    list_select_related = ("user",)
    search_fields = ("user__login", "=session_id", "=payment_intent", "=charge_id")
    date_hierarchy = "at"
    show_full_result_count = False
    view_on_site = False  # its page is its user's alone
    right = top_ups.DECIDE
    question = _("This payment is being checked")
    reason_help = _("Only staff reads it, in the history above.")
    reason_most = DECISION_REASON_MOST
    decisions = {
        "look-again": (_("Ask the payment service again"), top_ups.reopen),
        "credit": (_("Credit what was received"), top_ups.credit),
        "close": (_("Close as not received"), top_ups.close),
    }

    def may_decide(self, thing: Any, by: Any) -> bool:
        return top_ups.may_decide(thing, by)


@admin.register(Chargeback)
class ChargebackAdmin(Deciding, admin.ModelAdmin):  # type: ignore[type-arg]
    """Payments that were taken back; what a lost one left unpaid can be given up (FIN-03, PAY-01)."""

    list_display = ("id", "top_up", "announced", "user", "amount", "owed", "status", "why", "at", "decided_at")
    list_filter = ("status",)
    list_select_related = ("top_up__user", "announced__user")
    search_fields = ("top_up__user__login", "announced__user__login", "=dispute_id", "=announced__code")
    show_full_result_count = False
    right = chargebacks.DECIDE
    question = _("Something is still owed after this payment was taken back")
    reason_help = _(
        "Only staff reads it. The site bears what is written off, which no longer keeps its user from withdrawing."
    )
    reason_most = DECISION_REASON_MOST
    decisions = {"write-off": (_("Write it off"), chargebacks.write_off)}

    @admin.display(description=_("user"))
    def user(self, chargeback: Chargeback) -> object:
        return chargeback.user

    def may_decide(self, thing: Any, by: Any) -> bool:
        lost = thing.status == ChargebackStatus.LOST and bool(thing.owed)
        return lost and by.has_perm(self.right) and thing.user != by


@admin.register(Lot)
class LotAdmin(Deciding, admin.ModelAdmin):  # type: ignore[type-arg]
    """What is left of each payment by card or check, and from when it may go; support can let it go earlier (WDR-02, PAY-01)."""

    list_display = ("id", "top_up", "announced", "account", "amount", "left", "at", "free_at")
    list_select_related = ("top_up", "announced", "account")
    search_fields = ("account__owner__login", "=top_up__charge_id", "=announced__code")
    show_full_result_count = False
    right = freeing.DECIDE
    question = _("This money may not be withdrawn yet, or cannot go back to its card")
    reason_help = _("Only staff reads it.")
    reason_most = DECISION_REASON_MOST
    decisions = {
        "free": (_("Let it go now: to its card, or anywhere if it came by check"), freeing.free),
        "release": (_("Let it go anywhere: it cannot go back"), freeing.release),
    }

    def may_decide(self, thing: Any, by: Any) -> bool:
        return freeing.may_free(thing, by, clock.now())


@admin.register(ProviderMovement)
class ProviderMovementAdmin(Deciding, admin.ModelAdmin):  # type: ignore[type-arg]
    """The provider's own list of movements, and the entry that booked each; two of staff say which is the site's own (FIN-07)."""

    list_display = ("id", "kind", "source", "amount", "fee", "at", "entry")
    list_filter = ("kind", ("entry", admin.EmptyFieldListFilter))
    list_select_related = ("entry",)
    search_fields = ("=id", "=source", "=entry__key")
    show_full_result_count = False
    right = owning.DECIDE
    question = _("Nothing here explains this movement")
    reason_help = _(
        "Only staff reads it. Two of staff say so, each with a reason; the second one books it as moved between the payment "
        "service and the bank. What belongs to a payment or a withdrawal of a user is refused."
    )
    reason_most = DECISION_REASON_MOST
    decisions = {"own": (_("It is the operator's own"), owning.book_as_own)}

    def key_of(self, address: str) -> str:
        return unquote(address)

    def history_of(self, thing: Any) -> Iterable[Event]:
        said = list(owning.said_of(thing))
        return [*said, *timeline(thing.entry)] if thing.entry else said

    def may_decide(self, thing: Any, by: Any) -> bool:
        return owning.may_book(thing, by, clock.now())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("-at", "-pk")
