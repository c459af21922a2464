"""Whether a picture is one that the camera has just taken: drivers report success for repeats and for blanks too."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Image, read_only

Verdict = Literal["fresh", "repeat", "blank", "broken"]

_SPARSE = slice(None, None, 17)
"""Every 17th row and column is looked at first: a prime, so that it falls on no pattern."""


class Freshness:
    """Looks at every picture that was decoded, and remembers the one before."""

    def __init__(self) -> None:
        self._image: Image | None = None
        self._raw: float | None = None

    def verdict(self, image: Image | None, raw: float | None) -> Verdict:
        """What `image` is; None is one that could not be decoded. `raw` is the driver's time, None without one.

        A repeat has the bytes of the picture before, and no later time of the driver. Without such a time the bytes
        alone say it: the noise of a real sensor makes every picture another. In a blank every pixel is the same.
        """
        if image is None:
            return "broken"
        advanced = raw is not None and self._raw is not None and raw > self._raw
        repeated = not advanced and self._image is not None and _same(image, self._image)
        self._image, self._raw = image, raw
        if _uniform(image):
            return "blank"
        return "repeat" if repeated else "fresh"


def as_bgr(picture: NDArray[Any]) -> Image | None:
    """What a backend gave as H x W x 3 BGR uint8, contiguous and read-only; None for what is no such picture."""
    import cv2

    if picture.dtype == np.uint16:  # grey of more than eight bits, with the high ones where they belong
        picture = (picture >> 8).astype(np.uint8)
    if picture.dtype != np.uint8 or not picture.size:
        return None
    channels = picture.shape[2] if picture.ndim == 3 else 1
    if channels == 1:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    elif channels == 4:
        picture = cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR)
    elif channels != 3:
        return None
    return read_only(np.ascontiguousarray(picture))


def _same(one: Image, other: Image) -> bool:
    return np.array_equal(one[_SPARSE, _SPARSE], other[_SPARSE, _SPARSE]) and np.array_equal(one, other)


def _uniform(image: Image) -> bool:
    return bool((image[_SPARSE, _SPARSE] == image[0, 0]).all() and (image == image[0, 0]).all())
