"""A camera on a moving head: what it sees of a large still picture, blurred as its own path blurs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.types import Image, VideoFrame, read_only

WIDTH = 1280
"""Pixels of the view in which everything here is measured; other sizes see the same, finer or coarser."""

_EXPOSURE = 1 / 40
"""Seconds: a small sensor indoors."""

_SMEAR = 3.0
"""Pixels of motion between the instants that an exposure is the average of: fewer leave ghosts."""

_INSTANTS = 32
"""At most in one exposure."""

_TREMOR = ((9.1, 0.35), (11.3, 0.2))
"""Hertz and pixels. The physiological tremor of head and neck lies at 8 to 12 Hz."""

_DRIFT = ((0.23, 5.0), (0.61, 2.0))
"""Hertz and pixels: nobody holds still."""

_STEPS = 1.9
"""Steps a second of somebody who walks."""

_NOISE = 2.2
"""Standard deviation of the sensor's noise, in grey levels."""


@dataclass(frozen=True, slots=True)
class Gaze:
    """Where the head points at a moment; between two of them it turns smoothly."""

    t: float  # seconds
    x: float  # centre of the view, pixels of the world
    y: float
    zoom: float = 1.0  # pixels of the view for one of the world: how near
    roll: float = 0.0  # degrees
    defocus: float = 0.0  # standard deviation of the lens's blur, pixels
    walk: float = 0.0  # how far a step moves the view, pixels
    light: float = 1.0  # how much of the daylight there is


@dataclass(frozen=True, slots=True)
class HeadCamera:
    """Looks at `world` along the way that `gazes` name; the same `seed`, the same pictures to the pixel."""

    world: Image
    gazes: Sequence[Gaze]
    size: tuple[int, int]  # width and height of the pictures, pixels
    seed: int = 0

    def frames(self, seconds: float, rate: float) -> Iterator[VideoFrame]:
        """Pictures at `rate` a second with the unsteady intervals of a real camera."""
        chance = np.random.default_rng(self.seed)
        width, height = self.size
        grain = cv2.GaussianBlur(
            chance.normal(0, 1.6 * _NOISE, (height + 64, width + 64)).astype(np.float32), (0, 0), 0.5
        )
        grain = cv2.merge([grain.astype(np.int16)] * 3)
        vignette = _vignette(width, height)
        for seq in range(int(seconds * rate)):
            t = seq / rate + float(chance.uniform(0, 0.004))
            light = float(self._path(np.array([t]))[0, 5])
            image = cv2.multiply(self._exposed(t), vignette, scale=light, dtype=cv2.CV_8U)
            x, y = chance.integers(0, 64, 2)
            image = cv2.add(image, grain[y : y + height, x : x + width], dtype=cv2.CV_8U)
            yield VideoFrame(t, seq, read_only(image))

    def _exposed(self, t: float) -> Image:
        """What falls on the sensor around `t`: the average over the exposure, through the lens."""
        scale = self.size[0] / WIDTH
        begin, end = self._path(np.array([t - _EXPOSURE / 2, t + _EXPOSURE / 2]))
        moved = float(np.hypot(*(end[:2] - begin[:2]))) * begin[2] * scale
        count = int(np.clip(np.ceil(moved / _SMEAR), 1, _INSTANTS))
        places = self._path(t + _EXPOSURE * ((np.arange(count) + 0.5) / count - 0.5))
        image = self._seen(places[0])
        if count > 1:
            total = np.zeros(image.shape, np.float32)
            for place in places:
                cv2.accumulate(self._seen(place), total)
            image = cv2.convertScaleAbs(total, alpha=1 / count)
        defocus = float(places[count // 2][4]) * scale
        return cv2.GaussianBlur(image, (0, 0), defocus) if defocus > 0.3 else image

    def _seen(self, place: NDArray[np.float64]) -> Image:
        x, y, zoom, roll = place[:4]
        width, height = self.size
        turn = cv2.getRotationMatrix2D((x, y), roll, zoom * width / WIDTH)
        turn[:, 2] += width / 2 - x, height / 2 - y
        seen: Image = cv2.warpAffine(self.world, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
        return seen

    def _path(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """x, y, zoom, roll, defocus and light at each of `times`.

        Heads turn with minimum jerk (Flash and Hogan, "The coordination of arm movements", 1985).
        """
        gazes = np.array([astuple(gaze) for gaze in self.gazes])
        after = np.clip(np.searchsorted(gazes[:, 0], times), 1, len(gazes) - 1)
        begin, end = gazes[after - 1], gazes[after]
        s = np.clip((times - begin[:, 0]) / (end[:, 0] - begin[:, 0]), 0, 1)[:, None]
        place: NDArray[np.float64] = begin + (end - begin) * (10 * s**3 - 15 * s**4 + 6 * s**5)
        walk = place[:, 6] * np.sin(np.pi * _STEPS * times)
        place[:, 1] += walk + sum(size * np.sin(2 * np.pi * f * times + f) for f, size in (*_TREMOR, *_DRIFT))
        place[:, 2] += np.abs(walk) + sum(size * np.cos(2.2 * np.pi * f * times) for f, size in (*_TREMOR, *_DRIFT))
        return np.delete(place, (0, 6), axis=1)


def _vignette(width: int, height: int) -> NDArray[np.float32]:
    """How much light of a small lens reaches each pixel, 1 in the middle, for three colours."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    fall = (1 - 0.11 * (x**2 + y**2)).astype(np.float32)
    return np.repeat(fall[:, :, None], 3, axis=2)
