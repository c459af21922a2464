"""Things in a picture, found on this machine: SSD MobileNet v2, trained on COCO.

Sandler et al., "MobileNetV2", CVPR 2018; the weights are those of TensorFlow's model zoo (2018-03-29), 22 mAP on COCO.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from pipeline.errors import GlassesError
from pipeline.see import ssd
from pipeline.see.coco import KINDS
from pipeline.types import Image

POSSIBLE = 0.3
"""Score from which a thing may be there: it is not named, but neither is it said that there is none."""

LIKELY = 0.62
"""Score from which a thing is named, as "what looks like": coins were a clock of 0.59, a helmet a mouse of 0.50."""

SURE = 0.8
"""Score from which it is named plainly. Right detections of the benchmark's photographs score 0.76 to 0.99."""

_SAME = 0.6
"""Overlap (intersection over union) above which two boxes are one thing: a cup was a bowl as well."""

_FOCAL = 0.8
"""Focal length in long edges of the picture: a view of 64 degrees, as webcams and camera glasses have or exceed."""

_EDGE = 0.005
"""Share of the picture: what comes nearer to its edge is cut off by it."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the picture, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that was recognised."""

    name: str  # a name of pipeline/see/coco.py
    confidence: float  # 0 to 1, at least POSSIBLE
    box: Box
    metres: float = 0.0  # how far away, by its usual size: good for "close" and "far away" only; 0 if not known
    colour: str = ""  # where it is plain


class Detector:
    """Object detection; blocks for 0.06 s, so call it in a thread. The weights (70 MB) are loaded when first needed."""

    def __init__(self, graph: Path) -> None:
        """`graph` is frozen_inference_graph.pb."""
        self._graph = graph
        self._network: ssd.Network | None = None
        self._busy = Lock()  # loaded once, and one picture's memory at a time

    def load(self) -> None:
        """Load the weights: 0.2 s, the first time of all 0.6 s. Raises GlassesError if they can't be."""
        self.find(np.zeros((1, 1, 3), np.uint8))

    def find(self, image: Image) -> tuple[Thing, ...]:
        """The things in `image` (H x W x 3, BGR) by score, best first. Raises GlassesError if there are no weights."""
        with self._busy:
            if self._network is None:
                self._network = self._loaded()
            found = self._network.find(image, POSSIBLE)
        things = [(KINDS[one.kind], one.score, _within(one.edges)) for one in found if one.kind in KINDS]
        return without_doubles(
            [
                Thing(kind.name, score, box, distance(box, kind.metres, image.shape[1], image.shape[0]))
                for kind, score, box in things
            ]
        )

    def _loaded(self) -> ssd.Network:
        try:
            return ssd.load(self._graph)
        except Exception as error:  # onnxruntime's have no class in common
            raise GlassesError(
                f"{self._graph}: the weights of object detection can't be loaded; "
                "pip install --force-reinstall 'glasses-companion[offline]'",
                told="I can't recognise things, because the weights for it can't be loaded.",
            ) from error


def without_doubles(things: Sequence[Thing]) -> tuple[Thing, ...]:
    """Best first; what lies where a better one lies already is left out, of whatever kind it is."""
    kept: list[Thing] = []
    for thing in sorted(things, key=lambda thing: -thing.confidence):
        if all(overlap(thing.box, other.box) < _SAME for other in kept):
            kept.append(thing)
    return tuple(kept)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(one) + _area(other) - shared)


def distance(box: Box, metres: float, width: int, height: int) -> float:
    """Metres to a thing that is `metres` large, in a picture of `width` x `height` pixels; 0 if it is cut off."""
    left, top, right, bottom = box
    if min(left, top) <= _EDGE or max(right, bottom) >= 1 - _EDGE:
        return 0.0
    extent = max((right - left) * width, (bottom - top) * height)
    return metres * _FOCAL * max(width, height) / max(extent, 1.0)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _within(edges: Sequence[float]) -> Box:
    left, top, right, bottom = (min(1.0, max(0.0, float(edge))) for edge in edges)
    return left, top, right, bottom
