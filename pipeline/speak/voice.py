"""What every voice is: a clause in, sound out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pipeline.types import Samples


class Voice(Protocol):
    """Speech synthesis; blocks, so the session takes each piece in a thread, and not always in the same."""

    rate: int  # samples per second of what it gives
    language: str  # ISO 639-1, that it speaks

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        """The clause as mono int16 pieces, in order; stopping the iterator stops the work.

        The first piece is heard as soon as it is there, so each should last longer than the next one takes to make.
        `speed` multiplies the speed that the voice was made with: 1.25 is a quarter faster. A voice that can't go so
        slow or so fast goes as far as it can.
        """
        ...
