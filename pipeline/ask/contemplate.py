"""Contemplating: several agents look at the same pictures, each in its own way, and what they find is held together.

They work at once. As soon as more than half of all agree, the others are stopped and that is the answer; it names who
saw it differently. Where they are at odds to the end, one more pass over question, pictures and findings merges them.
Agents that fail or hang cost nothing but their vote. Questions in other modes go to the one backend as they are.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from pipeline.ask.backend import Backend, warm
from pipeline.ask.checking import Trouble, troubles
from pipeline.ask.council import Council, Emit, Patience
from pipeline.ask.pictures import fitting, largest
from pipeline.ask.reach import Reach, reach_of
from pipeline.clock import Clock
from pipeline.types import Answer, AnswerDelta, Notice, Question

_ALONE = "ondevice"
"""Sees the same however often it is asked, so it is not asked in parallel with itself."""


class Contemplating:
    """A backend that answers as `backend` does, and asks `agents` where a question is to be contemplated."""

    def __init__(
        self,
        clock: Clock,
        backend: Backend,
        agents: Sequence[Backend],
        *,
        patience: Patience | None = None,
        reach: Reach | None = None,
        emit: Emit = lambda kind, **data: None,
    ) -> None:
        """`agents` are backends, one for each; the same one may be there several times.

        No picture goes farther than `reach`; None is as far as `backend` sends it. `emit` logs what each agent does.
        """
        self.name = backend.name
        self.picture = largest([backend.picture, *(agent.picture for agent in agents)])
        self._clock = clock
        self._backend = backend
        self._agents = tuple(agents)
        self._patience = patience or Patience()
        self._limit = reach
        self._emit = emit

    @property
    def languages(self) -> frozenset[str] | None:
        """Those of the one backend."""
        return self._backend.languages

    @property
    def reach(self) -> Reach | None:
        """How far pictures go. May block for a look-up."""
        return self._limit or reach_of(self._backend)

    @property
    def trains(self) -> bool:
        """Whether the makers of a model may train on what they get."""
        return any(getattr(backend, "trains", False) for backend in (self._backend, *self._agents))

    async def warm(self) -> bool:
        """Let the backend get ready."""
        return await warm(self._backend)

    async def troubles(self) -> tuple[Trouble, ...]:
        """Those of the backend: agents that fail cost nothing but their vote."""
        return await troubles(self._backend)

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Notice | Answer, None]:
        """As `Backend.stream`; a first impression comes before the answer where that takes long."""
        if question.mode == "contemplating" and any(agent.name != _ALONE for agent in self._agents):
            limit = await self._clock.run("resolve", lambda: self.reach) or "machine"
            council = Council(self._clock, self._backend, self._agents, self._patience, limit, self._emit)
            stream = council.stream(question)
        else:
            stream = self._backend.stream(await fitting(self._clock, question, self._backend.picture))
        async with aclosing(stream):
            async for item in stream:
                yield item

    async def close(self) -> None:
        """Let go of all connections."""
        for backend in {id(one): one for one in (self._backend, *self._agents)}.values():
            await backend.close()
