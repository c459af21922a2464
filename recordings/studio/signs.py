"""Signs and labels with invented names, drawn with the DejaVu fonts (Debian: fonts-dejavu)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from pipeline.errors import GlassesError
from pipeline.types import Image
from recordings.studio.scenes import Colour

_FONTS = Path("/usr/share/fonts/truetype/dejavu")

Font = Literal["Sans", "Sans-Bold", "SansCondensed", "SansCondensed-Bold", "Serif", "Serif-Bold"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of print; with `right`, that stands at the right edge of the same line."""

    text: str
    size: float  # height of the letters with their ascenders and descenders, as a share of the sign's height
    font: Font = "Sans"
    right: str = ""
    gap: float = 0.0  # free space above it, as a share of the sign's height
    centred: bool = False
    colour: Colour | None = None  # instead of the sign's ink


def sign(
    width: int, height: int, lines: Sequence[Line], *, ground: Colour, ink: Colour, border: Colour | None = None
) -> Image:
    """A board of `width` x `height` pixels with lines of print from the top down."""
    from PIL import Image as Pictures
    from PIL import ImageDraw

    board = Pictures.new("RGB", (width, height), _rgb(ground))
    pen = ImageDraw.Draw(board)
    margin = round(0.06 * height if border is None else 0.09 * height)
    if border is not None:
        inset = round(0.02 * height)
        pen.rectangle(
            (inset, inset, width - inset, height - inset), outline=_rgb(border), width=max(1, round(0.012 * height))
        )
    y = float(margin)
    for line in lines:
        y += line.gap * height
        font = _font(line.font, line.size * height)
        colour = _rgb(line.colour or ink)
        long = pen.textlength(line.text, font)
        pen.text(((width - long) / 2 if line.centred else margin, y), line.text, colour, font)
        if line.right:
            pen.text((width - margin - pen.textlength(line.right, font), y), line.right, colour, font)
        y += line.size * height * 1.18
    return cv2.cvtColor(np.asarray(board), cv2.COLOR_RGB2BGR)


def _font(name: Font, size: float):  # type: ignore[no-untyped-def]
    from PIL import ImageFont

    path = _FONTS / f"DejaVu{name}.ttf"
    if not path.exists():
        raise GlassesError(f"{path}: no such font; sudo apt install fonts-dejavu")
    return ImageFont.truetype(str(path), size)


def _rgb(colour: Colour) -> Colour:
    return colour[2], colour[1], colour[0]
