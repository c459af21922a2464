"""What every speech recogniser is: the samples of one utterance in, its words out; here, or on another machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pipeline.clock import Clock
from pipeline.types import Samples, Word

RATE = 16_000
"""Samples per second of everything that listens."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of one stretch of sound."""

    text: str  # empty where nothing was said, or nothing that can be trusted
    confidence: float  # 0 to 1
    language: str  # ISO 639-1
    reason: str = ""  # why the text is empty
    words: tuple[Word, ...] = ()  # their times count from the first of the samples; empty if they are not known


class Transcriber(Protocol):
    """Speech recognition as a session uses it, wherever it is done."""

    async def transcribe(self, samples: Samples) -> Transcript:
        """The words in `samples`: mono int16 at 16 kHz, at most 30 s, speech with a little silence around it."""
        ...

    async def language(self, samples: Samples) -> str:
        """The language that is spoken in `samples` alone, ISO 639-1, which is less work."""
        ...


class Recogniser(Protocol):
    """A model for speech recognition on this machine; blocks."""

    def transcribe(self, samples: Samples) -> Transcript:
        """As `Transcriber.transcribe`."""
        ...

    def language(self, samples: Samples) -> str:
        """As `Transcriber.language`."""
        ...


class LocalTranscriber:
    """A model on this machine, each call in a thread."""

    def __init__(self, clock: Clock, model: Recogniser) -> None:
        self._clock = clock
        self._model = model

    async def transcribe(self, samples: Samples) -> Transcript:
        """As `Transcriber.transcribe`; charged as one call of "transcribe"."""
        return await self._clock.run("transcribe", lambda: self._model.transcribe(samples))

    async def language(self, samples: Samples) -> str:
        """As `Transcriber.language`; charged as one call of "language"."""
        return await self._clock.run("language", lambda: self._model.language(samples))
