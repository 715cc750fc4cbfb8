"""Where the payment provider's webhooks arrive."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import clock
from core.numbers import small_int
from finance import provider
from finance.rules import WEBHOOK_MOST_BYTES
from finance.steps import webhooks

log = structlog.get_logger(__name__)


@csrf_exempt  # another machine posts here: its signature takes the token's place
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """200 once acted on or of no use to us; 400 for a forgery; 5xx makes the provider send it again."""
    if small_int(request.headers.get("Content-Length", ""), 0, WEBHOOK_MOST_BYTES) is None:
        return HttpResponse(status=413)
    try:
        told = provider.construct_event(request.body, request.headers.get("Stripe-Signature", ""))
        webhooks.hear(told, clock.now())
    except provider.Forged as error:
        log.warning("a webhook that is not the provider's", why=str(error), address=request.META.get("REMOTE_ADDR"))
        return HttpResponse(status=400)
    except provider.ProviderDown:
        return HttpResponse(status=503)
    return HttpResponse(status=200)
