"""Referrals for staff: found, read, judged by their flags, and voided with a reason (REF-04, REF-05)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, DateTimeField, Q, QuerySet, Value
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import clock, formats
from core.admin import OneRow, ReadOnly
from core.events import timeline
from core.numbers import small_int
from core.refusals import Refusal
from referrals.models import Attachment, Flag, FlagKind, GroupReward, GroupRun, GroupScheme, Referrer, Reward
from referrals.rules import VOID_REASON_MOST
from referrals.steps import groups, voiding
from referrals.steps.flagging import JUDGE, dismiss

ID_MOST = 10**18 - 1  # fits the database's largest number


class FlagFilter(admin.SimpleListFilter):
    """By what staff should look at."""

    title = _("flags")
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("any", _("Any open flag")), *FlagKind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attachment]) -> QuerySet[Attachment]:
        wanted = self.value()
        if wanted is None:
            return queryset
        flags = Flag.objects.filter(dismissed_at=None)
        if wanted != "any":
            flags = flags.filter(kind=wanted)
        return queryset.filter(pk__in=flags.values("attachment"))


class RewardInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """What the referral has earned the referrer."""

    model = Reward
    fields = ("at", "side", "order_number", "base", "amount")
    readonly_fields = fields
    extra = 0
    ordering = ("-id",)


@admin.register(Attachment)
class AttachmentAdmin(ReadOnly, admin.ModelAdmin[Attachment]):
    """Who was brought by whom, what has been flagged, and the two decisions: dismiss a flag, void the referral."""

    list_display = ("referral", "referrer", "at", "state", "ends_at", "open_flags")
    list_filter = (FlagFilter, "active_by", ("voided_at", admin.EmptyFieldListFilter))
    list_select_related = ("referral", "referrer")
    search_fields = ("referral__login", "referrer__login")
    date_hierarchy = "at"
    show_full_result_count = False
    inlines = (RewardInline,)
    readonly_fields = ("flags_seen", "what_happened")
    change_form_template = "referrals/admin/attachment.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attachment]:
        found = super().get_queryset(request).order_by("-id")
        moment = Value(clock.now(), DateTimeField())  # asked once for the whole list
        return found.annotate(flagged=Count("flags", filter=Q(flags__dismissed_at=None)), seen_at=moment)

    def get_urls(self) -> list[URLPattern]:
        decide = path("<int:pk>/decide/", self.admin_site.admin_view(self.decide), name="referrals_attachment_decide")
        return [decide, *super().get_urls()]

    @admin.display(description=_("State"))
    def state(self, attachment: Attachment) -> str:
        """Where it stands now."""
        return str(attachment.standing(attachment.seen_at).label)  # type: ignore[attr-defined]

    @admin.display(description=_("Open flags"), ordering="flagged")
    def open_flags(self, attachment: Attachment) -> int:
        """How many somebody has to look at."""
        found: int = attachment.flagged  # type: ignore[attr-defined]
        return found

    @admin.display(description=_("Flags"))
    def flags_seen(self, attachment: Attachment) -> SafeString:
        """All of them, with what was found and who has dismissed it."""
        lines = (
            (
                formats.moment(each.at),
                FlagKind(each.kind).label,
                ", ".join(f"{name}: {value}" for name, value in each.facts.items()),
                _("dismissed by %(login)s") % {"login": each.dismissed_by} if each.dismissed_at else "",
            )
            for each in attachment.flags.select_related("dismissed_by").order_by("pk")
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {} {} {}</li>", lines))

    @admin.display(description=_("What happened"))
    def what_happened(self, attachment: Attachment) -> SafeString:
        """Everything that was recorded of it, oldest first."""
        lines = (
            (formats.moment(event.at), event.kind, event.by or "", event.facts.get("reason", ""))
            for event in timeline(attachment)
        )
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}: {} {} {}</li>", lines))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the decisions, for those who may take them."""
        attachment = Attachment.objects.filter(pk=small_int(object_id, 1, ID_MOST) or 0).first()
        by = request.user
        assert isinstance(by, User)
        mine = attachment is not None and by.pk in (attachment.referrer_id, attachment.referral_id)
        known = {
            "attachment": attachment,
            "may_judge": attachment is not None and by.has_perm(JUDGE) and not mine,
            "flags": attachment.flags.filter(dismissed_at=None) if attachment else [],
            "reason_most": VOID_REASON_MOST,
        }
        return super().change_view(request, object_id, form_url, {**known, **(extra_context or {})})

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the decision that was pressed, and show the referral as it then stands."""
        by = request.user
        if not isinstance(by, User) or not by.has_perm(JUDGE):
            raise PermissionDenied
        attachment = Attachment.objects.filter(pk=pk).first()
        if request.method != "POST" or attachment is None:
            raise Http404
        try:
            self._decide(request, attachment, by)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Done; it stands in the history."))
        return HttpResponseRedirect(reverse("admin:referrals_attachment_change", args=[pk]))

    def _decide(self, request: HttpRequest, attachment: Attachment, by: User) -> None:
        flagged = request.POST.get("dismiss")
        if flagged is None:
            voiding.void(attachment.pk, request.POST.get("reason", ""), by=by, now=clock.now())
            return
        flag = attachment.flags.filter(pk=small_int(flagged, 1, ID_MOST) or 0).first()
        if flag is None:
            raise Http404
        dismiss(flag.pk, by=by, now=clock.now())


@admin.register(Referrer)
class ReferrerAdmin(ReadOnly, admin.ModelAdmin[Referrer]):
    """Links with their owners."""

    list_display = ("user", "code", "at")
    list_select_related = ("user",)
    search_fields = ("user__login", "=code")
    show_full_result_count = False
    ordering = ("-id",)


class GroupRewardInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """What a month has paid, by user and kind."""

    model = GroupReward
    fields = ("user", "kind", "wanted", "amount", "pay_due_at")
    readonly_fields = fields
    extra = 0


@admin.register(GroupScheme)
class GroupSchemeAdmin(OneRow, admin.ModelAdmin[GroupScheme]):
    """The settings of group rewards; there is one, off until it is turned on here (GRP-01). Rates are basis points."""

    list_display = ("__str__", "on", "levels", "growth", "director", "work", "cap", "next_run_at")

    def save_model(self, request: HttpRequest, obj: GroupScheme, form: ModelForm[GroupScheme], change: bool) -> None:
        by = request.user
        assert isinstance(by, User)
        groups.turn(obj, by=by, now=clock.now())


@admin.register(GroupRun)
class GroupRunAdmin(ReadOnly, admin.ModelAdmin[GroupRun]):
    """What each month came to, and from what it was computed."""

    list_display = ("month", "source", "limit", "total", "at")
    ordering = ("-month",)
    inlines = (GroupRewardInline,)
