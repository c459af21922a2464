"""What a small camera makes of a scene: motion blur, a focus that hunts, vignetting, noise, uneven frame times."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.types import Image, VideoFrame, read_only
from recordings.studio.head import Head, Lens, Matrix, Rect
from recordings.studio.scenes import Scene

FPS = 15

_STEP = 1.5
"""Pixels of motion between two of the moments that are averaged into one exposure."""

_MOMENTS = 24
"""At most in one exposure: a fast turn is a blur however finely it is drawn."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """The autofocus searches: blurred at `start`, sharp for a moment, past it, and sharp again after `seconds`."""

    start: float
    seconds: float
    radius: float  # of the circle of confusion at the start, pixels

    def at(self, t: float) -> float:
        """The radius of the circle of confusion at `t`, pixels."""
        done = (t - self.start) / self.seconds
        return self.radius * (1 - done) * abs(math.cos(1.5 * math.pi * done)) if 0 <= done < 1 else 0.0


@dataclass(frozen=True, slots=True)
class Light:
    """How much of it there is: in the dark, exposures are long and noisy."""

    exposure: float = 0.022  # seconds
    noise: float = 2.0  # standard deviation, grey levels
    gain: float = 1.0


class Camera:
    """A camera on a head before a scene; the same pictures for the same seed."""

    def __init__(
        self, scene: Scene, head: Head, *, lens: Lens, light: Light, hunts: Sequence[Hunt] = (), seed: int = 0
    ) -> None:
        self._scene = scene
        self._head = head
        self._lens = lens
        self._light = light
        self._hunts = hunts
        self._rng = np.random.default_rng(seed)
        self._vignette = _vignette(lens) * light.gain
        self._noise = _noise(lens, light.noise, self._rng)

    def frames(self, seconds: float) -> Iterator[VideoFrame]:
        """Frames of `seconds`, a little unevenly spaced, as cameras give them."""
        for seq in range(int(seconds * FPS)):
            t = round((seq + 0.5 + self._rng.uniform(-0.04, 0.04)) / FPS, 3)
            yield VideoFrame(t, seq, read_only(self._picture(t)))

    def clear(self, rect: Rect, begin: float, end: float) -> tuple[float, float]:
        """The first and last moment between `begin` and `end` at which all of `rect` is in the picture and sharp."""
        times = np.arange(begin, end, 0.02)
        good = [float(t) for t in times if self._is_clear(rect, float(t))]
        return round(good[0], 2), round(good[-1], 2)

    def _is_clear(self, rect: Rect, t: float) -> bool:
        opened, closed = self._exposure(t)
        return self._lens.sees(rect, opened) and self._lens.smear(opened, closed) < 2.5 and self._defocus(t) < 1.0

    def _exposure(self, t: float) -> tuple[Matrix, Matrix]:
        half = self._light.exposure / 2
        return self._lens.projection(self._head, t - half), self._lens.projection(self._head, t + half)

    def _defocus(self, t: float) -> float:
        return max((hunt.at(t) for hunt in self._hunts), default=0.0)

    def _picture(self, t: float) -> Image:
        moments = min(math.ceil(self._lens.smear(*self._exposure(t)) / _STEP) + 1, _MOMENTS)
        offsets = (np.arange(moments) + 0.5) / moments - 0.5
        total = np.zeros((self._lens.height, self._lens.width, 3), np.float32)
        for offset in offsets:
            cv2.accumulate(self._view(t + float(offset) * self._light.exposure), total)
        total *= self._vignette / moments
        if (radius := self._defocus(t)) > 0.5:
            total = cv2.filter2D(total, -1, _disc(radius))
        y, x = self._rng.integers(0, 64, 2)
        total += self._noise[y : y + self._lens.height, x : x + self._lens.width]
        picture: Image = np.clip(total, 0, 255).astype(np.uint8)
        return picture

    def _view(self, t: float) -> Image:
        metres = np.diag([1 / self._scene.scale, 1 / self._scene.scale, 1.0])
        view: Image = cv2.warpPerspective(
            self._scene.image,
            self._lens.projection(self._head, t) @ metres,
            (self._lens.width, self._lens.height),
            borderMode=cv2.BORDER_REFLECT_101,
        )
        return view


def _vignette(lens: Lens) -> NDArray[np.float32]:
    """The cosine-fourth law, softened as small lenses are corrected for it."""
    y, x = np.mgrid[: lens.height, : lens.width]
    squared = ((x - lens.width / 2) ** 2 + (y - lens.height / 2) ** 2) / lens.focal**2
    shade: NDArray[np.float32] = ((1 + squared) ** -0.8).astype(np.float32)[..., np.newaxis]
    return shade


def _noise(lens: Lens, deviation: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """More noise than a frame needs, to cut each frame's from another place; coarser than pixels, as ISPs leave it."""
    shape = lens.height + 64, lens.width + 64, 3
    colour = cv2.GaussianBlur(rng.standard_normal(shape, np.float32), None, 1.2)
    grey = cv2.GaussianBlur(rng.standard_normal(shape[:2], np.float32), None, 0.6)[..., np.newaxis]
    mixed: NDArray[np.float32] = grey / grey.std() + 0.5 * colour / colour.std()
    return mixed * np.float32(deviation)


def _disc(radius: float) -> NDArray[np.float32]:
    """The circle of confusion as a kernel that sums to 1."""
    reach = math.ceil(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return disc / disc.sum()
