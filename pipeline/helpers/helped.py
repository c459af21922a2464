"""Hearing and speaking with help: what the helper fails at is done here at once, and it is left alone for a while.

The wearer is told once a session that a helper is away, and never waits in silence for one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np

from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.events import EventLog
from pipeline.helpers.helper import HearingHelper, HelperLost, Sound, VoiceHelper
from pipeline.helpers.loudness import Evened
from pipeline.listen.transcriber import Transcriber, Transcript
from pipeline.resting import Resting
from pipeline.sources import Tell
from pipeline.speak.playback import heard_text
from pipeline.speak.speakable import speakable
from pipeline.speak.voice import Voice, usual_length
from pipeline.types import Samples, read_only

_SURELY = 0.8
"""Share of what a voice at the usual pace says in some time that any voice has said: rather a word twice than never."""

H = TypeVar("H", bound=HearingHelper | VoiceHelper)


class Helpers:
    """The helpers of a session, as far as it has any. Close it: they may be tried in the background."""

    def __init__(
        self, clock: Clock, log: EventLog, hearing: HearingHelper | None = None, voice: VoiceHelper | None = None
    ) -> None:
        self.tell: Tell | None = None  # how the wearer learns of it
        self._log = log
        self._told = False
        self._hearing = _Standing(clock, self, "hearing helper", hearing) if hearing else None
        self._voice = _Standing(clock, self, "voice helper", voice) if voice else None

    def hearing(self, local: Transcriber) -> Transcriber:
        """`local` with the help that there is."""
        return _HelpedTranscriber(self._hearing, local) if self._hearing else local

    def voice(self, local: Voice) -> Voice:
        """`local` with the help that there is; it keeps its rate and language, which the helper's should be too."""
        return _HelpedVoice(self._voice, local) if self._voice else local

    async def lost(self, which: str, error: HelperLost) -> None:
        """It is away; the wearer hears of the first, whichever it is."""
        self._log.emit("helper.lost", turn=0, helper=which, what=str(error))
        if self.tell and not self._told:
            self._told = True
            await self.tell(str(error), error.told)

    def back(self, which: str) -> None:
        """It has done again what it was asked to."""
        self._log.emit("helper.back", turn=0, helper=which)

    async def close(self) -> None:
        """Let go of them."""
        for standing in (self._hearing, self._voice):
            if standing:
                await standing.close()


class _Standing(Generic[H]):
    """How it stands with one helper."""

    def __init__(self, clock: Clock, helpers: Helpers, which: str, helper: H) -> None:
        self.helper = helper
        self._helpers = helpers
        self._which = which
        self._resting = Resting(clock, helper.warm)
        self._away = False

    @property
    def there(self) -> bool:
        """Whether it should be asked."""
        return not self._resting.rests

    async def failed(self, error: Exception) -> None:
        if self._resting.rests:  # what was asked of it before has failed too
            return
        self._resting.failed()
        if not self._away:
            self._away = True
            if not isinstance(error, HelperLost):
                error = HelperLost(f"{self.helper.name}: {type(error).__name__}: {error}")
            await self._helpers.lost(self._which, error)

    def answered(self) -> None:
        self._resting.answered()
        if self._away:
            self._away = False
            self._helpers.back(self._which)

    async def close(self) -> None:
        self._resting.close()
        await self.helper.close()


class _HelpedTranscriber:
    def __init__(self, standing: _Standing[HearingHelper], local: Transcriber) -> None:
        self._standing = standing
        self._local = local

    async def transcribe(self, samples: Samples) -> Transcript:
        """As `Transcriber.transcribe`. Where the helper tells no language, it is found out here."""
        if self._standing.there:
            try:
                heard = await self._standing.helper.transcribe(samples)
            except UsageError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, our own recogniser may do better
                await self._standing.failed(error)
            else:
                self._standing.answered()
                if heard.text and not heard.language:
                    heard = replace(heard, language=await self._local.language(samples))
                return heard
        return await self._local.transcribe(samples)

    async def language(self, samples: Samples) -> str:
        """As `Transcriber.language`."""
        return await self._local.language(samples)


class _HelpedVoice:
    def __init__(self, standing: _Standing[VoiceHelper], local: Voice) -> None:
        self.rate = local.rate
        self.language = local.language
        self._standing = standing
        self._local = local
        self._evened = Evened(local.rate)

    async def speak(self, clause: str, speed: float) -> AsyncGenerator[Samples, None]:
        """As `Voice.speak`, as loud as our own. A helper that has one pace is left out where another is wanted."""
        helper, words, left = self._standing.helper, speakable(clause, self.language), clause
        if words and self._standing.there and (helper.paced or speed == 1.0):
            seconds = 0.0
            try:
                async with (
                    aclosing(helper.speak(words, speed)) as sound,
                    aclosing(at_rate(self.rate, sound)) as pieces,
                ):
                    async for samples in pieces:
                        seconds += len(samples) / self.rate
                        yield self._evened.evened(samples)
                if not seconds:
                    raise HelperLost(f"{helper.name}: it gave no sound for words; see the server's log")
            except UsageError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, our own voice may do better
                await self._standing.failed(error)
                left = _left(words, seconds, speed) if seconds else clause
            else:
                self._standing.answered()
                return
        if left:
            async with aclosing(self._local.speak(left, speed)) as pieces:
                async for samples in pieces:
                    yield samples


async def at_rate(rate: int, sound: AsyncIterator[Sound]) -> AsyncGenerator[Samples, None]:
    """`sound` at `rate` samples per second; it is taken to have one rate from beginning to end."""
    import soxr

    resampling: soxr.ResampleStream | None = None
    async for piece in sound:
        if piece.rate == rate:
            yield piece.samples
            continue
        resampling = resampling or soxr.ResampleStream(piece.rate, rate, 1, dtype="int16")
        samples = resampling.resample_chunk(piece.samples)
        if len(samples):
            yield read_only(samples)
    if resampling and len(end := resampling.resample_chunk(np.zeros(0, np.int16), last=True)):
        yield read_only(end)


def _left(words: str, seconds: float, speed: float) -> str:
    """What of `words` was, about, not yet said after `seconds`: from the beginning of a word on."""
    length = usual_length(words, speed) / _SURELY
    said = heard_text([(words, max(length, seconds))], seconds)
    return words[len(said) :].strip()
