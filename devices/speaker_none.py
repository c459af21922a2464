"""`none`: time passes as if it sounded, and nothing is heard."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from devices.registry import Found
from pipeline.clock import Clock
from pipeline.types import SpeechChunk

AHEAD = 0.5
"""Seconds of earlier sound that may still be ahead of a chunk when `play` returns: enough for the synthesis
of the next clause, and little enough that it does not run away from what the wearer hears."""


class NoSpeaker:
    """A speaker made of a clock alone: exact in virtual time.

    Its own times, marked `own`, are session seconds without those for which it was paused.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._late = 0.0  # seconds for which it was paused: session time less own time
        self._paused_at: float | None = None  # own
        self._running = asyncio.Event()  # not paused
        self._running.set()
        self._end = 0.0  # when all that is queued has sounded, own
        self._queued: list[
            tuple[float, float]
        ] = []  # start (own) and length of each chunk since the last drain or flush

    async def play(self, chunk: SpeechChunk) -> float:
        """As in pipeline.speak.speaker."""
        start = max(self._own(), self._end)
        seconds = len(chunk.samples) / chunk.rate
        self._end = start + seconds
        self._queued.append((start, seconds))
        await self._until(start - AHEAD)
        return start + self._late

    async def drain(self) -> None:
        """As in pipeline.speak.speaker."""
        await self._until(self._end)
        self._queued.clear()

    def pause(self) -> float:
        """As in pipeline.speak.speaker."""
        self._paused_at = self._own()
        self._running.clear()
        return self._heard()

    def resume(self) -> float:
        """As in pipeline.speak.speaker."""
        if self._paused_at is not None:
            self._late = self._clock.now() - self._paused_at
            self._paused_at = None
            self._running.set()
        return self._clock.now()

    def flush(self) -> float:
        """As in pipeline.speak.speaker."""
        heard = self._heard()
        self._queued.clear()
        self.resume()
        self._late, self._end = 0.0, self._clock.now()
        return heard

    async def close(self) -> None:
        """As in pipeline.speak.speaker."""
        self.flush()

    def _own(self) -> float:
        return self._clock.now() - self._late if self._paused_at is None else self._paused_at

    def _heard(self) -> float:
        own = self._own()
        return sum(min(max(own - start, 0.0), seconds) for start, seconds in self._queued)

    async def _until(self, own: float) -> None:
        """Return at this time of its own, when it is not paused."""
        while True:
            await self._running.wait()
            late = self._late
            await self._clock.sleep_until(own + late)
            if self._running.is_set() and self._late == late:
                return


class _Driver:
    forms = ("none",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock, rate: int, *, patient: bool = False) -> NoSpeaker:
        return NoSpeaker(clock)


driver = _Driver()
