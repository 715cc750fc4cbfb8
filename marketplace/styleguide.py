"""The style page of development: every component in all its states, with content as real pages have it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from core import clock
from core.forms import AffixInput, FilesField, MoneyInput
from marketplace import styleguide_samples as samples

MOST_FILE_BYTES = 4 * 1024 * 1024


class SampleForm(forms.Form):
    """One field of each kind."""

    bound_field_class = forms.BoundField  # the keyboard is not taken to its mistakes, which are there to be looked at

    title = forms.CharField(
        label=_("Title"), max_length=80, help_text=_("Say what you will do, in words buyers search for.")
    )
    price = forms.CharField(label=_("Price"), widget=MoneyInput(), help_text=_("From $10. You receive 80% of it."))
    days = forms.CharField(label=_("Lead time"), widget=AffixInput({"inputmode": "numeric"}, suffix=_("days")))
    category = forms.ChoiceField(
        label=_("Category"), choices=[("", _("Choose…")), ("logo", _("Logo design")), ("site", _("Websites"))]
    )
    description = forms.CharField(label=_("Description"), widget=forms.Textarea({"rows": 4}), max_length=1200)
    kind = forms.ChoiceField(
        label=_("Who decides"),
        widget=forms.RadioSelect({"class": "choices--boxed"}),
        choices=[("me", _("I accept each result myself")), ("auto", _("Accept by itself after 3 days"))],
    )
    formats = forms.MultipleChoiceField(
        label=_("File formats"),
        widget=forms.CheckboxSelectMultiple,
        choices=[("png", "PNG"), ("svg", "SVG"), ("pdf", "PDF")],
        required=False,
    )
    pictures = FilesField(label=_("Pictures"), required=False, help_text=_("Up to 4 MB each."))
    terms = forms.BooleanField(label=_("I have read the rules for sellers."), help_text=_("Version of March 1."))
    locked = forms.CharField(label=_("Login"), initial="sam_77", disabled=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pictures"].widget.attrs["data-max-bytes"] = MOST_FILE_BYTES


@require_http_methods(["GET", "HEAD", "POST"])
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component on one page; its forms save nothing and say so."""
    if request.method == "POST":
        messages.success(request, _("Sent. The style page saves nothing."))
        return redirect("styleguide")
    now = clock.now()
    wrong = SampleForm({"wrong-title": "Logo", "wrong-days": "4", "wrong-kind": "auto"}, prefix="wrong")
    return render(
        request,
        "styleguide/page.html",
        {
            "now": now,
            "breadcrumbs": [(_("Front page"), "/"), (_("Style guide"), "")],
            "form": SampleForm(),
            "wrong": wrong,
            "icons": _icon_names(),
            "page": Paginator(range(240), 12).page(7),
            **samples.context(now),
        },
    )


def _icon_names() -> list[str]:
    path = finders.find("icons/lucide.svg")
    if path is None:
        return []
    return re.findall(r'<symbol id="([^"]+)"', Path(path).read_text())
