"""Eyes: a camera's pictures, measured, into the frame ring, and what becomes of the camera into the log."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing

from pipeline.clock import Clock
from pipeline.errors import CameraLost
from pipeline.events import EventLog
from pipeline.look.quality import ScoredFrame, scored
from pipeline.look.ring import FrameRing
from pipeline.sources import Health, News, Tell, follow
from pipeline.types import Opened, VideoFrame

_RATES_EVERY = 30.0
"""Seconds between reports of the rates."""


class Watcher:
    """Follows one camera into `ring`."""

    def __init__(self, clock: Clock, log: EventLog, ring: FrameRing, tell: Tell) -> None:
        self._clock = clock
        self._log = log
        self._ring = ring
        self._health = Health(log, "camera", tell)
        self._rates = _Rates(0.0)
        self.skipped = 0
        """Frames that the camera delivered and nobody looked at, in all."""

    async def watch(self, camera: Iterable[VideoFrame | News]) -> None:
        """Every frame into the ring, at its time, until the camera ends; a lost one is told once, and reopened."""
        source = follow(self._clock, lambda: scored(camera), lambda frame: frame.t, _stalled)
        async with aclosing(source) as items:
            async for item in items:
                if isinstance(item, ScoredFrame):
                    self._ring.add(item)
                    self._count(item.frame.seq)
                    continue
                if isinstance(item, Opened):
                    self._rates.reopened()
                await self._health.note(item)

    def _count(self, seq: int) -> None:
        self.skipped += self._rates.count(seq)
        if self._clock.now() - self._rates.since >= _RATES_EVERY:
            self._log.emit("camera.rates", turn=0, **self._rates.each_second(self._clock.now()))
            self._rates = _Rates(self._clock.now(), seq)


class _Rates:
    """Counts frames between two reports."""

    def __init__(self, since: float, seq: int | None = None) -> None:
        self.since = since
        self._seq = seq  # of the last frame; None where there was none since the camera was opened
        self._processed = 0
        self._skipped = 0

    def reopened(self) -> None:
        self._seq = None

    def count(self, seq: int) -> int:
        """One more frame was processed; how many were skipped before it."""
        skipped = 0 if self._seq is None else max(0, seq - self._seq - 1)
        self._seq = seq
        self._processed += 1
        self._skipped += skipped
        return skipped

    def each_second(self, now: float) -> dict[str, float]:
        """Frames a second that the camera delivered, that were processed, and that were skipped."""
        seconds = now - self.since
        return {
            "camera": round((self._processed + self._skipped) / seconds, 2),
            "processed": round(self._processed / seconds, 2),
            "skipped": round(self._skipped / seconds, 2),
        }


def _stalled(why: str) -> CameraLost:
    return CameraLost(f"the camera hangs: {why}")
