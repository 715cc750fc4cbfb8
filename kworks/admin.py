"""What moderators see of kworks: the queue and its decisions (CAT-18), the tree, and what is on sale for reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core import clock, formats
from core.admin import Kept, ReadOnly
from core.numbers import small_int
from core.refusals import Invalid, Refusal
from kworks import comparison, queries, rules
from kworks.content import PARTS
from kworks.models import Attribute, Category, Kwork, KworkDraft, KworkStatus
from kworks.steps import moderation
from kworks.steps.moving import MODERATE

REMARK = "remark-"


@admin.register(KworkDraft)
class ModerationQueue(Kept, admin.ModelAdmin[KworkDraft]):
    """Drafts that wait for a decision, the longest waiting first; decided ones are told apart when opened."""

    list_display = ["headline", "seller", "what", "age", "due"]
    list_per_page = 50
    ordering = ["submitted_at", "pk"]
    sortable_by = ()
    search_fields = ["kwork__seller__login", "content__title"]
    actions = None
    change_list_template = "admin/kworks/kworkdraft/queue.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[KworkDraft]:
        return queries.waiting().select_related("kwork__seller")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MODERATE)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(MODERATE)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(MODERATE)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue, with a warning while kworks have waited long."""
        warned, late = queries.waiting_long(clock.now())
        numbers = {"warn_days": rules.MODERATION_WARN_DAYS, "days": rules.MODERATION_DAYS}
        known = {"title": _("Moderation queue"), "warned": warned, "late": late, **numbers}
        return super().changelist_view(request, {**known, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One draft beside the version on sale, and the three decisions."""
        if not self.has_change_permission(request):
            return HttpResponse(status=403)
        draft = get_object_or_404(
            KworkDraft.objects.select_related("kwork__seller"), pk=small_int(object_id, 1, rules.ID_MOST) or 0
        )
        if request.method == "POST":
            answer = self._decide(request, draft)
            if answer is not None:
                return answer
        return self._show(request, draft)

    @admin.display(description=gettext_lazy("title"))
    def headline(self, draft: KworkDraft) -> str:
        return str(draft.content.get("title", "")).strip() or _("Untitled kwork")

    @admin.display(description=gettext_lazy("seller"))
    def seller(self, draft: KworkDraft) -> str:
        return draft.kwork.seller.login

    @admin.display(description=gettext_lazy("what"))
    def what(self, draft: KworkDraft) -> str:
        return _("New") if draft.kwork.status == KworkStatus.NEW else _("Change")

    @admin.display(description=gettext_lazy("waiting"))
    def age(self, draft: KworkDraft) -> str:
        """How long ago it was sent, marked once staff is to be warned."""
        if draft.submitted_at is None:
            return ""
        now = clock.now()
        ago = formats.relative(draft.submitted_at, now)
        if draft.submitted_at > now - timedelta(days=rules.MODERATION_WARN_DAYS):
            return ago
        return format_html('<strong class="moderation-late">⚠ {}</strong>', ago)

    @admin.display(description=gettext_lazy("decide before"))
    def due(self, draft: KworkDraft) -> str:
        if draft.submitted_at is None:
            return ""
        return formats.moment(draft.submitted_at + timedelta(days=rules.MODERATION_DAYS))

    def _decide(self, request: HttpRequest, draft: KworkDraft) -> HttpResponse | None:
        """Take the decision that was pressed; nothing when the page is to be shown again with what was typed."""
        by = request.user
        assert isinstance(by, User)
        revision = small_int(request.POST.get("revision", ""), 0, rules.ID_MOST)
        seen: dict[str, Any] = {"revision": -1 if revision is None else revision, "by": by, "now": clock.now()}
        try:
            match request.POST.get("decision"):
                case "accept":
                    moderation.accept(draft.kwork_id, **seen)
                    done = _("Accepted: it is on sale.") if draft.kwork.status != KworkStatus.PAUSED else _("Accepted.")
                case "return":
                    reasons = {part: request.POST.get(REMARK + part, "") for part in PARTS}
                    moderation.return_with_reasons(draft.kwork_id, reasons, **seen)
                    done = _("Returned: the seller sees your remarks.")
                case _:
                    moderation.reject(draft.kwork_id, request.POST.get("reason", ""), **seen)
                    done = _("Rejected: the seller is told the reason.")
        except Invalid as refusal:
            messages.error(request, str(refusal))
            return None
        except Refusal as refusal:
            messages.warning(request, str(refusal))
            return HttpResponseRedirect(request.path)
        messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:kworks_kworkdraft_changelist"))

    def _show(self, request: HttpRequest, draft: KworkDraft) -> HttpResponse:
        posted = request.POST
        known = {
            **self.admin_site.each_context(request),
            "title": self.headline(draft),
            "opts": self.opts,
            "draft": draft,
            "is_new": draft.kwork.status == KworkStatus.NEW,
            "parts": [(part, posted.get(REMARK + part.name, "")) for part in comparison.compare(draft)],
            "reason": posted.get("reason", ""),
            "age": self.age(draft),
            "due": self.due(draft),
            "most": rules.REASON_MOST,
        }
        return TemplateResponse(request, "admin/kworks/kworkdraft/decide.html", known)


class AttributeInline(admin.TabularInline[Attribute, Category]):
    """What a category asks for. Options: [{"key": "emblem", "name": "Emblem"}]; a key stays once kworks use it."""

    model = Attribute
    extra = 0


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin[Category]):
    """The tree: sections have no parent, categories have a section (CAT-07)."""

    list_display = ["name", "parent", "pricing", "price", "price_step", "position"]
    list_filter = [("parent", admin.RelatedOnlyFieldListFilter), "pricing"]
    list_select_related = ["parent"]
    search_fields = ["name", "slug", "summary"]
    ordering = ["parent__position", "position", "name"]
    inlines = [AttributeInline]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Category | None = None) -> dict[str, Sequence[str]]:
        """An address that people know stays as it is."""
        return {} if obj else {"slug": ("name",)}


@admin.register(Kwork)
class KworkAdmin(ReadOnly, admin.ModelAdmin[Kwork]):
    """What is on sale, for finding and reading; sellers change it, moderators decide."""

    list_display = ["title", "seller", "category", "status", "price", "published_at"]
    list_filter = ["status"]
    list_select_related = ["seller", "category"]
    search_fields = ["title", "seller__login"]
    ordering = ["-id"]
    show_full_result_count = False
    exclude = ["search"]
