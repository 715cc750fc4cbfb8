"""Requests that are too large are refused before they are read."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from marketplace.middleware import BODY_MOST, BODY_MOST_OF_STRANGERS, BodyLimitMiddleware

WEBHOOK = "/webhooks/stripe/"


def answer(length: int | str | None, *, signed_in: bool = False, path: str = "/login/", chunked: bool = False) -> int:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    request = RequestFactory().post(path)
    del request.META["CONTENT_LENGTH"]
    if length is not None:
        request.META["CONTENT_LENGTH"] = str(length)
    if chunked:
        request.META["HTTP_TRANSFER_ENCODING"] = "chunked"
    if signed_in:
        request.COOKIES["sessionid"] = "x"
    return BodyLimitMiddleware(view)(request).status_code


@pytest.mark.parametrize(("signed_in", "most"), [(False, BODY_MOST_OF_STRANGERS), (True, BODY_MOST)])
def test_more_than_a_form_holds_is_refused(signed_in: bool, most: int) -> None:
    assert answer(most, signed_in=signed_in) == 200
    assert answer(most + 1, signed_in=signed_in) == 413
    assert answer("9" * 5000, signed_in=signed_in) == 413


def test_what_does_not_say_how_large_it_is_is_refused() -> None:
    assert answer(None, chunked=True) == 411
    assert answer(None) == 200


def test_the_webhook_decides_for_itself() -> None:
    assert answer(None, path=WEBHOOK, chunked=True) == 200
    assert answer(BODY_MOST + 1, path=WEBHOOK) == 200
