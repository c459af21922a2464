"""Eyes and ears together: what is said, each stretch with the frames that it may be about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.listen.listener import Ears, Listener
from pipeline.listen.segmenter import FalseOnset, Onset, Paused, Resumed, Segment, Speech, SpeechStarted
from pipeline.listen.wake import Woken
from pipeline.look.choice import LookSettings
from pipeline.look.ring import FrameRing, Snapshot, Snapshots
from pipeline.look.watcher import Watcher
from pipeline.privacy import Privacy
from pipeline.sources import News, Tell
from pipeline.types import AudioChunk, VideoFrame

_NOTICED = 0.5
"""Seconds after which the beginning of speech has been noticed: the frames before it must still be there then."""


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of speech, and what was seen with it: all of it, or so far, in a pause that may end it."""

    segment: Segment
    seen: Snapshot
    paused: Paused | None = None  # None: it is over


Sensed = Onset | FalseOnset | SpeechStarted | Resumed | Said | Woken
"""What is sensed, in the order of its times."""


class Senses:
    """Follows a camera and a microphone from the session's first moment to its last, and logs both."""

    def __init__(self, clock: Clock, log: EventLog, ears: Ears, look: LookSettings) -> None:
        self._clock = clock
        self._log = log
        self._ears = ears
        self._look = look

    @asynccontextmanager
    async def perceive(
        self,
        camera: Iterable[VideoFrame | News],
        microphone: Iterable[AudioChunk | News] | None,
        about: Mapping[str, object],
        tell: Tell,
        privacy: Privacy | None = None,
    ) -> AsyncIterator[AsyncGenerator[Sensed, None]]:
        """Watches and listens while it is entered; gives what is said, as it is, until the sound is over.

        Sources are as in pipeline/sources.py; without a microphone nothing is said until the pictures are over.
        `about` is what `session.started` says of the session. While `privacy` is wanted both are closed. Raises what a
        subscriber of the log raises.
        """
        ring = FrameRing(lookback=self._look.max_age + _NOTICED, past=self._look.past)
        watcher = Watcher(self._clock, self._log, ring, tell)
        listener = Listener(self._clock, self._log, self._ears, tell)
        privacy = privacy or Privacy(self._clock)
        self._log.emit("session.started", turn=0, **about)
        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(privacy.watching(lambda: watcher.watch(camera)))
                speech = (
                    privacy.listening(lambda: listener.listen(microphone), listener.finish)
                    if microphone is not None
                    else _silence(watching)
                )
                try:
                    async with aclosing(self._sensed(ring, speech)) as sensed:
                        yield sensed
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

    async def _sensed(
        self, ring: FrameRing, speech: AsyncGenerator[Speech | Woken, None]
    ) -> AsyncGenerator[Sensed, None]:
        """Speech with what was seen, kept as it pauses and ends: the choice is made once its words are known."""
        snapshots = Snapshots()
        async with aclosing(speech):
            async for item in speech:
                if isinstance(item, Paused):
                    yield Said(item.segment, snapshots.take(ring.frames()), item)
                    continue
                if isinstance(item, Segment):
                    seen = snapshots.take(ring.frames())
                    ring.keep_from(None)
                    self._log.emit("speech.ended", turn=0, t_start=item.t_start, t_end=item.t_end)
                    yield Said(item, seen)
                    continue
                if isinstance(item, SpeechStarted):
                    ring.keep_from(item.t)
                    self._log.emit("speech.started", turn=0, t_start=item.t)
                elif isinstance(item, Woken):
                    ring.keep_from(None)
                    self._log.emit("wake", turn=0, word=item.word, t_end=item.t_end)
                yield item


async def _silence(watching: asyncio.Task[None]) -> AsyncGenerator[Speech | Woken, None]:
    """Nothing, until there is nothing more to see."""
    await asyncio.wait([watching])
    return
    yield
