"""A backend made of backends: where one fails before its first word, the next one takes over.

One that failed is left alone for a while, longer each time, and then tried again. None is asked that would send a
picture farther than the first one does, unless that is allowed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from pipeline.ask.backend import Backend, PictureBudget
from pipeline.ask.reach import Reach, farther, reach_of
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.types import Answer, AnswerDelta, Picture, Question, VideoFrame

_FIRST_REST = 15.0
"""Seconds that a backend is left alone after it has failed; twice as long each further time."""

_LONGEST_REST = 600.0
"""Seconds. A network that is back should be noticed within one errand."""

_TAKES_OVER = {"ondevice": "I'm reading it myself."}
_ANOTHER = "I'm asking another model."
"""What the wearer hears of the one that takes over."""


@dataclass(slots=True)
class _Member:
    backend: Backend
    failures: int = 0  # in a row
    rests_until: float = 0.0  # seconds on the clock

    def failed(self, now: float) -> None:
        self.failures += 1
        self.rests_until = now + min(_FIRST_REST * 2.0 ** min(self.failures - 1, 16), _LONGEST_REST)


@dataclass(slots=True)
class _Asked:
    """One question on its way along the chain."""

    question: Question
    until: float  # when the first word should have come, seconds on the clock
    said: str = ""
    why: str = ""  # what the wearer was told of the last failure
    faults: list[str] = field(default_factory=list)

    def delta(self, t: float, text: str) -> AnswerDelta:
        self.said += text
        return AnswerDelta(self.question.turn, t, text)


class Chain:
    """Asks the first of its backends that answers."""

    def __init__(
        self, clock: Clock, members: Sequence[Backend], *, first_timeout: float = 20.0, reach: Reach | None = None
    ) -> None:
        """The time to the first word, `first_timeout` seconds, is shared by those that are still to be asked.

        No picture goes farther than `reach`; None is as far as the first of `members` sends it.
        """
        self.name = ", ".join(backend.name for backend in members)
        self.picture = _largest([backend.picture for backend in members])
        self._clock = clock
        self._members = [_Member(backend) for backend in members]
        self._first_timeout = first_timeout
        self._limit = reach

    @property
    def languages(self) -> frozenset[str] | None:
        """Those of the backend that would be asked now."""
        return self._in_order()[0].backend.languages

    @property
    def reach(self) -> Reach | None:
        """How far pictures may go; None while that can't be found out. May block for a look-up."""
        return self._limit or reach_of(self._members[0].backend)

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Answer, None]:
        """As `Backend.stream`; a word about what failed comes first where another has taken over."""
        asked = _Asked(question, self._clock.now() + self._first_timeout)
        order = self._in_order()
        answer = Answer(question.turn, "", "error", f"{self.name}: nobody could be asked", "I may not ask any model.")
        for number, member in enumerate(order):
            if await self._too_far(member.backend):
                asked.faults.append(f"{member.backend.name} was left out: pictures would go farther than allowed")
                continue
            if asked.why:
                notice = f"{asked.why} {_TAKES_OVER.get(member.backend.name, _ANOTHER)} "
                yield asked.delta(self._clock.now(), notice)
            share = (asked.until - self._clock.now()) / (len(order) - number)
            before = asked.said
            async with aclosing(self._ask(member, asked, max(share, 0.0))) as stream:
                async for item in stream:
                    if isinstance(item, Answer):
                        answer = item
                    else:
                        yield asked.delta(item.t, item.text)
            spoken = asked.said != before
            if answer.outcome in ("error", "interrupted"):
                member.failed(self._clock.now())
            else:
                member.failures = 0
            if answer.fault:
                asked.faults.append(answer.fault)
            if spoken or answer.outcome in ("ok", "refused", "filtered"):
                if asked.faults and answer.outcome == "ok":
                    asked.faults.append(f"{member.backend.name} answered")
                break
            asked.why = _first_sentence(answer.told)
        yield replace(answer, text=asked.said, fault="; then ".join(asked.faults))

    async def close(self) -> None:
        """Let go of all connections."""
        for member in self._members:
            await member.backend.close()

    def _in_order(self) -> list[_Member]:
        """Those that rest come last: better than nobody."""
        now = self._clock.now()
        return sorted(self._members, key=lambda member: member.rests_until > now)

    async def _too_far(self, backend: Backend) -> bool:
        first = self._members[0].backend
        if backend is first and not self._limit:
            return False
        limit = self._limit or await self._reach(first) or "machine"
        return farther(await self._reach(backend), limit)

    async def _reach(self, backend: Backend) -> Reach | None:
        return await self._clock.run("resolve", lambda: reach_of(backend))

    async def _ask(self, member: _Member, asked: _Asked, share: float) -> AsyncGenerator[AnswerDelta | Answer, None]:
        """What one of them says, its first word within `share` seconds; nothing that it does breaks the chain."""
        backend, turn = member.backend, asked.question.turn
        answer = Answer(
            turn, "", "interrupted", f"{backend.name}: the stream ended without an answer", "The answer broke off."
        )
        try:
            images = tuple([await self._fitting(image, backend.picture) for image in asked.question.images])
            async with aclosing(backend.stream(replace(asked.question, images=images))) as stream:
                item = await self._first(stream, asked, backend.name, share)
                while isinstance(item, AnswerDelta):
                    yield item
                    item = await anext(stream, None)
                answer = item or answer
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - the next one may do better
            what = str(error) if isinstance(error, GlassesError) else f"{type(error).__name__}: {error}"
            answer = Answer(turn, "", "error", f"{backend.name}: {what}", "The model's part of this failed.")
        yield answer

    async def _first(
        self, stream: AsyncGenerator[AnswerDelta | Answer, None], asked: _Asked, name: str, share: float
    ) -> AnswerDelta | Answer | None:
        try:
            return await self._clock.within(share, anext(stream, None))
        except TimeoutError:
            fault = f"{name}: no word came within its share of the time, {share:.1f} s"
            return Answer(asked.question.turn, "", "error", fault, "The model did not answer in time.")

    async def _fitting(self, picture: Picture, budget: PictureBudget) -> Picture:
        """`picture` no larger than a backend wants it."""
        if budget.long_edge is None or max(picture.width, picture.height) <= budget.long_edge:
            return picture
        return await self._clock.run("encode", lambda: _smaller(picture, budget))


def _largest(budgets: Sequence[PictureBudget]) -> PictureBudget:
    """The most that any of them wants; those that want less get it made smaller."""
    edges = [budget.long_edge for budget in budgets]
    return PictureBudget(
        None if None in edges else max(edge for edge in edges if edge), max(budget.quality for budget in budgets)
    )


def _smaller(picture: Picture, budget: PictureBudget) -> Picture:
    import cv2
    import numpy as np

    from pipeline.look.encode import encode

    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    return picture if image is None else encode(VideoFrame(picture.t, 0, image), budget)


def _first_sentence(told: str) -> str:
    sentence, stop, _ = told.partition(". ")
    return sentence + stop.strip()
