"""What every letter is signed with."""

from __future__ import annotations

from django.conf import settings


def signature() -> dict[str, str]:
    """The site's name and address, and where support answers."""
    return {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, "support_email": settings.SUPPORT_EMAIL}
