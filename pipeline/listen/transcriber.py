"""What every speech recogniser is: the samples of one utterance in, its words out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

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
    """Speech recognition; blocks, so the session calls it in a thread."""

    def transcribe(self, samples: Samples) -> Transcript:
        """The words in `samples`: mono int16 at 16 kHz, at most 30 s, speech with a little silence around it."""
        ...
