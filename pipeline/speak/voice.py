"""What every voice is: a clause in, sound out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pipeline.types import Samples


class Voice(Protocol):
    """Speech synthesis; blocks, so the session takes each piece in a thread."""

    rate: int  # samples per second of what it gives
    language: str  # ISO 639-1, that it speaks

    def synthesise(self, clause: str) -> Iterator[Samples]:
        """The clause as mono int16 pieces, in order; stopping the iterator stops the work."""
        ...
