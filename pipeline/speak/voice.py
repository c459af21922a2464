"""What every voice is: a clause in, sound out; here, or on another machine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Protocol

from pipeline.clock import Clock
from pipeline.types import Samples

_PACE = 15.0
"""Characters a second of a voice at its own speed (joe: 16)."""

LOUDNESS = -20.0
"""LUFS (ITU-R BS.1770-4, gated) of what a voice says: joe's in thirty answers, single ones between -17 and -23."""


class Voice(Protocol):
    """Speech synthesis as a session uses it, wherever it is done."""

    rate: int  # samples per second of what it gives
    language: str  # ISO 639-1, that it speaks

    def speak(self, clause: str, speed: float) -> AsyncGenerator[Samples, None]:
        """The clause as mono int16 pieces, in order; closing the iterator stops the work.

        The first piece is heard as soon as it is there, so each should last longer than the next one takes to make.
        `speed` multiplies the speed that the voice was made with: 1.25 is a quarter faster. A voice that can't go so
        slow or so fast goes as far as it can.
        """
        ...


class Synthesiser(Protocol):
    """A voice on this machine, about as loud as `LOUDNESS`: helpers are brought to that.

    It blocks, and its pieces are taken in threads, not always in the same.
    """

    rate: int  # samples per second of what it gives
    language: str  # ISO 639-1, that it speaks

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        """As `Voice.speak`; stopping the iterator stops the work."""
        ...


class LocalVoice:
    """A voice on this machine, whose pieces are made in threads."""

    def __init__(self, clock: Clock, model: Synthesiser) -> None:
        self._clock = clock
        self._model = model
        self.rate = model.rate
        self.language = model.language

    async def speak(self, clause: str, speed: float) -> AsyncGenerator[Samples, None]:
        """As `Voice.speak`. Its stage, "synthesise", ends with the first piece: nobody waits for what follows."""

        def begin() -> tuple[Samples | None, Iterator[Samples]]:
            pieces = self._model.synthesise(clause, speed)
            return next(pieces, None), pieces

        first, pieces = await self._clock.run("synthesise", begin)
        if first is None:
            return
        yield first
        async with aclosing(self._clock.feed(pieces)) as rest:
            async for samples in rest:
                yield samples


def usual_length(clause: str, speed: float) -> float:
    """Seconds, about, that `clause` takes at `speed` times a voice's own."""
    return len(clause) / (_PACE * speed)
