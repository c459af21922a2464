"""What answers are spoken with: voices, a speaker, how loud and how fast, and a record of what is heard when."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from pipeline.clock import Clock
from pipeline.speak.reference import Reference
from pipeline.speak.speaker import Speaker
from pipeline.speak.voice import Voice
from pipeline.types import Samples, SpeechChunk, read_only

_STEP, _SLOWEST, _FASTEST = 1.2, 0.5, 2.0
"""What "slower" and "faster" change the speed by, and how far."""

_LOUDER, _QUIETEST, _LOUDEST = 1.6, 0.1, 4.0
"""What "louder" and "quieter" change the volume by (4 dB), and how far (-20 and 12 dB)."""

_REMEMBERED = 10.0
"""Seconds for which it is known what was being said."""


@dataclass(slots=True)
class _Line:
    """A chunk that was queued since the last drain or flush."""

    t: float  # when its first sample is heard, seconds
    samples: Samples
    rate: int
    text: str
    continues: bool  # the clause of the one before

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


class Mouth:
    """Speaks with one voice at a time through one speaker; keeps the books of what is heard.

    `others` are voices for questions in their languages, and to change to. `played`, if given, learns what sounds
    when, so that it can be told from what the wearer says.
    """

    def __init__(
        self,
        clock: Clock,
        voice: Voice,
        speaker: Speaker,
        others: Sequence[Voice] = (),
        *,
        played: Reference | None = None,
        volume: float = 1.0,
        cues: bool = True,
    ) -> None:
        self._clock = clock
        self._voices = deque((voice, *others))
        self._speaker = speaker
        self.played = played
        self._queue: list[_Line] = []
        self._said: deque[_Line] = deque()  # of earlier answers
        self._heard = 0.0  # seconds of the queue, when it was paused
        self.volume = volume
        self.speed = 1.0
        self.cues = cues

    @property
    def voice(self) -> Voice:
        """The one it speaks with."""
        return self._voices[0]

    def voice_for(self, language: str, languages: frozenset[str] | None) -> Voice:
        """The voice for a question in `language`: one that speaks it, if it can be answered in it, or the usual.

        `languages` are those that answers can be in; None stands for any.
        """
        if languages is None or language in languages:
            return next((voice for voice in self._voices if voice.language == language), self.voice)
        return self.voice

    def change_voice(self) -> bool:
        """Speak with another voice of the same language from now on; whether there is one."""
        language = self.voice.language
        for _ in range(1, len(self._voices)):
            self._voices.rotate(-1)
            if self.voice.language == language:
                return True
        self._voices.rotate(-1)
        return False

    def faster(self, times: int) -> bool:
        """Speak faster by so many steps, or slower if it is negative; whether that is possible."""
        before, self.speed = self.speed, min(max(self.speed * _STEP**times, _SLOWEST), _FASTEST)
        return self.speed != before

    def louder(self, times: int) -> bool:
        """Speak louder by so many steps, or quieter if it is negative; whether that is possible."""
        before, self.volume = self.volume, min(max(self.volume * _LOUDER**times, _QUIETEST), _LOUDEST)
        return self.volume != before

    async def play(self, chunk: SpeechChunk) -> float:
        """As `Speaker.play`, as loud as is wanted."""
        samples = _scaled(chunk.samples, self.volume)
        line = _Line(inf, samples, chunk.rate, chunk.text, not chunk.text and bool(self._queue))
        self._queue.append(line)
        t = await self._speaker.play(SpeechChunk(chunk.turn, chunk.t, samples, chunk.rate, chunk.text))
        if line.t == inf:  # or it was paused meanwhile, and sounds at another time
            line.t = t
            if self.played:
                self.played.played(t, samples, chunk.rate)
        return line.t

    async def drain(self) -> None:
        """As `Speaker.drain`."""
        await self._speaker.drain()
        self._remember()

    def flush(self) -> float:
        """As `Speaker.flush`."""
        self._cut()
        self._remember()
        return self._speaker.flush()

    def pause(self) -> None:
        """As `Speaker.pause`."""
        self._cut()
        now = self._clock.now()
        for line in self._queue:  # what was heard of it until now: the rest of it gets another time
            if line.t < now:
                self._said.append(replace(line, samples=line.samples[: round((now - line.t) * line.rate)]))
        self._heard = self._speaker.pause()

    def resume(self) -> None:
        """As `Speaker.resume`."""
        t = self._speaker.resume()
        heard = self._heard
        for line in self._queue:
            skipped = min(heard, line.seconds)
            heard -= skipped
            if self.played and skipped < line.seconds:
                self.played.played(t, line.samples[round(skipped * line.rate) :], line.rate)
            line.t = t - skipped
            t += line.seconds - skipped

    def words(self, t_start: float, t_end: float) -> str:
        """What was being said at any time between two, a clause or more."""
        found: list[str] = []
        clause = ""
        for line in (*self._said, *self._queue):
            clause = clause if line.continues else line.text
            if clause and line.t < t_end and line.t + line.seconds > t_start:
                found.append(clause)
                clause = ""
        return " ".join(found)

    def _cut(self) -> None:
        if self.played:
            self.played.cut(self._clock.now())

    def _remember(self) -> None:
        self._said.extend(self._queue)
        self._queue = []
        while self._said and self._said[0].t + self._said[0].seconds < self._clock.now() - _REMEMBERED:
            self._said.popleft()


def _scaled(samples: Samples, volume: float) -> Samples:
    """As loud as is wanted; what would be too loud for 16 bits is cut off."""
    if volume == 1.0:
        return samples
    return read_only(np.clip(samples * volume, -32768, 32767).astype(np.int16))
