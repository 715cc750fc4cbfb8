"""Pictures of drafts, for the people who may see them; those on sale are public files."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.requests import UserRequest
from kworks.models import Picture
from kworks.steps.moving import MODERATE


@require_safe
@login_required
@cache_control(private=True, max_age=3600)
def picture(request: UserRequest, upload: UUID, size: Literal["card", "large"]) -> FileResponse:
    """One re-encoded size of a picture, for who uploaded it and for moderators. The upload itself is never served."""
    found = Picture.objects.filter(made_at__isnull=False)
    if not request.user.has_perm(MODERATE):
        found = found.filter(upload__owner=request.user)
    made = get_object_or_404(found, upload=upload)
    file = made.card if size == "card" else made.large
    if not file:
        raise Http404
    return FileResponse(file.open("rb"), content_type="image/webp")
