"""Reads about people: who is online, whose e-mail is confirmed, what a profile still lacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import emails, rules
from accounts.models import OPEN_CHANGES, Acceptance, Agreement, EmailChange, User


def has_confirmed_email(user: User) -> bool:
    """Whether they followed the link of a confirmation letter; without it no kworks are created (ACC-05)."""
    return bool(EmailAddress.objects.filter(user_id=user.pk, verified=True).exists())


def held_by_another(user: User, email: str) -> bool:
    """Whether another account has confirmed this mailbox (ACC-03)."""
    verified = EmailAddress.objects.filter(email=email.lower(), verified=True)
    return bool(
        verified.exclude(user_id=user.pk).exists()
        or User.objects.filter(email_key=emails.folded(email)).exclude(pk=user.pk).exists()
    )


def open_email_change(user: User) -> EmailChange | None:
    """The change of their e-mail that is under way, also one whose time is over (ACC-06)."""
    return EmailChange.objects.filter(user=user, status__in=OPEN_CHANGES).first()


def email_change_by(secret: str) -> EmailChange | None:
    """The change that the link of a letter belongs to, with its user; nothing of an account that is closed."""
    key = hashed(secret)
    changes = EmailChange.objects.select_related("user").filter(user__is_active=True)
    return changes.filter(Q(old_key=key) | Q(new_key=key)).first()


def hashed(secret: str) -> str:
    """How the secret of a link is stored: who reads the database can follow no link."""
    return sha256(secret.encode()).hexdigest()


def by_former_login(login: str) -> User | None:
    """Who gave up this login (ACC-07), in any letter case; nobody when their account is closed."""
    return User.objects.filter(former_login__login__iexact=login, is_active=True).first()


def email_changed_at(user: User) -> datetime | None:
    """When the account last got another e-mail address; nothing while it has the one it signed up with (ACC-06)."""
    return user.email_changed_at


def identity_changed_at(user: User) -> datetime | None:
    """When the e-mail or the login last changed, whichever was later (ACC-08)."""
    return max((moment for moment in (user.email_changed_at, user.login_changed_at) if moment), default=None)


def frozen_until(user: User, now: datetime) -> datetime | None:
    """The moment until which payout details stay as they are (ACC-08, WDR-06); nothing when they may be changed.

    Reads the row it is given: whoever acts on it holds a fresh one.
    """
    changed = identity_changed_at(user)
    if changed is None or changed + rules.IDENTITY_FREEZE <= now:
        return None
    return changed + rules.IDENTITY_FREEZE


def online_count(now: datetime) -> int:
    """How many users were seen in the last 5 minutes (ACC-15); up to 15 seconds old."""
    count = cache.get("accounts:online")
    if count is None:
        count = User.objects.filter(is_active=True, last_seen_at__gt=now - rules.ONLINE_WITHIN).count()
        cache.set("accounts:online", count, rules.ONLINE_KEPT.total_seconds())
    return int(count)


def is_online(user: User, now: datetime) -> bool:
    return user.last_seen_at is not None and user.last_seen_at > now - rules.ONLINE_WITHIN


def current_agreements() -> list[Agreement]:
    """The newest version of each text that a newcomer agrees to (ACC-01)."""
    newest = Agreement.objects.filter(slug__in=rules.AGREED_AT_SIGN_UP).order_by("slug", "-published_at", "-pk")
    found = {agreement.slug: agreement for agreement in newest.distinct("slug")}
    return [found[slug] for slug in rules.AGREED_AT_SIGN_UP if slug in found]


def acceptances_of(user: User) -> QuerySet[Acceptance]:
    """What they agreed to, newest first, without the long texts."""
    return Acceptance.objects.filter(user=user).select_related("agreement").defer("agreement__text").order_by("-at")


@dataclass(frozen=True)
class Missing:
    """Something that a profile lacks, and where its owner adds it."""

    words: str | Promise
    url: str


@dataclass(frozen=True)
class Completeness:
    """How much of a profile is there, in percent, and what is missing (ACC-11)."""

    percent: int
    missing: list[Missing]


_PARTS: tuple[tuple[str, str | Promise], ...] = (
    ("picture", _("Add a picture")),
    ("name", _("Tell your name")),
    ("headline", _("Say in one line what you do")),
    ("about", _("Write about yourself")),
    ("country", _("Choose your country")),
    ("city", _("Name your city")),
    ("skills", _("List your skills")),
    ("languages", _("List the languages you speak")),
)


def completeness(user: User) -> Completeness:
    """Every part counts the same."""
    url = reverse("settings")
    missing = [Missing(words, f"{url}#id_{part}") for part, words in _PARTS if not getattr(user, part)]
    return Completeness(100 * (len(_PARTS) - len(missing)) // len(_PARTS), missing)
