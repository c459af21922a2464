"""Which frame a question is about: a pure function of the scored frames and the time of the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.look.quality import ScoredFrame
from pipeline.types import FrameChoice


@dataclass(frozen=True, slots=True)
class LookSettings:
    """Where in time a question's picture may lie."""

    max_age: float = 1.0  # seconds before the first word: no older frame is ever used
    linger: float = 0.3  # seconds after the last word: then the head turns away


def choose(frames: Sequence[ScoredFrame], t_start: float, t_end: float, settings: LookSettings) -> FrameChoice:
    """The sharpest frame in the window of a question that was spoken from `t_start` to `t_end`.

    The window reaches from `max_age` before the first word to `linger` after the last. A choice
    without frames says in its reason why there is none: an old picture is never used instead.
    """
    earliest, latest = t_start - settings.max_age, t_end + settings.linger
    window = [frame for frame in frames if earliest <= frame.t <= latest]
    if not window:
        return FrameChoice((), (), _why_none(frames, earliest))
    best = max(window, key=lambda frame: frame.sharpness)
    typical = median(frame.sharpness for frame in window)
    reason = f"sharpest of {len(window)} frames, {_when(best.t, t_start, t_end)} (sharpness {best.sharpness:.0f}"
    reason += f", typical {typical:.0f})" if len(window) > 1 else ")"
    return FrameChoice((best.frame,), (best.sharpness,), reason)


def _when(t: float, t_start: float, t_end: float) -> str:
    if t < t_start:
        return f"{t_start - t:.1f} s before the question"
    if t > t_end:
        return f"{t - t_end:.1f} s after the question"
    return f"{t - t_start:.1f} s into the question"


def _why_none(frames: Sequence[ScoredFrame], earliest: float) -> str:
    older = [frame.t for frame in frames if frame.t < earliest]
    if older:
        return f"no fresh frame: the newest is {earliest - max(older):.1f} s too old"
    return "no fresh frame: the camera gave none around the question"
