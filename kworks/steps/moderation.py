"""What moderators decide (CAT-18): accept, return with a reason for each part, or reject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core.refusals import Invalid, OutOfTurn
from kworks.content import PARTS
from kworks.forms import KworkForm
from kworks.rules import REASON_MOST
from kworks.steps.moving import Moving, moving
from kworks.steps.publishing import put_on_sale
from referrals.models import Deed
from referrals.steps import joining

WHOLE = "whole"


def accept(kwork_id: int, *, revision: int, by: User, now: datetime) -> None:
    """Put the waiting version on sale in place of the old one. Orders keep the terms that they were placed under.

    Refused: a `revision` other than the one that was looked at, a category whose demands have changed meanwhile.
    """
    with moving(kwork_id, "accept", by=by, now=now) as step:
        _check_seen(step, revision)
        form = KworkForm(step.draft.content, strict=True)
        if not form.is_valid():
            raise Invalid(
                _("Its category asks for more than when it was sent. Return it, so that the seller can add it.")
            )
        put_on_sale(step, form.checked(), now=now)
        _decide(step, {}, by, now)
        joining.activate(step.kwork.seller, Deed.KWORK, now=now)


def return_with_reasons(kwork_id: int, reasons: Mapping[str, str], *, revision: int, by: User, now: datetime) -> None:
    """Send it back to the seller with what to change; `reasons` maps parts (kworks.content.PARTS) to remarks.

    What is on sale stays on sale. Refused without any remark.
    """
    said = {part: text.strip() for part, text in reasons.items() if part in PARTS and text.strip()}
    if not said:
        raise Invalid(_("Write a remark for at least one part: the seller has to know what to change."))
    _check_length(said)
    with moving(kwork_id, "return", by=by, now=now) as step:
        _check_seen(step, revision)
        _decide(step, said, by, now)


def reject(kwork_id: int, reason: str, *, revision: int, by: User, now: datetime) -> None:
    """Refuse it for good; what is on sale stays on sale. Refused without a reason."""
    if not reason.strip():
        raise Invalid(_("Write the reason: the seller is told it."))
    said = {WHOLE: reason.strip()}
    _check_length(said)
    with moving(kwork_id, "reject", by=by, now=now) as step:
        _check_seen(step, revision)
        _decide(step, said, by, now)


def _decide(step: Moving, reasons: dict[str, str], by: User, now: datetime) -> None:
    step.draft.reasons = reasons
    step.draft.decided_at, step.draft.decided_by = now, by
    step.facts |= {"title": step.draft.content["title"], "reasons": reasons}


def _check_seen(step: Moving, revision: int) -> None:
    if revision != step.draft.revision:
        raise OutOfTurn(_("The seller has changed it since you opened it. This is how it looks now."))


def _check_length(reasons: Mapping[str, str]) -> None:
    if any(len(text) > REASON_MOST for text in reasons.values()):
        raise Invalid(
            ngettext(
                "A remark is longer than %(most)s character.",
                "A remark is longer than %(most)s characters.",
                REASON_MOST,
            )
            % {"most": REASON_MOST}
        )
