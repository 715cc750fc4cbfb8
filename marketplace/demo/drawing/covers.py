"""Covers of kworks: one composition for each kind of trade, varied by the kwork's own seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from PIL import Image

from marketplace.demo.drawing import screens, sheets, signs, sounds
from marketplace.demo.drawing.canvas import Canvas
from marketplace.demo.drawing.palettes import PALETTES, Palette

WIDTH, HEIGHT = 1200, 800
SCALE = 1.5

Composition = Callable[[Canvas, Random, Palette, str], None]

COMPOSITIONS: dict[str, list[Composition]] = {
    "brand": [signs.brand_board, signs.mark, signs.poster],
    "print": [signs.poster, signs.cards, sheets.stack],
    "picture": [signs.landscape, signs.still_life, signs.mark],
    "website": [screens.browser, screens.browser_and_phone, screens.wireframe],
    "app": [screens.phones, screens.browser_and_phone, screens.wireframe],
    "code": [screens.editor, screens.network, screens.terminal],
    "server": [screens.network, screens.terminal],
    "text": [sheets.page, sheets.big_letters, sheets.stack],
    "language": [sheets.bubbles, sheets.big_letters],
    "search": [sheets.chart, sheets.results],
    "social": [sheets.feed, sheets.bubbles, sheets.chart],
    "mail": [sheets.letter, sheets.chart],
    "video": [sounds.player, sounds.timeline, sounds.storyboard],
    "audio": [sounds.wave, sounds.record, sounds.mixer],
    "business": [sheets.chart, sheets.table, sheets.page],
    "space": [signs.blocks, signs.plan],
}


def cover(kind: str, seed: str, caption: str, size: tuple[int, int]) -> Image.Image:
    """A cover of so many pixels for one kind of trade; `caption` is a few words that most compositions show."""
    chance = Random(seed)  # noqa: S311 - pictures, not secrets
    canvas = Canvas(WIDTH, HEIGHT, scale=SCALE)
    chance.choice(COMPOSITIONS[kind])(canvas, chance, chance.choice(PALETTES), caption)
    return canvas.finished(size)
