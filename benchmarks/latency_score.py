"""What `benchmarks.latency` makes of its measurements: one utterance, and one setting's summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from pipeline.latency import STAGES, latencies, summary
from pipeline.types import Event


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event of a session, and when it happened by the clock that all processes share."""

    event: Event
    zero: float  # monotonic seconds of the session's 0

    @property
    def t(self) -> float:
        """Monotonic seconds."""
        return self.zero + self.event.t

    def at(self, name: str) -> float:
        """A session time among its data, as monotonic seconds."""
        return float(self.event.data[name]) + self.zero


MOMENTS = (
    "pause noticed",
    "words known",
    "how long to wait",
    "question sent",
    "first word",
    "voice made",
    "taken as all",
)
"""What happens on the way to an answer, about in this order. Much of it is done while the silence is waited out."""

_SPANS = {"end of turn": "how long to wait", "ask.first": "first word"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One utterance under one setting. Times are seconds after the reference end of speech."""

    setting: str
    file: str
    first_sound: float | None  # None: there was none, or the answer had begun before the end
    cut_off: str  # "audible": an answer sounded before the end; "committed": it was taken as ended before it
    cpu: float  # seconds of the session's process
    heard: str = ""  # the words
    why: str = ""  # there was no answer
    early: int = 0  # questions asked in a pause
    withdrawn: int = 0  # of those
    claimed: float | None = None  # when the session says the first sound was
    end: float | None = None  # where the session heard the end of speech
    stages: dict[str, float] = field(default_factory=dict)
    moments: dict[str, float] = field(default_factory=dict)  # of MOMENTS


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a session's microphone delivered, seconds."""

    late: list[float]  # each chunk, after its end as it says itself
    off: float | None  # how much later it says that a click sounded than it did


@dataclass(frozen=True, slots=True)
class Score:
    """One setting. Times in seconds."""

    setting: str
    utterances: int
    answered: int
    first_sound: tuple[float, float, float] | None  # median, 95th percentile, worst
    audible_cut_offs: int
    committed_cut_offs: int  # the others
    early: int
    withdrawn: int
    end: float | None  # median: the end of speech as the session hears it, after the reference
    stages: dict[str, float]  # medians
    moments: dict[str, float]  # medians of Asked.moments
    unclaimed: tuple[float, float] | None  # first sound after what the session claims: median, 95th percentile
    cpu: float  # a turn, mean
    peak: float  # megabytes
    delivered: tuple[float, float]  # chunks of the microphone, after their end: median, 95th percentile
    off: float | None  # median of Delivery.off


def asked(
    setting: str,
    file: str,
    events: Sequence[Stamped],
    times: tuple[float, float | None, float | None],
    cpu: float,
    turns: Sequence[Stamped],
) -> Asked:
    """What became of an utterance.

    `times` are, in monotonic seconds, the reference end, the first sound behind it and the first before it. `turns`
    are all events of its session, `events` those since the utterance began.
    """
    end, first, before = times
    heard = [one for one in events if one.event.kind == "heard" and one.event.turn]
    spoken = [one for one in events if one.event.kind == "speaking"]
    late = [one for one in spoken if one.at("t_audible") >= end]
    ignored = [one.event.data["reason"] for one in events if one.event.kind == "ignored"]
    faults = [one.event.data["what"] for one in events if one.event.kind in ("fault", "speaker.lost")]
    cut_off = "audible" if before is not None else "committed" if heard and heard[0].t < end else ""
    answered = first is not None and before is None and bool(spoken) and not faults
    stages = {turn.turn: turn.stages for turn in latencies(one.event for one in turns)}
    return Asked(
        setting,
        file,
        first - end if answered and first is not None else None,
        cut_off,
        cpu,
        heard=" / ".join(one.event.data["text"] for one in heard),
        why="; ".join(faults)
        or ("" if spoken else "; ".join(ignored) or ("no sound" if heard else "nothing was heard")),
        early=sum(one.event.kind == "hearing" for one in events),
        withdrawn=sum(one.event.kind == "withdrawn" for one in events),
        claimed=late[0].at("t_audible") - end if answered and late else None,
        end=heard[-1].at("t_end") - end if heard else None,
        stages=stages.get(late[0].event.turn, {}) if answered and late else {},
        moments={name: t - end for name, t in _moments(events, late[0]).items()} if answered and late else {},
    )


def _moments(events: Sequence[Stamped], speaking: Stamped) -> dict[str, float]:
    """MOMENTS of the answer that began to be heard with `speaking`, monotonic seconds."""
    found: dict[str, float] = {}
    for one in events[: events.index(speaking)]:
        kind, data = one.event.kind, one.event.data
        if kind == "heard":
            found["taken as all"] = one.t
        elif kind == "span" and data["stage"] == "transcribe":  # what was done before is void
            found = {"pause noticed": one.at("start"), "words known": one.at("start") + data["seconds"]}
        elif kind == "span" and data["stage"] == "synthesise":
            found.setdefault("voice made", one.at("start") + data["seconds"])
        elif kind == "asked":
            found["question sent"] = one.t
        elif kind == "span" and data["stage"] in _SPANS:
            found[_SPANS[data["stage"]]] = one.at("start") + data["seconds"]
    return found


def score(setting: str, every: Sequence[Asked], deliveries: Sequence[Delivery], peak: float) -> Score:
    """All utterances of one setting; `peak` is in megabytes."""
    firsts = [one.first_sound for one in every if one.first_sound is not None]
    ends = [one.end for one in every if one.end is not None and not one.cut_off]
    staged = [one.stages for one in every if one.stages]
    unclaimed = [
        one.first_sound - one.claimed for one in every if one.first_sound is not None and one.claimed is not None
    ]
    late = [seconds for delivery in deliveries for seconds in delivery.late]
    offs = [delivery.off for delivery in deliveries if delivery.off is not None]
    return Score(
        setting,
        len(every),
        answered=sum(not one.why for one in every),
        first_sound=(*summary(firsts), max(firsts)) if firsts else None,
        audible_cut_offs=sum(one.cut_off == "audible" for one in every),
        committed_cut_offs=sum(one.cut_off == "committed" for one in every),
        early=sum(one.early for one in every),
        withdrawn=sum(one.withdrawn for one in every),
        end=median(ends) if ends else None,
        stages={stage: median(stages[stage] for stages in staged) for stage in STAGES} if staged else {},
        moments={name: median(times) for name in MOMENTS if (times := _having(every, name))},
        unclaimed=summary(unclaimed) if unclaimed else None,
        cpu=sum(one.cpu for one in every) / max(1, len(every)),
        peak=peak,
        delivered=summary(late) if late else (0.0, 0.0),
        off=median(offs) if offs else None,
    )


def _having(every: Sequence[Asked], moment: str) -> list[float]:
    return [one.moments[moment] for one in every if moment in one.moments]


def row(one: Score, aim: str) -> dict[str, str]:
    """What a score is shown as."""
    median_, ninety_fifth, worst = one.first_sound or (None, None, None)
    return {
        "setting": one.setting,
        "answered": f"{one.answered} of {one.utterances}",
        "median": _seconds(median_),
        "95th": _seconds(ninety_fifth),
        "worst": _seconds(worst),
        "aim": aim,
        "cut off, audibly": str(one.audible_cut_offs),
        "committed too soon": str(one.committed_cut_offs),
        "asked early": str(one.early),
        "withdrawn": str(one.withdrawn),
        "end heard late by": _seconds(one.end),
        **{stage: _seconds(one.stages.get(stage)) for stage in STAGES},
        **{moment: _seconds(one.moments.get(moment)) for moment in MOMENTS},
        "heard after claimed": _seconds(one.unclaimed and one.unclaimed[0]),
        "CPU a turn": f"{one.cpu:.2f} s",
        "memory": f"{one.peak:.0f} MB",
        "microphone late by": f"{_seconds(one.delivered[0])}, 95th {_seconds(one.delivered[1])}",
        "its times off by": _seconds(one.off),
    }


def _seconds(value: Any) -> str:
    return "" if value is None else f"{value:.3f} s"
