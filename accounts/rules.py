"""The numbers of accounts: lengths of what people write about themselves, of presence, and of changing who one is."""

from __future__ import annotations

from datetime import timedelta

from core.limits import Limit

LOGIN_LEAST = 3  # ACC-04
LOGIN_MOST = 30
PHONE_DIGITS = 7  # ACC-04: so many digits in a row, separators left out, read as a phone number

EMAIL_LINK = timedelta(days=3)  # ACC-06: each of the two letters can be answered so long
EMAIL_LETTER_AGAIN = timedelta(minutes=3)  # ACC-06: between two letters about the same change
EMAIL_CHANGE_LIMIT = Limit("email-change", 10, timedelta(hours=1))  # letters that one person has sent
IDENTITY_FREEZE = timedelta(days=7)  # ACC-08, WDR-06: payout details stay as they are so long after a change

ONLINE_WITHIN = timedelta(minutes=5)  # ACC-15: seen so recently is online
SEEN_EVERY = timedelta(minutes=1)  # ACC-15: being here is noted at most so often
ONLINE_KEPT = timedelta(seconds=15)  # the count of users online is this old at most

PICTURE_PIXELS = 400  # ACC-11: width and height of the stored picture
PICTURE_PIXELS_MOST = 12_000_000  # of what is sent to be cut to that
PICTURE_QUALITY = 86
SKILLS_MOST = 15
SKILL_LENGTH = 40
LANGUAGES_MOST = 8
LANGUAGE_LENGTH = 20

USER_AGREEMENT = "user-agreement"  # ACC-01
PRIVACY = "privacy"
AGREED_AT_SIGN_UP = (USER_AGREEMENT, PRIVACY)
