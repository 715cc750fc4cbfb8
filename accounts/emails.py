"""When two e-mail addresses are one mailbox (ACC-03)."""

from __future__ import annotations

_DOTLESS = {"gmail.com"}  # mailboxes where dots in the name change nothing
_SAME_DOMAIN = {"googlemail.com": "gmail.com"}


def folded(email: str) -> str:
    """The mailbox behind an address: letter case, what follows “+” and, at Gmail, dots are left out."""
    name, _, domain = email.strip().lower().rpartition("@")
    domain = _SAME_DOMAIN.get(domain, domain)
    name = name.partition("+")[0] or name
    if domain in _DOTLESS:
        name = name.replace(".", "")
    return f"{name}@{domain}"
