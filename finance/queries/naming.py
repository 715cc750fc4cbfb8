"""What a movement was for, in the words of the balance page, which its files use, too (FIN-05)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts.models import User
from finance.models import (
    ANNOUNCED_REFERENCE,
    CHARGEBACK_REFERENCE,
    PROMO_REFERENCE,
    TOP_UP_REFERENCE,
    WITHDRAWAL_REFERENCE,
    OfflinePayment,
    Posting,
    Verb,
    numbered,
)

CLAIMS = (Verb.CHARGEBACK, Verb.CHARGEBACK_BACK)  # only a bank books these
ELSEWHERE = (Verb.REFERRAL, Verb.FEE_PAID)  # of an order that is not its referrer's or mediator's to open


class Named(NamedTuple):
    """A kind of thing and its number or code; `page` is the name of the address where its owner sees it, `of` the argument."""

    kind: str
    number: str = ""
    page: str = ""
    of: str | int = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.number)))


def name_of(verb: str, reference: str, code: str = "") -> Named:
    """What an entry of this verb and reference was for; `code` is that of the announced payment, if it was one."""
    if number := numbered(reference, TOP_UP_REFERENCE):
        return Named(_("Top-up"), str(number), "top-up-detail", number)
    if number := numbered(reference, WITHDRAWAL_REFERENCE):
        return Named(_("Withdrawal"), str(number), "withdrawal", number)
    if number := numbered(reference, CHARGEBACK_REFERENCE):
        kind = _("The bank’s claim") if verb in CLAIMS else _("The payment taken back")
        return Named(kind, str(number), "chargeback", number)
    if number := numbered(reference, ANNOUNCED_REFERENCE):
        return Named(_("Announced payment"), code, "offline-payment", number)
    if reference.startswith(PROMO_REFERENCE):
        return Named(_("Code"), reference.removeprefix(PROMO_REFERENCE))
    if not reference or ":" in reference:
        return Named(reference)
    return Named(_("Order"), reference, "" if verb in ELSEWHERE else "order", reference)


def with_names(user: User, rows: Iterable[Posting]) -> list[tuple[Posting, Named]]:
    """Movements, each with what it was for; at most one query for all."""
    found = [(row, row.entry.verb, row.entry.reference) for row in rows]
    codes = codes_of(user, (reference for _row, _verb, reference in found))
    return [(row, name_of(verb, reference, codes.get(reference, ""))) for row, verb, reference in found]


def codes_of(user: User, references: Iterable[str]) -> dict[str, str]:
    """The codes of those of the user's announced payments that are among these references, by reference."""
    numbers = {number for each in references if (number := numbered(each, ANNOUNCED_REFERENCE))}
    if not numbers:
        return {}
    found = OfflinePayment.objects.filter(user=user, pk__in=numbers).values_list("pk", "code")
    return {f"{ANNOUNCED_REFERENCE}{number}": code for number, code in found}
