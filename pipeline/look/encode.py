"""A frame as a JPEG, in the size that a backend asks for, and its small print beside it."""

from __future__ import annotations

import asyncio

from pipeline.ask.backend import PictureBudget
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.look.small_print import crop_around, small_print
from pipeline.types import Image, Picture, VideoFrame

_FEW_LINES = 2
"""Lines of small print that are worth a second picture: a single one is often a ledge or a row of leaves."""

_CLOSER = "a part of the picture before it, at full size: its small print"


class Encoder:
    """Frames as pictures, made in threads. One that is foreseen is made while nobody waits for it yet.

    `group` is what such work belongs to.
    """

    def __init__(self, clock: Clock, group: asyncio.TaskGroup) -> None:
        self._clock = clock
        self._group = group
        self._foreseen: tuple[VideoFrame, PictureBudget, asyncio.Task[tuple[Picture, ...] | None]] | None = None

    def foresee(self, frame: VideoFrame, budget: PictureBudget) -> None:
        """This one is likely to be asked for next; the one before is forgotten."""
        if not self._work_on(frame, budget):
            self._foreseen = frame, budget, self._group.create_task(self._tried(frame, budget))

    async def pictures(self, frame: VideoFrame, budget: PictureBudget, *, note: str = "") -> tuple[Picture, ...]:
        """As `with_small_print`, and raises what that raises."""
        if not note and (work := self._work_on(frame, budget)):
            await asyncio.wait({work})  # whoever waits may be cancelled, and the next one wants it too
            if made := work.result():
                return made
        return await self._made(frame, budget, note)

    def _work_on(self, frame: VideoFrame, budget: PictureBudget) -> asyncio.Task[tuple[Picture, ...] | None] | None:
        """What makes the pictures of that frame, done or not; None if it was not foreseen."""
        if self._foreseen and self._foreseen[0] is frame and self._foreseen[1] == budget:
            return self._foreseen[2]
        return None

    async def _tried(self, frame: VideoFrame, budget: PictureBudget) -> tuple[Picture, ...] | None:
        """None if it fails: it will again for who asks for it, who can tell of that."""
        try:
            return await self._made(frame, budget, "")
        except UsageError:  # a replay without a cost for it
            raise
        except Exception:  # noqa: BLE001 - whatever a codec raises
            return None

    async def _made(self, frame: VideoFrame, budget: PictureBudget, note: str) -> tuple[Picture, ...]:
        return await self._clock.run("encode", lambda: with_small_print(frame, budget, note=note))


def encode(frame: VideoFrame, budget: PictureBudget, *, note: str = "") -> Picture:
    """`frame` with its long edge at most `budget.long_edge` pixels, as a JPEG; a small frame is never enlarged.

    Pixels are averaged on the way down (cv2's INTER_AREA): thin strokes of print fade instead of breaking up.
    Blocks for some ten milliseconds at 720p, so the session calls it in a thread.
    """
    import cv2

    image = frame.image
    height, width = image.shape[:2]
    scale = _scale(image, budget)
    if scale < 1:
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, budget.quality))
    return Picture(data.tobytes(), width, height, frame.t, note)


def with_small_print(frame: VideoFrame, budget: PictureBudget, *, note: str = "") -> tuple[Picture, ...]:
    """`frame` as by `encode`, and where that would shrink small print away, the part that holds most of it as it is.

    The crop is within the same budget, three quarters as high as it is wide at most.
    """
    wide = encode(frame, budget, note=note)
    scale = _scale(frame.image, budget)
    if scale == 1 or budget.long_edge is None:
        return (wide,)
    lines = small_print(frame.image, scale)
    height, width = frame.image.shape[:2]
    box = crop_around(lines, (width, height), (budget.long_edge, budget.long_edge * 3 // 4))
    if box is None or len(lines) < _FEW_LINES:
        return (wide,)
    part = VideoFrame(frame.t, frame.seq, frame.image[box.top : box.bottom, box.left : box.right])
    return (wide, encode(part, budget, note=_CLOSER))


def _scale(image: Image, budget: PictureBudget) -> float:
    """By which a picture has to shrink for the budget, 1 if it fits."""
    return 1.0 if budget.long_edge is None else min(1.0, budget.long_edge / max(image.shape[:2]))
