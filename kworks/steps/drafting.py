"""Writing a kwork (CAT-16): drafts saved as one types, pictures, and sending it to moderation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.queries import has_confirmed_email
from core.models import Upload
from core.refusals import Invalid, NotAllowed, OutOfTurn
from finance.steps.tax import check_may_sell
from kworks.content import merged, of_kwork
from kworks.forms import KworkForm
from kworks.models import DraftStatus, Kwork, KworkDraft, KworkStatus, Picture
from kworks.rules import IMAGES_MOST
from kworks.steps import pictures
from kworks.steps.moving import Moving, moving
from kworks.tasks import make_picture


class StaleDraft(OutOfTurn):
    """The draft was saved elsewhere after this page had been drawn; `revision` is the one to overwrite."""

    def __init__(self, revision: int) -> None:
        super().__init__(
            _("This kwork was changed in another tab or window meanwhile. Your text here is not saved yet.")
        )
        self.revision = revision


class Incomplete(Invalid):
    """The draft cannot go to moderation yet; `form` holds what is wrong, field by field."""

    def __init__(self, form: KworkForm) -> None:
        super().__init__(_("It was not sent to moderation yet: some places need another look."))
        self.form = form


def begin_draft(*, by: User, now: datetime, typed: Mapping[str, Any] | None = None) -> Kwork:
    """Start a kwork, with what was typed so far. The same first words sent twice start one kwork.

    Refused without a confirmed e-mail (CAT-16).
    """
    if not has_confirmed_email(by):
        raise NotAllowed(_("Confirm your e-mail address first: only then can you create kworks."))
    content = merged({}, typed or {})
    with transaction.atomic():
        # Locked, so that a double click waits here and then finds the first one's draft.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        begun = KworkDraft.objects.filter(kwork__seller=by, kwork__status=KworkStatus.NEW, status=DraftStatus.EDITING)
        same = begun.filter(content=content, revision=0).select_related("kwork").first() if typed else None
        if same is not None:
            return same.kwork
        kwork = Kwork.objects.create(seller=by, created_at=now)
        KworkDraft.objects.create(kwork=kwork, content=content, saved_at=now)
    return kwork


def save_draft(kwork_id: int, typed: Mapping[str, Any], *, revision: int, by: User, now: datetime) -> KworkDraft:
    """Keep what was typed, as it is (kworks/content.py). Refused when the draft is no longer the `revision` that was shown."""
    with moving(kwork_id, "save", by=by, now=now) as step:
        draft = step.draft
        if revision != draft.revision:
            raise StaleDraft(draft.revision)
        draft.content = merged(draft.content, typed)
        draft.revision += 1
        draft.saved_at = now
    return draft


def add_image(kwork_id: int, upload: Upload, *, by: User, now: datetime) -> Picture:
    """Put an uploaded picture behind the others; its sizes are made off-request.

    Refused: more than IMAGES_MOST, another's upload, a file that is no picture.
    """
    if upload.owner_id != by.pk or not upload.is_image:
        raise NotAllowed(_("You can add only pictures that you have uploaded yourself."))
    with moving(kwork_id, "save", by=by, now=now) as step:
        images = _images(step)
        if len(images) >= IMAGES_MOST:
            raise Invalid(
                ngettext(
                    "A kwork shows at most %(most)s picture, so “%(name)s” was not added.",
                    "A kwork shows at most %(most)s pictures, so “%(name)s” was not added.",
                    IMAGES_MOST,
                )
                % {"most": IMAGES_MOST, "name": upload.name}
            )
        picture, made = Picture.objects.get_or_create(upload=upload)
        step.draft.content["images"] = [*(each for each in images if each != str(upload.pk)), str(upload.pk)]
        step.draft.saved_at = now
        if made:
            make_picture.delay(picture.pk)
    return picture


def move_image(kwork_id: int, upload_id: UUID, *, forward: bool, by: User, now: datetime) -> None:
    """Let a picture change places with the one before it (or behind it, with `forward` off); the first is the cover."""
    with moving(kwork_id, "save", by=by, now=now) as step:
        images = _images(step)
        here = _position(images, upload_id)
        there = here - 1 if forward else here + 1
        if 0 <= there < len(images):
            images[here], images[there] = images[there], images[here]
        step.draft.saved_at = now


def remove_image(kwork_id: int, upload_id: UUID, *, by: User, now: datetime) -> None:
    """Take a picture out of the draft; the file is deleted unless the version on sale shows it."""
    with moving(kwork_id, "save", by=by, now=now) as step:
        images = _images(step)
        del images[_position(images, upload_id)]
        step.draft.saved_at = now
        pictures.drop_unused({str(upload_id)}, given_up_by=kwork_id)


def submit(kwork_id: int, *, by: User, now: datetime) -> None:
    """Send the draft to moderation (CAT-18). Refused with the form's own errors (Incomplete) while anything is missing,
    and for who may not sell here (TAX-01).
    """
    check_may_sell(by)
    with moving(kwork_id, "submit", by=by, now=now) as step:
        form = KworkForm(step.draft.content, strict=True)
        if not form.is_valid():
            raise Incomplete(form)
        damaged = Picture.objects.filter(upload_id__in=_images(step), damaged=True).select_related("upload").first()
        if damaged is not None:
            raise Invalid(
                _("The picture “%(name)s” is damaged: remove it or upload it anew.") % {"name": damaged.upload.name}
            )
        if step.kwork.status != KworkStatus.NEW and _is_on_sale_so(step, form):
            raise OutOfTurn(_("Nothing has changed: this is the version that was accepted already."))
        step.draft.submitted_at = now
        step.draft.reasons = {}


def withdraw_from_moderation(kwork_id: int, *, by: User, now: datetime) -> None:
    """The seller takes the draft back to change it; its turn in the queue is given up."""
    with moving(kwork_id, "withdraw", by=by, now=now) as step:
        step.draft.submitted_at = None


def discard_change(kwork_id: int, *, by: User, now: datetime) -> None:
    """Forget the draft and go back to the version that was accepted last, also after a rejection."""
    with moving(kwork_id, "discard", by=by, now=now) as step:
        given_up = set(_images(step))
        step.draft.content = of_kwork(step.kwork)
        step.draft.reasons = {}
        step.draft.revision += 1
        step.draft.saved_at = now
        pictures.drop_unused(given_up, given_up_by=kwork_id)


def remove(kwork_id: int, *, by: User, now: datetime) -> None:
    """Delete a kwork that never was on sale. Refused while it is in moderation and once it was accepted."""
    with transaction.atomic():
        # Its draft is asked for afterward: joined, it would be as it was before the lock was waited for.
        kwork = Kwork.objects.select_for_update(of=("self",)).get(pk=kwork_id)
        if by.pk != kwork.seller_id:
            raise NotAllowed(_("Only its seller can do this."))
        if kwork.status != KworkStatus.NEW:
            raise OutOfTurn(_("It has been on sale, so it cannot be deleted. You can pause it."))
        if kwork.draft.status == DraftStatus.WAITING:
            raise OutOfTurn(_("It is in moderation. To delete it, take it back first."))
        given_up = set(kwork.draft.content.get("images", []))
        kwork.delete()
        pictures.drop_unused(given_up, given_up_by=kwork_id)


def _is_on_sale_so(step: Moving, form: KworkForm) -> bool:
    accepted = of_kwork(step.kwork)
    published = KworkForm(accepted, strict=True)
    return accepted["images"] == _images(step) and published.is_valid() and published.checked() == form.checked()


def is_removable(kwork: Kwork) -> bool:
    """Whether `remove` would delete it: never on sale, and not in moderation now."""
    return kwork.status == KworkStatus.NEW and kwork.draft.status != DraftStatus.WAITING


def _images(step: Moving) -> list[str]:
    images: list[str] = step.draft.content.setdefault("images", [])
    return images


def _position(images: list[str], upload_id: UUID) -> int:
    if str(upload_id) not in images:
        raise OutOfTurn(_("This picture has been removed already."))
    return images.index(str(upload_id))
