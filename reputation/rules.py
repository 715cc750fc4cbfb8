"""The numbers of feedback."""

FEEDBACK_MOST = 2_000  # characters
SHOWN_IN_PLACE = 5  # on a kwork's or a seller's page, before "All feedback"
SHOWN_PER_PAGE = 20
QUOTED_MOST = 300  # characters of it in the notice to the seller
