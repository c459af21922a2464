"""The conductor: hears, looks, and takes the turns one after another, live and in replay alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.ask.backend import Backend
from pipeline.ask.conversation import Conversation
from pipeline.ask.modes import AUTO
from pipeline.channel import Channel
from pipeline.clock import Clock
from pipeline.errors import GlassesError, SpeakerLost, UsageError, first_failure
from pipeline.events import EventLog, current_turn
from pipeline.languages import language_name
from pipeline.listen.level import CLIPPED, clipped_share
from pipeline.listen.segmenter import Segmenter
from pipeline.listen.transcriber import Transcriber
from pipeline.look.choice import LookSettings, choose
from pipeline.orders import Keeper, order_in
from pipeline.senses import Said, Senses
from pipeline.sources import News
from pipeline.turn import Mouth, Turn
from pipeline.types import AudioChunk, FrameChoice, Utterance, VideoFrame, Word

_TOO_LOUD = "That was too loud for the microphone, and I couldn't make it out."

_VERY_DARK = "It is very dark here."

_WAITING = 4
"""Utterances, and turns, that wait at most: an answer to what was said minutes ago is of no use to anybody."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a session is made of."""

    segmenter: Segmenter
    transcriber: Transcriber
    backend: Backend
    mouth: Mouth
    look: LookSettings = field(default_factory=LookSettings)
    keeper: Keeper | None = None  # None: orders to keep something are questions like any other
    mode: str = AUTO  # how hard to think: one of pipeline/ask/modes.py, or by the question


@dataclass(frozen=True, slots=True)
class _Asked:
    utterance: Utterance
    choice: FrameChoice

    @property
    def turn(self) -> int:
        return self.utterance.turn


@dataclass(frozen=True, slots=True)
class _Trouble:
    turn: int
    what: str
    told: str


class Session:
    """One run from the first frame to the last spoken word."""

    def __init__(self, clock: Clock, log: EventLog, parts: Parts) -> None:
        self._clock = clock
        self._log = log
        self._parts = parts
        self._senses = Senses(clock, log, parts.segmenter, parts.look)
        self._said: Channel[Said] = Channel(_WAITING)
        self._turns: Channel[_Asked | _Trouble] = Channel(_WAITING)
        self._excused: set[str] = set()  # languages that the wearer knows not to be answered in
        self._told_dark = False
        self._conversation = Conversation()
        clock.on_span = self._span

    async def run(
        self,
        camera: Iterable[VideoFrame | News],
        microphone: Iterable[AudioChunk | News],
        about: Mapping[str, object],
    ) -> None:
        """Follow both sources, in the order of their times, until the sound ends and the last answer is spoken.

        Sources are as in pipeline/sources.py. `about` is what `session.started` says of the session. Whatever fails
        is an event, and told to the wearer; a lost device is tried again. Cancel it to end a live session.
        """
        try:
            async with (
                self._senses.perceive(camera, microphone, about, self.tell) as said,
                asyncio.TaskGroup() as group,
            ):
                group.create_task(self._hear(said))
                group.create_task(self._understand())
                group.create_task(self._converse())
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None

    async def tell(self, what: str, told: str) -> None:
        """Something has failed: the wearer hears it when nobody else speaks. Never waits: too much is only logged."""
        if not await self._turns.offer(_Trouble(0, what, told)):
            self._log.emit("fault", turn=0, what=what, told="")

    async def _hear(self, said: AsyncIterable[Said]) -> None:
        """Hearing never waits: a microphone that had to would lose sound. Of too much, the oldest is ignored."""
        async for item in said:
            if dropped := await self._said.push(item):
                segment = dropped.segment
                self._log.emit(
                    "ignored",
                    turn=0,
                    t_start=segment.t_start,
                    t_end=segment.t_end,
                    reason="too much was said meanwhile",
                )
        self._said.close()

    async def _understand(self) -> None:
        """Stretches of speech to questions, each with the picture that its words are about."""
        turn = 1
        async for said in self._said:
            current_turn.set(turn)
            task = await self._transcribe(said, turn)
            if task is not None:
                await self._turns.send(task)
                turn += 1
        self._turns.close()

    async def _transcribe(self, said: Said, turn: int) -> _Asked | _Trouble | None:
        transcriber, segment = self._parts.transcriber, said.segment
        t_start, t_end = segment.t_start, segment.t_end
        try:
            heard = await self._clock.run("transcribe", lambda: transcriber.transcribe(segment.samples))
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the wearer must not wait in silence
            return _Trouble(turn, f"transcription failed: {error}", "I couldn't make out what you said.")
        clipped = clipped_share(segment.samples)
        if clipped > CLIPPED:
            self._log.emit("audio.clipped", turn=0, t_start=t_start, t_end=t_end, share=clipped)
        if not heard.text:
            self._log.emit("ignored", turn=0, t_start=t_start, t_end=t_end, reason=heard.reason)
            return _Trouble(turn, "speech too loud for the microphone", _TOO_LOUD) if clipped > CLIPPED else None
        self._log.emit(
            "heard",
            text=heard.text,
            t_start=t_start,
            t_end=t_end,
            confidence=heard.confidence,
            language=heard.language,
        )
        words = tuple(Word(word.text, segment.t + word.t_start, segment.t + word.t_end) for word in heard.words)
        utterance = Utterance(turn, t_start, t_end, heard.text, heard.confidence, heard.language, words)
        choice = choose(said.seen.take(), utterance, self._parts.look)
        times = [frame.t for frame in choice.frames]
        self._log.emit(
            "looked",
            frames=times,
            ages=[t_end - t for t in times],
            scores=choice.scores,
            reason=choice.reason,
            dark=choice.dark,
        )
        return _Asked(utterance, choice)

    async def _converse(self) -> None:
        """The turns, one after another.

        A speaker that is lost is tried again with each turn.
        """
        lost = False
        async for task in self._turns:
            current_turn.set(task.turn)
            try:
                await self._take(task)
            except SpeakerLost as error:
                self._log.emit("speaker.lost", turn=0, what=str(error))
                lost = True
            except UsageError:
                raise
            except GlassesError as error:  # what the speaker writes can't be kept, say: the session goes on
                self._log.emit("fault", what=str(error), told="")
            else:
                if lost:
                    self._log.emit("speaker.back", turn=0)
                lost = False

    async def _take(self, task: _Asked | _Trouble) -> None:
        turn = Turn(self._clock, self._log, self._parts.backend, self._parts.mouth, task.turn, mode=self._parts.mode)
        if isinstance(task, _Trouble):
            await turn.tell(task.what, task.told)
            return
        keeper, order = self._parts.keeper, order_in(task.utterance.text)
        if keeper and order:
            try:
                told = await keeper.obey(order, task.choice)
            except Exception as error:  # noqa: BLE001 - whatever it is, the wearer must not wait in silence
                known = error if isinstance(error, GlassesError) else GlassesError(f"{order}: {error}")
                await turn.tell(str(known), known.told)
            else:
                await turn.say(told)
            return
        preface = " ".join(filter(None, (self._excuse(task.utterance.language), self._darkness(task.choice))))
        await turn.answer(task.utterance, task.choice, self._conversation, preface=preface)

    def _excuse(self, language: str) -> str:
        """Said once, before the first answer in another language than the question's."""
        backend, mouth = self._parts.backend, self._parts.mouth
        answered = mouth.voice_for(language, backend).language
        if answered == language or language in self._excused:
            return ""
        self._excused.add(language)
        return f"I can't answer in {language_name(language)}, so I answer in {language_name(answered)}."

    def _darkness(self, choice: FrameChoice) -> str:
        """Said before the first answer in the dark, and again only after there was light: the wearer may not see it."""
        told, self._told_dark = self._told_dark, choice.dark if choice.frames else self._told_dark
        return _VERY_DARK if choice.dark and not told else ""

    def _span(self, stage: str, start: float, seconds: float) -> None:
        self._log.emit("span", stage=stage, start=start, seconds=seconds)
