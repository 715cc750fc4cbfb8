"""Words on a cover: broken into lines and made as large as their place allows."""

from __future__ import annotations

from marketplace.demo.drawing.canvas import Canvas, Color, text_width

LARGEST, SMALLEST = 132, 34


def lettering(
    canvas: Canvas, x: float, y: float, width: float, height: float, words: str, color: Color, *, weight: int = 800
) -> float:
    """Set words from their upper left corner, as large as fits; returns how far down they reach."""
    for size in range(LARGEST, SMALLEST - 1, -6):
        lines = broken(words, size, width, weight)
        if len(lines) * size * 1.08 <= height and all(text_width(line, size, weight) <= width for line in lines):
            break
    for line in lines:
        canvas.text(x, y, line, color, size=size, weight=weight)
        y += size * 1.08
    return y


def broken(words: str, size: int, width: float, weight: int) -> list[str]:
    """Words as lines no wider than `width`, if no single word is wider."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def greeked(canvas: Canvas, x: float, y: float, width: float, color: Color, *, lines: int, gap: float = 30) -> None:
    """Text too small to read: bars of uneven length."""
    for number in range(lines):
        share = (1.0, 0.92, 0.97, 0.85, 0.6)[number % 5]
        canvas.box(x, y + number * gap, width * share, gap * 0.4, color, radius=gap * 0.2)
