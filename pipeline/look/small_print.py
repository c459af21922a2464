"""Where in a picture there is small print: found by its strokes, without reading any of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np

from pipeline.types import Image

_WIDTH = 1280
"""Pixels of the long edge at which strokes are looked for."""

_HEIGHTS = (6.0, 30.0)
"""Pixels, at that size, of lines without what sticks out of them, which is about the height of an x."""

_LEGIBLE = 8.0
"""The same for a line that survives in the picture that a model gets: letters 13 high. The project's own reader has 1
letter in 160 wrong where they are 10 high, and half of them at 5; models look less closely."""

_STRONG = 60
"""Least difference between a stroke and its paper, grey levels: texture of walls and cloth stays below."""

_LONG = 12.0
"""A line's width in heights, at least: about four letters."""

_TILT = 0.2
"""How steep a line may be: 11 degrees."""

_STROKES = (0.5, 3.0)
"""Upright strokes for each height of a line, from and to: letters have 1 to 2, a ledge has none, gravel more."""


_MARGIN = 3
"""Heights of a line around what is cut out."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Square pixels; 0 if there is nothing of it."""
        return max(0, self.width) * max(0, self.height)

    def common(self, other: Box) -> Box:
        """What lies in both."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )


def small_print(image: Image, shrunk: float) -> list[Box]:
    """Boxes of what looks like lines of print in `image` (H x W x 3, BGR) that can be read now, and no longer once the
    picture is `shrunk` times as large. In pixels of the image; about 8 ms at 720p.

    Strokes are dense and strong along a line: the idea of LeBourgeois ("Robust multifont OCR system from gray level
    images", ICDAR 1997), with a morphological gradient and closing in place of accumulated derivatives. Nothing is
    read; brick, gravel and faces gave no lines, a lawn does.
    """
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    scale = min(1.0, _WIDTH / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    strokes = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    _, strong = cv2.threshold(strokes, _STRONG, 255, cv2.THRESH_BINARY)
    joined = cv2.morphologyEx(strong, cv2.MORPH_CLOSE, np.ones((1, 15), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((4, 9), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    begins = (strong[:, 1:] > strong[:, :-1]) & (labels[:, 1:] > 0)
    strokes_of = np.bincount(labels[:, 1:][begins], minlength=count).tolist()
    highest = min(_HEIGHTS[1], _LEGIBLE / shrunk * scale)
    found = []
    for upright, (left, top, width, height, area) in zip(strokes_of[1:], stats[1:].tolist(), strict=True):
        # A line may be tilted: its length is the diagonal of its box, and its height what its area leaves for it.
        length = hypot(width, height)
        high = area / length
        if (
            _HEIGHTS[0] <= high < highest
            and length >= _LONG * high
            and height <= _TILT * width + 2 * high
            and _STROKES[0] <= upright / area * high <= _STROKES[1]
        ):
            found.append(Box(*(round(edge / scale) for edge in (left, top, left + width, top + height))))
    return found


def crop_around(lines: Sequence[Box], size: tuple[int, int], most: tuple[int, int]) -> Box | None:
    """The part of a picture of `size` (width, height) that shows most of `lines`, at most so large; None for no lines.

    Only as large as it needs to be, with a margin: what stands beside them is often a little larger.
    """
    width, height = min(most[0], size[0]), min(most[1], size[1])
    windows = []
    for line in lines:
        left = min(max(0, (line.left + line.right - width) // 2), size[0] - width)
        top = min(max(0, (line.top + line.bottom - height) // 2), size[1] - height)
        windows.append(Box(left, top, left + width, top + height))
    if not windows:
        return None
    best = max(windows, key=lambda window: sum(window.common(line).area for line in lines))
    shown = [part for line in lines if (part := best.common(line)).area]
    margin = _MARGIN * max(line.height for line in shown)
    return best.common(
        Box(
            min(line.left for line in shown) - margin,
            min(line.top for line in shown) - margin,
            max(line.right for line in shown) + margin,
            max(line.bottom for line in shown) + margin,
        )
    )
