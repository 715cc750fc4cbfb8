"""The tools' own lock, besides their addresses being absent in production."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def dev_only(view: View[Arguments]) -> View[Arguments]:
    """404 unless DEV_TOOLS is on, wherever the view may be mounted."""

    @wraps(view)
    def gated(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        if not settings.DEV_TOOLS:
            raise Http404
        return view(request, *args, **kwargs)

    return gated


def back(request: HttpRequest) -> HttpResponse:
    """To the page that the form names in `next`, if it is one of this site; else to the front page."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return redirect(wanted if safe else "/")
