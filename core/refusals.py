"""A refusal is a sentence: what is not allowed and why, in words meant for the person who asked."""

from django.utils.functional import Promise


class Refusal(Exception):
    """The site's own no. Views show `sentence` and the thing as it now stands; nothing has changed."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)


class NotAllowed(Refusal):
    """This person may not do this to this thing."""


class OutOfTurn(Refusal):
    """The thing stands at another point of its life now: too late, too early or already done."""


class Invalid(Refusal):
    """What was given cannot be used as it is."""
