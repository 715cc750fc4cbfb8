"""Where a user's earnings go: a card that the provider's own page takes (WDR-01, WDR-06, ACC-08)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import frozen_until
from core import formats
from core.events import record
from core.refusals import NotAllowed
from finance.models import PayoutDetails
from finance.provider import Declined, ProviderDown, paying_out
from finance.provider.paying_out import PayoutAccount
from finance.rules import LIMITED_FOR


def change(user: User, *, by: User, now: datetime) -> str:
    """The address of the provider's page on which the card is named or replaced; it works once, for minutes.

    Refused: for a week after a change of e-mail or login (NotAllowed), with the provider down (ProviderDown).
    """
    if by.pk != user.pk:
        raise NotAllowed(_("Only the owner of a balance can say where it is paid to."))
    frozen = frozen_until(user, now)
    if frozen is not None:
        raise NotAllowed(
            _("Your e-mail or login was changed lately: payout details can be changed again from %(at)s.")
            % {"at": formats.moment(frozen)}
        )
    details = PayoutDetails.objects.get_or_create(user=user, defaults={"at": now})[0]
    try:
        if not details.account_id:
            account = paying_out.create_account(details)
            PayoutDetails.objects.filter(pk=details.pk).update(account_id=account)
            details.account_id = account
        here = f"{settings.SITE_URL}{reverse('payout-details-return')}"
        return paying_out.onboarding_url(details.account_id, back=here, again=here)
    except Declined as error:
        raise ProviderDown from error


def refresh(account_id: str, now: datetime) -> PayoutDetails | None:
    """Ask the provider how a seller's account stands and keep what it says; empty when the account is none of ours.

    Another card than before begins the week of the limit (WDR-05). Refused with ProviderDown.
    """
    if not PayoutDetails.objects.filter(account_id=account_id).exists():
        return None
    try:
        return learn(account_id, paying_out.retrieve_account(account_id), now)
    except Declined as error:
        raise ProviderDown from error


def learn(account_id: str, found: PayoutAccount, now: datetime) -> PayoutDetails:
    """Keep what the provider said of a seller's account."""
    with transaction.atomic():
        rows = PayoutDetails.objects.select_for_update(of=("self",)).select_related("user")
        details = rows.get(account_id=account_id)
        details.enabled = found.enabled
        if found.card_id != details.card_id:
            if details.changed_at is None or details.changed_at + LIMITED_FOR <= now:
                details.limited_since = now
            details.card_id, details.brand, details.last4 = found.card_id, found.brand, found.last4
            details.fingerprint, details.changed_at = found.fingerprint, now
            # A later change of e-mail or login does not lift this, and neither does time that is still to come.
            frozen = frozen_until(details.user, now)
            details.usable_from = max(filter(None, (details.usable_from, frozen)), default=None)
            record("payout_details.changed", details, by=None, now=now, card=details.card)
        details.save()
    return details
