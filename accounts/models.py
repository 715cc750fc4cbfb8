"""Who: users with their public profile, and what they agreed to."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Which side of the marketplace the pages show; everyone can be both (ACC-10)."""

    BUYER = "buyer", _("Buying")
    SELLER = "seller", _("Selling")


class UserManager(BaseUserManager["User"]):
    """Creates users; both kinds of creation take the public login and an e-mail address."""

    def create_user(self, login: str, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(login=login, email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login: str, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(login, email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, login: str | None) -> User:
        return self.get(login__iexact=login)


class User(AbstractBaseUser, PermissionsMixin):
    """A person: buyer and seller at once, with one public login (ACC-04) and one balance (ACC-10)."""

    login = models.CharField(_("login"), max_length=30)
    email = models.EmailField(_("e-mail"))
    # The folded form of the confirmed address: one account for each. An address that nobody has confirmed may
    # stand in several accounts, or signing up would tell who is here already (ACC-03).
    email_key = models.CharField(max_length=254, null=True, blank=True, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=60, blank=True)
    headline = models.CharField(_("headline"), max_length=100, blank=True)
    about = models.TextField(_("about"), max_length=2000, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("skills"))
    languages = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("languages"))
    picture = models.ImageField(_("picture"), upload_to="pictures", blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, default="UTC")
    role = models.CharField(max_length=10, choices=Role, default=Role.BUYER)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    # Each keeps payout details as they are for a week (ACC-08); confirming the address of the sign-up is no change.
    email_changed_at = models.DateTimeField(null=True, blank=True)
    login_changed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        constraints = [
            # Upper, because that is how Django looks for a login in any letter case.
            models.UniqueConstraint(Upper("login"), name="one_login_in_any_letter_case"),
        ]
        indexes = [
            models.Index(fields=["last_seen_at"], name="user_last_seen"),
            models.Index(fields=["email"], name="user_email"),
        ]

    def __str__(self) -> str:
        return self.login

    def get_absolute_url(self) -> str:
        return reverse("profile", args=[self.login])

    @property
    def shown_name(self) -> str:
        return self.name or self.login

    @property
    def picture_url(self) -> str:
        return self.picture.url if self.picture else ""


class Agreement(models.Model):
    """A text that users agree to, in one version; versions are never edited, a new one is added."""

    slug = models.SlugField()
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    text = models.TextField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="one_text_per_version")]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("agreement", args=[self.slug, self.version])


class Acceptance(models.Model):
    """That a user agreed to one version of a text, and that they are of age (ACC-01), with the moment."""

    user = models.ForeignKey(User, models.CASCADE, related_name="acceptances")
    agreement = models.ForeignKey(Agreement, models.PROTECT)
    adult = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "agreement"], name="agreed_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.agreement_id}"


class ChangeStatus(models.TextChoices):
    """How far a change of e-mail has come; the first two are on their way (ACC-06)."""

    ASKED = "asked", _("Waits for the present address")
    AGREED = "agreed", _("Waits for the new address")
    DONE = "done", _("Done")
    CANCELED = "canceled", _("Canceled")


OPEN_CHANGES = (ChangeStatus.ASKED, ChangeStatus.AGREED)


class EmailChange(models.Model):
    """A change of an account's e-mail (ACC-06): first the present address agrees, then the new one is confirmed.

    Links are known to the letters alone; here are their hashes. They stay when it is over, so that a link that is
    followed once more says how it ended.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="email_changes")
    old_email = models.EmailField()
    new_email = models.EmailField()
    status = models.CharField(max_length=10, choices=ChangeStatus)
    old_key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    new_key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    asked_at = models.DateTimeField()
    # Nothing when the present address was never confirmed: there is nobody to ask.
    agreed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(status__in=OPEN_CHANGES), name="one_open_email_change"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.status}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_CHANGES

    @property
    def asks(self) -> str:
        """The address that has the last letter."""
        return self.old_email if self.status == ChangeStatus.ASKED else self.new_email

    def is_over(self, now: datetime) -> bool:
        """Nobody followed the link in time: it stays on record, and its links change nothing any more."""
        return self.is_open and self.expires_at <= now


class FormerLogin(models.Model):
    """The login that an account gave up (ACC-07): once in its life, and nobody else's ever after.

    A trigger refuses accounts that take one, in whatever letter case.
    """

    user = models.OneToOneField(User, models.PROTECT, related_name="former_login")
    login = models.CharField(max_length=30)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(Upper("login"), name="one_former_login_in_any_letter_case"),
        ]

    def __str__(self) -> str:
        return self.login
