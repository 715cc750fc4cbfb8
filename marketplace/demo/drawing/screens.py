"""Compositions for software: browsers, phones, editors, networks."""

from __future__ import annotations

import math
from random import Random

from marketplace.demo.drawing.canvas import Canvas, mix, veil
from marketplace.demo.drawing.lettering import greeked, lettering
from marketplace.demo.drawing.palettes import Palette

LIGHTS = ("#ff6159", "#ffbd2e", "#28c941")


def browser(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A website in its window."""
    canvas.gradient(palette.ground, palette.deep)
    _window(canvas, 130, 110, 940, 620, palette.paper)
    if chance.random() < 0.5:
        _landing(canvas, chance, palette, 130, 160, 940, caption)
    else:
        _shop(canvas, chance, palette, 130, 160, caption)


def browser_and_phone(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """The same site wide and narrow."""
    canvas.gradient(palette.paper, palette.pale)
    canvas.circle(1010, 130, 260, veil(palette.second, 0.4))
    _window(canvas, 80, 100, 880, 580, palette.paper)
    _landing(canvas, chance, palette, 80, 150, 880, caption)
    _phone(canvas, 850, 240, 250, palette)
    _phone_list(canvas, chance, palette, 850, 240, 250)


def wireframe(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Screens of a prototype joined by lines."""
    canvas.gradient(mix(palette.paper, palette.pale, 0.5), mix(palette.paper, palette.pale, 0.9))
    for step in range(30):
        for level in range(20):
            canvas.circle(20 + step * 40, 20 + level * 40, 1.6, veil(palette.ink, 0.18))
    tops = [chance.uniform(180, 300) for _ in range(3)]
    for left, right, x in [(tops[0], tops[1], 350), (tops[1], tops[2], 710)]:
        canvas.line(
            [(x - 10, left + 200), (x + 50, left + 200), (x + 50, right + 150), (x + 115, right + 150)],
            palette.first,
            6,
        )
    for step, top in enumerate(tops):
        x = 90 + step * 370
        canvas.shadow(x, top, 270, 420, radius=24, opacity=0.16)
        canvas.box(x, top, 270, 420, palette.paper, radius=24)
        canvas.box(x + 24, top + 24, 222, 130, (palette.first, palette.second, palette.third)[step], radius=14)
        greeked(canvas, x + 24, top + 184, 200, veil(palette.ink, 0.22), lines=3, gap=30)
        canvas.box(x + 24, top + 330, 110, 44, palette.ink, radius=22)
    canvas.text(90, 84, caption, palette.ink, size=56, weight=800)


def phones(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Three phones side by side."""
    canvas.gradient(palette.ground, palette.deep)
    for x, y in ((170, 230), (780, 230), (470, 120)):
        _phone(canvas, x, y, 270, palette)
        if x == 470:
            _phone_dial(canvas, chance, palette, x, y, 270)
        else:
            _phone_list(canvas, chance, palette, x, y, 270)


def editor(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Lines of code in colors."""
    canvas.gradient(palette.ground, palette.deep)
    _window(canvas, 110, 90, 980, 640, "#161a26", bar="#1f2433")
    canvas.box(110, 142, 210, 588, "#1b2030")
    greeked(canvas, 140, 180, 140, veil("#ffffff", 0.18), lines=9, gap=40)
    colors = ["#7aa2f7", "#9ece6a", "#e0af68", "#bb9af7", "#f7768e", "#c0caf5", "#7dcfff"]
    indent = 0
    for number in range(13):
        y, x = 184 + number * 40, 400 + indent * 44
        canvas.text(352, y + 8, str(number + 1), "#4a5068", size=22, weight=500, anchor="mm")
        for _word in range(chance.randrange(1, 5)):
            width = chance.choice([50, 80, 120, 170])
            if x + width > 1050:
                break
            canvas.box(x, y, width, 15, chance.choice(colors), radius=7)
            x += width + 18
        indent = max(0, min(3, indent + chance.choice([-1, 0, 0, 1])))
    canvas.text(600, 116, caption, "#8b93ad", size=26, weight=600, anchor="mm")


def terminal(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """A shell with checks that pass."""
    canvas.gradient(palette.deep, mix(palette.deep, "#000000", 0.5))
    _window(canvas, 150, 130, 900, 540, "#10141c", bar="#1c212c")
    canvas.text(200, 225, "$", "#48d6b0", size=40, weight=700)
    canvas.text(240, 225, caption.lower(), "#e8ecf4", size=40, weight=600)
    for row in range(5):
        y = 325 + row * 62
        last = row == 4
        canvas.circle(220, y, 17, palette.second if last else "#2fbf83")
        if not last:
            canvas.line([(212, y), (218, y + 7), (229, y - 7)], "#10141c", 4)
        canvas.box(260, y - 9, chance.uniform(240, 560), 18, veil("#ffffff", 0.22), radius=9)
        canvas.box(930, y - 9, 70, 18, veil("#ffffff", 0.12), radius=9)


def network(canvas: Canvas, chance: Random, palette: Palette, caption: str) -> None:
    """Nodes and what connects them."""
    canvas.gradient(palette.deep, mix(palette.deep, "#000814", 0.6))
    x, y = 760, 400
    nodes = [
        (x + math.cos(a) * r, y + math.sin(a) * r * 0.86)
        for a, r in ((turn * math.tau / 9 + chance.uniform(-0.2, 0.2), chance.uniform(210, 350)) for turn in range(9))
    ]
    for number, (px, py) in enumerate(nodes):
        canvas.line([(x, y), (px, py)], veil("#ffffff", 0.28), 4)
        other = nodes[(number + 2) % 9]
        canvas.line([(px, py), other], veil("#ffffff", 0.1), 3)
    for number, (px, py) in enumerate(nodes):
        color = (palette.first, palette.second, palette.third)[number % 3]
        canvas.circle(px, py, 46, veil(color, 0.3))
        canvas.circle(px, py, 28, color)
    canvas.circle(x, y, 118, veil(palette.paper, 0.16))
    canvas.circle(x, y, 84, palette.paper)
    for step in range(3):
        canvas.box(x - 40, y - 42 + step * 32, 80, 22, (palette.first, palette.second, palette.third)[step], radius=8)
    lettering(canvas, 70, 90, 330, 520, caption, "#ffffff")


def _window(canvas: Canvas, x: float, y: float, w: float, h: float, fill: str, *, bar: str = "#e9ebf0") -> None:
    canvas.shadow(x, y, w, h, radius=20, depth=34)
    canvas.box(x, y, w, h, bar, radius=20)
    canvas.box(x, y + 50, w, h - 50, fill, radius=20)
    canvas.box(x, y + 50, w, 40, fill)
    for step, light in enumerate(LIGHTS):
        canvas.circle(x + 34 + step * 30, y + 26, 9, light)


def _landing(canvas: Canvas, chance: Random, palette: Palette, x: float, y: float, w: float, caption: str) -> None:
    canvas.box(x, y, w, 300, mix(palette.paper, palette.pale, 0.8))
    canvas.box(x + 44, y + 28, 84, 20, palette.first, radius=10)
    for step in range(4):
        canvas.box(x + w - 400 + step * 92, y + 31, 62, 14, veil(palette.ink, 0.3), radius=7)
    end = lettering(canvas, x + 44, y + 82, w * 0.46, 120, caption, palette.ink)
    greeked(canvas, x + 44, end + 16, w * 0.38, veil(palette.ink, 0.25), lines=1, gap=28)
    canvas.box(x + 44, y + 244, 150, 40, palette.first, radius=20)
    px, py = x + w * 0.77, y + 176
    canvas.circle(px, py, 104, palette.second)
    canvas.slice(px, py, 104, chance.choice([0, 90, 180]), 270, palette.first)
    canvas.circle(px + 70, py + 60, 46, palette.third)
    for step in range(3):
        left, width = x + 44 + step * (w - 88) / 3, (w - 88) / 3 - 24
        canvas.box(left, y + 330, width, 150, mix(palette.paper, palette.ink, 0.05), radius=14)
        canvas.circle(left + 42, y + 374, 20, (palette.first, palette.second, palette.third)[step])
        greeked(canvas, left + 24, y + 414, width - 60, veil(palette.ink, 0.2), lines=2, gap=26)


def _shop(canvas: Canvas, chance: Random, palette: Palette, x: float, y: float, caption: str) -> None:
    canvas.text(x + 44, y + 34, caption, palette.ink, size=38, weight=800)
    canvas.box(x + 780, y + 38, 116, 34, palette.first, radius=17)
    for row in range(2):
        for column in range(4):
            left, top = x + 44 + column * 216, y + 110 + row * 226
            color = chance.choice([palette.first, palette.second, palette.third, palette.ground])
            canvas.box(left, top, 196, 146, mix(color, palette.paper, 0.72), radius=14)
            if chance.random() < 0.5:
                canvas.circle(left + 98, top + 73, 44, color)
            else:
                canvas.box(left + 62, top + 28, 72, 90, color, radius=chance.choice([10, 34]))
            canvas.box(left, top + 160, 130, 13, veil(palette.ink, 0.3), radius=6)
            canvas.box(left, top + 182, 62, 13, palette.first, radius=6)


def _phone(canvas: Canvas, x: float, y: float, w: float, palette: Palette) -> None:
    h = w * 2.05
    canvas.shadow(x, y, w, h, radius=40, depth=30, opacity=0.35)
    canvas.box(x, y, w, h, "#14161c", radius=40)
    canvas.box(x + 10, y + 10, w - 20, h - 20, palette.paper, radius=31)
    canvas.box(x + w * 0.36, y + 20, w * 0.28, 16, "#14161c", radius=8)


def _phone_list(canvas: Canvas, chance: Random, palette: Palette, x: float, y: float, w: float) -> None:
    canvas.box(x + 28, y + 62, w * 0.5, 22, palette.ink, radius=11)
    canvas.box(x + 28, y + 104, w - 56, 120, palette.first, radius=20)
    canvas.circle(x + w - 80, y + 164, 38, palette.second)
    for row in range(4):
        top = y + 248 + row * 62
        canvas.circle(x + 52, top + 22, 22, chance.choice([palette.second, palette.third, palette.ground]))
        canvas.box(x + 88, top + 6, w * 0.42, 13, veil(palette.ink, 0.45), radius=6)
        canvas.box(x + 88, top + 28, w * 0.3, 11, veil(palette.ink, 0.2), radius=5)


def _phone_dial(canvas: Canvas, chance: Random, palette: Palette, x: float, y: float, w: float) -> None:
    middle, share = x + w / 2, chance.uniform(120, 300)
    canvas.box(x + 28, y + 62, w * 0.5, 22, palette.ink, radius=11)
    canvas.ring(middle, y + 210, 92, mix(palette.paper, palette.ink, 0.1), 26)
    canvas.arc(middle - 92, y + 118, 184, 184, -90, -90 + share, palette.first, 26)
    canvas.text(middle, y + 210, f"{round(share / 3.6)}%", palette.ink, size=46, weight=800, anchor="mm")
    for column in range(6):
        height = chance.uniform(30, 110)
        canvas.box(
            x + 34 + column * (w - 68) / 6,
            y + 460 - height,
            (w - 68) / 6 - 12,
            height,
            (palette.second, palette.third)[column % 2],
            radius=9,
        )
    canvas.box(x + 28, y + 486, w - 56, 40, palette.first, radius=20)
