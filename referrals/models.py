"""Who brought whom, and what it has earned them."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.money import BASIS_POINTS
from referrals.reckoning import Terms
from referrals.rules import (
    CODE_LENGTH,
    CODE_LETTERS,
    GROUP_CAP,
    GROUP_CAP_MOST,
    GROUP_DEPTH_MOST,
    GROUP_DIRECTOR,
    GROUP_DIRECTOR_LEAST,
    GROUP_GROWTH,
    GROUP_LEVELS,
    GROUP_WORK,
    GROUP_WORK_LEAST,
)


def new_code() -> str:
    """What makes a referral link its owner's; nobody can guess another's."""
    return "".join(secrets.choice(CODE_LETTERS) for _letter in range(CODE_LENGTH))


class Referrer(models.Model):
    """A user's referral link (REF-01), made when it is first looked at."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="referrer")
    code = models.CharField(max_length=12, unique=True, default=new_code)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("referral-link", args=[self.code])

    @property
    def address(self) -> str:
        """The whole link, for other places than this site."""
        return f"{settings.SITE_URL}{self.get_absolute_url()}"


class ClickDay(models.Model):
    """How often a link was followed on one day (UTC); of who followed it nothing is kept."""

    referrer = models.ForeignKey(Referrer, models.CASCADE, related_name="days")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referrer", "day"], name="one_count_per_link_and_day")]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"


class Deed(models.TextChoices):
    """What makes a referral active (REF-03)."""

    ORDER = "order", _("Placed an order")
    KWORK = "kwork", _("Had a kwork accepted")


class Standing(models.TextChoices):
    """Where a referral stands at a moment."""

    WAITING = "waiting", _("Not active yet")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")
    VOIDED = "voided", _("Voided")


class Attachment(models.Model):
    """That a user registered through another's link at `at` (REF-01), and until when that pays the other (REF-03).

    `active_at` is the moment of the first order or accepted kwork. One that was refused from the start (a ring, REF-05) or
    voided by staff says why, and pays nothing from then on.
    """

    referral = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attachment")
    referrer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="referrals")
    at = models.DateTimeField()
    ends_at = models.DateTimeField()
    active_at = models.DateTimeField(null=True)
    active_by = models.CharField(max_length=10, choices=Deed, blank=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    void_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="nobody_is_their_own_referral", condition=~Q(referral=F("referrer"))),
            models.CheckConstraint(
                name="active_says_by_what",
                condition=Q(active_at=None, active_by="") | (Q(active_at__isnull=False) & ~Q(active_by="")),
            ),
            models.CheckConstraint(
                name="voided_says_why",
                condition=Q(voided_at=None, voided_by=None, void_reason="")
                | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
            ),
            models.CheckConstraint(name="attached_for_a_while", condition=Q(ends_at__gt=F("at"))),
        ]
        indexes = [models.Index(fields=["referrer", "-id"], name="referrals_of_referrer")]

    def __str__(self) -> str:
        return f"referral {self.pk}"

    def standing(self, now: datetime) -> Standing:
        """Where it stands at this moment."""
        if self.voided_at is not None:
            return Standing.VOIDED
        if self.ends_at <= now:
            return Standing.ENDED
        return Standing.WAITING if self.active_at is None else Standing.ACTIVE


class Side(models.TextChoices):
    """For which side of an order a referrer is paid; the rates stand in `rules.RATES` (REF-02)."""

    SALE = "sale", _("A sale of the referral")
    PURCHASE = "purchase", _("A purchase of the referral")


class Reward(models.Model):
    """What an order has earned a referrer, in cents of `base`: the part that was paid from the main balance (REF-02).

    Written with the ledger's entry `entry_key`, and as final as that.
    """

    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="rewards")
    side = models.CharField(max_length=10, choices=Side)
    order_number = models.CharField(max_length=12)
    base = MoneyField()
    amount = MoneyField()
    entry_key = models.CharField(max_length=100, unique=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_number", "side"], name="one_reward_per_order_and_side"),
            models.CheckConstraint(name="reward_is_part_of_base", condition=Q(amount__gt=0, base__gte=F("amount"))),
        ]
        indexes = [models.Index(fields=["attachment", "at"], name="rewards_by_time")]

    def __str__(self) -> str:
        return self.entry_key


class FlagKind(models.TextChoices):
    """What makes staff look at a referral (REF-05)."""

    RING = "ring", _("Would close a ring")
    MAILBOX = "mailbox", _("Same mailbox as the referrer")
    CARD = "card", _("Same card as the referrer")
    BROWSER = "browser", _("Came from the referrer's own browser")
    TRADE = "trade", _("Trades mainly with the referrer")


class Flag(models.Model):
    """Something about a referral that staff should look at; it decides nothing by itself (REF-05)."""

    attachment = models.ForeignKey(Attachment, models.CASCADE, related_name="flags")
    kind = models.CharField(max_length=10, choices=FlagKind)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attachment", "kind"], name="one_flag_of_a_kind")]
        indexes = [models.Index(fields=["attachment"], name="open_flags", condition=Q(dismissed_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.kind} of {self.attachment_id}"


def _levels() -> list[int]:
    return list(GROUP_LEVELS)


class GroupScheme(models.Model):
    """The settings of group rewards (GRP-01): one row, off until staff turns it on. Rates are basis points.

    `next_run_at` runs while it is on; then the month that ended before is reckoned.
    """

    on = models.BooleanField(_("on"), default=False)
    levels = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(BASIS_POINTS)]),
        verbose_name=_("group reward, by level"),
        default=_levels,
        size=GROUP_DEPTH_MOST,
        help_text=_("Basis points (100 = 1%) for each level, the nearest first, separated by commas."),
    )
    growth = models.PositiveSmallIntegerField(_("growth bonus"), default=GROUP_GROWTH)
    director = models.PositiveSmallIntegerField(_("director reward"), default=GROUP_DIRECTOR)
    director_least = MoneyField(_("least commission of a director's group"), default=GROUP_DIRECTOR_LEAST)
    work = models.PositiveSmallIntegerField(_("work bonus"), default=GROUP_WORK)
    work_least = MoneyField(_("least commission of own work"), default=GROUP_WORK_LEAST)
    cap = models.PositiveSmallIntegerField(
        _("most of the commission"), default=GROUP_CAP, help_text=_("All rewards of a month together.")
    )
    next_run_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="one_group_scheme", condition=Q(pk=1)),
            models.CheckConstraint(
                name="group_rates_are_shares",
                condition=Q(growth__lte=BASIS_POINTS, director__lte=BASIS_POINTS, work__lte=BASIS_POINTS)
                & Q(cap__lte=GROUP_CAP_MOST),
            ),
            models.CheckConstraint(
                name="group_scheme_runs_while_on",
                condition=Q(on=True, next_run_at__isnull=False) | Q(on=False, next_run_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["next_run_at", "id"], name="group_run_due", condition=Q(next_run_at__isnull=False))
        ]

    def __str__(self) -> str:
        return str(_("Group rewards"))

    @property
    def terms(self) -> Terms:
        return Terms(
            tuple(self.levels),
            self.growth,
            self.director,
            self.director_least,
            self.work,
            self.work_least,
            self.cap,
        )


class GroupRun(models.Model):
    """One month's reckoning (GRP-02), in cents: the commission it was computed from, the limit, and what it pays in all."""

    month = models.DateField(unique=True)
    terms = models.JSONField()
    source = MoneyField()
    limit = MoneyField()
    total = MoneyField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="group_run_keeps_its_limit", condition=Q(total__lte=F("limit")))]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class GroupKind(models.TextChoices):
    """The four monthly rewards."""

    GROUP = "group", _("Group reward")
    GROWTH = "growth", _("Growth bonus")
    DIRECTOR = "director", _("Director reward")
    WORK = "work", _("Work bonus")


class GroupReward(models.Model):
    """What a month has earned one user by one kind, in cents: `wanted` by its `lines`, `amount` after the limit of the month.

    `pay_due_at` runs until it is paid under the ledger's key `entry_key`.
    """

    run = models.ForeignKey(GroupRun, models.PROTECT, related_name="rewards")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="group_rewards")
    kind = models.CharField(max_length=10, choices=GroupKind)
    lines = models.JSONField()
    wanted = MoneyField()
    amount = MoneyField()
    pay_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "user", "kind"], name="one_group_reward_of_a_kind"),
            models.CheckConstraint(name="group_reward_is_positive", condition=Q(amount__gt=0, wanted__gte=F("amount"))),
        ]
        indexes = [
            models.Index(fields=["pay_due_at", "id"], name="group_pay_due", condition=Q(pay_due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.entry_key

    @property
    def entry_key(self) -> str:
        return f"group:{self.run}:{self.user_id}:{self.kind}"
