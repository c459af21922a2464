"""Ears: a microphone's sound to stretches of speech, and what becomes of the microphone into the log."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from pipeline.clock import Clock
from pipeline.errors import MicrophoneLost
from pipeline.events import EventLog
from pipeline.listen.segmenter import GAP, Segment, Segmenter, SpeechStarted
from pipeline.sources import Health, Lost, News, Tell, follow
from pipeline.types import AudioChunk


class Listener:
    """Follows one microphone through `segmenter`."""

    def __init__(self, clock: Clock, log: EventLog, segmenter: Segmenter, tell: Tell) -> None:
        self._clock = clock
        self._log = log
        self._segmenter = segmenter
        self._health = Health(log, "microphone", tell)
        self._tell = tell

    async def listen(self, microphone: Iterable[AudioChunk | News]) -> AsyncGenerator[SpeechStarted | Segment, None]:
        """What begins and ends, as it does, until the sound is over; a lost microphone is told once, and reopened."""
        t_next: float | None = None
        lost = False
        source = follow(self._clock, lambda: microphone, lambda chunk: chunk.t_end, _stalled)
        async with aclosing(source) as items:
            async for item in items:
                if isinstance(item, AudioChunk):
                    if t_next is not None and item.t - t_next > GAP:
                        self._log.emit("audio.gap", turn=0, t_start=t_next, t_end=item.t)
                    t_next, lost = item.t_end, False
                    for speech in self._segmenter.feed(item):
                        yield speech
                    continue
                if isinstance(item, Lost):  # what the microphone broke off is taken as said
                    lost = True
                    for speech in self._segmenter.finish():
                        yield speech
                await self._health.note(item)
        for speech in self._segmenter.finish():
            yield speech
        if t_next is None and not lost:
            await self._tell("there was no sound at all", "There is no sound, so I can't hear a question.")


def _stalled(why: str) -> MicrophoneLost:
    return MicrophoneLost(f"the microphone hangs: {why}")
