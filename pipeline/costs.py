"""What work costs in virtual time: what it took, what a table says, or what was recorded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from pipeline.errors import UsageError
from pipeline.types import Event

Costs = Callable[[str], float | None]
"""What one call of a stage costs in seconds; None means whatever it took."""


def measured(stage: str) -> float | None:
    """Each call of a stage costs what it really took."""
    return None


def fixed(table: Mapping[str, float]) -> Costs:
    """Each call of a stage costs what `table` says, in seconds: replays become repeatable to the byte.

    The result raises UsageError for a stage that is not in the table.
    """

    def cost(stage: str) -> float:
        if stage not in table:
            raise UsageError(f"no fixed cost for the stage '{stage}': add it to [costs] in the configuration")
        return table[stage]

    return cost


def recorded(events: Iterable[Event]) -> Costs:
    """Each call of a stage costs what the same call took when `events` were recorded.

    Calls beyond those recorded cost as much as the stage's last one; a stage never recorded is free.
    """
    spans: dict[str, deque[float]] = {}
    for event in events:
        if event.kind == "span":
            spans.setdefault(event.data["stage"], deque()).append(event.data["seconds"])

    def cost(stage: str) -> float:
        left = spans.get(stage)
        if not left:
            return 0.0
        return left.popleft() if len(left) > 1 else left[0]

    return cost
