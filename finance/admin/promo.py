"""Promo codes in the admin, who redeemed them, and bonuses that staff give (FIN-04)."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import clock
from core.admin import Lasting, ReadOnly
from core.formats import money
from core.refusals import Refusal
from finance.forms_promo import GiveForm, PromoCodeForm
from finance.models import PromoCode, PromoUse
from finance.steps import promo


@admin.register(PromoCode)
class PromoCodeAdmin(Lasting, admin.ModelAdmin[PromoCode]):
    """Codes with how often each was used; what was used once keeps its amount and its beginning."""

    form = PromoCodeForm
    list_display = ("code", "amount", "valid_from", "valid_until", "uses", "most_uses", "most_per_user", "by")
    list_select_related = ("by",)
    search_fields = ("code", "note")
    ordering = ("-id",)
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: PromoCode | None = None) -> tuple[str, ...]:
        fixed = PromoCodeForm.Meta.fields if obj and obj.uses else ()
        shown = ("uses", "by", "at") if obj else ()
        return (*(name for name in fixed if name not in promo.CHANGEABLE_LATER), *shown)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> PromoCode | None:
        """To be changed it is locked first: nobody redeems it between the check and the change."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST":
            return found
        return PromoCode.objects.select_for_update(of=("self",)).get(pk=found.pk)

    def save_model(self, request: HttpRequest, obj: PromoCode, form: ModelForm[PromoCode], change: bool) -> None:
        by = request.user
        assert isinstance(by, User)
        promo.keep(obj, form.changed_data, by=by, now=clock.now())


@admin.register(PromoUse)
class PromoUseAdmin(ReadOnly, admin.ModelAdmin[PromoUse]):
    """Who redeemed which code, and the page on which staff give a bonus."""

    list_display = ("code", "user", "nth", "at")
    list_select_related = ("code", "user")
    search_fields = ("code__code", "user__login")
    ordering = ("-id",)
    show_full_result_count = False
    change_list_template = "finance/admin/promo_uses.html"

    def get_urls(self) -> list[URLPattern]:
        give = path("give/", self.admin_site.admin_view(self.give), name="finance_give_bonus")
        return [give, *super().get_urls()]

    def give(self, request: HttpRequest) -> HttpResponse:
        """Give somebody a bonus, with the reason that they are told."""
        by = request.user
        if not isinstance(by, User) or not by.has_perm(promo.GIVE):
            raise PermissionDenied
        form = GiveForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            wish = form.cleaned_data
            try:
                promo.give_bonus(
                    wish["login"], wish["amount"], wish["reason"], token=wish["token"], by=by, now=clock.now()
                )
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                given = {"amount": money(wish["amount"]), "login": wish["login"].login}
                messages.success(request, _("%(amount)s given to %(login)s.") % given)
                return HttpResponseRedirect(reverse("admin:finance_promouse_changelist"))
        context = {**self.admin_site.each_context(request), "title": _("Give a bonus"), "form": form}
        return TemplateResponse(request, "finance/admin/give_bonus.html", context)
