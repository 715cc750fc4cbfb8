"""What a newcomer types on the sign-up page."""

from __future__ import annotations

from accounts import queries
from tests.accounts.conftest import PASSWORD


def typed(**changes: str) -> dict[str, str]:
    """The whole form, filled in well; an empty string leaves a field out."""
    shown = ",".join(str(agreement.pk) for agreement in queries.current_agreements())
    fields = {
        "email": "nina@example.org",
        "username": "nina",
        "password1": PASSWORD,
        "adult": "on",
        "terms": "on",
        "versions": shown,
        "time_zone": "Europe/Berlin",
        **changes,
    }
    return {name: value for name, value in fields.items() if value}
