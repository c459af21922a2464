"""One turn: a question asked, its answer spoken while it still arrives. One task group; it dies whole."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import dataclass, replace

import numpy as np

from pipeline.ask.backend import Backend
from pipeline.ask.conversation import Composed, Conversation
from pipeline.ask.modes import AUTO
from pipeline.channel import Channel
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError, first_failure
from pipeline.events import EventLog
from pipeline.look.encode import with_small_print
from pipeline.speak.clauses import Clauses
from pipeline.speak.playback import audible_offset, heard_text
from pipeline.speak.speaker import Speaker
from pipeline.speak.voice import Voice
from pipeline.types import (
    Answer,
    FrameChoice,
    Picture,
    Played,
    Samples,
    SpeechChunk,
    Utterance,
    VideoFrame,
    read_only,
)

_CLAUSES_AHEAD = 4
"""Clauses that wait for the voice at most: a fast model then waits, instead of being read for nothing."""

_NOTHING_SEEN = "I can't see anything right now: the camera gave me no fresh picture."
_CUT_OFF = "The answer was cut off."
_WENT_WRONG = "Something went wrong while I asked."


@dataclass(frozen=True, slots=True)
class Mouth:
    """What an answer is spoken with."""

    voice: Voice
    speaker: Speaker
    others: tuple[Voice, ...] = ()  # for questions in their languages

    def voice_for(self, language: str, backend: Backend) -> Voice:
        """The voice for a question in `language`: one that speaks it, if `backend` can answer in it, or the usual."""
        if backend.languages is None or language in backend.languages:
            for voice in (self.voice, *self.others):
                if voice.language == language:
                    return voice
        return self.voice


class Turn:
    """Asks `backend` what the wearer asked, and speaks what comes."""

    def __init__(
        self, clock: Clock, log: EventLog, backend: Backend, mouth: Mouth, number: int, *, mode: str = AUTO
    ) -> None:
        """`mode` is one of pipeline/ask/modes.py, or leaves it to the question."""
        self._clock = clock
        self._log = log
        self._backend = backend
        self._mouth = mouth
        self._number = number
        self._mode = mode
        self._composed: Composed | None = None
        self._voice = mouth.voice
        self._clauses: Channel[str] = Channel(_CLAUSES_AHEAD)
        self._sound: Channel[SpeechChunk] = Channel(1)
        self._spoken: list[tuple[str, float]] = []

    async def answer(
        self, utterance: Utterance, choice: FrameChoice, conversation: Conversation, *, preface: str = ""
    ) -> Played:
        """Ask and speak, after the words of `preface`; returns when the last word has been heard, and remembered.

        Raises GlassesError if the speaker fails. Cancelled, it stops speaking at once and logs what was heard.
        """
        if not choice.frames:
            played = await self.tell(choice.reason, _NOTHING_SEEN)
            conversation.add(utterance.text, played.heard_text)
            return played
        self._voice = self._mouth.voice_for(utterance.language, self._backend)
        played = await self._speak(self._stream(utterance, choice, conversation, preface), self._backend.name)
        conversation.add(utterance.text, played.heard_text, self._composed)
        return played

    async def say(self, text: str) -> Played:
        """Say what needed nobody to be asked."""

        async def known() -> Answer:
            return Answer(self._number, text, "ok", told=text)

        return await self._speak(known(), None)

    async def tell(self, fault: str, told: str) -> Played:
        """Say what went wrong before anyone could be asked."""

        async def apologise() -> Answer:
            return Answer(self._number, "", "error", fault, told)

        return await self._speak(apologise(), None)

    async def _speak(self, answering: Coroutine[None, None, Answer], backend: str | None) -> Played:
        interrupted = True
        seconds = 0.0
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ask(answering, backend))
                group.create_task(self._synthesise())
                group.create_task(self._play())
            await self._mouth.speaker.drain()
            interrupted = False
            seconds = sum(length for _, length in self._spoken)
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None
        finally:
            if interrupted:
                seconds = self._mouth.speaker.flush()
            heard = heard_text(self._spoken, seconds)
            self._log.emit("spoken", seconds=seconds, heard_text=heard, interrupted=interrupted)
        return Played(self._number, self._clock.now(), seconds, heard, interrupted)

    async def _ask(self, answering: Coroutine[None, None, Answer], backend: str | None) -> None:
        """The answer to its end, and what went wrong with it as its last clause."""
        try:
            answer = await answering
            if answer.fault:
                self._log.emit("fault", what=answer.fault, told=answer.told)
            if answer.told:
                await self._clauses.send(answer.told)
            who = answer.backend or backend
            self._log.emit("answered", text=answer.text, outcome=answer.outcome, backend=who, tokens=answer.tokens)
        finally:
            self._clauses.close()

    async def _stream(
        self, utterance: Utterance, choice: FrameChoice, conversation: Conversation, preface: str
    ) -> Answer:
        """The backend's words, cut into clauses for the voice as they come."""
        backend, cutter, said = self._backend, Clauses(), ""
        answer = Answer(
            self._number, "", "interrupted", f"{backend.name}: the stream ended without an answer", _CUT_OFF
        )
        if preface:
            await self._clauses.send(preface)
        try:
            images = [picture for frame in choice.frames for picture in await self._encode(frame, choice.frames[0])]
            self._composed = composed = conversation.compose(
                self._number,
                self._clock.now(),
                utterance.text,
                images,
                setting=self._mode,
                language=self._voice.language,
            )
            self._log.emit("asked", backend=backend.name, **composed.about, trains=getattr(backend, "trains", False))
            async with aclosing(backend.stream(composed.question)) as stream:
                async for item in stream:
                    if isinstance(item, Answer):
                        answer = item
                        break
                    said += item.text
                    self._log.emit("answer.delta", text=item.text)
                    for clause in cutter.feed(item.text):
                        await self._clauses.send(clause)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - a broken backend must not leave the wearer in silence
            what = str(error) if isinstance(error, GlassesError) else f"{type(error).__name__}: {error}"
            answer = Answer(self._number, "", "error", f"{backend.name}: {what}", _WENT_WRONG)
        if not answer.text:
            answer = replace(answer, text=said)
        for clause in cutter.finish():
            await self._clauses.send(clause)
        return answer

    async def _encode(self, frame: VideoFrame, newest: VideoFrame) -> tuple[Picture, ...]:
        """A frame as the backend wants it, its small print beside it; an earlier one says how much earlier it is."""
        note = "" if frame is newest else f"{newest.t - frame.t:.1f} s earlier than the first picture"
        return await self._clock.run("encode", lambda: with_small_print(frame, self._backend.picture, note=note))

    async def _synthesise(self) -> None:
        """Clauses to sound, one by one, while the next still arrives."""
        try:
            async for clause in self._clauses:
                samples = await self._sound_of(clause)
                if len(samples):
                    rate = self._voice.rate
                    await self._sound.send(SpeechChunk(self._number, self._clock.now(), samples, rate, clause))
        finally:
            self._sound.close()

    async def _sound_of(self, clause: str) -> Samples:
        try:
            pieces = await self._clock.run("synthesise", lambda: list(self._voice.synthesise(clause)))
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - one clause is lost, not the session
            self._log.emit("fault", what=f"the voice failed on a clause: {type(error).__name__}: {error}", told="")
            pieces = []
        return read_only(np.concatenate(pieces)) if pieces else np.zeros(0, np.int16)

    async def _play(self) -> None:
        """Sound to the speaker; the first audible sample is what the wearer waited for."""
        audible = False
        async for chunk in self._sound:
            start = await self._mouth.speaker.play(chunk)
            self._spoken.append((chunk.text, len(chunk.samples) / chunk.rate))
            offset = audible_offset(chunk.samples, chunk.rate)
            if not audible and offset is not None:
                audible = True
                self._log.emit("speaking", t_audible=start + offset, text=chunk.text)
