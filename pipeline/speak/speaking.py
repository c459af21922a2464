"""One answer aloud: clauses in, sound out. It can be held while somebody else speaks, and never leaves silence long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from typing import Any

import numpy as np

from pipeline.channel import Channel
from pipeline.clock import Clock
from pipeline.errors import UsageError, first_failure
from pipeline.events import EventLog
from pipeline.speak.cues import Cue, cue
from pipeline.speak.mouth import Mouth
from pipeline.speak.playback import audible_offset, heard_text
from pipeline.speak.voice import Voice, usual_length
from pipeline.types import Samples, SpeechChunk

_CLAUSES_AHEAD = 4
"""Clauses that wait for the voice at most: a fast model then waits, instead of being read for nothing."""

_HEARD, _LOOKING = 0.4, 1.3
"""Seconds of waiting after which a cue says that the question was understood, and that it is worked on."""

_THINKING = 2.0
"""Seconds between cues after that."""

_NOTICE, _NOTICE_AGAIN = 3.2, 8.0
"""Seconds since the wearer's last word after which words say that it takes longer, and then between such words: with
their synthesis they are heard before 4 s of silence have passed."""

_ONE_MOMENT, _STILL = "One moment.", "Still working on it."


class Speaking:
    """Speaks what is sent to `clauses`, from when it is first let go until that channel is closed."""

    def __init__(self, clock: Clock, log: EventLog, mouth: Mouth, turn: int, *, since: float) -> None:
        """`since` is when the wearer's waiting began, in seconds: with their last word."""
        self._clock = clock
        self._log = log
        self._mouth = mouth
        self._turn = turn
        self._since = since
        self._sound: Channel[SpeechChunk] = Channel(1)
        self._one_by_one = asyncio.Lock()  # cues and clauses come from two tasks
        self._free = asyncio.Event()
        self._let_go = False  # ever
        self._sounding = False
        self._spoken: list[tuple[str, float]] = []
        self._made: list[int] = []  # pieces of each clause that is wholly made
        self._said: list[int] = []  # and how many of them, and of those half made, were said
        self.audible = False
        """Whether the wearer has heard the beginning of it."""
        self.voice: Voice = mouth.voice
        self.clauses: Channel[str] = Channel(_CLAUSES_AHEAD)
        self.heard = ""
        """What was really heard of it, once it has ended."""

    def hold(self) -> None:
        """Be silent from now on, keeping what is to be said."""
        self._free.clear()
        if self._sounding:
            self._mouth.pause()

    def let_go(self) -> None:
        """Speak, or speak on."""
        self._let_go = True
        if self._sounding and not self._free.is_set():
            self._mouth.resume()
        self._free.set()

    async def cue(self, name: Cue) -> None:
        """A short sound, if the wearer wants them; as words do, it waits until nobody else speaks."""
        if self._mouth.cues:
            await self._aside([cue(name, self.voice.rate)], "", "cue", name=name)

    async def run(self, filling: Coroutine[Any, Any, None]) -> None:
        """Run `filling`, which fills and closes `clauses`, and speak; returns when the last word has been heard.

        Raises GlassesError if the speaker fails. Cancelled, it stops speaking at once and logs what was heard.
        """
        interrupted = True
        seconds = 0.0
        try:
            async with asyncio.TaskGroup() as group:
                company = group.create_task(self._keep_company())
                group.create_task(filling)
                group.create_task(self._synthesise())
                await self._play()
                company.cancel()
            await self._free.wait()
            await self._mouth.drain()
            interrupted = False
            seconds = sum(length for _, length in self._spoken)
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None
        finally:
            if interrupted and self._sounding:
                seconds = self._mouth.flush()
            self._sounding = False
            self.heard = heard_text([*self._spoken, ("", self._rest())], seconds)
            if self._let_go:
                self._log.emit("spoken", seconds=seconds, heard_text=self.heard, interrupted=interrupted)

    async def _synthesise(self) -> None:
        """Clauses to sound, one by one, while the next still arrives."""
        try:
            async for clause in self.clauses:
                pieces = 0
                async with aclosing(self._sound_of(clause)) as sound:
                    async for samples in sound:
                        pieces += 1
                        await self._sound.send(self._chunk(samples, self.voice.rate, "" if pieces > 1 else clause))
                if pieces:
                    self._made.append(pieces)
        finally:
            self._sound.close()

    async def _sound_of(self, clause: str) -> AsyncGenerator[Samples, None]:
        """The clause, piece by piece; what fails of it is logged."""
        try:
            async with aclosing(self.voice.speak(clause, self._mouth.speed)) as pieces:
                async for samples in pieces:
                    yield samples
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - one clause is lost, not the session
            self._log.emit("fault", what=f"the voice failed on a clause: {type(error).__name__}: {error}", told="")

    async def _play(self) -> None:
        """Sound to the speaker; the first audible sample is what the wearer waited for."""
        async for chunk in self._sound:
            async with self._one_by_one:
                await self._free.wait()
                if chunk.text:
                    self._said.append(0)
                self._said[-1] += 1
                start = await self._say(chunk, chunk.text)
            offset = audible_offset(chunk.samples, chunk.rate)
            if not self.audible and offset is not None:
                self.audible = True
                self._log.emit("speaking", t_audible=start + offset, text=chunk.text)

    async def _aside(self, sound: Sequence[Samples], words: str, kind: str, **data: Any) -> None:
        """What is no part of the answer, and logged as `kind`; never once that is heard, or it would cut a clause."""
        async with self._one_by_one:
            await self._free.wait()
            if self.audible or not sound:
                return
            self._log.emit(kind, **data)
            await self._say(self._chunk(np.concatenate(sound), self.voice.rate, words), "")

    async def _say(self, chunk: SpeechChunk, text: str) -> float:
        """A chunk to the speaker, which says `text` of the answer."""
        self._sounding = True
        self._spoken.append((text, len(chunk.samples) / chunk.rate))
        return await self._mouth.play(chunk)

    def _rest(self) -> float:
        """Seconds, about, of what was not yet said of the clause that was begun last."""
        which = len(self._said) - 1
        if which < 0 or self._said[which:] == self._made[which : which + 1]:
            return 0.0
        begun = max(index for index, (text, _) in enumerate(self._spoken) if text)
        said = sum(length for _, length in self._spoken[begun:])
        return max(0.0, usual_length(self._spoken[begun][0], self._mouth.speed) - said)

    async def _keep_company(self) -> None:
        """Until the answer is heard: cues that it is worked on, and words where it takes long."""
        await self._free.wait()
        begun = self._clock.now()
        cues: list[tuple[float, Cue]] = [(begun + _HEARD, "heard"), (begun + _LOOKING, "looking")]
        notice, words = max(self._since + _NOTICE, begun), _ONE_MOMENT
        while True:
            t, name = cues.pop(0) if cues else (self._clock.now() + _THINKING, "thinking")
            await self._clock.sleep_until(min(t, notice))
            if self.audible:
                return
            if notice < t:
                cues.insert(0, (t, name))
                if self._free.is_set():
                    await self._notice(words)
                notice, words = self._clock.now() + _NOTICE_AGAIN, _STILL
            elif self._free.is_set():
                await self.cue(name)

    async def _notice(self, words: str) -> None:
        async with aclosing(self._sound_of(words)) as pieces:
            sound = [samples async for samples in pieces]
        await self._aside(sound, words, "notice", text=words)

    def _chunk(self, samples: Samples, rate: int, text: str) -> SpeechChunk:
        return SpeechChunk(self._turn, self._clock.now(), samples, rate, text)
