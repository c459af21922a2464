"""What the glasses see and hear right now, for a terminal: pictures in half blocks, and the microphone's level."""

from __future__ import annotations

from pipeline.listen.level import level
from pipeline.types import AudioChunk, Image, VideoFrame

QUIETEST = -60.0
"""dB of full scale where the bar of the level begins."""

_FALL = 25.0
"""Decibels a second by which the level falls, so that the eye can follow it."""

_KEPT = 600
"""Small pictures that are kept: 20 s at 30 a second, as far back as a question may look (8 s before it began)."""

_SMALL = 64
"""Pixels along their longer edge, at least: 9 kB each."""


class Preview:
    """Takes what comes, in whatever thread it comes, and keeps the newest."""

    def __init__(self, *, pictures: bool = True) -> None:
        """`pictures` says whether small ones are kept, by which a chosen frame can be shown."""
        self.newest: VideoFrame | None = None
        self.level = QUIETEST
        """dB of full scale, at least QUIETEST."""
        self._small: dict[float, Image] | None = {} if pictures else None

    def frame(self, frame: VideoFrame) -> None:
        """The newest picture."""
        self.newest = frame
        if self._small is None:
            return
        step = max(1, max(frame.image.shape[:2]) // _SMALL)
        self._small[round(frame.t, 4)] = frame.image[step // 2 :: step, step // 2 :: step].copy()
        if len(self._small) > _KEPT:
            del self._small[next(iter(self._small))]

    def sound(self, chunk: AudioChunk) -> None:
        """The newest sound."""
        self.level = max(level(chunk.samples), self.level - _FALL * len(chunk.samples) / chunk.rate, QUIETEST)

    def chosen(self, t: float) -> Image | None:
        """The frame of time `t` as the log says it, at 64 to 127 pixels; None if it is not kept."""
        return self._small.get(t) if self._small is not None else None


def fitting(image: Image, columns: int, lines: int) -> int:
    """The columns, at most, at which `picture` of `image` fits into so many columns and lines; 0 if it can't."""
    height, width = image.shape[:2]
    return min(columns, int(2 * lines * width / height))


def picture(image: Image, columns: int, *, deep: bool = True) -> list[str]:
    """`image` (BGR) as lines for a terminal, two pixels a character, of 24-bit colours or (not `deep`) of 256.

    They steer the terminal themselves, since a style for each character takes rich ten times as long: 11 % of a core
    for 64 columns, four times a second.
    """
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    lines = max(1, round(columns * height / width / 2))
    small = cv2.resize(image, (columns, 2 * lines), interpolation=cv2.INTER_AREA)[..., ::-1]
    if deep:
        pairs = np.concatenate([small[::2], small[1::2]], axis=2).tolist()
        form = "\x1b[38;2;%d;%d;%d;48;2;%d;%d;%dm▀"
    else:
        cube = 16 + (np.rint(small / 51) @ (36, 6, 1)).astype(int)
        pairs = np.stack([cube[::2], cube[1::2]], axis=2).tolist()
        form = "\x1b[38;5;%d;48;5;%dm▀"
    return ["".join(form % tuple(pair) for pair in line) + "\x1b[0m" for line in pairs]
