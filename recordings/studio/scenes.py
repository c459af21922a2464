"""A plane of pictures for a camera to look at, made from public-domain photographs and painted surfaces."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.types import Image
from recordings.studio.head import Rect

Colour = tuple[int, int, int]
"""Blue, green, red."""


class Scene:
    """A picture in front of which a camera can move. `scale` is in pixels a metre."""

    def __init__(self, width: float, height: float, scale: float) -> None:
        self.scale = scale
        self.image: Image = np.zeros((round(height * scale), round(width * scale), 3), np.uint8)

    def region(self, rect: Rect) -> Image:
        """The pixels of `rect`, to be drawn on."""
        left, top, right, bottom = (round(edge * self.scale) for edge in rect)
        return self.image[top:bottom, left:right]

    def fill(self, rect: Rect, texture: Image) -> None:
        """Cover `rect` with a texture (pixels of the scene), mirrored where it ends."""
        place = self.region(rect)
        height, width = place.shape[:2]
        below, beside = max(0, height - texture.shape[0]), max(0, width - texture.shape[1])
        place[:] = cv2.copyMakeBorder(texture, 0, below, 0, beside, cv2.BORDER_REFLECT)[:height, :width]

    def hang(self, picture: Image, rect: Rect, *, shadow: float = 0.01, tilt: float = 0.0) -> None:
        """Put a picture into `rect`, turned by `tilt` degrees, with a soft shadow `shadow` metres wide."""
        left, top, right, bottom = (edge * self.scale for edge in rect)
        height, width = picture.shape[:2]
        shrink = (right - left) / width
        picture = cv2.resize(picture, None, fx=shrink, fy=(bottom - top) / height, interpolation=cv2.INTER_AREA)
        height, width = picture.shape[:2]
        place = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1)
        place[:, 2] += (left + right - width) / 2, (top + bottom - height) / 2
        size = self.image.shape[1], self.image.shape[0]
        covered = cv2.warpAffine(np.full((height, width), 255, np.uint8), place, size)
        offset = round(shadow * self.scale)
        self._darken(cv2.GaussianBlur(np.roll(covered, (offset, offset), (0, 1)), None, offset) / 255 * 0.55)
        self._lay(cv2.warpAffine(picture, place, size), covered)

    def light(self, *, falloff: float, patches: float, seed: int) -> None:
        """Uneven light: from the upper left it falls off by `falloff` (a share), with soft patches."""
        height, width = self.image.shape[:2]
        rng = np.random.default_rng(seed)
        across, down = np.linspace(0, 1, width), np.linspace(0, 1, height)[:, np.newaxis]
        clouds = rng.standard_normal((4, 7)).astype(np.float32)
        clouds = cv2.resize(clouds, (width, height), interpolation=cv2.INTER_CUBIC)
        self._darken(np.clip(falloff * (0.6 * across + 0.4 * down) + patches * clouds, 0, 0.9))

    def _lay(self, picture: Image, mask: Image) -> None:
        share = (mask / np.float32(255))[..., np.newaxis]
        self.image = np.round(self.image * (1 - share) + picture * share).astype(np.uint8)

    def _darken(self, share: NDArray[np.floating]) -> None:
        self.image = np.round(self.image * (1 - share.astype(np.float32))[..., np.newaxis]).astype(np.uint8)


def photograph(name: str) -> Image:
    """One of scikit-image's, as BGR.

    Used are brick and gravel (CC0Textures), coffee (Rachel Michetti) and chelsea (Stefan van der Walt):
    each is CC0, as `skimage.data` states, and no person is in any of them.
    """
    from skimage import data

    picture = getattr(data, name)()
    turned: Image = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR if picture.ndim == 2 else cv2.COLOR_RGB2BGR)
    return turned


def tinted(grey: Image, dark: Colour, bright: Colour) -> Image:
    """A grey photograph between two colours."""
    share = cv2.cvtColor(grey, cv2.COLOR_BGR2GRAY)[..., np.newaxis] / np.float32(255)
    coloured: Image = np.round(np.array(dark) * (1 - share) + np.array(bright) * share).astype(np.uint8)
    return coloured


def rough(width: int, height: int, colour: Colour, *, grain: float, stretch: float, seed: int) -> Image:
    """Plaster, paint or wood: noise of several sizes around a colour; `stretch` draws it out sideways."""
    rng = np.random.default_rng(seed)
    field = np.zeros((height, width), np.float32)
    for size in (3, 9, 40, 160):
        cells = max(2, round(height / size)), max(2, round(width / size / stretch))
        noise = rng.standard_normal(cells).astype(np.float32)
        field += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    painted = np.array(colour) * (1 + grain * field[..., np.newaxis] / 2)
    surface: Image = np.clip(painted, 0, 255).astype(np.uint8)
    return surface
