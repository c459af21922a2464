"""How good a frame is, measured as it arrives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.types import Opened, VideoFrame

_WIDTH = 640
"""Pixels. Frames are measured at this width: averaging down takes most sensor noise away, and the time is
the same for every camera."""


@dataclass(frozen=True, slots=True)
class ScoredFrame:
    """A frame and what was measured on it."""

    frame: VideoFrame
    sharpness: float  # variance of the Laplacian, higher is sharper
    brightness: float  # mean grey level, 0 to 255

    @property
    def t(self) -> float:
        """When the light fell, seconds."""
        return self.frame.t


def score(frame: VideoFrame) -> ScoredFrame:
    """Measure `frame`.

    Sharpness is the variance of the Laplacian (Pech-Pacheco et al., "Diatom autofocusing in
    brightfield microscopy", ICPR 2000), which motion blur and defocus both lower.
    """
    import cv2

    height, width = frame.image.shape[:2]
    small = frame.image
    if width > _WIDTH:
        small = cv2.resize(small, (_WIDTH, max(1, round(height * _WIDTH / width))), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    _, deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    return ScoredFrame(frame, float(deviation[0, 0]) ** 2, float(grey.mean()))


def scored(frames: Iterable[VideoFrame | Opened]) -> Iterator[ScoredFrame | Opened]:
    """Measure every frame in the thread that delivers it. Closing it closes `frames`, and with them the camera."""
    items = iter(frames)
    try:
        for item in items:
            yield score(item) if isinstance(item, VideoFrame) else item
    finally:
        if close := getattr(items, "close", None):
            close()
