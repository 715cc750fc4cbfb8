"""The reason that staff gives for a decision."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.refusals import Invalid
from core.visible import visible
from finance.rules import DECISION_REASON_MOST


def reason_given(reason: str) -> str:
    """The reason without what cannot be seen. Refused: none, or one that is too long (Invalid)."""
    reason = visible(reason).strip()
    if not reason or len(reason) > DECISION_REASON_MOST:
        raise Invalid(_("Give a reason, of at most %(most)s characters.") % {"most": DECISION_REASON_MOST})
    return reason
