"""Reading a camera through OpenCV: fresh pictures with their times, or CameraLost.

OpenCV says little of what goes wrong, and reports success where nothing is new: which pictures are fresh is judged in
`camera_fresh.py`, when they were taken in `camera_times.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from devices.camera_fresh import Freshness, as_bgr
from devices.camera_times import Spacing, Times
from devices.registry import Wanted
from pipeline.clock import Clock
from pipeline.errors import CameraLost
from pipeline.types import Image, Opened, VideoFrame

STALE = 2.0
"""Seconds without a fresh picture, while the driver reports success, after which a camera counts as lost."""

NEVER = "I can't find the camera."
"""What the wearer is told of a camera that gave no picture since it was opened."""


class Link(Protocol):
    """A way to a camera through OpenCV."""

    shown: str  # the address as anybody may see it

    cut_short: bool  # its last picture may be half a one, and is only known to be whole when another follows

    @property
    def asked(self) -> Mapping[str, object]:
        """What is wanted of the camera."""
        ...

    def capture(self) -> Any:
        """A cv2.VideoCapture, opened or not. Raises CameraLost."""
        ...

    def times(self, clock: Clock) -> Times:
        """How its pictures get their times."""
        ...

    def raw(self, capture: Any) -> float | None:
        """The driver's time of the picture grabbed last, seconds of its clock; None without one."""
        ...

    def given(self, capture: Any) -> dict[str, object]:
        """What the camera gives, under the names of `asked`."""
        ...

    def never(self) -> str:
        """Why no picture ever came, and the remedy."""
        ...

    def lost(self, waited: float) -> str:
        """Why no picture comes any more, after `waited` seconds of reading, and the remedy."""
        ...


@dataclass(frozen=True, slots=True)
class Camera:
    """The pictures of one camera: a source as in pipeline/sources.py, for one thread at a time."""

    link: Link
    clock: Clock
    wanted: Wanted

    def __iter__(self) -> Iterator[VideoFrame | Opened]:
        """Raises CameraLost if it can't be opened or gives nothing fresh. Closing the iterator lets the camera go."""
        capture = self.link.capture()
        try:
            grabs = self._grabs(capture)
            # Opening succeeds for cameras that another program uses; only a picture shows that this one is ours.
            first = next(grabs, None)
            if first is None:
                capture.release()  # or it would itself be in the way of finding out why
                raise CameraLost(self.link.never(), told=NEVER)
            yield Opened(self.link.shown, self.link.asked, self.link.given(capture))
            yield from self._frames(capture, chain((first,), grabs))
        finally:
            capture.release()

    def _grabs(self, capture: Any) -> Iterator[tuple[int, float, float]]:
        """Number, time of arrival and seconds waited of each picture, until a read fails."""
        seq = 0
        began = self.clock.now()
        while capture.isOpened() and _done(capture.grab):
            arrived = self.clock.now()
            yield seq, arrived, arrived - began
            seq += 1
            began = self.clock.now()
        if seq:
            raise CameraLost(self.link.lost(self.clock.now() - began))

    def _frames(self, capture: Any, grabs: Iterable[tuple[int, float, float]]) -> Iterator[VideoFrame]:
        times, fresh = self.link.times(self.clock), Freshness()
        spacing = Spacing(_rate(capture) or self.wanted.rate, self.wanted.looked_at)
        patience = max(STALE, 3 / self.wanted.looked_at)
        good: float | None = None  # when the last fresh one came
        held: VideoFrame | None = None
        for seq, arrived, waited in grabs:
            if held:
                yield held
                held = None
            raw = self.link.raw(capture)
            t = times.of(raw, arrived, waited)
            if t is None or not spacing.takes(seq, t, self.wanted.pace()):
                continue
            image = _picture(capture)
            verdict = fresh.verdict(image, raw)
            good = arrived if good is None else good
            if image is not None and verdict == "fresh":
                good = arrived
                held = VideoFrame(t, seq, image)
                if not self.link.cut_short:
                    yield held
                    held = None
            elif arrived - good > patience:
                raise CameraLost(f"{self.link.shown} {_STALENESS[verdict]}")


_STALENESS = {
    "repeat": "repeats the same picture: unplug the camera and plug it in again, or restart what streams it",
    "blank": "gives only blank pictures: take the cover off the lens, or unplug the camera and plug it in again",
    "broken": "gives only broken pictures: try another cable or port, or a better network",
}


def _done(step: Callable[[], bool]) -> bool:
    import cv2

    try:
        return bool(step())
    except cv2.error:
        return False


def _picture(capture: Any) -> Image | None:
    """The picture grabbed last; None if it can't be decoded."""
    import cv2

    try:
        good, picture = capture.retrieve()
    except cv2.error:
        return None
    return as_bgr(picture) if good and picture is not None else None


def _rate(capture: Any) -> float | None:
    """Frames a second, as the driver says; None where it does not, or makes it up."""
    import cv2

    rate = float(capture.get(cv2.CAP_PROP_FPS))
    return rate if 0.5 <= rate <= 480 else None


def size_and_rate(capture: Any) -> dict[str, object]:
    """`width` and `height` in pixels, and `rate` in frames a second, as the driver says."""
    import cv2

    width, height = (int(capture.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    return {"width": width, "height": height, "rate": _rate(capture)}
