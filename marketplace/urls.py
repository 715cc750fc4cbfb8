"""Every public address; each room lists its own."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from marketplace.front import home
from marketplace.health import healthz, readyz
from marketplace.media import media
from marketplace.metrics import metrics
from marketplace.robots import favicon, robots
from marketplace.rules_page import rules
from marketplace.styleguide import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("robots.txt", robots, name="robots"),
    path("favicon.ico", favicon, name="favicon"),
    path("rules/", rules, name="rules"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("finance.urls")),
    path("", include("finance.urls_books")),
    path("", include("referrals.urls")),
    path("", include("kworks.urls")),
    path("", include("orders.urls")),
    path("", include("reputation.urls")),
    path("", include("arbitration.urls")),
    path("", include("allauth.urls")),
]

if not settings.S3_BUCKET:
    urlpatterns += [path("media/<path:path>", media, name="media")]

if settings.DEV_TOOLS:
    urlpatterns += [
        path("styleguide/", styleguide, name="styleguide"),
        path("devtools/", include("marketplace.devtools.urls")),
    ]

handler500 = "marketplace.errors.server_error"
