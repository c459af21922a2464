"""Eyes and ears together: what was said, each stretch with the frames that it may be about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.listen.listener import Listener
from pipeline.listen.segmenter import Segment, Segmenter, SpeechStarted
from pipeline.look.choice import LookSettings
from pipeline.look.ring import FrameRing, Snapshot, Snapshots
from pipeline.look.watcher import Watcher
from pipeline.sources import News, Tell
from pipeline.types import AudioChunk, VideoFrame

_NOTICED = 0.5
"""Seconds after which the beginning of speech has been noticed: the frames before it must still be there then."""


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of speech and what was seen with it."""

    segment: Segment
    seen: Snapshot


class Senses:
    """Follows a camera and a microphone from the session's first moment to its last, and logs both."""

    def __init__(self, clock: Clock, log: EventLog, segmenter: Segmenter, look: LookSettings) -> None:
        self._clock = clock
        self._log = log
        self._segmenter = segmenter
        self._look = look

    @asynccontextmanager
    async def perceive(
        self,
        camera: Iterable[VideoFrame | News],
        microphone: Iterable[AudioChunk | News] | None,
        about: Mapping[str, object],
        tell: Tell,
    ) -> AsyncIterator[AsyncGenerator[Said, None]]:
        """Watches and listens while it is entered; gives what was said, as it ends, until the sound is over.

        Sources are as in pipeline/sources.py; without a microphone nothing is said until the pictures are over.
        `about` is what `session.started` says of the session. Raises what a subscriber of the log raises.
        """
        ring = FrameRing(lookback=self._look.max_age + _NOTICED, past=self._look.past)
        watcher = Watcher(self._clock, self._log, ring, tell)
        listener = Listener(self._clock, self._log, self._segmenter, tell)
        self._log.emit("session.started", turn=0, **about)
        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(watcher.watch(camera))
                speech = listener.listen(microphone) if microphone is not None else _silence(watching)
                try:
                    async with aclosing(self._said(ring, speech)) as said:
                        yield said
                finally:
                    watching.cancel()
        finally:
            self._log.emit(
                "session.ended",
                turn=0,
                frames=ring.seen,
                frames_skipped=watcher.skipped,
                frames_dropped=ring.dropped,
            )

    async def _said(
        self, ring: FrameRing, speech: AsyncGenerator[SpeechStarted | Segment, None]
    ) -> AsyncGenerator[Said, None]:
        """Each stretch of speech with what was seen, kept as it ends: the choice is made once its words are known."""
        snapshots = Snapshots()
        async with aclosing(speech):
            async for item in speech:
                if isinstance(item, SpeechStarted):
                    ring.keep_from(item.t)
                    self._log.emit("speech.started", turn=0, t_start=item.t)
                else:
                    seen = snapshots.take(ring.frames())
                    ring.keep_from(None)
                    self._log.emit("speech.ended", turn=0, t_start=item.t_start, t_end=item.t_end)
                    yield Said(item, seen)


async def _silence(watching: asyncio.Task[None]) -> AsyncGenerator[SpeechStarted | Segment, None]:
    """Nothing, until there is nothing more to see."""
    await asyncio.wait([watching])
    return
    yield
