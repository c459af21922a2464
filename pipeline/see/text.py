"""Reading the print in a picture, without a network: PP-OCRv6 small through RapidOCR, its weights in the wheel."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import GlassesError
from pipeline.network import network
from pipeline.see.layout import Line, Span, in_reading_order
from pipeline.types import Image

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

_HUGE = 0.2
"""Share of the picture's long edge beyond which a letter or two is a thing: two cups from above gave an 88 of 0.99."""

_LONG = 2.0
"""Widths of a box in its heights from which it is a line of print: texture gave 0.5 to 1.8, Cyrillic and Arabic from
2.2 on."""

_LETTERS = 0.5
"""Letters for each height of such a box, at least; Latin has about two. Of scripts that it was not trained on, Cyrillic
and Arabic among them, the recogniser makes a letter or two, or nothing."""

_WORTH = 4
"""Characters that must have been made out, however badly, for a second look: texture gives one or two."""

_UPRIGHT = 0.8
"""Mean confidence, weighed by length, above which print certainly stands upright.

The benchmark's label of milk is read with 0.98 upright, 0.69 on its head, 0.66 on end.
"""


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
        self._spans(word)

    def read(self, image: Image) -> tuple[Line, ...]:
        """The lines of print in the order of reading; empty if there is none. `image` is H x W x 3, BGR.

        Print that is badly read or stands on end is read again with the picture turned; the best of them counts.
        Last come lines without a text and with a confidence of 0, where something is written that can't be read: in
        letters that the recogniser doesn't know, or out of focus. Raises GlassesError if text recognition is not
        installed.
        """
        best = self._spans(image)
        for turn in turns_to_try(best):
            turned = self._spans(np.ascontiguousarray(np.rot90(image, turn)))
            if legible(turned) > legible(best):
                best = turned
        long_edge = max(image.shape[:2])
        unread = in_reading_order(
            [replace(span, text="", confidence=0.0) for span in best if is_unread(span, long_edge)]
        )
        read = [span for span in best if is_print(span, long_edge) and not is_unread(span, long_edge)]
        return (*in_reading_order(read), *unread)

    def _spans(self, image: Image) -> list[Span]:
        """All that was found, with an empty text where nothing could be made of it."""
        with self._busy:
            if self._engine is None:
                self._engine = _load()
            # In two steps, since together they leave out what is found and can't be read.
            found = self._engine(image, use_rec=False)
            if found.boxes is None:
                return []
            read = self._engine.recognize_txt(self._engine.crop_text_regions(image, found.boxes))
        return [
            Span(of_one_script(_spaced(text)), float(score), tuple((float(x), float(y)) for x, y in box))
            for text, score, box in zip(read.txts, read.scores, found.boxes, strict=True)
        ]


def is_print(span: Span, long_edge: int) -> bool:
    """Whether it was sure enough, and is no shape that only looks like a letter or two."""
    xs, ys = zip(*span.corners, strict=True)
    if len(span.text) < 3 and min(max(xs) - min(xs), max(ys) - min(ys)) > _HUGE * long_edge:
        return False
    return span.confidence >= (_NOISE if len(span.text) > 1 else _LONE)


def is_unread(span: Span, long_edge: int) -> bool:
    """Whether it is a line of print of which nothing, or next to nothing, could be made out."""
    (left, top), (right, upper), _, (x, y) = span.corners
    along, across = math.dist((left, top), (right, upper)), math.dist((left, top), (x, y))
    if min(along, across) > _HUGE * long_edge or max(along, across) < _LONG * min(along, across):
        return False
    letters = sum(character.isalnum() for character in span.text)
    sparse = letters < _LETTERS * max(along, across) / max(1.0, min(along, across))
    return span.confidence < (_LONE if sparse else _NOISE)


def of_one_script(text: str) -> str:
    """With each word that has Greek letters all in Greek: the recogniser takes those that look alike for Latin."""
    return _GREEK.sub(lambda match: match[0].translate(_LOOK_ALIKE), text)


def turns_to_try(spans: Sequence[Span]) -> tuple[int, ...]:
    """Quarter turns against the clock after which print may be read better; none where it is read well."""
    if sum(len(span.text) for span in spans) < _WORTH or _quality(spans) >= _UPRIGHT:
        return ()
    upright = [_is_upright(span) for span in spans if span.text]
    # Letters on end make tall boxes. RapidOCR turns those itself, one way: the order of lines is wrong all the same.
    return (2,) if 2 * sum(upright) > len(upright) else (1, 3)


def legible(spans: Sequence[Span]) -> float:
    """How much was read: characters, each as much as its line is certain beyond what texture gives."""
    return sum(len(span.text) * max(0.0, span.confidence - _NOISE) for span in spans if _is_upright(span))


def _quality(spans: Sequence[Span]) -> float:
    """Mean confidence, weighed by length; print that stands on end is none."""
    length = sum(len(span.text) for span in spans)
    return sum(len(span.text) * span.confidence for span in spans if _is_upright(span)) / length


def _is_upright(span: Span) -> bool:
    """Not taller than wide: a line of several letters never is, unless it stands on end."""
    xs, ys = zip(*span.corners, strict=True)
    return len(span.text) < 3 or max(ys) - min(ys) < 1.5 * (max(xs) - min(xs))


def _spaced(text: str) -> str:
    """With the narrow space between a word and a number that recognition overlooks: "Saturday8:00", "2027LOT"."""
    return " ".join(re.sub(r"(?<=[^\W\d_]{3})(?=\d)|(?<=\d)(?=[^\W\d_]{3})", " ", text).split())


_GREEK = re.compile(r"\b(?=(?:\w*[Α-Ωα-ω]){2})[^\W\d_]+\b")
_LOOK_ALIKE = str.maketrans("ABEZHIKMNOPTYXo", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο")


def _load() -> RapidOCR:
    try:
        import rapidocr
        from omegaconf import flag_override
    except ImportError as error:
        raise GlassesError(
            f"text recognition can't be loaded ({error}); install it: pip install 'glasses-companion[offline]'",
            told="I can't read, because text recognition is not installed.",
        ) from error
    weights = Path(rapidocr.__file__).parent / "models"
    engine = rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": _READ_AT,
            "Global.text_score": 0.0,
            # The classifier turns print that stands on its head: not worth 0.1 s of every answer.
            "Global.use_cls": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTED_AT,
        }
    )
    threads = min(_THREADS, os.cpu_count() or 1)
    # Its settings know no sessions of others but take them, and a path of ours keeps it from downloading another.
    with flag_override(engine.cfg, "allow_objects", True):
        engine.cfg.Det.session = network(weights / "PP-OCRv6_det_small.onnx", threads)
        engine.cfg.Rec.session = network(weights / "PP-OCRv6_rec_small.onnx", threads)
    return engine
