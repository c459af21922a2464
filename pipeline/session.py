"""A session: senses, understanding and turns put together, live and in replay alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from pipeline.buttons import Button
from pipeline.clock import Clock
from pipeline.converse.conductor import Conductor
from pipeline.converse.endpointing import Endpointing
from pipeline.converse.pressing import Pressing
from pipeline.errors import first_failure
from pipeline.events import EventLog
from pipeline.parts import Parts
from pipeline.privacy import Privacy
from pipeline.senses import Senses
from pipeline.sources import News
from pipeline.types import AudioChunk, VideoFrame

_STILL_PRIVATE = "I had to start anew. Camera and microphone are still off. A long press turns them on."


class Session:
    """One run from the first frame to the last spoken word."""

    def __init__(self, clock: Clock, log: EventLog, parts: Parts) -> None:
        self._clock = clock
        self._log = log
        self._parts = parts
        self._conductor: Conductor | None = None
        self._troubles: list[tuple[str, str]] = []  # of before there was one
        clock.on_span = self._span
        if parts.helpers:
            parts.helpers.tell = self.tell

    async def run(
        self,
        camera: Iterable[VideoFrame | News],
        microphone: Iterable[AudioChunk | News],
        about: Mapping[str, object],
        button: Button | None = None,
        privacy: Privacy | None = None,
    ) -> None:
        """Follow both sources, in the order of their times, until the sound ends and the last answer is spoken.

        Sources are as in pipeline/sources.py; the button may be pressed meanwhile. `about` is what `session.started`
        says of the session. While `privacy` is wanted both are closed. Whatever fails is an event, and told to the
        wearer; a lost device is tried again. Cancel it to end a live session.
        """
        parts = self._parts
        senses = Senses(self._clock, self._log, parts.ears, parts.look)
        endpointing = Endpointing(
            self._clock, parts.ears.segmenter, parts.transcriber, parts.end_of_turn, parts.sparing
        )
        privacy = privacy or Privacy(self._clock)
        try:
            async with (
                senses.perceive(camera, microphone, about, self.tell, privacy) as sensed,
                asyncio.TaskGroup() as turns,
            ):
                self._conductor = conductor = Conductor(self._clock, self._log, parts, turns)
                fingers = Pressing(self._clock, self._log, conductor, privacy, turns)
                if privacy.wanted:
                    self._log.emit("privacy", turn=0, state="on")
                    conductor.say(_STILL_PRIVATE)
                for what, told in self._troubles:
                    await conductor.tell(what, told)
                if button:
                    fingers.follow(button)
                await endpointing.follow(sensed, conductor.react, conductor.attends)
                await conductor.finish()
                fingers.finish()
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None

    async def tell(self, what: str, told: str) -> None:
        """Something has failed: the wearer hears it when nobody else speaks."""
        if self._conductor:
            await self._conductor.tell(what, told)
        else:
            self._troubles.append((what, told))

    def _span(self, stage: str, start: float, seconds: float) -> None:
        self._log.emit("span", stage=stage, start=start, seconds=seconds)
