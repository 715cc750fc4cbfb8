"""A picture to draw on in its own units, smooth at the edges because it is drawn larger than it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFilter, ImageFont

FONT = Path(__file__).resolve().parents[3] / "static" / "vendor" / "inter" / "inter-latin-opsz-normal.woff2"
OPTICAL_SIZE = 32
SHADOW_SCALE = 8  # shadows are soft, so they are made small and enlarged

Point = tuple[float, float]
Color = str | tuple[int, int, int] | tuple[int, int, int, int]


@lru_cache(maxsize=128)
def font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """Inter in one size (pixels) and weight (100 to 900)."""
    found = ImageFont.truetype(str(FONT), size)
    found.set_variation_by_axes([OPTICAL_SIZE, weight])
    return found


def rgb(color: str) -> tuple[int, int, int]:
    """The three parts of a color written as #rrggbb."""
    red, green, blue = ImageColor.getrgb(color)[:3]
    return red, green, blue


def mix(first: str, second: str, share: float) -> str:
    """A color between two: 0 is the first, 1 the second."""
    parts = [round(a + (b - a) * share) for a, b in zip(rgb(first), rgb(second), strict=True)]
    return "#{:02x}{:02x}{:02x}".format(*parts)


def veil(color: str, opacity: float) -> tuple[int, int, int, int]:
    """A color one can see through; opacity from 0 to 1."""
    return (*rgb(color), round(255 * opacity))


class Canvas:
    """`width` × `height` units; every shape is given in units and drawn `scale` times as large."""

    def __init__(self, width: int, height: int, *, scale: float = 2, fill: str = "#ffffff") -> None:
        self.width, self.height, self.scale = width, height, scale
        self.image = Image.new("RGB", (round(width * scale), round(height * scale)), fill)
        self._pen = ImageDraw.Draw(self.image, "RGBA")

    def finished(self, size: tuple[int, int]) -> Image.Image:
        """The picture in pixels, smaller than it was drawn."""
        return self.image.resize(size, Image.Resampling.HAMMING)

    def gradient(self, first: str, second: str, third: str | None = None) -> None:
        """Fill everything, from the upper left corner over the other two to the lower right one."""
        between = third or mix(first, second, 0.5)
        corners = Image.new("RGB", (2, 2))
        for place, color in zip([(0, 0), (1, 0), (0, 1), (1, 1)], [first, between, between, second], strict=True):
            corners.putpixel(place, rgb(color))
        self.image.paste(self._enlarged(corners, self.width, self.height))

    def box(self, x: float, y: float, w: float, h: float, fill: Color, *, radius: float = 0) -> None:
        if w <= 0 or h <= 0:
            return
        self._pen.rounded_rectangle(self._corners(x, y, w, h), radius * self.scale, fill=fill)

    def frame(
        self, x: float, y: float, w: float, h: float, color: Color, *, line: float = 4, radius: float = 0
    ) -> None:
        self._pen.rounded_rectangle(
            self._corners(x, y, w, h), radius * self.scale, outline=color, width=round(line * self.scale)
        )

    def circle(self, x: float, y: float, radius: float, fill: Color) -> None:
        self.oval(x - radius, y - radius, 2 * radius, 2 * radius, fill)

    def oval(self, x: float, y: float, w: float, h: float, fill: Color) -> None:
        self._pen.ellipse(self._corners(x, y, w, h), fill=fill)

    def ring(self, x: float, y: float, radius: float, color: Color, line: float) -> None:
        corners = self._corners(x - radius, y - radius, 2 * radius, 2 * radius)
        self._pen.ellipse(corners, outline=color, width=round(line * self.scale))

    def slice(self, x: float, y: float, radius: float, start: float, end: float, fill: Color) -> None:
        """A piece of a pie, degrees clockwise from three o'clock."""
        corners = self._corners(x - radius, y - radius, 2 * radius, 2 * radius)
        self._pen.pieslice(corners, start, end, fill=fill)

    def arc(self, x: float, y: float, w: float, h: float, start: float, end: float, color: Color, line: float) -> None:
        self._pen.arc(self._corners(x, y, w, h), start, end, fill=color, width=round(line * self.scale))

    def chord(self, x: float, y: float, w: float, h: float, start: float, end: float, fill: Color) -> None:
        self._pen.chord(self._corners(x, y, w, h), start, end, fill=fill)

    def shape(self, points: Sequence[Point], fill: Color) -> None:
        self._pen.polygon([(x * self.scale, y * self.scale) for x, y in points], fill=fill)

    def line(self, points: Sequence[Point], color: Color, width: float) -> None:
        """A line with round joints and ends."""
        scaled = [(x * self.scale, y * self.scale) for x, y in points]
        self._pen.line(scaled, fill=color, width=round(width * self.scale), joint="curve")
        for x, y in (points[0], points[-1]):
            self.circle(x, y, width / 2, color)

    def text(
        self, x: float, y: float, words: str, color: Color, *, size: int, weight: int = 700, anchor: str = "la"
    ) -> None:
        self._pen.text(
            (x * self.scale, y * self.scale), words, color, font(round(size * self.scale), weight), anchor=anchor
        )

    def shadow(
        self, x: float, y: float, w: float, h: float, *, radius: float = 16, depth: float = 24, opacity: float = 0.28
    ) -> None:
        """What a box of this place and size throws on what is drawn already."""
        reach, drop = depth * 2.5, depth * 0.6
        left, top = max(0, int(x - reach)), max(0, int(y + drop - reach))
        right, bottom = min(self.width, int(x + w + reach)), min(self.height, int(y + h + drop + reach))
        ratio = self.scale / SHADOW_SCALE
        mask = Image.new("L", (max(1, round((right - left) * ratio)), max(1, round((bottom - top) * ratio))), 0)
        corners = [value * ratio for value in (x - left, y + drop - top, x + w - left, y + h + drop - top)]
        ImageDraw.Draw(mask).rounded_rectangle(corners, radius * ratio, fill=round(255 * opacity))
        mask = mask.filter(ImageFilter.GaussianBlur(depth * ratio))
        dark = self._enlarged(mask, right - left, bottom - top)
        place = (round(left * self.scale), round(top * self.scale))
        self.image.paste("#0b1020", (*place, place[0] + dark.width, place[1] + dark.height), dark)

    def _enlarged(self, image: Image.Image, width: int, height: int) -> Image.Image:
        """Stretched to units smoothly and from there to what is drawn on plainly: the end is the same and it is quick."""
        smooth = image.resize((width, height), Image.Resampling.BILINEAR)
        return smooth.resize((round(width * self.scale), round(height * self.scale)), Image.Resampling.NEAREST)

    def _corners(self, x: float, y: float, w: float, h: float) -> tuple[int, int, int, int]:
        # Whole pixels: between them Pillow draws the joints of translucent round boxes twice.
        left, top = round(x * self.scale), round(y * self.scale)
        return left, top, max(left, round((x + w) * self.scale)), max(top, round((y + h) * self.scale))


def text_width(words: str, size: int, weight: int = 700) -> float:
    """How wide words are in units."""
    return font(size, weight).getlength(words)
