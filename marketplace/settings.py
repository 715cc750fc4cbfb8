"""Settings of the whole site; every value that differs between places comes from the environment.

The documented list of names is `.env.example`; what production refuses is in `marketplace/checks.py`.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import django_stubs_ext
import environ
from csp.constants import NONCE, NONE, SELF

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(env.str("ENV_FILE", str(BASE_DIR / ".env")))

# -- place ---------------------------------------------------------------------------------------

DEV_SECRET_KEY = "only-for-development-never-in-production"  # noqa: S105 - refused in production
PRODUCTION = env.bool("PRODUCTION", False)
DEBUG = env.bool("DEBUG", not PRODUCTION)
DEV_TOOLS = env.bool("DEV_TOOLS", not PRODUCTION)
SECRET_KEY = env.str("SECRET_KEY", DEV_SECRET_KEY)
SITE_NAME = env.str("SITE_NAME", "Workhall")
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
LOCAL_DIR = Path(env.str("LOCAL_DIR", str(BASE_DIR / ".local")))

# -- apps ----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "marketplace",
    "arbitration",
    "reputation",
    "orders",
    "kworks",
    "referrals",
    "finance",
    "notifications",
    "accounts",
    "core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.facebook",
    "allauth.socialaccount.providers.google",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_prometheus",
    "template_partials.apps.SimpleAppConfig",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "marketplace.middleware.RequestIdMiddleware",
    "marketplace.middleware.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "marketplace.middleware.PlainTextMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.PresenceMiddleware",
    "referrals.middleware.ReferralCookieMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "marketplace.middleware.PrivateAnswersMiddleware",
    "marketplace.middleware.VaryOnHtmxMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "marketplace.urls"
WSGI_APPLICATION = "marketplace.wsgi.application"

CACHE_TEMPLATES = env.bool("CACHE_TEMPLATES", not DEBUG)
_LOADERS: list[object] = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "marketplace.context.site",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "template_partials.templatetags.partials",
                "core.templatetags.house",
                "marketplace.templatetags.slots",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [("django.template.loaders.cached.Loader", _LOADERS)] if CACHE_TEMPLATES else _LOADERS,
                )
            ],
        },
    }
]
FORM_RENDERER = "core.forms.HouseRenderer"

# -- data ----------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL", default="postgresql://workhall@127.0.0.1:5432/workhall"),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "marketplace.cache.ForgivingCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False  # a sweep finds what was not sent; the request does not wait
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300, "socket_connect_timeout": 2}
# What waits for other machines or takes long; a worker of its own keeps it from holding up the orders' timers.
# What waits for other machines, or works long, has a queue of its own.
CELERY_TASK_ROUTES = {f"{room}.tasks.*": {"queue": "slow"} for room in ("notifications", "kworks", "finance")}
CELERY_TIMEZONE = "UTC"

# -- files ---------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(LOCAL_DIR / "media")))
S3_BUCKET = env.str("S3_BUCKET", "")
# Where browsers find stored pictures; the content policy has to allow it.
S3_ORIGIN = env.str("S3_ORIGIN", "") or env.str("S3_ENDPOINT_URL", "") or f"https://{S3_BUCKET}.s3.amazonaws.com"
_S3_STORAGE = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "bucket_name": S3_BUCKET,
        "endpoint_url": env.str("S3_ENDPOINT_URL", "") or None,
        "region_name": env.str("S3_REGION", "") or None,
        "access_key": env.str("S3_ACCESS_KEY", "") or None,
        "secret_key": env.str("S3_SECRET_KEY", "") or None,
        "querystring_auth": True,
        "file_overwrite": False,
    },
}
STORAGES = {
    "default": _S3_STORAGE if S3_BUCKET else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_MAX_AGE = env.int("STATIC_MAX_AGE", 0 if DEBUG else 60)  # seconds, of files without a digest in their name
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# -- people --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # the login is unique in any letter case, which the check cannot see
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

# -- money ---------------------------------------------------------------------------------------

_SANDBOX_METHODS = ["card", "paypal", "alipay"]  # that the payment sandbox plays
_EXAMPLE_BANK = f"{SITE_NAME} (play money)\nExample Bank, account 000123456789, routing 110000000"
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", "sk_test_sandbox")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", "whsec_sandbox")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", "" if PRODUCTION else "http://127.0.0.1:12111")
STRIPE_METHODS = env.list("STRIPE_METHODS", default=["card"] if PRODUCTION or not STRIPE_API_BASE else _SANDBOX_METHODS)
OFFLINE_PAYMENT_DETAILS = env.str("OFFLINE_PAYMENT_DETAILS", "" if PRODUCTION else _EXAMPLE_BANK).replace("\\n", "\n")
# The first key encrypts tax forms, all of them decrypt; in development one is made from SECRET_KEY.
TAX_FORM_KEYS = env.list(
    "TAX_FORM_KEYS",
    default=[] if PRODUCTION else [urlsafe_b64encode(sha256(SECRET_KEY.encode()).digest()).decode()],
)

# -- mail ----------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <no-reply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where people write to, and where answers to letters go.
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", "" if PRODUCTION else "support@localhost")
EMAIL_URL = env.str("EMAIL_URL", "")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "notifications.outbox.OutboxBackend"
EMAIL_TIMEOUT = 10  # seconds, while a letter's row is locked
MAIL_OUTBOX_DIR = LOCAL_DIR / "outbox"

# -- words and time ------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "core.locales"
TIME_ZONE = "UTC"
USE_TZ = True

# -- protection ----------------------------------------------------------------------------------

_PAYMENT_PAGES = ["https://checkout.stripe.com", *([STRIPE_API_BASE] if STRIPE_API_BASE else [])]
_SIGN_IN_PAGES = [
    page
    for key, page in (
        ("FACEBOOK_CLIENT_ID", "https://www.facebook.com"),
        ("GOOGLE_CLIENT_ID", "https://accounts.google.com"),
    )
    if env.str(key, "")
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *([S3_ORIGIN] if S3_BUCKET else [])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "frame-src": ["https://www.youtube-nocookie.com"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF, *_PAYMENT_PAGES, *_SIGN_IN_PAGES],
    }
}
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", PRODUCTION)
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]

from marketplace.checks import refuse_weak_settings  # noqa: E402
from marketplace.settings_accounts import *  # noqa: E402, F403
from marketplace.settings_logging import *  # noqa: E402, F403

refuse_weak_settings(vars())
