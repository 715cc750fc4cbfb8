"""The page for an error of the site's own; Django's handlers show the root templates for all others."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

log = structlog.get_logger(__name__)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither database nor cache, and says the request's id, by which operators find what happened."""
    request_id = getattr(request, "id", "")
    try:
        page: str = render_to_string("500.html", {"request_id": request_id, "support_email": settings.SUPPORT_EMAIL})
    except Exception:
        log.exception("the error page is broken")
        known = {"request": request_id, "address": settings.SUPPORT_EMAIL}
        page = (
            _("Something broke on our side. If you write to %(address)s about this, name the request: %(request)s")
            % known
        )
    return HttpResponse(page, status=500)
