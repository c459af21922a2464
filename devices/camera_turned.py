"""A camera that is worn on its side or upside down: its pictures turned upright."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.errors import UsageError
from pipeline.sources import News, iterated
from pipeline.types import Opened, VideoFrame, read_only

ROTATIONS = (0, 90, 180, 270)
"""Degrees clockwise by which a picture is turned."""


@dataclass(frozen=True, slots=True)
class Turned:
    """The pictures of `source`, turned clockwise by `degrees`."""

    source: Iterable[VideoFrame | News]
    degrees: int

    def __iter__(self) -> Iterator[VideoFrame | News]:
        import cv2

        code = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}[self.degrees]
        with iterated(self.source) as items:
            for item in items:
                if isinstance(item, VideoFrame):
                    yield replace(item, image=read_only(cv2.rotate(item.image, code)))
                elif isinstance(item, Opened):
                    yield replace(item, given={**item.given, "rotation": self.degrees})
                else:
                    yield item


def turned(source: Iterable[VideoFrame | News], degrees: int) -> Iterable[VideoFrame | News]:
    """`source` turned clockwise. Raises UsageError for what is no quarter of a turn."""
    if degrees not in ROTATIONS:
        raise UsageError(f"a camera is turned by {', '.join(map(str, ROTATIONS))} degrees, not by {degrees}")
    return Turned(source, degrees) if degrees else source
