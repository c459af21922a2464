"""How good a frame is, measured as it arrives: sharpness, light, the head's motion, what changed.

Under 2 ms for a 720p frame on one core (`python -m benchmarks.frames` prints it). Only the frame before is looked back
at, and of that only a tiny picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from math import hypot, inf, pi, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.sources import News, iterated
from pipeline.types import VideoFrame, read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTH = 640
"""Pixels. Frames are measured at this width: averaging down takes most sensor noise away, and the time is
the same for every camera."""

_TINY = (160, 90)
"""Width and height of the picture in which motion is measured, pixels: a tremor of 2 pixels at 1280 is a quarter of one
there, and phase correlation finds a tenth."""

_CELLS = (32, 18)
"""Columns and rows of the cells whose light is compared: the mean of 40 x 40 pixels at 720p has next to no noise."""

_OTHER_LIGHT = 12.0
"""Grey levels by which a cell has changed, beyond what its row has: exposure changes the whole picture, and a lamp
under a rolling shutter single rows. Noise of 9 levels a pixel moves a cell by 0.3."""

_BLOCK = 16
"""Pixels of a side of the blocks in which noise is told from texture."""

_CLIPPED, _DARK = 250, 50
"""Grey levels from which a pixel is burnt out, and below which it is in the dark."""

_FOUND = 0.05
"""Height of phase correlation's peak (1 for equal pictures) below which the two pictures have nothing in common."""

_SWEEP = 0.25
"""Widths of the picture a second, 16 degrees a second of a lens of 65: the head turns. In the clips of the benchmark,
someone who stands sways with 0.03, someone who walks with 0.1, and a turn to a sign has 1 to 6."""

_PAUSE = 2.0
"""Seconds without a frame after which the one before says nothing of motion: the camera was away."""


@dataclass(frozen=True, slots=True)
class ScoredFrame:
    """A frame and what was measured on it."""

    frame: VideoFrame
    sharpness: float  # gradient energy without that of noise, grey levels squared; higher is sharper
    brightness: float  # mean grey level, 0 to 255
    clipped: float = 0.0  # share of the pixels that are burnt out, 0 to 1
    dark: float = 0.0  # share of the pixels that are in the dark, 0 to 1
    motion: float = 0.0  # of the view since the frame before, widths of the picture a second; inf if it is another view
    changed: float = 0.0  # share of the picture that is not what it was in the frame before, 0 to 1
    settled: float = inf  # seconds since the head last turned, as far as it was watched
    tiny: NDArray[np.uint8] | None = None  # 90 x 160, grey, read-only: what the next frame is compared with

    @property
    def t(self) -> float:
        """When the light fell, seconds."""
        return self.frame.t

    @property
    def quality(self) -> float:
        """Sharpness, less for what is burnt out: it orders frames of about the same view."""
        return self.sharpness * (1 - self.clipped)


def score(frame: VideoFrame, before: ScoredFrame | None = None) -> ScoredFrame:
    """Measure `frame`; `before` is the frame that the camera gave before it.

    *Sharpness* is the gradient energy of Tenengrad (Krotkov, "Focusing", IJCV 1988), of the direction in which it is
    less: motion blurs one direction only. What sensor noise adds is subtracted; its strength is estimated with the mask
    of Immerkær ("Fast noise variance estimation", CVIU 1996), in the tenth of the blocks that have the least texture.
    `python -m benchmarks.frames_sharpness` prints what that does: with noise of 2 and of 12 grey levels, a sign out of
    focus by 4 pixels has 0.14 and 0.14 of the sharp one's value (variance of the Laplacian: 0.03 and 0.24), and a sharp
    cat 1.00 and 1.03 (1.00 and 6.48). In a third of the light, with noise of 9, a blur of 2 pixels leaves 0.45 (0.63).

    *Motion* is the peak of the phase correlation with the frame before (Kuglin and Hines, "The phase correlation image
    alignment method", 1975), which neither noise nor another exposure moves.
    """
    import cv2

    height, width = frame.image.shape[:2]
    small = frame.image
    if width > _WIDTH:
        small = cv2.resize(small, (_WIDTH, max(1, round(height * _WIDTH / width))), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    levels = np.cumsum(cv2.calcHist([grey], [0], None, [256], [0, 256])) / grey.size
    tiny = read_only(cv2.resize(grey, _TINY, interpolation=cv2.INTER_AREA))
    motion, changed, settled = 0.0, 0.0, 0.0
    if before is not None and before.tiny is not None and 0 < (passed := frame.t - before.t) < _PAUSE:
        moved = _moved(before.tiny, tiny, height / width)
        motion = moved / passed
        changed = _changed(before.tiny, tiny)
        settled = before.settled + passed if motion < _SWEEP else 0.0
    return ScoredFrame(
        frame,
        _sharpness(grey),
        float(cv2.mean(grey)[0]),
        clipped=float(1 - levels[_CLIPPED - 1]),
        dark=float(levels[_DARK - 1]),
        motion=motion,
        changed=changed,
        settled=settled,
        tiny=tiny,
    )


def scored(frames: Iterable[VideoFrame | News]) -> Iterator[ScoredFrame | News]:
    """Measure every frame in the thread that delivers it. Closing it closes `frames`, and with them the camera."""
    before: ScoredFrame | None = None
    with iterated(frames) as items:
        for item in items:
            if isinstance(item, VideoFrame):
                before = score(item, before)
                yield before
            else:
                before = None
                yield item


def difference(one: ScoredFrame, other: ScoredFrame) -> float:
    """How far apart in content two frames are: the share of the picture that differs, its light included, 0 to 1."""
    if one.tiny is None or other.tiny is None:
        return 0.0
    return float(np.mean(np.abs(_cells(one.tiny) - _cells(other.tiny)) > _OTHER_LIGHT))


def _sharpness(grey: NDArray[np.uint8]) -> float:
    import cv2

    # Sobel's mask adds the variance of noise 12 times, and its response to a slope of one level a pixel is 8.
    floor = 12 * _noise(grey) ** 2
    across = cv2.norm(cv2.Sobel(grey, cv2.CV_16S, 1, 0)) ** 2 / grey.size
    down = cv2.norm(cv2.Sobel(grey, cv2.CV_16S, 0, 1)) ** 2 / grey.size
    return max(0.0, min(across, down) - floor) / 64


def _noise(grey: NDArray[np.uint8]) -> float:
    """Standard deviation of the noise, grey levels."""
    import cv2

    slope = np.array([1, -2, 1], np.float32)
    response = cv2.convertScaleAbs(cv2.sepFilter2D(grey, cv2.CV_16S, slope, slope))
    across, down = (max(1, size // _BLOCK) for size in grey.shape[::-1])
    # Whole blocks only: averaging by an odd factor takes five times as long.
    whole = response[: down * _BLOCK, : across * _BLOCK]
    flat = np.percentile(cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA), 10)
    return float(flat) * sqrt(pi / 2) / 6


def _moved(before: NDArray[np.uint8], now: NDArray[np.uint8], aspect: float) -> float:
    """How far the view has moved, widths of the picture; inf if nothing of the one is in the other."""
    import cv2

    (across, down), found = cv2.phaseCorrelate(before.astype(np.float32), now.astype(np.float32), _window())
    if found < _FOUND:
        return inf if _changed(before, now) > 0.5 else 0.0
    return hypot(across / _TINY[0], down / _TINY[1] * aspect)


def _changed(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    old, new = _cells(before), _cells(now)
    exposure = np.median(old) / max(1.0, float(np.median(new)))
    lighter = new * np.clip(exposure, 0.25, 4.0) - old
    return float(np.mean(np.abs(lighter - np.median(lighter, axis=1, keepdims=True)) > _OTHER_LIGHT))


def _cells(tiny: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2

    return np.asarray(cv2.resize(tiny, _CELLS, interpolation=cv2.INTER_AREA), np.float32)


@cache
def _window() -> Any:
    """Weights that fade to the picture's edges, which would otherwise be found again as a motion of nothing."""
    import cv2

    return cv2.createHanningWindow(_TINY, cv2.CV_32F)
