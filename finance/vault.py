"""Keeping what nobody but its reader may see: encrypted with the first of TAX_FORM_KEYS, decrypted with any (TAX-01)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.views.decorators.debug import sensitive_variables


class Unreadable(Exception):
    """No key opens it, or it was put in somebody else's place."""


@sensitive_variables()
def seal(content: Mapping[str, object], *, owner: int) -> bytes:
    """The content, encrypted; `owner` is sealed with it, so that one person's cannot be passed off as another's."""
    return _keys().encrypt(json.dumps({"owner": owner, "content": dict(content)}).encode())


@sensitive_variables()
def unseal(sealed: bytes | memoryview[int], *, owner: int) -> dict[str, object]:
    """What was sealed for this owner. Raises Unreadable."""
    try:
        found = json.loads(_keys().decrypt(bytes(sealed)))
    except InvalidToken:
        raise Unreadable("No key of TAX_FORM_KEYS opens this.") from None
    if found["owner"] != owner:
        raise Unreadable("This was sealed for somebody else.")
    content: dict[str, object] = found["content"]
    return content


def reseal(sealed: bytes | memoryview[int]) -> bytes:
    """The same content, encrypted with the first key. Raises Unreadable."""
    try:
        return _keys().rotate(bytes(sealed))
    except InvalidToken:
        raise Unreadable("No key of TAX_FORM_KEYS opens this.") from None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.TAX_FORM_KEYS])
