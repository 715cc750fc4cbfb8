"""Colors that go together."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.demo.drawing.canvas import mix, rgb


@dataclass(frozen=True)
class Palette:
    """A ground from light to deep, ink that reads on paper, and three accents."""

    ground: str
    deep: str
    paper: str
    ink: str
    first: str
    second: str
    third: str

    @property
    def pale(self) -> str:
        """A tint on which ink reads."""
        red, green, blue = rgb(self.ground)
        return mix(self.paper, self.ground if red + green + blue > 400 else self.first, 0.55)


PALETTES = [
    Palette("#f6b89b", "#e0604a", "#fff6ef", "#3a1712", "#e0604a", "#f4a93f", "#28536b"),
    Palette("#8ad3c0", "#11665b", "#f3fbf7", "#0c2f2a", "#11665b", "#f2b441", "#e76f51"),
    Palette("#9db8ff", "#3148c8", "#f5f7ff", "#131c4d", "#3148c8", "#ff8a5c", "#1fbf92"),
    Palette("#cdb4f6", "#6a3cc4", "#faf6ff", "#291450", "#6a3cc4", "#ffb648", "#ef5d8f"),
    Palette("#f9d371", "#e08a1c", "#fffaec", "#42290a", "#d9731a", "#2f6f72", "#b8332e"),
    Palette("#9fd3ef", "#1a6fa8", "#f2f9fe", "#0b2c45", "#1a6fa8", "#f5a13d", "#5b4fc4"),
    Palette("#f7b6c8", "#c2306a", "#fff4f7", "#471028", "#c2306a", "#6a57c9", "#f08a4b"),
    Palette("#bcd98c", "#4c8a2b", "#f8fcef", "#1d3510", "#4c8a2b", "#e9a825", "#2d6b8f"),
    Palette("#2b3350", "#131728", "#f4f5fb", "#131728", "#7c8cff", "#ff9d6c", "#48d6b0"),
    Palette("#2d4a43", "#10231f", "#f3f8f5", "#10231f", "#4fd1a1", "#ffce6b", "#ff8f7a"),
    Palette("#4b2f4f", "#1d1022", "#fbf5fc", "#1d1022", "#f08bd0", "#ffb86b", "#8fb8ff"),
    Palette("#e8dccb", "#c3a98a", "#fffdf9", "#3b2d20", "#a5572f", "#4a6b5d", "#d9a441"),
    Palette("#dfe6ea", "#9fb3bf", "#ffffff", "#1e2d36", "#e4572e", "#17547b", "#f3a712"),
    Palette("#ffc9a3", "#f2726f", "#fff8f2", "#4a1a2c", "#f2726f", "#7a4fd0", "#2aa9a1"),
    Palette("#37507a", "#14223d", "#f4f7fc", "#14223d", "#5fb4ff", "#ffd166", "#ff7d6b"),
]
