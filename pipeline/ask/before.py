"""What stands before a backend and changes what it is asked: in all else it is that backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from pipeline.ask.backend import Backend, warm
from pipeline.ask.checking import Trouble, troubles
from pipeline.ask.reach import Reach, reach_of
from pipeline.clock import Clock
from pipeline.types import Answer, AnswerDelta, Notice, Question

Emit = Callable[..., object]
"""Logs an event: its kind, and its data by name."""


class Before(ABC):
    """Asks `backend` what `changed` makes of a question."""

    def __init__(self, clock: Clock, backend: Backend, emit: Emit) -> None:
        """`emit` logs what was changed."""
        self.name = backend.name
        self.picture = backend.picture
        self._clock = clock
        self._backend = backend
        self._emit = emit

    @abstractmethod
    async def changed(self, question: Question) -> Question:
        """The question that the backend gets. Raises GlassesError if nothing may be sent."""

    @property
    def languages(self) -> frozenset[str] | None:
        """Those of the backend."""
        return self._backend.languages

    @property
    def reach(self) -> Reach | None:
        """Where pictures go. May block for a look-up."""
        return reach_of(self._backend)

    @property
    def trains(self) -> bool:
        """Whether the makers of its model may train on what they get."""
        return bool(getattr(self._backend, "trains", False))

    async def warm(self) -> bool:
        """Let the backend get ready."""
        return await warm(self._backend)

    async def troubles(self) -> tuple[Trouble, ...]:
        """Those of the backend."""
        return await troubles(self._backend)

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Notice | Answer, None]:
        """As `Backend.stream`. Raises GlassesError before anything is sent if nothing may be."""
        async with aclosing(self._backend.stream(await self.changed(question))) as stream:
            async for item in stream:
                yield item

    async def close(self) -> None:
        """Let go of connections."""
        await self._backend.close()
