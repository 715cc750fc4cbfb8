"""Writing a kwork (CAT-16): every press and every pause in typing saves the draft first, then does what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.queries import has_confirmed_email
from accounts.requests import UserRequest
from core import clock
from core.money import BASIS_POINTS
from core.numbers import small_int
from core.refusals import Refusal
from core.uploads import ACCEPT_IMAGES, MOST_BYTES, receive
from finance.rules import COMMISSION_BASIS_POINTS
from kworks import queries, rules, sheets
from kworks.content import blank_extra, typed
from kworks.forms import KworkForm
from kworks.models import Kwork, KworkDraft
from kworks.steps import drafting
from kworks.steps.moving import may
from kworks.views.mine import PRESSES

# Presses after which the whole editor is drawn anew.
WHOLE = {"save", "submit"}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_kwork(request: UserRequest) -> HttpResponse:
    """The first two questions; the answer starts a draft. Without a confirmed e-mail it says how to confirm."""
    content = typed(request.POST)
    if request.method == "POST":
        try:
            kwork = drafting.begin_draft(by=request.user, now=clock.now(), typed=content)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            return redirect("kwork-edit", kwork.pk)
    known = {"form": KworkForm(content), "confirmed": has_confirmed_email(request.user)}
    return render(request, "kworks/editor/new.html", known)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_kwork(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor. What somebody types after their session has ended stays in their browser, with a word about it."""
    user = request.user
    if not user.is_authenticated:
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(_("You have been logged out."), status=401)
        return redirect_to_login(request.get_full_path())
    kwork = get_object_or_404(queries.mine(user), pk=pk)
    editing = Editing(request, kwork, clock.now())  # type: ignore[arg-type]
    return editing.take() if request.method == "POST" else editing.show()


@dataclass
class Editing:
    """One request to the editor: first the text is saved, then files are taken, then the press is answered.

    `unsaved` holds text that was not saved; the page then shows it instead of the draft's, so that nothing is lost.
    """

    request: UserRequest
    kwork: Kwork
    now: datetime
    problems: list[str] = field(default_factory=list)
    form: KworkForm | None = None
    unsaved: dict[str, Any] | None = None
    stale: drafting.StaleDraft | None = None

    @property
    def pressed(self) -> tuple[str, str]:
        """What was asked for, and of what: ("remove-extra", "2")."""
        name, _colon, of = self.request.POST.get("do", "save").partition(":")
        return name, of

    @property
    def is_in_place(self) -> bool:
        """Whether the browser draws only the part of the page that a press was about."""
        return bool(self.request.htmx) and self.request.method == "POST" and self.pressed[0] not in WHOLE

    def take(self) -> HttpResponse:
        self._save()
        if self.pressed[0] == "autosave":
            return self._render("#saved")
        if not self.unsaved:
            self._receive()
            self._images()
            if self.pressed[0] == "submit" and not self.problems and self._submit():
                messages.success(self.request, self._thanks())
                return self._go("my-kworks")
        if self.request.htmx or self.problems or self.unsaved or self.form:
            return self.show()
        if self.pressed[0] == "save":
            messages.success(self.request, _("The draft is saved."))
        return redirect("kwork-edit", self.kwork.pk)

    def show(self) -> HttpResponse:
        return self._render("#editor" if self.request.htmx else "")

    def _save(self) -> None:
        content = self._extras(typed(self.request.POST))
        overwritten = self.request.POST.get("overwrite")
        revision = small_int(overwritten or self.request.POST.get("revision", ""), 0, rules.ID_MOST)
        try:
            self.kwork.draft = drafting.save_draft(
                self.kwork.pk,
                content,
                revision=-1 if revision is None else revision,
                by=self.request.user,
                now=self.now,
            )
        except Refusal as refusal:
            self.unsaved = {**self.kwork.draft.content, **content}
            if isinstance(refusal, drafting.StaleDraft):
                self.stale = refusal
            else:
                self.problems.append(str(refusal))

    def _extras(self, content: dict[str, Any]) -> dict[str, Any]:
        name, of = self.pressed
        rows = content.get("extras", self.kwork.draft.content.get("extras", []))
        if name == "add-extra" and len(rows) < rules.EXTRAS_MOST:
            content["extras"] = [*rows, blank_extra()]
        if name == "remove-extra":
            removed = small_int(of, 0, rules.EXTRAS_MOST)
            content["extras"] = [row for index, row in enumerate(rows) if index != removed]
        return content

    def _receive(self) -> None:
        for file in self.request.FILES.getlist("images"):
            try:
                upload = receive(file, by=self.request.user, now=self.now, images_only=True)
                drafting.add_image(self.kwork.pk, upload, by=self.request.user, now=self.now)
            except Refusal as refusal:
                self.problems.append(str(refusal))
        if self.request.FILES:
            self._reload()

    def _images(self) -> None:
        name, of = self.pressed
        if name not in {"forward", "backward", "remove-image"}:
            return
        try:
            upload, by, now = UUID(of), self.request.user, self.now
            if name == "remove-image":
                drafting.remove_image(self.kwork.pk, upload, by=by, now=now)
            else:
                drafting.move_image(self.kwork.pk, upload, forward=name == "forward", by=by, now=now)
        except (Refusal, ValueError) as refusal:
            self.problems.append(str(refusal))
        self._reload()

    def _submit(self) -> bool:
        try:
            drafting.submit(self.kwork.pk, by=self.request.user, now=self.now)
        except drafting.Incomplete as incomplete:
            self.form = incomplete.form
        except Refusal as refusal:
            self.problems.append(str(refusal))
        else:
            return True
        return False

    def _reload(self) -> None:
        self.kwork.draft = KworkDraft.objects.get(kwork=self.kwork.pk)

    def _thanks(self) -> str:
        return _("Sent to moderation. You will be told within %(days)s days.") % {"days": rules.MODERATION_DAYS}

    def _go(self, name: str) -> HttpResponse:
        there = redirect(name)
        return HttpResponseClientRedirect(there.url) if self.request.htmx else there

    def _render(self, part: str) -> HttpResponse:
        draft = self.kwork.draft
        content = self.unsaved or draft.content
        form = self.form or KworkForm(content)
        images = sheets.of_uploads(draft.content.get("images", []), content.get("title", ""))
        known = {
            "kwork": self.kwork,
            "draft": draft,
            "form": form,
            "problems": self.problems,
            "stale": self.stale,
            "revision": self.request.POST.get("revision", draft.revision) if self.unsaved else draft.revision,
            "in_place": self.is_in_place,
            "images": images,
            "preparing": any(not image.url and not image.damaged for image in images),
            "images_most": rules.IMAGES_MOST,
            "extras_most": rules.EXTRAS_MOST,
            "extra_least": rules.EXTRA_PRICE_LEAST,
            "extra_most": rules.EXTRA_PRICE_MOST,
            "accept": ACCEPT_IMAGES,
            "most_bytes": MOST_BYTES,
            "keeps": BASIS_POINTS - COMMISSION_BASIS_POINTS,
            "editable": may(self.kwork, "save", by=self.request.user),
            "can_submit": may(self.kwork, "submit", by=self.request.user),
            "presses": [(name, each) for name, each in PRESSES.items() if each.offered(self.kwork, self.request.user)],
            "days": rules.MODERATION_DAYS,
            "now": self.now,
            "breadcrumbs": [(_("My kworks"), reverse("my-kworks")), (content.get("title") or _("New kwork"), "")],
        }
        return render(self.request, f"kworks/editor/edit.html{part}", known)
