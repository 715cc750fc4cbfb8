"""Pictures drawn and encoded beside the main process, which meanwhile writes the database."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from marketplace.demo.drawing.covers import cover
from marketplace.demo.drawing.portraits import portrait

PROCESSES = 2
QUALITY = 82
QUICK = 1  # of WebP's methods: a little larger, three times as fast


@dataclass(frozen=True)
class Cover:
    """A cover as it would be uploaded (small, because uploads are painted anew), and in the sizes the site makes of it."""

    upload: bytes
    card: bytes
    large: bytes


@dataclass(frozen=True)
class CoverWish:
    """What a cover is drawn from; sizes in pixels."""

    kind: str
    seed: str
    caption: str
    card: tuple[int, int]
    large: tuple[int, int]


class Painters:
    """Processes that draw; what they are asked for first is ready first."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    def cover(self, wish: CoverWish) -> Future[Cover]:
        return self._pool.submit(painted_cover, wish)

    def portrait(self, seed: str, look: str, pixels: int) -> Future[bytes]:
        return self._pool.submit(painted_portrait, seed, look, pixels)


@contextmanager
def painters() -> Iterator[Painters]:
    """Painters for as long as the block runs; drawings nobody waits for any more are dropped."""
    # Not forked: a copy of this process would share its database connection.
    pool = ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield Painters(pool)
    finally:
        pool.shutdown(cancel_futures=True)


def painted_cover(wish: CoverWish) -> Cover:
    """Draw one cover and encode it three times."""
    large = cover(wish.kind, wish.seed, wish.caption, wish.large)
    card = large.resize(wish.card, Image.Resampling.BOX)
    return Cover(_encoded(card, "JPEG"), _encoded(card, "WEBP"), _encoded(large, "WEBP"))


def painted_portrait(seed: str, look: str, pixels: int) -> bytes:
    """Draw one portrait as the site stores it."""
    return _encoded(portrait(seed, look, pixels), "WEBP")


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    image.save(out, kind, quality=QUALITY, method=QUICK)
    return out.getvalue()
