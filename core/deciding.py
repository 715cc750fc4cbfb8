"""Things in the admin that staff only looks at, except for a decision or two, each with a reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core import clock, formats
from core.admin import ReadOnly
from core.events import timeline
from core.models import Event
from core.numbers import small_int
from core.refusals import Refusal

ID_MOST = 10**18 - 1  # fits the database's largest number
Words = str | Promise


class Deciding(ReadOnly):
    """A mixin for ModelAdmin: what was recorded of a thing, and under it the decisions there are to take.

    `decisions` are verbs that take (pk, reason, by=, now=), by the value of the button and with its words; `right` is the
    permission that all of them ask for. `may_decide` says whether the buttons are shown; the verbs decide for themselves.
    """

    decisions: ClassVar[Mapping[str, tuple[Words, Callable[..., object]]]]
    right: ClassVar[str]
    question: ClassVar[Words]
    reason_help: ClassVar[Words]
    reason_most: ClassVar[int]
    readonly_fields: Any = ("what_happened",)
    change_form_template: Any = "core/admin/deciding.html"
    model: type[Model]
    admin_site: Any

    def key_of(self, address: str) -> Any:
        """The key that an address names; empty when it names none."""
        return small_int(address, 1, ID_MOST)

    def history_of(self, thing: Any) -> Iterable[Event]:
        """What was recorded of it, oldest first."""
        return timeline(thing)

    def may_decide(self, thing: Any, by: Any) -> bool:
        """Whether there is something to decide about it for this person now."""
        raise NotImplementedError

    def offered(self, thing: Any, by: Any) -> Collection[str]:
        """Which of the decisions there are to take about it; all of them, unless a subclass knows better."""
        return self.decisions.keys()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return found.order_by("-pk")

    def get_urls(self) -> list[URLPattern]:
        decide = path("<str:pk>/decide/", self.admin_site.admin_view(self.decide), name=self._decide_name())
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [decide, *urls]

    @property
    def decision_url(self) -> str:
        return f"admin:{self._decide_name()}"

    def _decide_name(self) -> str:
        return f"{self.model._meta.app_label}_{self.model._meta.model_name}_decide"

    def what_happened(self, thing: Model) -> SafeString:
        """Everything that was recorded of it, oldest first, with the reasons that staff gave."""
        lines = (
            (
                formats.moment(event.at),
                event.kind,
                event.by or "",
                event.facts.get("reason") or event.facts.get("evidence", ""),
            )
            for event in self.history_of(thing)
        )
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}: {} {} {}</li>", lines))

    what_happened.short_description = _("What happened")  # type: ignore[attr-defined]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the decisions, where there is one to take."""
        thing = self._found(object_id)
        offered = self.offered(thing, request.user) if thing is not None else ()
        known = {
            "may_decide": thing is not None and self.may_decide(thing, request.user),
            "decide_url": reverse(self.decision_url, args=[quote(thing.pk)]) if thing else "",
            "question": self.question,
            "reason_help": self.reason_help,
            "reason_most": self.reason_most,
            "decisions": [(name, words) for name, (words, _verb) in self.decisions.items() if name in offered],
        }
        shown: HttpResponse = super().change_view(  # type: ignore[misc]
            request, object_id, form_url, {**known, **(extra_context or {})}
        )
        return shown

    def decide(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Take the decision that was pressed, and show the thing as it then stands."""
        by = request.user
        chosen = self.decisions.get(request.POST.get("decision", ""))
        if not by.has_perm(self.right):
            raise PermissionDenied
        thing = self._found(pk)
        if chosen is None or thing is None:
            raise Http404
        try:
            chosen[1](thing.pk, request.POST.get("reason", ""), by=by, now=clock.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Decided; the reason stands in its history."))
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[quote(thing.pk)]))

    def _found(self, address: str) -> Model | None:
        key = self.key_of(address)
        return self.model._default_manager.filter(pk=key).first() if key else None
