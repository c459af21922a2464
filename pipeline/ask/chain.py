"""A backend made of backends: where one fails before its first word, the next one takes over.

One that failed is left alone for a while, longer each time; then its connection, key and model are tried in the
background, and it is asked again once they are well. None is asked that would send a picture farther than the first
one does, unless that is allowed. With a hedge the next one is started before the first has failed, and whichever has
its first word first is heard.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial

from pipeline.ask.backend import Backend, warm
from pipeline.ask.checking import Trouble, troubles
from pipeline.ask.pictures import fitting, largest
from pipeline.ask.reach import Reach, farther, reach_of
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.resting import Resting
from pipeline.types import Answer, AnswerDelta, Notice, Question

_READER = "ondevice"
"""The one that only reads: the wearer has to know that it is the one who answers."""


@dataclass(slots=True)
class _Member:
    backend: Backend
    resting: Resting

    def ended(self, answer: Answer) -> None:
        """It rests from now on if it has failed, and rests no longer if it has answered."""
        if answer.outcome in ("error", "interrupted"):
            self.resting.failed()
        else:
            self.resting.answered()

    async def close(self) -> None:
        self.resting.close()
        await self.backend.close()


@dataclass(slots=True)
class _Asked:
    """One question on its way along the chain."""

    question: Question
    until: float  # when the first word should have come, seconds on the clock
    said: str = ""
    why: str = ""  # what the wearer was told of the last failure
    faults: list[str] = field(default_factory=list)

    def passed_on(self, item: AnswerDelta | Notice) -> AnswerDelta | Notice:
        if isinstance(item, AnswerDelta):
            self.said += item.text
        return item

    def notice(self, t: float, text: str) -> Notice:
        return Notice(self.question.turn, t, text)


class _Attempt:
    """One member at work; its first word, or its end without one, is on the way."""

    def __init__(
        self, member: _Member, stream: AsyncGenerator[AnswerDelta | Notice | Answer, None], announced: bool
    ) -> None:
        self.member = member
        self.stream = stream
        self.announced = announced  # whether the wearer knows who is at work
        self.first = asyncio.ensure_future(anext(stream))

    async def stop(self) -> None:
        self.first.cancel()
        await asyncio.gather(self.first, return_exceptions=True)
        await self.stream.aclose()


class Chain:
    """Asks the first of its backends that answers."""

    def __init__(
        self,
        clock: Clock,
        members: Sequence[Backend],
        *,
        first_timeout: float = 20.0,
        reach: Reach | None = None,
        lan: bool = True,
        hedge: float | None = None,
    ) -> None:
        """The time to the first word, `first_timeout` seconds, is shared by those that are still to be asked.

        With `hedge`, each works on until the end of that time, and the next one is started `hedge` seconds after it.
        No picture goes farther than `reach`; None is as far as the first of `members` sends it, and into the local
        network only with `lan`.
        """
        self.name = ", ".join(backend.name for backend in members)
        self.picture = largest([backend.picture for backend in members])
        self._clock = clock
        self.members = tuple(members)
        self._members = [_Member(backend, Resting(clock, partial(_well, backend))) for backend in members]
        self._first_timeout = first_timeout
        self._limit = reach
        self._lan = lan
        self._hedge = hedge

    @property
    def languages(self) -> frozenset[str] | None:
        """Those of the backend that would be asked now."""
        return self._in_order()[0].backend.languages

    @property
    def reach(self) -> Reach | None:
        """How far pictures may go; None while that can't be found out. May block for a look-up."""
        return self._limit or reach_of(self._members[0].backend)

    @property
    def trains(self) -> bool:
        """Whether the makers of one of its models may train on what they get."""
        return any(getattr(member.backend, "trains", False) for member in self._members)

    async def warm(self) -> bool:
        """Let the one get ready that would be asked now."""
        return await warm(self._in_order()[0].backend)

    async def troubles(self) -> list[Trouble]:
        """Those of its members; told only if no member is without any: else another goes on in silence."""
        asked = [member for member in self.members if await self.allows(member)]
        found = await asyncio.gather(*(troubles(member) for member in asked))
        every = [trouble for of_one in found for trouble in of_one]
        told = 1 if all(found) else 0
        return every[:told] + [replace(trouble, told="") for trouble in every[told:]]

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Notice | Answer, None]:
        """As `Backend.stream`; a notice of what failed comes first where another has taken over."""
        asked = _Asked(question, self._clock.now() + self._first_timeout)
        answer = Answer(question.turn, "", "error", f"{self.name}: nobody could be asked", "I may not ask any model.")
        waiting, at_work = deque(self._in_order()), list[_Attempt]()
        hedge_at: float | None = None  # when the next one is started although another is at work
        try:
            while waiting or at_work:
                if waiting and not (at_work and (hedge_at is None or self._clock.now() < hedge_at)):
                    member = waiting.popleft()
                    if not await self.allows(member.backend):
                        asked.faults.append(
                            f"{member.backend.name} was left out: pictures would go too far; see ask.reach"
                        )
                        continue
                    if asked.why:
                        yield asked.notice(self._clock.now(), f"{asked.why} {_takes_over(member.backend)}")
                    at_work.append(self._begun(member, asked, len(waiting), announced=bool(asked.why) or not at_work))
                    hedge_at = self._clock.now() + self._hedge if self._hedge and waiting else None
                if not (attempt := await self._next_done(at_work, hedge_at)):
                    continue
                item = attempt.first.result()
                if spoken := not isinstance(item, Answer):
                    for slower in [other for other in at_work if other is not attempt]:
                        asked.faults.append(f"{slower.member.backend.name} was slower")
                        at_work.remove(slower)
                        await slower.stop()
                    if not attempt.announced and attempt.member.backend.name == _READER:
                        yield asked.notice(self._clock.now(), _takes_over(attempt.member.backend))
                while not isinstance(item, Answer):
                    yield asked.passed_on(item)
                    item = await anext(attempt.stream)
                answer = item
                at_work.remove(attempt)
                await attempt.stop()
                answer = replace(answer, backend=answer.backend or attempt.member.backend.name)
                attempt.member.ended(answer)
                if answer.fault:
                    asked.faults.append(answer.fault)
                if spoken or answer.outcome in ("ok", "refused", "filtered"):
                    if asked.faults and answer.outcome == "ok":
                        asked.faults.append(f"{attempt.member.backend.name} answered")
                    break
                asked.why = _first_sentence(answer.told)
        finally:
            for attempt in at_work:
                await attempt.stop()
        yield replace(answer, text=asked.said or answer.text, fault="; then ".join(asked.faults))

    async def close(self) -> None:
        """Let go of all connections."""
        for member in self._members:
            await member.close()

    def _in_order(self) -> list[_Member]:
        """Those that rest come last: better than nobody."""
        return sorted(self._members, key=lambda member: member.resting.rests)

    async def allows(self, backend: Backend) -> bool:
        """Whether one of its members may be sent pictures."""
        return not await self._too_far(backend)

    async def _too_far(self, backend: Backend) -> bool:
        first = self._members[0].backend
        if backend is first and not self._limit and self._lan:
            return False
        reach = await self._reach(backend)
        if reach == "lan" and not self._lan:
            return True
        if backend is first and not self._limit:
            return False
        return farther(reach, self._limit or await self._reach(first) or "machine")

    def _begun(self, member: _Member, asked: _Asked, left: int, *, announced: bool) -> _Attempt:
        """`member` at work, with its share of the time to the first word: all that is left where others race it."""
        share = (asked.until - self._clock.now()) / (1 if self._hedge else left + 1)
        return _Attempt(member, self._ask(member, asked, max(share, 0.0)), announced)

    async def _next_done(self, at_work: Sequence[_Attempt], until: float | None) -> _Attempt | None:
        """The first of them that has something to say; None at `until`, seconds on the clock."""
        done = asyncio.wait([attempt.first for attempt in at_work], return_when=asyncio.FIRST_COMPLETED)
        try:
            await (done if until is None else self._clock.within(max(until - self._clock.now(), 0.0), done))
        except TimeoutError:
            return None
        return next(attempt for attempt in at_work if attempt.first.done())

    async def _reach(self, backend: Backend) -> Reach | None:
        return await self._clock.run("resolve", lambda: reach_of(backend))

    async def _ask(
        self, member: _Member, asked: _Asked, share: float
    ) -> AsyncGenerator[AnswerDelta | Notice | Answer, None]:
        """What one of them says, its first word within `share` seconds; nothing that it does breaks the chain."""
        backend, turn = member.backend, asked.question.turn
        answer = Answer(
            turn, "", "interrupted", f"{backend.name}: the stream ended without an answer", "The answer broke off."
        )
        try:
            question = await fitting(self._clock, asked.question, backend.picture)
            async with aclosing(backend.stream(question)) as stream:
                item = await self._first(stream, asked, backend.name, share)
                while isinstance(item, AnswerDelta | Notice):
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
        self, stream: AsyncGenerator[AnswerDelta | Notice | Answer, None], asked: _Asked, name: str, share: float
    ) -> AnswerDelta | Notice | Answer | None:
        try:
            return await self._clock.within(share, anext(stream, None))
        except TimeoutError:
            fault = f"{name}: no word came within its share of the time, {share:.1f} s"
            return Answer(asked.question.turn, "", "error", fault, "The model did not answer in time.")


async def _well(backend: Backend) -> bool:
    """Whether it can be reached and would answer, as far as can be told."""
    return await warm(backend) and not await troubles(backend)


def _takes_over(backend: Backend) -> str:
    """What the wearer hears of the one that takes over."""
    return "I'm reading it myself." if backend.name == _READER else "I'm asking another model."


def _first_sentence(told: str) -> str:
    sentence, stop, _ = told.partition(". ")
    return sentence + stop.strip()
