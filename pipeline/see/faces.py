"""Faces in a picture, and making them unrecognisable: MTCNN through OpenCV, without a network.

Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks", 2016. Three small
networks (2 MB): the first proposes windows at many sizes, the second and third sort them out. The thresholds are lower
than the paper's: a hand that is blurred for a face costs little, a face that is missed is sent.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GlassesError
from pipeline.types import Image

_SMALLEST = 20
"""Pixels: the side of the smallest face that is looked for. Smaller ones can hardly be recognised by anybody."""

_STEP = 0.709
"""From one size to the next, the paper's: half the area."""

_THRESHOLDS = (0.6, 0.6, 0.6)
"""Probabilities from which a window goes on to the next network, and is a face at last. The paper: 0.6, 0.7, 0.7."""

_DARK, _BRIGHT = 100.0, 200.0
"""Grey levels: a picture whose brightest hundredth is below the first is raised to the second. The networks know
daylight only: of faces of 60 pixels in a fifth of the light they missed 30 in 100, and miss 4 since."""

_AROUND = 0.3
"""Of a face's size that is blurred on each side of it too: hair, chin and ears tell people apart."""

_CELLS = 6
"""Patches across a blurred face: what is left can't be told apart, nor sharpened again."""

_OUTPUTS = {"pnet": ("conv2d_4", "softmax"), "rnet": ("dense_2", "softmax_1"), "onet": ("dense_5", "softmax_2")}
"""The layers that hold how a window has to be moved, and how likely it is a face."""

_SIDES = {"rnet": 24, "onet": 48}

Boxes = NDArray[np.float32]
"""N x 5: left, top, right, bottom in pixels, and the score."""


class Faces:
    """A face detector; blocks for tenths of a second, so call it in a thread."""

    def __init__(self, files: list[Path]) -> None:
        """`files` are pnet.onnx, rnet.onnx and onet.onnx, loaded when first needed."""
        self._files = {file.stem: file for file in files}
        self._nets: dict[str, Any] = {}
        self._busy = Lock()  # the networks keep their input

    def find(self, image: Image) -> Boxes:
        """The faces in `image` (H x W x 3, BGR), best first. Raises GlassesError if the weights can't be loaded."""
        import cv2

        with self._busy:
            if not self._nets:
                self._load()
            bright = min(255.0, max(float(np.percentile(image[::4, ::4], 99)), 8.0))
            gain = _BRIGHT / bright if bright < _DARK else 1.0
            rgb = np.minimum(cv2.cvtColor(image, cv2.COLOR_BGR2RGB) * np.float32(gain), 255.0)
            rgb = (rgb - np.float32(127.5)) / np.float32(128)
            boxes = self._proposed(rgb)
            for name, threshold in zip(("rnet", "onet"), _THRESHOLDS[1:], strict=True):
                boxes = self._kept(name, rgb, boxes, threshold)
        return boxes

    def _load(self) -> None:
        import cv2

        try:
            self._nets = {name: cv2.dnn.readNetFromONNX(str(self._files[name])) for name in _OUTPUTS}
        except (KeyError, cv2.error) as error:
            message = "the weights of face detection can't be loaded; pip install 'glasses-companion[offline]'"
            raise GlassesError(message, told="I can't blur faces, so I send no picture.") from error

    def _proposed(self, rgb: NDArray[np.float32]) -> Boxes:
        """Windows of all sizes in which there may be a face."""
        import cv2

        height, width = rgb.shape[:2]
        scale, found = 12 / _SMALLEST, [np.zeros((0, 5), np.float32)]
        while min(height, width) * scale >= 12:
            size = (int(np.ceil(width * scale)), int(np.ceil(height * scale)))
            moves, scores = self._asked("pnet", cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)[None])
            likely = scores[0, :, :, 1]
            x, y = np.nonzero(likely >= _THRESHOLDS[0])  # the network has x before y
            corner = np.stack([x, y], 1) * 2 / scale
            windows = np.concatenate([corner, corner + 12 / scale], 1)
            boxes = _moved(windows, moves[0, x, y])
            found.append(_best(np.concatenate([boxes, likely[x, y, None]], 1), 0.5))
            scale *= _STEP
        return _best(np.concatenate(found), 0.7)

    def _kept(self, name: str, rgb: NDArray[np.float32], boxes: Boxes, threshold: float) -> Boxes:
        """Those that a network takes for a face, moved to where it sees it."""
        if not len(boxes):
            return boxes
        squares = _squared(boxes[:, :4])
        side = _SIDES[name]
        moves, scores = self._asked(name, np.stack([_cut(rgb, square, side) for square in squares]))
        keep = scores[:, 1] > threshold
        moved = _moved(squares[keep], moves[keep])
        return _best(np.concatenate([moved, scores[keep, 1, None]], 1), 0.7 if name == "rnet" else 0.5)

    def _asked(self, name: str, pictures: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What a network says of `pictures` (N x H x W x 3)."""
        net = self._nets[name]
        net.setInput(np.ascontiguousarray(pictures.transpose(0, 2, 1, 3)))
        names = net.getUnconnectedOutLayersNames()  # OpenCV 5 gives all of them or none
        said = dict(zip(names, net.forward(names), strict=True))
        moves, scores = (said[output] for output in _OUTPUTS[name])
        return moves, scores


def blurred(image: Image, boxes: Boxes) -> Image:
    """A copy of `image` in which what lies in and around `boxes` is a few coarse patches."""
    import cv2

    result = image.copy()
    height, width = image.shape[:2]
    for left, top, right, bottom in boxes[:, :4]:
        x, y = _AROUND * (right - left), _AROUND * (bottom - top)
        x0, y0 = max(0, int(left - x)), max(0, int(top - y))
        x1, y1 = min(width, int(np.ceil(right + x))), min(height, int(np.ceil(bottom + y)))
        if x1 <= x0 or y1 <= y0:
            continue
        patch = image[y0:y1, x0:x1]
        coarse = cv2.resize(patch, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
        result[y0:y1, x0:x1] = cv2.resize(coarse, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    return result


def _best(boxes: NDArray[np.float32], same: float) -> Boxes:
    """Best first, without those that overlap a better one by more than `same` (intersection over union)."""
    import cv2

    if not len(boxes):
        return np.zeros((0, 5), np.float32)
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:4] - boxes[:, :2]], 1)
    kept = cv2.dnn.NMSBoxes(corners.tolist(), boxes[:, 4].tolist(), 0.0, same)
    best: Boxes = boxes[np.asarray(kept, int).reshape(-1)].astype(np.float32)
    return best


def _moved(boxes: NDArray[np.float32], moves: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes whose edges were moved by shares of their size."""
    size = boxes[:, 2:4] - boxes[:, :2]
    moved: NDArray[np.float32] = boxes[:, :4] + moves[:, :4] * np.concatenate([size, size], 1)
    return moved


def _squared(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squares around the same centres, as large as the longer side."""
    centre = (boxes[:, :2] + boxes[:, 2:4]) / 2
    half = (boxes[:, 2:4] - boxes[:, :2]).max(1, keepdims=True) / 2
    return np.concatenate([centre - half, centre + half], 1)


def _cut(rgb: NDArray[np.float32], square: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """What lies in `square`, `side` pixels large; what lies outside the picture is black."""
    import cv2

    scale = side / max(float(square[2] - square[0]), 1.0)
    matrix = np.array([[scale, 0, -square[0] * scale], [0, scale, -square[1] * scale]], np.float32)
    x0, y0 = np.maximum(np.floor(square[:2]), 0).astype(int)
    x1, y1 = np.ceil(square[2:4]).astype(int)
    inside = rgb[y0:y1, x0:x1]
    if scale < 0.5 and inside.size:  # large: averaged, or the grid would show
        half = cv2.resize(inside, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        matrix = np.array([[1, 0, (x0 - square[0]) * scale], [0, 1, (y0 - square[1]) * scale]], np.float32)
        rgb = half
    cut: NDArray[np.float32] = cv2.warpAffine(rgb, matrix, (side, side), borderValue=(-1.0, -1.0, -1.0))
    return cut
