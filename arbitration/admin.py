"""Disagreements for staff: mediators are admitted here (REV-05); everything else is found and read, and decided at the desk."""

from __future__ import annotations

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from arbitration.models import CancelRequest, Case, Mediation, Mediator, Rejection
from core import clock
from core.admin import Lasting, ReadOnly


@admin.register(Mediator)
class MediatorAdmin(Lasting, admin.ModelAdmin[Mediator]):
    """Who may mediate and for which fee; nobody is deleted, only made inactive. A running mediation keeps its fee."""

    list_display = ("user", "fee", "about", "active", "admitted_at")
    list_filter = ("active",)
    list_select_related = ("user",)
    search_fields = ("user__login", "user__name")
    autocomplete_fields = ("user",)
    fields = ("user", "fee", "about", "active")

    def get_readonly_fields(self, request: HttpRequest, obj: Mediator | None = None) -> tuple[str, ...]:
        return ("user",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Mediator, form: ModelForm[Mediator], change: bool) -> None:
        if not change:
            obj.admitted_at = clock.now()
        super().save_model(request, obj, form, change)


SIDES = ("order__number", "order__buyer__login", "order__seller__login")


@admin.register(CancelRequest)
class CancelRequestAdmin(ReadOnly, admin.ModelAdmin[CancelRequest]):
    """Requests to cancel with their answers (CAN-15)."""

    list_display = ("order", "rule", "by", "status", "at", "answered_at")
    list_filter = ("status", "rule")
    list_select_related = ("order", "by")
    search_fields = SIDES
    ordering = ("-id",)
    date_hierarchy = "at"


@admin.register(Rejection)
class RejectionAdmin(ReadOnly, admin.ModelAdmin[Rejection]):
    """Rejected jobs (REV-02)."""

    list_display = ("order", "by", "status", "at", "ended_at")
    list_filter = ("status",)
    list_select_related = ("order", "by")
    search_fields = SIDES
    ordering = ("-id",)
    date_hierarchy = "at"


@admin.register(Mediation)
class MediationAdmin(ReadOnly, admin.ModelAdmin[Mediation]):
    """Mediations with their fees (REV-05)."""

    list_display = ("order", "mediator", "payer", "fee", "status", "at", "ended_at")
    list_filter = ("status",)
    list_select_related = ("rejection__order", "mediator__user", "payer")
    search_fields = ("rejection__order__number", "mediator__user__login", "payer__login")
    ordering = ("-id",)

    @admin.display(description=_("Order"))
    def order(self, mediation: Mediation) -> str:
        """The number of the order."""
        return str(mediation.rejection.order)


@admin.register(Case)
class CaseAdmin(ReadOnly, admin.ModelAdmin[Case]):
    """Cases of arbitration; what was said in one is read at the desk, where every reading is logged (ARB-08)."""

    list_display = ("order", "opened_by", "waits_for", "arbiter", "status", "favor", "at", "closed_at")
    list_filter = ("status", "waits_for", "favor")
    list_select_related = ("order", "opened_by", "arbiter")
    search_fields = SIDES
    ordering = ("-id",)
    date_hierarchy = "at"
    readonly_fields = ("at_the_desk",)

    @admin.display(description=_("At the desk"))
    def at_the_desk(self, case: Case) -> SafeString:
        """The way to what was said."""
        return format_html('<a href="{}">{}</a>', reverse("desk-case", args=[case.pk]), _("Open the case"))
