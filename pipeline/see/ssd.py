"""SSD MobileNet v2: its network in onnxruntime, and boxes from what that says.

Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016. It finds what OpenCV finds with the same weights,
in 115 MB instead of 205, of which 65 are a file that is mapped: OpenCV keeps the weights more than twice.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.converted import converted
from pipeline.network import network
from pipeline.see.ssd_convert import MAPS, MODEL, OFFSETS, PICTURE, SCORES, SIZE, convert
from pipeline.types import Image

_CONVERSION = "1"
"""Another one for each change of what is made of the weights."""

_THREADS = 4
"""At most, and no more than there are cores."""

_SMALLEST, _LARGEST = 0.2, 0.95
"""Size of the prior boxes of the first map and of the last, as shares of the picture; the others are evenly between."""

_RATIOS = (1.0, 2.0, 0.5, 3.0, 0.333)
"""Width over height of the prior boxes, as it was trained; the first map has the first three."""

_CELLS = (19, 10, 5, 3, 2, 1)
"""Width and height of the maps."""

_VARIANCES = 0.1, 0.2
"""Units of the offsets: of places and of the logarithms of sizes."""

_DOUBLE = 0.6
"""Overlap (intersection over union) above which two boxes of a kind are one thing."""

_MOST = 100
"""Boxes that are kept, of a kind and in all."""

_Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detection:
    """A box, not yet confined to the picture."""

    kind: int  # number in COCO
    score: float
    edges: tuple[float, float, float, float]  # left, top, right, bottom as shares of the picture


class Network:
    """The network with its prior boxes. `find` may be called by one thread at a time."""

    def __init__(self, session: Any) -> None:
        """`session` is onnxruntime's, of a file that `convert` made."""
        self._session = session
        self._priors = priors()

    def find(self, image: Image, least: float) -> list[Detection]:
        """What has a score of `least` or more in `image` (H x W x 3, BGR); doubles of a kind are left out."""
        import cv2

        picture = cv2.dnn.blobFromImage(image, 1 / 127.5, (SIZE, SIZE), (127.5, 127.5, 127.5), swapRB=True)
        offsets, scores = self._session.run([OFFSETS, SCORES], {PICTURE: picture})
        places, kinds = np.nonzero(scores >= least)
        places, kinds = places[kinds > 0], kinds[kinds > 0]  # 0 is the background
        return apart(kinds, scores[places, kinds], boxes(offsets[places], self._priors[places]))


def load(graph: Path) -> Network:
    """The network of a frozen graph of TensorFlow, converted once and kept among the user's cached files.

    To load it takes 0.1 s, to convert it 0.5 s more. Raises what `convert` and onnxruntime raise.
    """
    return converted(graph, "detectors", _CONVERSION, lambda folder: convert(graph, folder), _loaded)


def priors() -> _Values:
    """The boxes that the network's offsets start from, each (x, y, width, height) of its middle, as shares."""
    sizes = [*np.linspace(_SMALLEST, _LARGEST, MAPS), 1.0]
    found: list[_Values] = []
    for number, cells in enumerate(_CELLS):
        if number:
            shapes = [(sizes[number], ratio) for ratio in _RATIOS]
            shapes.append((np.sqrt(sizes[number] * sizes[number + 1]), 1.0))
        else:
            shapes = [(_SMALLEST / 2, 1.0), (_SMALLEST, 2.0), (_SMALLEST, 0.5)]
        middles = (np.arange(cells) + 0.5) / cells
        y, x, shape = np.meshgrid(middles, middles, range(len(shapes)), indexing="ij")
        size, ratio = np.moveaxis(np.asarray(shapes)[shape], -1, 0)
        edge = np.sqrt(ratio)
        found.append(np.stack([x, y, size * edge, size / edge], axis=-1).reshape(-1, 4).astype(np.float32))
    return np.concatenate(found)


def boxes(offsets: _Values, priors: _Values) -> _Values:
    """The boxes (left, top, right, bottom) that lie so (y, x, height, width) from their prior boxes."""
    place, size = _VARIANCES
    middles = priors[:, :2] + offsets[:, 1::-1] * place * priors[:, 2:]
    halves = np.exp(offsets[:, :1:-1] * size) * priors[:, 2:] / 2
    joined: _Values = np.concatenate([middles - halves, middles + halves], axis=1)
    return joined


def apart(kinds: NDArray[np.int64], scores: _Values, boxes: _Values) -> list[Detection]:
    """The best boxes, best first; of those of a kind that lie on each other, the best."""
    import cv2

    if not kinds.size:
        return []
    order = np.argsort(-scores, kind="stable")
    best = np.concatenate([order[kinds[order] == kind][:_MOST] for kind in np.unique(kinds)])
    kinds, scores, boxes = kinds[best], scores[best], boxes[best]
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(corners.tolist(), scores.tolist(), kinds.tolist(), 0.0, _DOUBLE)[:_MOST]
    return [
        Detection(int(kinds[index]), float(scores[index]), (float(left), float(top), float(right), float(bottom)))
        for index, (left, top, right, bottom) in zip(kept, boxes[[*kept]], strict=True)
    ]


def _loaded(folder: Path) -> Network:
    return Network(network(folder / MODEL, min(_THREADS, os.cpu_count() or 1), mapped=True))
