"""Compositions for words and numbers: pages, letters, talk, charts, tables."""

from __future__ import annotations

import math
from random import Random

from marketplace.demo.drawing.canvas import Canvas, mix, veil
from marketplace.demo.drawing.lettering import greeked, lettering
from marketplace.demo.drawing.palettes import Palette

GREETINGS = ["Hello", "Hola", "Bonjour", "Hallo", "Ciao", "Olá", "Cześć", "Ahoj", "Hej", "Salut", "Merhaba"]


def page(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A written page on a desk."""
    canvas.gradient(palette.ground, palette.deep)
    canvas.shadow(330, 90, 560, 760, radius=10)
    canvas.box(330, 90, 560, 760, palette.paper, radius=10)
    end = lettering(canvas, 390, 150, 440, 190, caption, palette.ink)
    canvas.box(390, end + 18, 90, 10, palette.first, radius=5)
    greeked(canvas, 390, end + 62, 440, veil(palette.ink, 0.22), lines=14, gap=34)
    x = chance.choice([960, 170])
    canvas.circle(x, 600, 92, palette.second)
    canvas.circle(x, 600, 64, mix(palette.second, palette.ink, 0.55))
    canvas.line([(x - 30, 190), (x + 40, 430)], palette.third, 22)
    canvas.shape([(x + 28, 428), (x + 52, 424), (x + 52, 468)], palette.ink)


def big_letters(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Letters as a picture."""
    canvas.gradient(palette.first, mix(palette.first, palette.ink, 0.55))
    letters = chance.choice(["Aa", "Bb", "Gg", "Rr", "&", "?!", "“”", "Ññ", "Éé", "Öö"])
    canvas.text(1150, 860, letters, mix(palette.first, palette.paper, 0.22), size=760, weight=900, anchor="rs")
    lettering(canvas, 90, 120, 760, 420, caption, palette.paper)
    canvas.box(90, 640, 150, 16, palette.second, radius=8)
    greeked(canvas, 90, 690, 420, veil(palette.paper, 0.4), lines=2, gap=32)


def stack(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Booklets fanned out."""
    canvas.gradient(palette.paper, palette.pale)
    for x, y, fill in [(690, 60, palette.third), (560, 110, palette.second), (430, 160, palette.first)]:
        canvas.shadow(x, y, 420, 560, radius=12, opacity=0.2)
        canvas.box(x, y, 420, 560, fill, radius=12)
        canvas.box(x, y, 26, 560, veil("#000000", 0.14), radius=12)
    lettering(canvas, 485, 220, 330, 300, caption, palette.paper)
    canvas.circle(760, 620, 54, palette.second)
    canvas.box(80, 250, 250, 18, palette.ink, radius=9)
    greeked(canvas, 80, 300, 280, veil(palette.ink, 0.3), lines=8, gap=40)


def bubbles(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Speech bubbles in several languages."""
    canvas.gradient(palette.paper, palette.pale)
    words = chance.sample(GREETINGS, 4)
    places = [(90, 110, palette.first), (640, 70, palette.second), (200, 420, palette.third), (680, 380, palette.ink)]
    for word, (x, y, fill) in zip(words, places, strict=True):
        wide = 400
        canvas.box(x, y, wide, 200, fill, radius=64)
        canvas.shape([(x + 70, y + 180), (x + 170, y + 190), (x + 60, y + 262)], fill)
        canvas.text(x + wide / 2, y + 100, word, palette.paper, size=88, weight=800, anchor="mm")
    canvas.text(600, 740, caption, palette.ink, size=48, weight=700, anchor="mm")


def chart(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Bars and a rising line."""
    dark = chance.random() < 0.5
    canvas.gradient(*((palette.deep, mix(palette.deep, "#000000", 0.4)) if dark else (palette.paper, palette.pale)))
    ink = palette.paper if dark else palette.ink
    lettering(canvas, 90, 80, 820, 130, caption, ink)
    for level in range(5):
        canvas.box(90, 300 + level * 90, 1020, 2, veil(ink, 0.14))
    heights = sorted(chance.uniform(80, 380) + step * 12 for step in range(9))
    points = []
    for step, height in enumerate(heights):
        height = min(400, height + chance.uniform(-30, 30))
        x = 120 + step * 112
        canvas.box(x, 700 - height, 66, height, palette.first if step % 2 else palette.second, radius=14)
        points.append((x + 33, 640 - height))
    canvas.line(points, palette.third, 9)
    for x, y in points:
        canvas.circle(x, y, 15, palette.third)
        canvas.circle(x, y, 7, palette.paper)


def results(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A page of search results with one on top."""
    canvas.gradient(palette.ground, palette.deep)
    canvas.box(180, 80, 840, 92, palette.paper, radius=46)
    canvas.ring(240, 122, 20, palette.first, 7)
    canvas.line([(255, 138), (272, 155)], palette.first, 7)
    canvas.text(300, 126, caption.lower(), palette.ink, size=38, weight=600, anchor="lm")
    for row in range(3):
        y = 220 + row * 180
        canvas.shadow(180, y, 840, 150, radius=22, opacity=0.2)
        canvas.box(180, y, 840, 150, palette.paper if row else mix(palette.paper, palette.second, 0.25), radius=22)
        canvas.circle(250, y + 75, 40, (palette.second, palette.ground, palette.third)[row])
        canvas.text(250, y + 76, str(row + 1), palette.ink, size=40, weight=800, anchor="mm")
        canvas.box(330, y + 34, chance.uniform(320, 560), 22, palette.first, radius=11)
        greeked(canvas, 330, y + 76, 600, veil(palette.ink, 0.22), lines=2, gap=32)


def feed(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Posts in a grid with hearts."""
    canvas.gradient(palette.ground, palette.deep)
    fills = [palette.first, palette.second, palette.third, palette.paper, palette.ink]
    for column in range(4):
        for row in range(3):
            x, y = 84 + column * 264, (-60 if column % 2 else 0) + row * 264 + 40
            fill = chance.choice(fills)
            canvas.box(x, y, 240, 240, fill, radius=26)
            other = chance.choice([color for color in fills if color != fill])
            kind = chance.randrange(4)
            if kind == 0:
                canvas.circle(x + 120, y + 120, 66, other)
            elif kind == 1:
                greeked(canvas, x + 40, y + 70, 160, other, lines=4, gap=32)
            elif kind == 2:
                _heart(canvas, x + 120, y + 116, 52, other)
            else:
                canvas.slice(x + 120, y + 140, 90, 180, 360, other)
    canvas.box(310, 320, 580, 160, palette.paper, radius=80)
    canvas.text(600, 400, caption, palette.ink, size=52, weight=800, anchor="mm")


def letter(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A letter that leaves its envelope."""
    canvas.gradient(palette.ground, palette.deep)
    canvas.shadow(280, 330, 640, 380, radius=24)
    canvas.box(280, 330, 640, 380, mix(palette.first, "#000000", 0.15), radius=24)
    canvas.box(330, 110, 540, 460, palette.paper, radius=16)
    end = lettering(canvas, 380, 160, 440, 130, caption, palette.ink)
    greeked(canvas, 380, end + 26, 440, veil(palette.ink, 0.22), lines=4, gap=32)
    canvas.shape([(280, 380), (600, 560), (920, 380), (920, 690), (900, 710), (300, 710), (280, 690)], palette.first)
    canvas.shape([(280, 700), (600, 520), (920, 700)], mix(palette.first, "#ffffff", 0.14))
    canvas.circle(905, 350, 52, palette.second)
    canvas.text(905, 350, str(chance.randrange(1, 9)), palette.paper, size=52, weight=800, anchor="mm")


def table(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A sheet of figures with a share beside it."""
    canvas.gradient(palette.paper, palette.pale)
    canvas.text(90, 74, caption, palette.ink, size=60, weight=800)
    canvas.shadow(90, 190, 680, 530, radius=20, opacity=0.18)
    canvas.box(90, 190, 680, 530, "#ffffff", radius=20)
    canvas.box(90, 190, 680, 66, palette.first, radius=20)
    canvas.box(90, 226, 680, 30, palette.first)
    for row in range(7):
        y = 276 + row * 62
        canvas.box(90, y + 46, 680, 2, veil(palette.ink, 0.1))
        canvas.box(124, y + 10, chance.uniform(110, 210), 16, veil(palette.ink, 0.4), radius=8)
        for column in range(3):
            wide = chance.uniform(50, 96)
            canvas.box(490 + column * 124 - wide, y + 10, wide, 16, veil(palette.ink, 0.2), radius=8)
    start, x, y = -90.0, 970, 440
    for color, share in [(palette.first, 150), (palette.second, 120), (palette.third, 90)]:
        canvas.slice(x, y, 170, start, start + share, color)
        start += share
    canvas.circle(x, y, 88, mix(palette.paper, palette.pale, 0.9))


def _heart(canvas: Canvas, x: float, y: float, size: float, fill: str) -> None:
    points = []
    for step in range(60):
        angle = math.tau * step / 60
        points.append(
            (
                x + size * math.sin(angle) ** 3,
                y - size * (0.81 * math.cos(angle) - 0.31 * math.cos(2 * angle) - 0.12 * math.cos(3 * angle)),
            )
        )
    canvas.shape(points, fill)
