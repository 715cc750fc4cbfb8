"""What is sold: the category tree with its attributes, kworks as they are on sale, and drafts of them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.models import Upload
from core.money import Money
from kworks import rules


class Pricing(models.TextChoices):
    """How prices are set in a category (CAT-02)."""

    FIXED = "fixed", _("Fixed base price")
    FREE = "free", _("Free price")


class Category(models.Model):
    """A section (no parent) or a category in one; only categories hold kworks (CAT-07)."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("name"), max_length=60)
    slug = models.SlugField(max_length=60)
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    icon = models.CharField(max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    pricing = models.CharField(max_length=10, choices=Pricing, default=Pricing.FREE)
    price = MoneyField(default=rules.PRICE_LEAST, help_text=_("The fixed base price, or the least free price."))
    price_step = MoneyField(default=rules.PRICE_STEP)

    class Meta:
        verbose_name_plural = _("categories")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "slug"], name="one_slug_per_section", nulls_distinct=False),
            models.CheckConstraint(
                name="category_price_is_at_least_the_least",
                condition=Q(price__gte=rules.PRICE_LEAST.cents),
                violation_error_message=_("A price is at least $10."),
            ),
            models.CheckConstraint(
                name="price_step_is_positive",
                condition=Q(price_step__gt=0),
                violation_error_message=_("A step is more than nothing."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        if self.parent is None:
            return reverse("section", args=[self.slug])
        return reverse("category", args=[self.parent.slug, self.slug])

    @property
    def is_fixed(self) -> bool:
        return self.pricing == Pricing.FIXED


class AttributeKind(models.TextChoices):
    """What an attribute's value looks like (CAT-07)."""

    CHOICE = "choice", _("One of several")
    CHOICES = "choices", _("Several of several")
    NUMBER = "number", _("Number")
    YES_NO = "yes_no", _("Yes or no")


class Attribute(models.Model):
    """A property that kworks of a category state, such as the CMS of a website. Options: [{"key", "name"}]."""

    category = models.ForeignKey(Category, models.CASCADE, related_name="attributes")
    key = models.SlugField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(max_length=10, choices=AttributeKind)
    options = models.JSONField(default=list, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["category", "key"], name="one_key_per_category")]

    def __str__(self) -> str:
        return self.name


class KworkStatus(models.TextChoices):
    """Where a kwork stands for buyers. What waits for moderation is its draft, not the kwork."""

    NEW = "new", _("Not published yet")
    ON_SALE = "on_sale", _("On sale")
    PAUSED = "paused", _("Paused")


class Kwork(models.Model):
    """A service with a fixed scope as it is on sale (CAT-01); changes come from its accepted draft only (CAT-18)."""

    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="kworks")
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="kworks")
    status = models.CharField(max_length=10, choices=KworkStatus, default=KworkStatus.NEW)
    title = models.CharField(_("title"), max_length=rules.TITLE_MOST, blank=True)
    slug = models.SlugField(max_length=80, blank=True)
    description = models.TextField(_("description"), blank=True)
    volume = models.CharField(_("volume"), max_length=rules.VOLUME_MOST, blank=True)
    instruction = models.TextField(_("instruction to the buyer"), blank=True)
    video_id = models.CharField(max_length=20, blank=True)
    price = MoneyField(default=rules.PRICE_LEAST)
    lead_days = models.PositiveSmallIntegerField(_("lead time in days"), default=1)
    attributes = models.JSONField(default=dict)
    search = SearchVectorField(null=True, editable=False)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    likes = models.PositiveIntegerField(default=0, editable=False)
    dislikes = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["category", "-likes", "-id"], name="on_sale_by_likes", condition=Q(status="on_sale")),
            models.Index(
                fields=["category", "-published_at", "-id"], name="on_sale_newest", condition=Q(status="on_sale")
            ),
            models.Index(fields=["category", "price", "id"], name="on_sale_cheapest", condition=Q(status="on_sale")),
            # A section's list has no one category to begin with: it walks these and skips what is elsewhere.
            models.Index(fields=["-likes", "-id"], name="all_on_sale_by_likes", condition=Q(status="on_sale")),
            models.Index(fields=["-published_at", "-id"], name="all_on_sale_newest", condition=Q(status="on_sale")),
            models.Index(fields=["price", "id"], name="all_on_sale_cheapest", condition=Q(status="on_sale")),
            models.Index(fields=["seller", "-id"], name="kworks_of_seller"),
            GinIndex(fields=["search"], name="kwork_search", condition=Q(status="on_sale")),
        ]

    def __str__(self) -> str:
        return self.title or str(_("Untitled kwork"))

    def get_absolute_url(self) -> str:
        return reverse("kwork", args=[self.pk, self.slug])

    @property
    def seller_share(self) -> Money:
        return rules.seller_share(self.price)

    @property
    def cover_url(self) -> str:
        """The address of the first picture's small size; empty while there is none."""
        cover = next(iter(self.images.all()), None)
        return cover.picture.card_url if cover else ""


class Extra(models.Model):
    """Something more that can be ordered with a kwork (CAT-04): the buyer's price, and days added or saved (negative)."""

    kwork = models.ForeignKey(Kwork, models.CASCADE, related_name="extras")
    title = models.CharField(_("title"), max_length=rules.EXTRA_TITLE_MOST)
    price = MoneyField(_("price"))
    days = models.SmallIntegerField(_("days"), default=0)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class Picture(models.Model):
    """An uploaded image re-encoded to the site's fixed sizes, without metadata (CAT-20). Made by a task, off-request.

    `damaged`: its content could not be read to the end, so there will be no sizes.
    """

    upload = models.OneToOneField(Upload, models.CASCADE, related_name="picture")
    card = models.ImageField(upload_to="kworks/card", blank=True)
    large = models.ImageField(upload_to="kworks/large", blank=True)
    made_at = models.DateTimeField(null=True)
    damaged = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="pictures_to_make", condition=Q(made_at__isnull=True, damaged=False))
        ]

    def __str__(self) -> str:
        return f"picture {self.pk}"

    @property
    def card_url(self) -> str:
        return self.card.url if self.card else ""

    @property
    def large_url(self) -> str:
        return self.large.url if self.large else ""


class KworkImage(models.Model):
    """A picture in a kwork's gallery; position 0 is its cover."""

    kwork = models.ForeignKey(Kwork, models.CASCADE, related_name="images")
    picture = models.ForeignKey(Picture, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["kwork", "position"], name="one_image_per_position")]

    def __str__(self) -> str:
        return f"image {self.position} of {self.kwork_id}"


class DraftStatus(models.TextChoices):
    """Where the seller's version of a kwork stands (CAT-16, CAT-18)."""

    EDITING = "editing", _("Draft")
    WAITING = "waiting", _("In moderation")
    RETURNED = "returned", _("Returned with remarks")
    REJECTED = "rejected", _("Rejected")
    ACCEPTED = "accepted", _("Accepted")


class KworkDraft(models.Model):
    """What the seller is writing or has sent to moderation: the form's own input, kept as typed so nothing is lost.

    Once accepted it says the same as the kwork on sale, until the seller writes again.
    `reasons` maps field names to a moderator's remarks; `revision` grows with each save, so that a second tab
    cannot overwrite what it has not seen.
    """

    kwork = models.OneToOneField(Kwork, models.CASCADE, related_name="draft")
    status = models.CharField(max_length=10, choices=DraftStatus, default=DraftStatus.EDITING)
    content = models.JSONField(default=dict)
    reasons = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("kwork in moderation")
        verbose_name_plural = _("kworks in moderation")
        indexes = [models.Index(fields=["submitted_at"], name="drafts_waiting", condition=Q(status="waiting"))]
        permissions = [("moderate", _("Can accept, return and reject kworks"))]

    def __str__(self) -> str:
        return f"draft of {self.kwork}"
