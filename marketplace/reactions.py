"""Who reacts to which event: everything that follows from a change, on one screen.

Each function gets the event and runs exactly once for it, after the change was committed.
"""

from __future__ import annotations

from core.handing import Reaction

REACTIONS: dict[str, list[Reaction]] = {}
