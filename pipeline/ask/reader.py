"""Reading the print in a picture, without a network: PP-OCRv6 small through RapidOCR, its weights in the wheel."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import GlassesError
from pipeline.types import Picture

if TYPE_CHECKING:
    from rapidocr import RapidOCR

_DETECTED_AT = 960
"""Pixels of the long edge at which print is looked for; what is found is read at full size.

Measured on 25 rendered labels and signs (tilted, blurred, noisy, print from 10 pixels up), two cores. RapidOCR's own
setting (short edge 736): 0.50 s a picture at 720p, 0.86 s at 1080p. At 960: 0.40 s and 0.42 s, 240 MB less at 1080p,
and one line in 125 fewer. At 736 small print begins to go missing.
"""

_READ_AT = 2000
"""Pixels of the long edge beyond which a picture is made smaller before anything else: a 4K frame."""

_THREADS = 4
"""At most: print is read no faster with more, and the voice wants a core as well."""

_NOISE = 0.6
"""Confidence below which it is taken for texture: photographs without print gave 0.2 to 0.53."""

_LONE = 0.95
"""The same for a line of one character: a cup's rim gave an 8 of 0.89."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of print."""

    text: str
    confidence: float  # 0 to 1, of its least certain part


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of print as it was found, before the lines are put together."""

    text: str
    confidence: float  # 0 to 1
    corners: tuple[tuple[float, float], ...]  # x, y in pixels: top left, top right, bottom right, bottom left


class Reader:
    """Text recognition; blocks, so call it in a thread. The weights (31 MB) are loaded when first needed."""

    def __init__(self) -> None:
        self._engine: RapidOCR | None = None
        self._busy = Lock()  # the engine keeps state while it reads

    def load(self) -> None:
        """Load the weights, about a second. Raises GlassesError if text recognition is not installed."""
        import cv2

        # RapidOCR loads each of its two models when it first needs it: a word to be found and read loads both.
        word = np.full((96, 320, 3), 255, np.uint8)
        cv2.putText(word, "ready", (30, 65), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (0, 0, 0), 4)
        with self._busy:
            self._loaded()(word)

    def read(self, picture: Picture) -> tuple[Line, ...]:
        """The lines of print in the order of reading; empty if there is none.

        Raises GlassesError if the picture can't be decoded or text recognition is not installed.
        """
        import cv2

        image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR) if picture.data else None
        if image is None:
            raise GlassesError("the picture to read is no image; ask again", told="I can't use that picture.")
        with self._busy:
            found = self._loaded()(image)
        if found.txts is None:
            return ()
        spans = [
            Span(_spaced(text), float(score), tuple((float(x), float(y)) for x, y in box))
            for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True)
        ]
        return in_reading_order(
            [span for span in spans if span.confidence >= (_NOISE if len(span.text) > 1 else _LONE)]
        )

    def _loaded(self) -> RapidOCR:
        if self._engine is None:
            self._engine = _load()
        return self._engine


def in_reading_order(spans: Sequence[Span]) -> tuple[Line, ...]:
    """Spans put together to lines, top to bottom and left to right along the print's own slope."""
    if not spans:
        return ()
    slope = _slope(spans)
    along = (math.cos(slope), math.sin(slope))
    placed = sorted((_Placed(span, along) for span in spans), key=lambda piece: piece.y)
    rows: list[list[_Placed]] = []
    for piece in placed:
        row = next((row for row in rows if row[-1].shares_row_with(piece)), None)
        if row:
            row.append(piece)
        else:
            rows.append([piece])
    lines = []
    for row in rows:
        row.sort(key=lambda piece: piece.x)
        text = " ".join(piece.span.text for piece in row)
        lines.append(Line(text, min(piece.span.confidence for piece in row)))
    return tuple(lines)


def _spaced(text: str) -> str:
    """With the narrow space between a word and a number that recognition overlooks: "Saturday8:00", "2027LOT"."""
    return re.sub(r"(?<=[^\W\d_]{3})(?=\d)|(?<=\d)(?=[^\W\d_]{3})", " ", text.strip())


class _Placed:
    """A span in coordinates along and across the lines."""

    def __init__(self, span: Span, along: tuple[float, float]) -> None:
        cos, sin = along
        across = [y * cos - x * sin for x, y in span.corners]
        self.span = span
        self.x = min(x * cos + y * sin for x, y in span.corners)
        self.end = max(x * cos + y * sin for x, y in span.corners)
        self.y = sum(across) / 4
        top_left, _, _, bottom_left = span.corners
        self.height = math.dist(top_left, bottom_left)

    def shares_row_with(self, other: _Placed) -> bool:
        """Beside each other, and as high up to half of the smaller one's height."""
        beside = self.end <= other.x + other.height or other.end <= self.x + self.height
        return beside and abs(self.y - other.y) < min(self.height, other.height) / 2


def _slope(spans: Sequence[Span]) -> float:
    """The angle of most print, radians; that of a span shorter than it is high says nothing."""
    angles = []
    for (left, top), (right, upper), _, (x, y) in (span.corners for span in spans):
        width, height = math.dist((left, top), (right, upper)), math.dist((left, top), (x, y))
        if width > 2 * height:
            angles.append(math.atan2(upper - top, right - left))
    return median(angles) if angles else 0.0


def _load() -> RapidOCR:
    try:
        import rapidocr
    except ImportError as error:
        raise GlassesError(
            f"text recognition can't be loaded ({error}); install it: pip install 'glasses-companion[offline]'",
            told="I can't read, because text recognition is not installed.",
        ) from error
    weights = Path(rapidocr.__file__).parent / "models"
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": _READ_AT,
            "Global.text_score": _NOISE,
            # The classifier turns print that stands on its head: not worth 0.1 s of every answer.
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": min(_THREADS, os.cpu_count() or 1),
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            # Named by path: RapidOCR downloads what it finds by any other name and holds for damaged.
            "Det.model_path": str(weights / "PP-OCRv6_det_small.onnx"),
            "Rec.model_path": str(weights / "PP-OCRv6_rec_small.onnx"),
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTED_AT,
        }
    )
