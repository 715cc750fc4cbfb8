"""The people of the demo: registered long ago, with faces, and all with the same password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from random import Random

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile

from accounts.models import Agreement, Role, User
from accounts.queries import current_agreements
from accounts.rules import PICTURE_PIXELS
from accounts.steps import joining, showing
from marketplace.demo.pictures import Painters
from marketplace.demo.words import Person, abouts, people, trades

PASSWORD = "workhall-demo"  # noqa: S105 - printed at the start for everyone to use
DOMAIN = "example.org"
MODERATOR, SUPPORT, ADMINISTRATOR = "mo", "ada", "alma"
FINANCE = ("fay", "otto")
STAFF = (MODERATOR, SUPPORT, *FINANCE, ADMINISTRATOR)
# What each of staff may do, by room; the administrator may do everything.
MODERATION_RIGHTS = {
    "accounts": ("change_user", "view_agreement", "view_acceptance"),
    "kworks": ("moderate", "view_kwork", "view_kworkdraft", "view_category"),
    "orders": ("view_order",),
    "reputation": ("view_feedback",),
    "referrals": ("change_attachment", "view_referrer"),
    "arbitration": ("view_mediator", "view_cancelrequest", "view_rejection", "view_mediation"),
}
SUPPORT_RIGHTS = {"arbitration": ("arbitrate",)}
FINANCE_RIGHTS = {
    "finance": (
        *("change_batch", "change_lot", "change_chargeback", "change_offlinepayment", "change_topup", "read_taxform"),
        *("add_promocode", "change_promocode", "add_promouse", "view_promouse", "view_payoutdetails"),
        *("change_withdrawal", "change_providermovement", "view_account", "view_entry", "view_posting"),
    ),
}
RIGHTS: dict[str, Mapping[str, Sequence[str]]] = {
    MODERATOR: MODERATION_RIGHTS,
    SUPPORT: SUPPORT_RIGHTS,
    **dict.fromkeys(FINANCE, FINANCE_RIGHTS),
}
OLDEST, NEWEST = timedelta(days=900), timedelta(days=230)

# Which sections a trade sells in.
SECTIONS: dict[str, list[str]] = {
    "design": ["design", "photo", "engineering"],
    "web": ["development", "seo", "learning"],
    "text": ["writing", "learning", "lifestyle"],
    "marketing": ["marketing", "seo"],
    "video": ["video", "photo", "lifestyle"],
    "audio": ["audio", "learning"],
    "business": ["business", "learning", "engineering"],
}


def everyone() -> list[Person]:
    return [*people("cast"), *people("sellers"), *people("buyers")]


def sellers() -> list[Person]:
    return [person for person in everyone() if person.trade]


def buyers() -> list[Person]:
    """Those who mostly buy; sellers buy now and then, too."""
    return [person for person in everyone() if not person.trade and person.login not in STAFF]


def settle(painters: Painters, chance: Random, now: datetime) -> dict[str, User]:
    """Register everyone by login, with a confirmed e-mail, a profile and a picture."""
    faces = {person.login: painters.portrait(person.login, person.look, PICTURE_PIXELS) for person in everyone()}
    agreements = current_agreements()
    found = {person.login: _register(person, agreements, chance, now) for person in everyone()}
    for person in everyone():
        _introduce(person, found[person.login], chance)
        _show_face(found[person.login], faces[person.login])
    User.objects.update(password=make_password(PASSWORD))
    return {user.login: user for user in User.objects.all()}


def come_by(chance: Random, now: datetime) -> None:
    """Let everyone have been here lately, some of them just now."""
    for place, user in enumerate(User.objects.order_by("pk")):
        away = timedelta(seconds=20 + 25 * place) if place < 9 else timedelta(minutes=chance.expovariate(1 / 1500) + 5)
        showing.seen(user.pk, now=max(now - away, user.date_joined))


def _register(person: Person, agreements: list[Agreement], chance: Random, now: datetime) -> User:
    joined = now - timedelta(seconds=chance.uniform(NEWEST.total_seconds(), OLDEST.total_seconds()))
    email = f"{person.login}@{DOMAIN}"
    if person.login != MODERATOR:
        user = joining.register(person.login, email, None, agreements=agreements, confirmed=True, now=joined)
    else:  # shorter than what may be chosen at sign-up
        user = User.objects.create_user(person.login, email, None, date_joined=joined)
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
        joining.hold_email(user, email)
        joining.agree(agreements, by=user, now=joined)
    user.is_staff, user.is_superuser = person.login in STAFF, person.login == ADMINISTRATOR
    user.time_zone = person.time_zone
    user.role = Role.SELLER if person.trade and person.login != "sten" else Role.BUYER
    user.save(update_fields=["is_staff", "is_superuser", "time_zone", "role"])
    for room, rights in RIGHTS.get(person.login, {}).items():
        user.user_permissions.add(*Permission.objects.filter(codename__in=rights, content_type__app_label=room))
    return user


def _introduce(person: Person, user: User, chance: Random) -> None:
    about = " ".join(chance.sample(abouts(), 3)).format(years=chance.randrange(6, 17), few=chance.randrange(2, 6))
    known = sorted({trade.captions[0] for trade in trades() if trade.section in SECTIONS.get(person.trade, [])[:1]})
    showing.save_profile(
        showing.Profile(
            name=person.name,
            headline=person.headline,
            about=about if person.trade else "",
            city=person.city,
            country=person.country,
            skills=chance.sample(known, min(5, len(known))),
            languages=person.languages,
        ),
        by=user,
    )


def _show_face(user: User, face: Future[bytes]) -> None:
    """What uploading a picture leads to, with one that is square and small already."""
    user.picture.save("picture.webp", ContentFile(face.result()), save=False)
    user.save(update_fields=["picture"])
