"""Portraits: flat faces with hair, clothes and sometimes glasses or a beard; and emblems for studios."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from PIL import Image

from marketplace.demo.drawing.canvas import Canvas, mix
from marketplace.demo.drawing.palettes import PALETTES

SIZE = 320  # units
SCALE = 3
MIDDLE = SIZE / 2

GROUNDS = ["#f4c7ab", "#b9dcd2", "#c3d0f5", "#d9c8f2", "#f6dc9a", "#b6d9ee", "#f3c3d0", "#d3e2ae", "#e6d8c6", "#a9c7c1"]
SKINS = ["#f8d9c4", "#f2c6a6", "#e3ac84", "#c98d63", "#a56a43", "#7c4a2d", "#5d3722"]
HAIRS = ["#1f1a1c", "#33221a", "#5a3a22", "#8a5a2b", "#c08a3e", "#a3492a", "#6d6a6b", "#d9d4cc"]
CLOTHES = ["#2f4b7c", "#1f6f5f", "#c8553d", "#3b3b4f", "#8a4f7d", "#d9a441", "#476a8f", "#f2efe9", "#5c7a4a", "#a23e48"]
DARK = "#2a2024"


def portrait(seed: str, look: str, pixels: int) -> Image.Image:
    """A square face for a person; `look` is `long` or `short` (which hair suits) or `studio` for an emblem instead."""
    chance = Random(seed)  # noqa: S311 - pictures, not secrets
    drawn = emblem(chance) if look == "studio" else _face(chance, look)
    return drawn.resize((pixels, pixels), Image.Resampling.BOX)


def emblem(chance: Random) -> Image.Image:
    """Overlapping shapes in one palette, as a studio would have for its sign."""
    palette = chance.choice(PALETTES)
    canvas = Canvas(SIZE, SIZE, scale=SCALE)
    canvas.gradient(palette.ground, palette.deep)
    paper, first, second = palette.paper, palette.first, palette.second
    kind = chance.randrange(4)
    if kind == 0:
        canvas.circle(126, 160, 72, paper)
        canvas.circle(194, 160, 72, (*_rgb(second), 215))
    elif kind == 1:
        for step, color in enumerate([paper, first, second, paper]):
            canvas.circle(MIDDLE, MIDDLE, 110 - 28 * step, color)
    elif kind == 2:
        canvas.shape([(70, 236), (160, 76), (250, 236)], paper)
        canvas.shape([(124, 236), (184, 130), (250, 236)], second)
        canvas.circle(232, 92, 26, second)
    else:
        for column in range(2):
            for row in range(2):
                x, y = 84 + 82 * column, 84 + 82 * row
                canvas.box(x, y, 72, 72, paper if (column + row) % 2 else second, radius=chance.choice([8, 36]))
    return canvas.image


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


class Face:
    """What one face is made of, chosen once so that all its parts agree."""

    def __init__(self, chance: Random) -> None:
        self.canvas = Canvas(SIZE, SIZE, scale=SCALE)
        self.chance = chance
        self.skin = chance.choice(SKINS)
        dark_skin = SKINS.index(self.skin) > 3
        self.hair = chance.choice(HAIRS[:3] if dark_skin else HAIRS)
        self.shade = mix(self.skin, "#5a1f1a", 0.16)
        self.cloth = chance.choice(CLOTHES)
        self.wide = chance.uniform(94, 106)
        self.tall = chance.uniform(118, 128)
        self.top = 82.0

    @property
    def left(self) -> float:
        return MIDDLE - self.wide / 2


def _face(chance: Random, look: str) -> Image.Image:
    face = Face(chance)
    ground = chance.choice(GROUNDS)
    face.canvas.gradient(mix(ground, "#ffffff", 0.35), mix(ground, "#5a4a5a", 0.14))
    back, front = chance.choice(LONG if look == "long" else SHORT)
    back(face)
    _body(face)
    _head(face)
    if look == "short" and chance.random() < 0.42:
        _beard(face)
    _features(face)
    front(face)
    if chance.random() < 0.3:
        _glasses(face)
    # Close enough that a small round picture still shows the face.
    return face.canvas.image.crop((28 * SCALE, 30 * SCALE, 292 * SCALE, 294 * SCALE))


def _body(face: Face) -> None:
    canvas, chance = face.canvas, face.chance
    canvas.oval(52, 236, 216, 190, face.cloth)
    canvas.box(MIDDLE - 25, 178, 50, 72, mix(face.shade, face.skin, 0.25), radius=22)
    canvas.oval(MIDDLE - 25, 226, 50, 34, mix(face.shade, face.skin, 0.25))
    kind = chance.randrange(4)
    light = mix(face.cloth, "#ffffff", 0.25)
    if kind == 0:  # a shirt with a collar
        canvas.shape([(MIDDLE - 36, 238), (MIDDLE, 272), (MIDDLE - 32, 284)], light)
        canvas.shape([(MIDDLE + 36, 238), (MIDDLE, 272), (MIDDLE + 32, 284)], light)
    elif kind == 1:  # a jacket over something light
        canvas.shape([(MIDDLE - 34, 240), (MIDDLE + 34, 240), (MIDDLE, 320)], "#f7f3ec")
        canvas.oval(MIDDLE - 25, 226, 50, 34, mix(face.shade, face.skin, 0.25))
        dark = mix(face.cloth, "#000000", 0.18)
        canvas.shape([(MIDDLE - 38, 238), (MIDDLE - 4, 320), (MIDDLE - 62, 320)], dark)
        canvas.shape([(MIDDLE + 38, 238), (MIDDLE + 4, 320), (MIDDLE + 62, 320)], dark)
    elif kind == 2:  # a round neck
        canvas.arc(MIDDLE - 32, 216, 64, 52, 8, 172, light, 7)


def _head(face: Face) -> None:
    canvas, y = face.canvas, face.top + face.tall * 0.5
    for x in (face.left - 3, face.left + face.wide + 3):
        canvas.oval(x - 11, y - 8, 22, 32, face.shade)
    canvas.box(face.left, face.top, face.wide, face.tall, face.skin, radius=face.wide * 0.48)
    for x in (MIDDLE - 30, MIDDLE + 30):
        canvas.circle(x, y + 24, 11, (232, 96, 84, 46))


def _features(face: Face) -> None:
    canvas, chance = face.canvas, face.chance
    y = face.top + face.tall * 0.5
    for side in (-1, 1):
        x = MIDDLE + side * 22
        canvas.oval(x - 5, y - 5, 10, 12, DARK)
        canvas.circle(x + 2, y - 2, 2, "#ffffff")
        canvas.arc(x - 13, y - 22, 26, 18, 200, 340, mix(face.hair, DARK, 0.4), 4)
    canvas.arc(MIDDLE - 8, y + 2, 16, 18, 30, 150, face.shade, 4)
    if chance.random() < 0.35:
        canvas.chord(MIDDLE - 17, y + 16, 34, 28, 8, 172, "#ffffff")
        canvas.arc(MIDDLE - 17, y + 16, 34, 28, 8, 172, mix(face.shade, "#7a1f1f", 0.5), 3)
    else:
        canvas.arc(MIDDLE - 16, y + 14, 32, 26, 22, 158, mix(face.shade, "#7a1f1f", 0.55), 4.5)


def _beard(face: Face) -> None:
    canvas, y = face.canvas, face.top + face.tall * 0.56
    bottom = face.top + face.tall + 6
    canvas.chord(face.left, y - (bottom - y), face.wide, 2 * (bottom - y), 0, 180, face.hair)
    canvas.oval(MIDDLE - 34, y - 12, 68, 30, face.skin)
    canvas.oval(MIDDLE - 24, y + 10, 48, 26, mix(face.hair, face.skin, 0.18))


def _glasses(face: Face) -> None:
    canvas, y = face.canvas, face.top + face.tall * 0.5
    color = face.chance.choice([DARK, "#6b4423", "#2f4b7c"])
    for side in (-1, 1):
        canvas.box(MIDDLE + side * 23 - 19, y - 16, 38, 32, (255, 255, 255, 50), radius=13)
        canvas.frame(MIDDLE + side * 23 - 19, y - 16, 38, 32, color, line=3.5, radius=13)
    canvas.line([(MIDDLE - 5, y - 3), (MIDDLE + 5, y - 3)], color, 3.5)


def _nothing(face: Face) -> None:
    """No hair here."""


def _cap(face: Face, drop: float) -> None:
    """Hair over the skull down to `drop` below the top of the head."""
    height = 2 * (drop + 14)
    face.canvas.chord(face.left - 6, face.top - 14, face.wide + 12, height, 180, 360, face.hair)


def _crop(face: Face) -> None:
    _cap(face, 40)
    for x in (face.left - 5, face.left + face.wide - 7):
        face.canvas.box(x, face.top + 34, 12, 24, face.hair, radius=5)


def _parted(face: Face) -> None:
    _cap(face, 34)
    canvas, side = face.canvas, face.chance.choice([-1, 1])
    canvas.oval(MIDDLE - 46 + 20 * side, face.top - 20, 92, 52, face.hair)
    canvas.oval(MIDDLE - 28 + 34 * side, face.top - 6, 60, 44, face.hair)


def _quiff(face: Face) -> None:
    _cap(face, 32)
    for step, height in enumerate([46, 60, 54, 40]):
        face.canvas.oval(face.left - 2 + step * 25, face.top - 34 + (60 - height) * 0.4, 42, height, face.hair)


def _curls(face: Face) -> None:
    _cap(face, 30)
    for step in range(7):
        x = face.left - 2 + step * (face.wide + 4) / 6
        face.canvas.circle(x, face.top + 4 + 3.0 * (step - 3) ** 2, 19, face.hair)
    for step in range(4):
        face.canvas.circle(MIDDLE - 36 + step * 24, face.top - 12 + 4 * (step in (0, 3)), 20, face.hair)


def _beanie(face: Face) -> None:
    canvas, color = face.canvas, face.chance.choice(CLOTHES[:7])
    canvas.chord(face.left - 9, face.top - 34, face.wide + 18, 128, 180, 360, color)
    canvas.box(face.left - 12, face.top + 18, face.wide + 24, 24, mix(color, "#ffffff", 0.2), radius=12)


def _bald(face: Face) -> None:
    face.canvas.arc(MIDDLE - 26, face.top + 8, 40, 30, 200, 270, mix(face.skin, "#ffffff", 0.5), 5)


def _fall(face: Face) -> None:
    """Long hair behind the shoulders."""
    face.canvas.box(face.left - 22, face.top - 16, face.wide + 44, 190, face.hair, radius=66)


def _bob(face: Face) -> None:
    face.canvas.box(face.left - 20, face.top - 16, face.wide + 40, 136, face.hair, radius=58)


def _cloud(face: Face) -> None:
    for x, y, size in [
        (-58, 40, 46),
        (58, 40, 46),
        (-40, 0, 50),
        (40, 0, 50),
        (0, -14, 54),
        (-56, 78, 36),
        (56, 78, 36),
    ]:
        face.canvas.circle(MIDDLE + x, face.top + y, size, face.hair)


def _bun(face: Face) -> None:
    face.canvas.circle(MIDDLE, face.top - 24, 30, face.hair)
    face.canvas.oval(face.left - 8, face.top - 12, face.wide + 16, 116, face.hair)


def _fringe(face: Face) -> None:
    _cap(face, 30)
    face.canvas.box(face.left + 2, face.top + 2, face.wide - 4, 32, face.hair, radius=14)


def _middle_part(face: Face) -> None:
    canvas = face.canvas
    _cap(face, 24)
    for side in (-1, 1):
        x = MIDDLE + side * face.wide * 0.36
        canvas.oval(x - 30, face.top - 10, 60, 62, face.hair)


def _swept(face: Face) -> None:
    side = face.chance.choice([-1, 1])
    _cap(face, 26)
    face.canvas.oval(MIDDLE - 48 + 16 * side, face.top - 12, 96, 54, face.hair)


def _scarf_back(face: Face) -> None:
    face.hair = face.chance.choice(CLOTHES[:7])
    face.canvas.box(face.left - 20, face.top - 20, face.wide + 40, 196, face.hair, radius=64)


def _scarf(face: Face) -> None:
    canvas = face.canvas
    canvas.arc(face.left - 16, face.top - 18, face.wide + 32, face.tall + 40, 128, 412, face.hair, 24)
    canvas.oval(MIDDLE - 62, face.top + face.tall + 4, 124, 58, mix(face.hair, "#000000", 0.08))


Part = Callable[[Face], None]
SHORT: list[tuple[Part, Part]] = [
    (_nothing, _crop),
    (_nothing, _parted),
    (_nothing, _quiff),
    (_nothing, _curls),
    (_nothing, _beanie),
    (_nothing, _bald),
    (_nothing, _crop),
    (_nothing, _parted),
]
LONG: list[tuple[Part, Part]] = [
    (_fall, _fringe),
    (_fall, _middle_part),
    (_bob, _fringe),
    (_bob, _swept),
    (_cloud, _swept),
    (_bun, _middle_part),
    (_fall, _swept),
    (_scarf_back, _scarf),
]
