"""What is on sale: the accepted version copied onto the kwork, pausing and resuming (CAT-18, CAT-21)."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import add

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.utils.text import slugify

from accounts.models import User
from core.models import Event
from finance.steps.tax import check_may_sell, may_sell
from kworks import attributes
from kworks.forms import Checked
from kworks.models import DraftStatus, Extra, Kwork, KworkImage, KworkStatus, Picture
from kworks.queries import ENGLISH
from kworks.steps import pictures
from kworks.steps.moving import Moving, moving

SLUG_MOST = 80


def pause(kwork_id: int, *, by: User, now: datetime) -> None:
    """The seller hides the kwork: not in lists, not for sale. Running orders go on."""
    with moving(kwork_id, "pause", by=by, now=now):
        pass


def resume(kwork_id: int, *, by: User, now: datetime) -> None:
    """The seller puts a paused kwork back on sale, as it was. Refused for who may not sell here (TAX-01)."""
    check_may_sell(by)
    with moving(kwork_id, "resume", by=by, now=now):
        pass


def stop_selling(event: Event) -> None:
    """Who has answered that they may not sell here has nothing on sale and nothing in moderation any more (TAX-01)."""
    seller = User.objects.get(pk=event.by_id or 0)
    if may_sell(seller):
        return
    own = Kwork.objects.filter(seller=seller)
    for verb, kworks in (
        ("pause", own.filter(status=KworkStatus.ON_SALE)),
        ("withdraw", own.filter(draft__status=DraftStatus.WAITING)),
    ):
        for kwork_id in kworks.values_list("pk", flat=True):
            with moving(kwork_id, verb, by=seller, now=event.at) as step:
                if verb == "withdraw":
                    step.draft.submitted_at = None


def put_on_sale(step: Moving, checked: Checked, *, now: datetime) -> None:
    """Copy a checked draft onto its locked kwork, as part of a moderator's step."""
    kwork = step.kwork
    kwork.category = checked.category
    kwork.title = checked.title
    kwork.slug = slugify(checked.title)[:SLUG_MOST].strip("-") or "kwork"
    kwork.description = checked.description
    kwork.volume = checked.volume
    kwork.instruction = checked.instruction
    kwork.video_id = checked.video_id
    kwork.price = checked.price
    kwork.lead_days = checked.lead_days
    kwork.attributes = checked.attributes
    kwork.published_at = kwork.published_at or now
    _put_extras(kwork, checked)
    _put_images(kwork, step.draft.content.get("images", []))
    _put_words(kwork)


def name_seller_anew(event: Event) -> None:
    """The search finds kworks by the login that their seller has now (ACC-07)."""
    shown = Kwork.objects.filter(seller_id=event.subject_id, published_at__isnull=False)
    for kwork in shown.select_related("seller", "category__parent"):
        _put_words(kwork)


def _put_extras(kwork: Kwork, checked: Checked) -> None:
    """An extra that keeps its title keeps its row, so that a choice made a minute ago still names it."""
    old = {extra.title: extra for extra in reversed(kwork.extras.all())}
    rows = [
        Extra(kwork=kwork, title=each.title, price=each.price, days=each.days, position=position)
        for position, each in enumerate(checked.extras)
    ]
    for row in rows:
        kept = old.pop(row.title, None)
        row.pk = kept.pk if kept else None
    kept_rows = [row for row in rows if row.pk]
    kwork.extras.exclude(pk__in=[row.pk for row in kept_rows]).delete()
    Extra.objects.bulk_update(kept_rows, ["price", "days", "position"])
    Extra.objects.bulk_create([row for row in rows if not row.pk])


def _put_images(kwork: Kwork, upload_ids: list[str]) -> None:
    shown = {str(image.picture.upload_id) for image in kwork.images.select_related("picture")}
    found = {str(picture.upload_id): picture for picture in Picture.objects.filter(upload_id__in=upload_ids)}
    ordered = [found[each] for each in upload_ids if each in found]
    kwork.images.all().delete()
    KworkImage.objects.bulk_create(
        [KworkImage(kwork=kwork, picture=picture, position=position) for position, picture in enumerate(ordered)]
    )
    pictures.drop_unused(shown - set(upload_ids), given_up_by=kwork.pk)


def _put_words(kwork: Kwork) -> None:
    """What search looks in: title first, then category and attributes, description, seller."""
    category = kwork.category
    assert category  # what was put on sale has one
    answers = attributes.facts(category.attributes.all(), kwork.attributes)
    kind = [
        category.name,
        category.parent.name if category.parent else "",
        *(f"{name} {text}" for name, text in answers),
    ]
    weighed = [
        SearchVector(Value(kwork.title), weight="A", config=ENGLISH),
        SearchVector(Value(" ".join(kind)), weight="B", config=ENGLISH),
        SearchVector(Value(kwork.description), weight="C", config=ENGLISH),
        SearchVector(Value(kwork.seller.login), weight="D", config="simple"),
    ]
    Kwork.objects.filter(pk=kwork.pk).update(search=reduce(add, weighed))
