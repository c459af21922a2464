"""What was said, known early: the words of a stretch of speech while its last silence is still being waited out.

At the first short pause the stretch is transcribed, and the words, with their sound, say how long a silence ends it.
If speech goes on, that was for nothing; if not, the words are already there when the stretch is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from pipeline.channel import Channel
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.listen.end_of_turn import SHORTEST, SILENCE, Ended, EndOfTurn
from pipeline.listen.segmenter import Paused, Segment, Segmenter
from pipeline.listen.transcriber import Transcriber, Transcript
from pipeline.senses import Said, Sensed

_AT_ONCE = 2
"""Stretches that are transcribed at a time: one that has become void can't be stopped, and nobody waits for it."""

_WAITING = 4
"""Stretches that wait for the recogniser at most: an answer to what was said minutes ago is of no use to anybody."""


@dataclass(frozen=True, slots=True, eq=False)
class Understood:
    """The words of a stretch of speech: so far, while a pause lasts, or of all of it."""

    said: Said
    heard: Transcript
    fault: str = ""  # why there are no words, if the recogniser failed

    @property
    def over(self) -> bool:
        """Whether this is all of it."""
        return self.said.paused is None


NOT_MEANT = "not meant for the assistant"
"""Why nothing comes of what was said."""

Heard = Sensed | Understood
"""What there is to react to, as it happens; the words of a stretch come as soon as they are known."""


@dataclass(slots=True, eq=False)
class _Job:
    """A stretch to be transcribed."""

    said: Said
    pause: _Job | None = None  # the one that it ended with
    voided: asyncio.Event = field(default_factory=asyncio.Event)  # a pause after which speech went on
    heard: Transcript | None = None
    ended: Ended | None = None  # what its silence sounds like
    over: bool = False  # it was all: what is to be said of it is said then

    @property
    def void(self) -> bool:
        """Whether nobody needs it any more."""
        return self.voided.is_set()


class Endpointing:
    """Decides when somebody has finished; `end_of_turn` knows how long to wait, and without it the segmenter does.

    In 111 orders there are 84 pauses after which people speak on, and what is transcribed of them, and asked for it, is
    for nothing. While `sparing` says so, a pause is transcribed only once it is as long as the shortest that ends a
    turn, by when 75 of them are known for what they are. The answer comes up to 0.29 s later for it.
    """

    def __init__(
        self,
        clock: Clock,
        segmenter: Segmenter,
        transcriber: Transcriber,
        end_of_turn: EndOfTurn | None = None,
        sparing: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock = clock
        self._segmenter = segmenter
        self._transcriber = transcriber
        self._end_of_turn = end_of_turn
        self._sparing = sparing
        self._jobs: Channel[_Job] = Channel(_WAITING)

    async def follow(
        self,
        sensed: AsyncIterator[Sensed],
        react: Callable[[Heard], None],
        attends: Callable[[Segment], bool],
    ) -> None:
        """Call `react` with all that is heard, as it is, until the sound is over and its last words are understood.

        The words of a stretch for which nobody `attends` are nobody's business, and not worth the work.
        Hearing never waits: of too much, the oldest is ignored. Raises UsageError where a stage has no known cost.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(sensed, react, attends, group))
            group.create_task(self._understand(react, attends, group))

    async def _listen(
        self,
        sensed: AsyncIterator[Sensed],
        react: Callable[[Heard], None],
        attends: Callable[[Segment], bool],
        group: asyncio.TaskGroup,
    ) -> None:
        pause: _Job | None = None
        async for item in sensed:
            if isinstance(item, Said):
                job = _Job(item, None if item.paused else pause)
                if job.pause:
                    job.pause.over = True
                pause = job if item.paused else None
                react(item)
                dropped = await self._jobs.push(job)
                if dropped and not dropped.said.paused:
                    react(Understood(dropped.said, _nothing("too much was said meanwhile")))
                if item.paused and self._end_of_turn and attends(item.segment):
                    group.create_task(self._hear_silence(job, item.paused, self._end_of_turn))
                continue
            if pause:
                pause.voided.set()
                pause = None
            react(item)
        self._jobs.close()

    async def _hear_silence(self, job: _Job, paused: Paused, end_of_turn: EndOfTurn) -> None:
        """What the silence sounds like, once there is enough of it; meanwhile the words are transcribed."""
        await self._clock.sleep_until(paused.segment.t_end + SILENCE)
        if job.void:
            return
        sound = self._segmenter.so_far(paused).samples
        try:
            job.ended = await self._clock.run("end of turn", lambda: end_of_turn.listen(sound))
        except UsageError:
            raise
        except Exception:  # noqa: BLE001 - a model that fails is one less to ask
            job.ended = Ended()
        self._decide(job)

    def _decide(self, job: _Job) -> None:
        """How long this pause may last, once its words and its sound are known."""
        paused = job.said.paused
        if paused and self._end_of_turn and job.heard and job.heard.text and job.ended:
            self._segmenter.wait(paused, self._end_of_turn.patience(job.heard, job.ended))

    async def _understand(
        self, react: Callable[[Heard], None], attends: Callable[[Segment], bool], group: asyncio.TaskGroup
    ) -> None:
        """One stretch after another, but that nobody waits for one that has become void."""
        room = asyncio.Semaphore(_AT_ONCE)
        async for job in self._jobs:
            if job.pause and job.pause.heard:
                react(Understood(job.said, job.pause.heard))
                continue
            if not attends(job.said.segment):
                if not job.said.paused:
                    react(Understood(job.said, _nothing(NOT_MEANT)))
                continue
            await room.acquire()
            work = group.create_task(self._transcribe(job, react))
            work.add_done_callback(lambda _: room.release())
            going_on = group.create_task(job.voided.wait())
            await asyncio.wait({work, going_on}, return_when=asyncio.FIRST_COMPLETED)
            going_on.cancel()

    async def _transcribe(self, job: _Job, react: Callable[[Heard], None]) -> None:
        said = job.said
        if said.paused and self._sparing():
            await self._clock.sleep_until(said.segment.t_end + SHORTEST)
        if job.void:
            return
        try:
            heard = await self._transcriber.transcribe(said.segment.samples)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the wearer must not wait in silence
            if not said.paused:  # in a pause it is tried again at the end
                react(Understood(said, _nothing("transcription failed"), fault=f"transcription failed: {error}"))
            return
        if job.void:
            return
        job.heard = heard
        if not job.over:
            react(Understood(said, heard))
            self._decide(job)


def _nothing(reason: str) -> Transcript:
    return Transcript("", 0.0, "en", reason)
