"""Serving public pictures from the local disk; with S3 settings the storage's own addresses are used instead."""

from __future__ import annotations

import posixpath

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve

# Everything else, users' uploads above all, is only given out by views that ask who is looking.
NAME_MOST = 200  # ours are far shorter, and file systems refuse names beyond theirs
PUBLIC_FOLDERS = ("kworks/", "pictures/")


@require_safe
@cache_control(public=True, max_age=31536000, immutable=True)
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A re-encoded picture under its unguessable name; nothing outside of the public folders."""
    plain = posixpath.normpath(path)
    if plain != path or len(plain) > NAME_MOST or not plain.startswith(PUBLIC_FOLDERS):
        raise Http404
    return serve(request, plain, document_root=str(settings.MEDIA_ROOT))
