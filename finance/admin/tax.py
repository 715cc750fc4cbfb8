"""Tax forms in the admin: that they are there, who read them, and reading one for a purpose (TAX-01)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from core import clock, formats
from core.admin import ReadOnly
from core.refusals import Refusal
from finance.forms_tax import FORMS, QuestionsForm
from finance.models import Residence, TaxAnswer, TaxForm, TaxFormKind, TaxReading
from finance.rules import READING_PURPOSE_MOST
from finance.steps import tax
from finance.vault import Unreadable


class ReadingInline(ReadOnly, admin.TabularInline[TaxReading, TaxForm]):
    """Who read the form, and what for."""

    model = TaxReading
    fields = ("by", "purpose", "at")
    extra = 0


@admin.register(TaxForm)
class TaxFormAdmin(ReadOnly, admin.ModelAdmin[TaxForm]):
    """Forms without their content; those who may read one say first what for."""

    list_display = ("user", "kind", "signed_at", "replaced_at")
    list_filter = ("kind",)
    list_select_related = ("user",)
    search_fields = ("user__login",)
    ordering = ("-id",)
    date_hierarchy = "signed_at"
    show_full_result_count = False
    fields = ("user", "kind", "signed_at", "replaced_at")
    inlines = (ReadingInline,)
    change_form_template = "finance/admin/tax_form.html"

    def has_view_permission(self, request: HttpRequest, obj: TaxForm | None = None) -> bool:
        """Who may read forms may find them."""
        return request.user.has_perm(tax.READ) or super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The same, for the way there from the admin's first page."""
        return request.user.has_perm(tax.READ) or super().has_module_permission(request)

    def get_urls(self) -> list[URLPattern]:
        read = path("<int:pk>/read/", self.admin_site.admin_view(self.read), name="finance_read_tax_form")
        return [read, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the field for the purpose, for those who may read."""
        known = {"may_read": request.user.has_perm(tax.READ), "purpose_most": READING_PURPOSE_MOST}
        return super().change_view(request, object_id, form_url, {**known, **(extra_context or {})})

    @method_decorator(never_cache)
    @method_decorator(sensitive_variables())
    def read(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a form's content in answer to this one request; nothing of it is kept."""
        by = request.user
        if not isinstance(by, User) or not by.has_perm(tax.READ):
            raise PermissionDenied
        form = TaxForm.objects.defer("sealed").select_related("user").filter(pk=pk).first()
        if form is None or request.method != "POST":
            raise Http404
        back = HttpResponseRedirect(reverse("admin:finance_taxform_change", args=[pk]))
        try:
            content = tax.read_form(pk, request.POST.get("purpose", ""), by=by, now=clock.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return back
        except Unreadable as error:
            messages.error(request, str(error))
            return back
        context = {
            **self.admin_site.each_context(request),
            "title": f"{form.get_kind_display()}: {form.user}",
            "form": form,
            "lines": _lines(form, content),
            "statements": _statements(content),
            "answers": _answers(form),
        }
        return TemplateResponse(request, "finance/admin/tax_content.html", context)


def _lines(form: TaxForm, content: dict[str, Any]) -> list[tuple[object, object]]:
    """What stands in the form, by the words of its fields; empty lines are left out.

    Content of another shape than this release signs is shown as it is: it was noted as read.
    """
    fields = FORMS[TaxFormKind(form.kind)].base_fields
    given = content.get("fields")
    if not isinstance(given, dict):
        given = {name: value for name, value in content.items() if name != "statements"}
    return [
        (fields[name].label if name in fields else name, _("Yes") if value is True else value)
        for name, value in given.items()
        if value not in ("", False)
    ]


def _answers(form: TaxForm) -> list[tuple[object, object]]:
    """What its signer has answered to the two questions that choose the form, and when: they may be answered anew."""
    given = TaxAnswer.objects.filter(user=form.user).first()
    if given is None:
        return []
    asked = QuestionsForm.base_fields
    after = _("after this form was signed") if given.at > form.signed_at else _("before this form was signed")
    return [
        (asked["citizen"].label, _("Yes") if given.citizen else _("No")),
        (asked["residence"].label, Residence(given.residence).label),
        (_("Answered"), f"{formats.moment(given.at)}, {after}"),
    ]


def _statements(content: dict[str, Any]) -> list[object]:
    """What was certified, in the words that were shown."""
    given = content.get("statements", [])
    return given if isinstance(given, list) else [given]
