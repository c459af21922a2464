"""The answers of a recorded event log, at their recorded pace: nobody is asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

from pipeline.ask.backend import PictureBudget
from pipeline.clock import Clock
from pipeline.types import Answer, AnswerDelta, Event, Notice, Question


class RecordedAnswers:
    """A backend that answers turn by turn what `events` say was answered."""

    name = "recorded"
    picture = PictureBudget(long_edge=None, quality=95)
    languages = None

    def __init__(self, clock: Clock, events: Iterable[Event]) -> None:
        self._clock = clock
        self._turns: dict[int, list[list[Event]]] = {}  # of each turn the attempts, each from its question on
        for event in events:
            attempts = self._turns.setdefault(event.turn, [])
            if event.kind == "asked":
                attempts.append([])
            if attempts:
                attempts[-1].append(event)

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Notice | Answer, None]:
        """As `Backend.stream`; a turn that was not recorded ends as an error."""
        attempts = self._turns.get(question.turn, [])
        events = attempts.pop(0) if len(attempts) > 1 else (attempts or [[]])[0]
        asked = events[0].t if events else 0.0
        fault, told = "", ""
        for event in events:
            if event.kind == "answer.delta":
                await self._clock.sleep_until(question.t + event.t - asked)
                yield AnswerDelta(question.turn, self._clock.now(), event.data["text"])
            elif event.kind == "notice" and "backend" in event.data:  # others are the session's own
                await self._clock.sleep_until(question.t + event.t - asked)
                yield Notice(question.turn, self._clock.now(), event.data["text"], event.data.get("about", "another"))
            elif event.kind == "fault":
                fault, told = event.data["what"], event.data["told"]
            elif event.kind == "answered":
                await self._clock.sleep_until(question.t + event.t - asked)
                data = event.data
                yield Answer(question.turn, data["text"], data["outcome"], fault, told, data["tokens"])
                return
        missing = f"the recording has no answer for turn {question.turn}"
        yield Answer(question.turn, "", "error", missing, "I have no recorded answer to that.")

    async def close(self) -> None:
        """There is nothing to let go of."""
