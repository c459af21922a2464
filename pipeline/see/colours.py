"""Naming colours: the eleven basic colour terms (Berlin and Kay, "Basic Color Terms", 1969), by rules over HSV."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Image

NAMES = ("black", "white", "grey", "red", "orange", "brown", "yellow", "green", "blue", "purple", "pink")

_SIDE = 96
"""Pixels of the longer side at which colours are counted: averaging takes noise and texture away."""

_ALONE = 0.7
"""Share of the pixels from which a thing is of that colour, and of no other."""

_ALSO = 0.16
"""Share from which a colour is named as well."""

_MOST = 0.6
"""Share that the colours named must have together."""

_HUES = ((7, "red"), (21, "orange"), (34, "yellow"), (86, "green"), (132, "blue"), (150, "purple"), (171, "pink"))
"""Upper ends in OpenCV's hue, 0 to 180; from the last one on it is red again."""


def shares(image: Image) -> dict[str, float]:
    """How much of `image` (H x W x 3, BGR) is of each colour, 0 to 1, the largest first; nothing of an empty one."""
    import cv2

    height, width = image.shape[:2]
    if not height or not width:
        return {}
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    hsv = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2HSV)
    counts = np.bincount(_named(hsv).ravel(), minlength=len(NAMES)) / (size[0] * size[1])
    return {NAMES[index]: float(counts[index]) for index in np.argsort(-counts, kind="stable") if counts[index] > 0}


def told(found: Mapping[str, float]) -> str:
    """Colours in words, "red", "red and white"; empty where there are too many for a plain answer."""
    ranked = [(name, share) for name, share in found.items() if share >= _ALSO]
    if ranked and ranked[0][1] >= _ALONE:
        return ranked[0][0]
    if not ranked or sum(share for _, share in ranked[:3]) < _MOST:
        return ""
    names = [name for name, _ in ranked[:3]]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _named(hsv: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The index in NAMES of each pixel."""
    hue, saturation, value = (hsv[..., channel].astype(int) for channel in range(3))
    ends = np.array([end for end, _ in _HUES])
    hues = np.array([NAMES.index(name) for _, name in (*_HUES, (180, "red"))])
    name = hues[np.searchsorted(ends, hue, side="right")]
    warm = (hue < 34) | (hue > 171)
    # Orange that is dark or dull is what people call brown, and red that is both; pale red is pink.
    brown = (hue >= 7) & (hue < 26) & ((value < 180) | ((saturation < 110) & (value < 190)))
    brown |= (hue >= 3) & (hue < 7) & (saturation < 150) & (value < 150)
    name = np.where(brown, NAMES.index("brown"), name)
    name = np.where(((hue < 8) | (hue > 165)) & (saturation < 120) & (value > 170), NAMES.index("pink"), name)
    # Lamplight makes white and grey things a little yellow: there, more colour is needed to count.
    pale = saturation < np.where(warm, 58, 38)
    name = np.where(pale, NAMES.index("grey"), name)
    name = np.where(pale & (value > 168), NAMES.index("white"), name)
    name = np.where((value < 46) | (pale & (value < 70)), NAMES.index("black"), name)
    return name.astype(np.intp)
