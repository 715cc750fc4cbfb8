"""Who reacts to which event: everything that follows from a change, on one screen.

Each function gets the event and runs exactly once for it, after the change was committed.
"""

from __future__ import annotations

from core.handing import Reaction
from finance import notices

REACTIONS: dict[str, list[Reaction]] = {
    "top_up.paid": [notices.top_up_paid],
    "top_up.abandoned": [notices.top_up_abandoned],
}
