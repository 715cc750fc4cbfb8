"""What must not be so on a site with real money: each weakness is one sentence that says what to set.

With PRODUCTION on, the settings themselves refuse to load while any holds; `manage.py check --deploy` lists
them for every other place.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

Settings = Mapping[str, Any]
Environment = Mapping[str, str]

SHORTEST_SECRET = 50  # characters, as Django's own check wants
SANDBOX_SECRET = "whsec_sandbox"  # noqa: S105 - known to everyone, which is the point
LIVE_KEYS = ("sk_live_", "rk_live_")


@dataclass(frozen=True)
class Weakness:
    """A sentence for the operator, and the test that says whether it is true."""

    name: str
    sentence: str
    holds: Callable[[Settings, Environment], bool]


def _secret(values: Settings, _environment: Environment) -> bool:
    secret = values["SECRET_KEY"]
    return bool(secret == values["DEV_SECRET_KEY"] or len(secret) < SHORTEST_SECRET)


def _hosts(values: Settings, _environment: Environment) -> bool:
    return not values["ALLOWED_HOSTS"] or "*" in values["ALLOWED_HOSTS"]


def _stripe_key(values: Settings, _environment: Environment) -> bool:
    return not values["STRIPE_SECRET_KEY"].startswith(LIVE_KEYS)


def _webhook_secret(values: Settings, environment: Environment) -> bool:
    secrets = [secret.strip() for secret in values["STRIPE_WEBHOOK_SECRET"].split(",")]
    return not environment.get("STRIPE_WEBHOOK_SECRET") or not all(secrets) or SANDBOX_SECRET in secrets


def _missing(name: str) -> Callable[[Settings, Environment], bool]:
    return lambda _values, environment: not environment.get(name)


def _tax_keys(values: Settings, environment: Environment) -> bool:
    if not environment.get("TAX_FORM_KEYS"):
        return True
    try:
        return not [Fernet(key) for key in values["TAX_FORM_KEYS"]]
    except ValueError:
        return True


def _support(values: Settings, _environment: Environment) -> bool:
    try:
        validate_email(values["SUPPORT_EMAIL"])
    except ValidationError:
        return True
    return False


def _on(name: str) -> Callable[[Settings, Environment], bool]:
    return lambda values, _environment: bool(values[name])


WEAKNESSES: Sequence[Weakness] = (
    Weakness("E001", "SECRET_KEY is the one for development or too short: set 50 random characters or more.", _secret),
    Weakness("E002", "DEBUG is on, which shows the site's inside to everyone: unset DEBUG.", _on("DEBUG")),
    Weakness("E003", "ALLOWED_HOSTS is empty or takes any host: set the site's own host names.", _hosts),
    Weakness(
        "E004",
        "STRIPE_API_BASE is set, so money would be play money from the payment sandbox: unset STRIPE_API_BASE.",
        _on("STRIPE_API_BASE"),
    ),
    Weakness(
        "E005",
        "STRIPE_SECRET_KEY is no live key, so nobody would be charged: set the key that begins with sk_live_.",
        _stripe_key,
    ),
    Weakness(
        "E006",
        "STRIPE_WEBHOOK_SECRET is missing or the sandbox's, so anyone could forge payments: set Stripe's own.",
        _webhook_secret,
    ),
    Weakness(
        "E007",
        "DEV_TOOLS are on, with which anyone could move the site's clock and sign in as anyone: unset DEV_TOOLS.",
        _on("DEV_TOOLS"),
    ),
    Weakness("E008", "EMAIL_URL is missing, so no letter would leave: set your mail server.", _missing("EMAIL_URL")),
    Weakness(
        "E009",
        "SITE_URL does not begin with https://, so links and cookies would travel in the open: set the https address.",
        lambda values, _environment: not values["SITE_URL"].startswith("https://"),
    ),
    Weakness("E010", "DATABASE_URL is missing: set the address of your PostgreSQL.", _missing("DATABASE_URL")),
    Weakness("E011", "REDIS_URL is missing: set the address of your Valkey or Redis.", _missing("REDIS_URL")),
    Weakness(
        "E012",
        "DEFAULT_FROM_EMAIL is missing, so letters would name no real sender: set an address at your own domain.",
        _missing("DEFAULT_FROM_EMAIL"),
    ),
    Weakness(
        "E013",
        "TAX_FORM_KEYS is missing or no list of Fernet keys, so tax forms could not be encrypted: set at least one key.",
        _tax_keys,
    ),
    Weakness(
        "E014",
        "SUPPORT_EMAIL is missing or no e-mail address, so nobody could reach support: set the mailbox that you read.",
        _support,
    ),
)


def weaknesses(values: Settings, environment: Environment) -> list[Weakness]:
    """Those that hold for these settings."""
    return [weakness for weakness in WEAKNESSES if weakness.holds(values, environment)]


def refuse_weak_settings(values: Settings) -> None:
    """Called at the end of the settings: with PRODUCTION on, ImproperlyConfigured with a sentence for each weakness."""
    if not values["PRODUCTION"]:
        return
    found = weaknesses(values, os.environ)
    if found:
        sentences = "\n".join(f"- {weakness.sentence}" for weakness in found)
        raise ImproperlyConfigured(f"The site does not start in production:\n{sentences}")


@register(Tags.security, deploy=True)
def check_for_production(app_configs: Sequence[AppConfig] | None, **_options: object) -> list[Error]:
    """The same sentences for `manage.py check --deploy`."""
    values = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    return [Error(weakness.sentence, id=f"marketplace.{weakness.name}") for weakness in weaknesses(values, os.environ)]
