"""What every page's template knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, and whether development tools are on."""
    return {
        "site_name": settings.SITE_NAME,
        "dev_tools": settings.DEV_TOOLS,
        "request_id": getattr(request, "id", ""),
    }
