"""The session's event log and its JSON-lines codec.

The log is the one public record: the terminal view, the recordings, the latency table and the
tests read it and nothing else. Kinds are added, never renamed; README.md lists them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any, Protocol

from pipeline.errors import GlassesError
from pipeline.types import Event

current_turn: ContextVar[int] = ContextVar("current_turn", default=0)
"""The turn that the running task belongs to: what a task group's tasks inherit, and what their events carry."""


class Now(Protocol):
    """The part of a clock that a log needs."""

    def now(self) -> float: ...


class EventLog:
    """Stamps what happens and hands each event to every subscriber, in order, at once."""

    def __init__(self, clock: Now) -> None:
        self._clock = clock
        self._seq = 0
        self._subscribers: list[Callable[[Event], None]] = []

    def subscribe(self, subscriber: Callable[[Event], None]) -> None:
        """Call `subscriber` with each later event; it must not block and must not raise."""
        self._subscribers.append(subscriber)

    def emit(self, kind: str, *, turn: int | None = None, **data: Any) -> Event:
        """Log that `kind` happened now. Floats are rounded, so that equal runs print equal lines."""
        number = current_turn.get() if turn is None else turn
        event = Event(round(self._clock.now(), 4), self._seq, number, kind, _rounded(data))
        self._seq += 1
        for subscriber in self._subscribers:
            subscriber(event)
        return event


def to_line(event: Event) -> str:
    """The event as one line of JSON, without the line's end."""
    fields = {"t": event.t, "seq": event.seq, "turn": event.turn, "kind": event.kind, "data": event.data}
    return json.dumps(fields, ensure_ascii=False, separators=(", ", ": "))


def from_lines(lines: Iterable[str], *, where: str = "events.jsonl") -> Iterator[Event]:
    """The events of a log; empty lines are passed over.

    Raises GlassesError naming `where` and the line's number if a line is not an event.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            yield Event(
                float(fields["t"]), int(fields["seq"]), int(fields["turn"]), str(fields["kind"]), dict(fields["data"])
            )
        except (ValueError, KeyError, TypeError) as error:
            raise GlassesError(f"{where}, line {number}: not an event ({error})") from error


def _rounded(value: Any) -> Any:
    """`value` with every float rounded to a tenth of a millisecond, all the way down."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
