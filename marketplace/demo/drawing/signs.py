"""Compositions for design and pictures: marks, boards, posters, scenes, spaces."""

from __future__ import annotations

import math
from random import Random

from marketplace.demo.drawing.canvas import Canvas, mix, veil
from marketplace.demo.drawing.lettering import greeked, lettering
from marketplace.demo.drawing.palettes import Palette


def sign(canvas: Canvas, chance: Random, x: float, y: float, size: float, first: str, second: str) -> None:
    """A small abstract mark around a middle point."""
    half, kind = size / 2, chance.randrange(7)
    if kind == 0:
        canvas.circle(x - half * 0.35, y, half * 0.65, first)
        canvas.circle(x + half * 0.35, y, half * 0.65, veil(second, 0.85))
    elif kind == 1:
        for step in range(3):
            canvas.box(
                x - half + step * half * 0.7,
                y + half - half * (0.8 + 0.6 * step),
                half * 0.55,
                half * (0.8 + 0.6 * step),
                (first, second, first)[step],
                radius=half * 0.2,
            )
    elif kind == 2:
        canvas.slice(x, y, half, 180, 360, first)
        canvas.slice(x, y, half, 0, 90, second)
        canvas.circle(x - half * 0.5, y + half * 0.45, half * 0.36, second)
    elif kind == 3:
        canvas.shape([(x, y - half), (x + half, y + half), (x - half, y + half)], first)
        canvas.shape([(x, y - half * 0.1), (x + half * 0.55, y + half), (x - half * 0.55, y + half)], second)
    elif kind == 4:
        for turn in range(6):
            angle = math.tau * turn / 6
            canvas.circle(
                x + math.cos(angle) * half * 0.6,
                y + math.sin(angle) * half * 0.6,
                half * 0.34,
                (first, second)[turn % 2],
            )
    elif kind == 5:
        canvas.ring(x, y, half, first, half * 0.3)
        canvas.circle(x, y, half * 0.38, second)
    else:
        canvas.box(x - half, y - half, size * 0.48, size, first, radius=half * 0.5)
        canvas.box(x + half * 0.08, y - half, size * 0.46, size * 0.46, second, radius=half * 0.46)
        canvas.box(x + half * 0.08, y + half * 0.08, size * 0.46, size * 0.46, first, radius=half * 0.12)


def brand_board(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A board of tiles: mark, colors, letters."""
    canvas.gradient(palette.ground, palette.deep)
    tiles = [(60, 60, 520, 410), (610, 60, 530, 195), (610, 275, 255, 195), (885, 275, 255, 195), (60, 500, 255, 240)]
    fills = [palette.paper, palette.ink, palette.first, palette.second, palette.third]
    for (x, y, w, h), fill in zip(tiles, fills, strict=True):
        canvas.box(x, y, w, h, fill, radius=28)
    canvas.box(340, 500, 800, 240, palette.paper, radius=28)
    sign(canvas, chance, 320, 265, 230, palette.first, palette.second)
    canvas.text(660, 157, "Aa", palette.paper, size=120, weight=800, anchor="lm")
    greeked(canvas, 880, 120, 210, veil(palette.paper, 0.5), lines=3, gap=34)
    sign(canvas, chance, 737, 372, 96, palette.paper, mix(palette.paper, palette.first, 0.4))
    sign(canvas, chance, 1012, 372, 96, palette.paper, mix(palette.paper, palette.second, 0.4))
    sign(canvas, chance, 187, 620, 120, palette.paper, mix(palette.paper, palette.third, 0.4))
    lettering(canvas, 385, 545, 710, 160, caption, palette.ink)


def mark(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """One large mark with its name beneath."""
    if chance.random() < 0.5:
        canvas.gradient(palette.paper, mix(palette.paper, palette.pale, 0.8))
        ink, first, second = palette.ink, palette.first, palette.second
    else:
        canvas.gradient(palette.first, mix(palette.first, palette.ink, 0.55))
        ink, first, second = palette.paper, palette.paper, palette.second
    for radius in range(3):
        canvas.ring(600, 330, 330 + 150 * radius, veil(ink, 0.06), 3)
    sign(canvas, chance, 600, 320, 300, first, second)
    canvas.text(600, 640, caption, ink, size=64, weight=750, anchor="mm")


def poster(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Large words over large shapes."""
    canvas.gradient(palette.paper, mix(palette.paper, palette.pale, 0.6))
    x, y = chance.uniform(760, 980), chance.uniform(180, 560)
    canvas.circle(x, y, 330, palette.first)
    canvas.slice(x, y, 330, 90, 270, palette.second)
    canvas.circle(x - 60, y + 250, 120, palette.third)
    canvas.box(0, 720, 1200, 80, palette.ink)
    for step in range(6):
        canvas.circle(90 + step * 52, 760, 12, (palette.first, palette.second, palette.third)[step % 3])
    lettering(canvas, 80, 110, 560, 520, caption, palette.ink, weight=850)


def cards(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Business cards laid over each other."""
    canvas.gradient(palette.ground, palette.deep)
    places = [(130, 330, palette.first), (270, 210, palette.ink), (430, 330, palette.paper)]
    for x, y, fill in places:
        canvas.shadow(x, y, 640, 370, radius=22)
        canvas.box(x, y, 640, 370, fill, radius=22)
    sign(canvas, chance, 570, 515, 120, palette.first, palette.second)
    lettering(canvas, 670, 430, 360, 120, caption, palette.ink)
    greeked(canvas, 670, 570, 300, veil(palette.ink, 0.25), lines=3, gap=32)


def landscape(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Hills before a low sun."""
    canvas.gradient(mix(palette.ground, "#ffffff", 0.5), palette.second, palette.ground)
    x, y = chance.uniform(300, 900), chance.uniform(220, 340)
    canvas.circle(x, y, 190, veil(palette.paper, 0.35))
    canvas.circle(x, y, 135, palette.paper)
    for layer in range(4):
        base, swing, phase = 420 + layer * 95, 70 - layer * 8, chance.uniform(0, 6)
        ridge = [
            (px, base + swing * math.sin(px / (170 + 30 * layer) + phase) + 18 * math.sin(px / 61 + phase))
            for px in range(0, 1210, 12)
        ]
        canvas.shape([*ridge, (1200, 800), (0, 800)], mix(palette.first, palette.ink, layer / 3.4))
    for _tree in range(9):
        tx, ty, size = chance.uniform(20, 1180), chance.uniform(640, 740), chance.uniform(50, 100)
        canvas.shape(
            [(tx, ty - size * 1.7), (tx + size * 0.45, ty), (tx - size * 0.45, ty)], mix(palette.ink, "#000000", 0.25)
        )


def still_life(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Vessels on a table, as flat shapes."""
    canvas.gradient(palette.paper, palette.pale)
    canvas.circle(820, 300, 250, veil(palette.second, 0.55))
    canvas.box(0, 600, 1200, 200, palette.first)
    for step, x in enumerate([250, 480, 700, 920]):
        color = (palette.third, palette.ink, palette.second, palette.deep)[(step + chance.randrange(4)) % 4]
        width, height = chance.uniform(110, 180), chance.uniform(200, 380)
        canvas.oval(x - width * 0.75, 622, width * 1.5, 44, veil("#000000", 0.18))
        canvas.box(x - width / 2, 640 - height, width, height, color, radius=width * chance.choice([0.15, 0.45]))
        canvas.box(x - width / 2 + 16, 660 - height, 14, height * 0.6, veil("#ffffff", 0.28), radius=7)
    for step in range(5):
        canvas.line([(480, 420), (390 + step * 45, 150 + 22 * abs(step - 2))], mix(palette.deep, palette.ink, 0.3), 7)
        canvas.circle(390 + step * 45, 150 + 22 * abs(step - 2), 34, (palette.first, palette.second)[step % 2])


def blocks(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Cubes in parallel view, stacked as a building."""
    canvas.gradient(palette.paper, palette.pale)
    size = 92
    for row in range(4):
        for column in range(4):
            height = chance.randrange(1, 5 - min(row, column) // 2)
            x, y = 620 + (column - row) * size * 0.87, 430 + (column + row) * size * 0.5
            color = (palette.first, palette.second, palette.third, palette.deep)[chance.randrange(4)]
            for level in range(height):
                _cube(canvas, x, y - level * size, size, color)
    lettering(canvas, 70, 80, 420, 300, caption, palette.ink)


def _cube(canvas: Canvas, x: float, y: float, size: float, color: str) -> None:
    w, h = size * 0.87, size * 0.5
    canvas.shape([(x, y - h), (x + w, y), (x, y + h), (x - w, y)], mix(color, "#ffffff", 0.35))
    canvas.shape([(x - w, y), (x, y + h), (x, y + h + size), (x - w, y + size)], color)
    canvas.shape([(x + w, y), (x, y + h), (x, y + h + size), (x + w, y + size)], mix(color, "#000000", 0.22))


def plan(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A floor plan with rooms."""
    canvas.gradient(palette.deep, mix(palette.deep, "#000000", 0.35))
    for step in range(1, 24):
        canvas.box(step * 50, 0, 1, 800, veil("#ffffff", 0.07))
        canvas.box(0, step * 50, 1200, 1, veil("#ffffff", 0.07))
    light = palette.paper
    canvas.frame(420, 110, 690, 580, light, line=14)
    split, level = chance.choice([700, 760, 820]), chance.choice([340, 400, 450])
    canvas.box(split, 110, 10, level - 110, light)
    canvas.box(420, level, 480, 10, light)
    canvas.box(900, level + 90, 10, 690 - level - 90, light)
    canvas.arc(split - 90, level - 90, 180, 180, 180, 270, veil(light, 0.6), 4)
    canvas.box(460, 160, 170, 110, palette.second, radius=14)
    canvas.circle(980, 250, 70, palette.first)
    canvas.box(470, 560, 240, 90, palette.third, radius=14)
    lettering(canvas, 70, 110, 300, 420, caption, light)
