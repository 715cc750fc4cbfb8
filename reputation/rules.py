"""The numbers of feedback."""

FEEDBACK_MOST = 2_000
