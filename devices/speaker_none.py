"""`none`: time passes as if it sounded, and nothing is heard."""

from __future__ import annotations

from collections.abc import Iterable

from devices.registry import Found
from pipeline.clock import Clock
from pipeline.types import SpeechChunk

AHEAD = 0.5
"""Seconds of earlier sound that may still be ahead of a chunk when `play` returns: enough for the synthesis
of the next clause, and little enough that it does not run away from what the wearer hears."""


class NoSpeaker:
    """A speaker made of a clock alone: exact in virtual time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._end = 0.0  # when all that is queued has sounded, session seconds
        self._queued: list[tuple[float, float]] = []  # start and length of each chunk since the last drain or flush

    async def play(self, chunk: SpeechChunk) -> float:
        """As in pipeline.speak.speaker."""
        start = max(self._clock.now(), self._end)
        seconds = len(chunk.samples) / chunk.rate
        self._end = start + seconds
        self._queued.append((start, seconds))
        await self._clock.sleep_until(start - AHEAD)
        return start

    async def drain(self) -> None:
        """As in pipeline.speak.speaker."""
        await self._clock.sleep_until(self._end)
        self._queued.clear()

    def flush(self) -> float:
        """As in pipeline.speak.speaker."""
        now = self._clock.now()
        heard = sum(min(max(now - start, 0.0), seconds) for start, seconds in self._queued)
        self._queued.clear()
        self._end = now
        return heard

    async def close(self) -> None:
        """As in pipeline.speak.speaker."""
        self.flush()


class _Driver:
    forms = ("none",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock, rate: int, *, patient: bool = False) -> NoSpeaker:
        return NoSpeaker(clock)


driver = _Driver()
