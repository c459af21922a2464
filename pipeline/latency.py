"""Where the time went: the event log as a table of stages per turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median, quantiles

from pipeline.types import Event

STAGES = ("silence", "transcribe", "look", "first token", "voice")
"""What the wearer waits for, in order; together they are the first sound.

silence      from the last voiced sample until the utterance is taken as ended
transcribe   until its words are known
look         until the picture is chosen, encoded and sent
first token  until the first words of the answer arrive
voice        until the first audible sample: the first clause, its synthesis, its leading silence

What was done before the stage ahead of it had ended, while the silence was still waited out say, took nobody's time.
"""


@dataclass(frozen=True, slots=True)
class TurnLatency:
    """The stages of one answered turn, in seconds."""

    turn: int
    stages: dict[str, float]

    @property
    def first_sound(self) -> float:
        """From the wearer's last voiced sample to the first audible sample of the answer, seconds."""
        return sum(self.stages.values())


def latencies(events: Iterable[Event]) -> list[TurnLatency]:
    """The turns of a log that were asked and spoken, in order; others have no first sound to speak of."""
    ended: dict[float, float] = {}
    marks: dict[int, dict[str, float]] = {}
    table = []
    for event in events:
        mark = marks.setdefault(event.turn, {})
        if event.kind == "speech.ended":
            ended[event.data["t_end"]] = event.t
        elif event.kind == "heard":
            mark["voiced"] = event.data["t_end"]
            mark["ended"] = ended.get(event.data["t_end"], event.data["t_end"])
            mark["heard"] = event.t
        elif event.kind in ("asked", "answer.delta"):
            mark.setdefault(event.kind, event.t)
        elif event.kind == "notice" and "backend" in event.data:  # the first words that came of the asking
            mark.setdefault("answer.delta", event.t)
        elif event.kind == "withdrawn":  # it was asked too early, and for nothing
            mark.clear()
        elif event.kind == "speaking" and {"heard", "asked", "answer.delta"} <= mark.keys():
            times = [mark["voiced"], mark["ended"], mark["heard"], mark["asked"], mark["answer.delta"]]
            times = [*accumulate([*times, event.data["t_audible"]], max)]
            steps = [after - before for before, after in pairwise(times)]
            table.append(TurnLatency(event.turn, dict(zip(STAGES, steps, strict=True))))
    return table


def summary(values: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile (inclusive method) of at least one value."""
    if len(values) == 1:
        return values[0], values[0]
    return median(values), quantiles(values, n=20, method="inclusive")[-1]
