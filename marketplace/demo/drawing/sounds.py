"""Compositions for video and audio: players, timelines, waves, records."""

from __future__ import annotations

import math
from random import Random

from marketplace.demo.drawing.canvas import Canvas, mix, veil
from marketplace.demo.drawing.lettering import lettering
from marketplace.demo.drawing.palettes import Palette


def player(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A frame of a film with the play button."""
    canvas.gradient(palette.deep, mix(palette.deep, "#000000", 0.5))
    canvas.shadow(130, 100, 940, 560, radius=30, depth=40, opacity=0.5)
    canvas.box(130, 100, 940, 560, palette.ground, radius=30)
    canvas.circle(chance.uniform(300, 900), 290, 110, palette.paper)
    for layer, color in enumerate([palette.first, mix(palette.first, palette.ink, 0.5)]):
        phase = chance.uniform(0, 6)
        ridge = [(x, 430 + layer * 90 + 60 * math.sin(x / 150 + phase)) for x in range(130, 1071, 10)]
        canvas.shape([*ridge, (1070, 630), (1040, 660), (160, 660), (130, 630)], color)
    canvas.circle(600, 380, 92, veil("#ffffff", 0.92))
    canvas.shape([(572, 332), (572, 428), (652, 380)], palette.ink)
    canvas.box(130, 715, 940, 14, veil("#ffffff", 0.22), radius=7)
    canvas.box(130, 715, chance.uniform(200, 700), 14, palette.second, radius=7)
    canvas.text(170, 600, caption, "#ffffff", size=40, weight=750, anchor="lm")


def timeline(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Tracks of a montage."""
    canvas.gradient("#20232e", "#111319")
    lettering(canvas, 80, 64, 760, 120, caption, "#ffffff")
    colors = [palette.first, palette.second, palette.third, palette.ground]
    for row in range(5):
        y = 240 + row * 104
        canvas.box(0, y, 1200, 88, veil("#ffffff", 0.05))
        x = chance.uniform(-40, 60)
        while x < 1200:
            width = chance.uniform(110, 330)
            color = colors[(row + (row > 2)) % 4]
            canvas.box(x, y + 6, width - 10, 76, color, radius=12)
            if row > 2:
                for step in range(int(width / 16) - 1):
                    height = chance.uniform(8, 52)
                    canvas.box(x + 10 + step * 16, y + 44 - height / 2, 7, height, veil("#000000", 0.3), radius=3)
            x += width + chance.choice([0, 0, 60])
    canvas.box(520, 216, 6, 560, "#ff5a4f")
    canvas.shape([(500, 200), (546, 200), (523, 236)], "#ff5a4f")


def storyboard(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Six frames of a story."""
    canvas.gradient(palette.paper, mix(palette.paper, palette.pale, 0.9))
    canvas.text(80, 62, caption, palette.ink, size=58, weight=800)
    for number in range(6):
        x, y = 80 + (number % 3) * 358, 180 + (number // 3) * 290
        canvas.shadow(x, y, 326, 220, radius=16, opacity=0.18, depth=16)
        canvas.box(x, y, 326, 220, chance.choice([palette.ground, palette.second, palette.first, "#ffffff"]), radius=16)
        canvas.box(x, y + 150, 326, 70, mix(palette.ink, palette.first, 0.3), radius=16)
        canvas.circle(x + chance.uniform(70, 250), y + 100, 30, palette.paper)
        canvas.box(x + chance.uniform(60, 220), y + 110, 54, 80, palette.third, radius=24)
        canvas.box(x, y + 236, 140, 12, veil(palette.ink, 0.3), radius=6)


def wave(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A waveform from edge to edge."""
    canvas.gradient(palette.ground, palette.deep)
    first, second = chance.uniform(0.03, 0.08), chance.uniform(0.12, 0.2)
    for step in range(58):
        x = 34 + step * 20
        shape = abs(math.sin(step * first * 2 + 1) * math.sin(step * second)) * 0.8 + 0.12
        height = 430 * shape * chance.uniform(0.7, 1.0)
        canvas.box(
            x - 6, 350 - height / 2, 12, height, palette.paper if step < 30 else veil(palette.paper, 0.45), radius=6
        )
    canvas.circle(634, 350, 16, palette.second)
    lettering(canvas, 90, 630, 1000, 110, caption, palette.paper)


def record(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A record half out of its sleeve."""
    canvas.gradient(palette.paper, palette.pale)
    canvas.circle(740, 400, 300, "#16171d")
    for step in range(9):
        canvas.ring(740, 400, 285 - step * 20, veil("#ffffff", 0.07), 2)
    canvas.circle(740, 400, 100, palette.second)
    canvas.circle(740, 400, 16, palette.paper)
    canvas.shadow(130, 110, 580, 580, radius=12)
    canvas.box(130, 110, 580, 580, palette.first, radius=12)
    canvas.circle(chance.uniform(330, 520), 500, 150, palette.third)
    canvas.slice(420, 500, 230, 180, 270, veil(palette.second, 0.8))
    lettering(canvas, 180, 160, 470, 200, caption, palette.paper)


def mixer(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Faders and knobs of a desk."""
    canvas.gradient(mix(palette.deep, "#101218", 0.6), "#101218")
    for channel in range(8):
        x = 110 + channel * 140
        color = (palette.first, palette.second, palette.third)[channel % 3]
        canvas.box(x - 54, 90, 108, 620, veil("#ffffff", 0.06), radius=20)
        canvas.ring(x, 160, 34, veil("#ffffff", 0.25), 6)
        canvas.arc(x - 34, 126, 68, 68, 130, 130 + chance.uniform(60, 260), color, 8)
        level = chance.uniform(290, 560)
        canvas.box(x - 5, 240, 10, 420, veil("#ffffff", 0.14), radius=5)
        canvas.box(x - 5, level, 10, 660 - level, color, radius=5)
        canvas.box(x - 32, level - 20, 64, 40, "#f2f3f7", radius=10)
        canvas.box(x - 24, level - 3, 48, 6, color, radius=3)
    canvas.text(600, 758, caption, "#c9ccd4", size=36, weight=700, anchor="mm")
