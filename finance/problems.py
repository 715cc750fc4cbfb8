"""What the payment provider calls its reasons for not paying out, in words for staff."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

WORDS: dict[str, str | Promise] = {
    "a claim is open": gettext_lazy("A bank takes a payment of this user back: nothing is paid out meanwhile."),
    "taken back": gettext_lazy("Its transfer was taken back at the payment service."),
    "arrived after all": gettext_lazy("It has arrived though its money was returned: the user has it twice."),
    "resource_missing": gettext_lazy("The payment service does not know this account, card or payment."),
    "account_invalid": gettext_lazy("The payment service does not let us use the seller’s account."),
    "not permitted": gettext_lazy("The payment service does not let us ask about this."),
    "account_closed": gettext_lazy("The bank account behind the card is closed."),
    "account_frozen": gettext_lazy("The bank has frozen the account behind the card."),
    "no_account": gettext_lazy("The bank finds no account for this card."),
    "invalid_account_number": gettext_lazy("The bank finds no account for this card."),
    "incorrect_account_holder_name": gettext_lazy("The name is not the one that the bank knows."),
    "bank_account_restricted": gettext_lazy("The bank lets nothing be paid to this account."),
    "could_not_process": gettext_lazy("The bank could not process it."),
    "declined": gettext_lazy("The bank has declined it."),
    "card_declined": gettext_lazy("The bank has declined it."),
    "invalid_card": gettext_lazy("The bank does not know the card."),
    "expired_card": gettext_lazy("The card has expired."),
    "expired_or_canceled_card": gettext_lazy("The card has expired or was canceled."),
    "lost_or_stolen_card": gettext_lazy("The card was reported lost or stolen."),
    "unsupported_card": gettext_lazy("The card takes no payouts."),
    "instant_payouts_unsupported": gettext_lazy("The card takes no payouts at once."),
    "payouts_not_allowed": gettext_lazy("The payment service does not let this account be paid out."),
    "insufficient_funds": gettext_lazy("There was not enough money at the payment service."),
    "balance_insufficient": gettext_lazy("There was not enough money at the payment service."),
    "charge_already_refunded": gettext_lazy("The payment was given back already."),
    "charge_disputed": gettext_lazy("The payer’s bank takes the payment back."),
    "charge_for_pending_refund_disputed": gettext_lazy("The payer’s bank takes the payment back."),
    "unknown": gettext_lazy("The payment service gives no reason."),
}


def in_words(problem: str) -> str:
    """A sentence for a reason that was noted; one that we do not know is named. Empty for none."""
    if not problem:
        return ""
    return str(WORDS.get(problem) or _("The payment service says: %(reason)s") % {"reason": problem})
