"""The numbers of notices and letters."""

from datetime import timedelta

# How long a letter waits after each failed try; after the last one it is given up (12 hours in all).
LETTER_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=9, minutes=24),
)
LETTER_TRIES = len(LETTER_WAITS) + 1
NOTICES_PER_PAGE = 20
UNREAD_MOST_COUNTED = 99  # more is shown as 99+
# Kinds whose fact `text` quotes what another user wrote; mailboxes that nobody confirmed are not sent it.
QUOTING_KINDS = frozenset(
    {
        "case.asked",
        "case.stated",
        "feedback.left",
        "order.cancel_asked",
        "order.cancel_declined",
        "order.canceled",
        "order.case_opened",
        "order.mediator_proposed",
        "order.message",
        "order.rejected",
        "order.returned",
        "order.settlement_offered",
        "order.split",
    }
)
