"""A picture as pixels, whatever its file brings."""

from __future__ import annotations

import numpy as np

from pipeline.errors import GlassesError
from pipeline.types import Image, Picture, read_only

_HALVED_AT = 4096
"""Pixels of the long edge beyond which a picture is decoded at half its size: 8K takes 0.06 s then, and not 0.17 s."""


def pixels(picture: Picture) -> Image:
    """H x W x 3 uint8, BGR, read-only. Raises GlassesError if it can't be decoded."""
    import cv2

    large = max(picture.width, picture.height) > _HALVED_AT
    flag = cv2.IMREAD_REDUCED_COLOR_2 if large else cv2.IMREAD_COLOR
    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), flag) if picture.data else None
    if image is None:
        raise GlassesError("the picture to look at is no image; ask again", told="I can't use that picture.")
    return read_only(image)
