"""Text as it is seen: without the characters that show nothing and change how the others are read."""

from __future__ import annotations

import re

# Marks, embeddings, overrides and isolates of direction; spaces and fillers without width; the soft hyphen; tags.
_UNSEEN = (
    "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e007f"
)
# Joiners are letters' own in some scripts, and make one picture of several emoji; beside Latin letters and spaces they hide.
_JOINERS = "\u200c\u200d"
_FLAG = "\U0001f3f4[\U000e0061-\U000e007a]{3,6}\U000e007f"  # of a part of a country: the only good use of tags
_PATTERN = re.compile(
    rf"({_FLAG})|[{_UNSEEN}]|(?<![^\x00-\x7f\s{_JOINERS}])[{_JOINERS}]|[{_JOINERS}](?![^\x00-\x7f\s{_JOINERS}])"
)


def visible(text: str) -> str:
    """The text with nothing in it that turns the direction of writing or stands there without being seen."""
    return _PATTERN.sub(lambda found: found[1] or "", text)
