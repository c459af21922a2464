"""Which frame a question is about: a pure function of the scored frames and of what was said when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from statistics import median

from pipeline.look.pointing import Pointer, about_time, pointers
from pipeline.look.quality import ScoredFrame, difference
from pipeline.look.ring import best_of_each
from pipeline.types import FrameChoice, Utterance


@dataclass(frozen=True, slots=True)
class LookSettings:
    """Where in time a question's picture may lie."""

    max_age: float = 1.0  # seconds before the first word: no older frame is ever used
    linger: float = 0.3  # seconds after the last word: then the head turns away
    past: float = 8.0  # seconds before the first word, for a question about what was
    several: int = 3  # pictures at most for such a question


_NEAR, _GUESSED = 0.3, 0.4
"""Seconds from a pointing word at which a frame counts exp(-1/2) as much; and where the word's time is only guessed."""

_ANY_TIME = 0.2
"""What a frame counts that is far from every pointing word, of what one at such a word does."""

_STALE = 0.5
"""Seconds before the first word in which a frame's worth halves."""

_FRESH = 0.1
"""Of its worth, what a frame at the beginning of a question lacks to one at its end, all else being equal."""

_SETTLES = 0.5
"""Seconds after a turn of the head until it certainly rests."""

_SWEEPING = 0.3
"""What a frame counts in the midst of a turn, of what one of the same sharpness does at rest."""

_PLAIN = 0.1
"""Exponent: how little it counts that another view has more edges. A brick wall has twenty times a cat's."""

_SHARP = 0.9
"""Share of its view's best sharpness from which a frame is called sharp: nobody sees a difference."""

_AFTERWARDS = 0.05
"""Seconds from a word to a frame that are worth telling."""

_MOMENT = 0.5
"""Seconds of a view of which the best frame stands for all, where the question is what was or has changed."""

_DIFFERENT = 0.15
"""Share of the picture that differs between two that are both worth showing."""

_VERY_DARK, _NEXT_TO_ALL = 30.0, 0.9
"""Mean grey level, and share of the pixels in the dark: beyond both, there is nothing bright in it either."""


def choose(frames: Sequence[ScoredFrame], said: Utterance, settings: LookSettings) -> FrameChoice:
    """The frame that shows what `said` is about; several if it asks what was, or what has changed.

    `frames` in the order of their times. The window reaches from `max_age` before the first word to `linger` after the
    last; further back only for a question about what was. A choice without frames says in its reason why there is
    none: an old picture is never used instead.

    A frame's score is a product, 0 to 1: how near it is to a word that points ("this", "here", "sign"), how fresh it
    is, whether the head rests, and how sharp it is of all that show the same view. Sharpness of different views says
    little: there, a wall of bricks beats every sign. `python -m benchmarks.frames` measures it.
    """
    earliest, latest = said.t_start - settings.max_age, said.t_end + settings.linger
    window = [frame for frame in frames if earliest <= frame.t <= latest]
    if about_time(said.text) and settings.several > 1:
        further = [frame for frame in frames if said.t_start - settings.past <= frame.t <= latest]
        if further:
            return _several(further, said, settings)
    if not window:
        return FrameChoice((), (), _why_none(frames, earliest))
    words = pointers(said)
    scores = _scores(window, said, words)
    best = max(range(len(window)), key=lambda n: scores[n])
    reason = _reason(window[best], window, said, words)
    return FrameChoice((window[best].frame,), (scores[best],), reason, _dark([window[best]]))


def views(frames: Sequence[ScoredFrame]) -> list[list[ScoredFrame]]:
    """`frames` in stretches between two turns of the head; a frame in the midst of a turn is a stretch of its own."""
    stretches: list[list[ScoredFrame]] = [[frame] for frame in frames[:1]]
    for before, frame in pairwise(frames):
        if frame.settled and frame.settled >= (frame.t - before.t) * 0.99:
            stretches[-1].append(frame)
        else:
            stretches.append([frame])
    return stretches


def _scores(window: Sequence[ScoredFrame], said: Utterance, words: Sequence[Pointer]) -> list[float]:
    sharpest = max(frame.quality for frame in window) or 1.0
    scores = []
    for view in views(window):
        best = max(frame.quality for frame in view)
        for frame in view:
            of_its_view = frame.quality / best if best else 1.0
            score = _time(frame.t, said, words) * _rest(frame) * of_its_view * (best / sharpest) ** _PLAIN
            scores.append(score)
    return scores


def _time(t: float, said: Utterance, words: Sequence[Pointer]) -> float:
    """How likely the wearer looked at it at `t`, 0 to 1."""
    long = max(said.t_end - said.t_start, 0.1)
    fresh = 1 - _FRESH * min(1.0, max(0.0, (said.t_end - t) / long))
    if t < said.t_start:
        fresh *= 0.5 ** ((said.t_start - t) / _STALE)
    if not words:
        return fresh
    near = max(word.sureness * _bell(_away(t, word) / (_NEAR if word.timed else _GUESSED)) for word in words)
    return fresh * (_ANY_TIME + (1 - _ANY_TIME) * near)


def _bell(x: float) -> float:
    return exp(-x * x / 2)


def _away(t: float, word: Pointer) -> float:
    """Seconds between `t` and the time in which `word` was said; 0 within."""
    return max(word.t_start - t, t - word.t_end, 0.0)


def _rest(frame: ScoredFrame) -> float:
    return _SWEEPING + (1 - _SWEEPING) * min(1.0, frame.settled / _SETTLES)


def _several(frames: Sequence[ScoredFrame], said: Utterance, settings: LookSettings) -> FrameChoice:
    """Of what was seen, what is farthest apart in content.

    Greedily, each next one farthest from all before (Gonzalez, "Clustering to minimize the maximum intercluster
    distance", 1985), of those as sharp as their view allows; the newest view comes first.
    """
    good = [frame for view in views(frames) for frame in best_of_each(_MOMENT, view)]
    rested = [frame for frame in good if frame.settled] or good
    chosen = [rested.pop()]
    while rested and len(chosen) < settings.several:
        apart = [min(difference(frame, other) for other in chosen) for frame in rested]
        farthest = max(range(len(rested)), key=lambda n: apart[n])
        if apart[farthest] < _DIFFERENT:
            break
        chosen.append(rested.pop(farthest))
    chosen[1:] = sorted(chosen[1:], key=lambda frame: frame.t)
    sharpest = max(frame.quality for frame in frames) or 1.0
    back = said.t_end - min(frame.t for frame in chosen)
    reason = f"{len(chosen)} different views" if len(chosen) > 1 else "one view"
    reason += f" of {len(frames)} frames, back to {back:.1f} s before the end of the question"
    return FrameChoice(
        tuple(frame.frame for frame in chosen),
        tuple(frame.quality / sharpest for frame in chosen),
        reason,
        _dark(chosen),
    )


def _dark(frames: Sequence[ScoredFrame]) -> bool:
    return all(frame.brightness < _VERY_DARK and frame.dark > _NEXT_TO_ALL for frame in frames)


def _reason(best: ScoredFrame, window: Sequence[ScoredFrame], said: Utterance, words: Sequence[Pointer]) -> str:
    view = next(view for view in views(window) if any(frame is best for frame in view))
    top = max(frame.quality for frame in view)
    rank = "sharpest" if best.quality == top else "sharp" if best.quality >= _SHARP * top else "fair"
    state = "settled frame" if best.settled else "frame, the head in motion"
    typical = median(frame.sharpness for frame in window)
    reason = f"{rank} {state} {_when(best.t, said, words)}, of {len(window)} (sharpness {best.sharpness:.0f}"
    return reason + (f", typical {typical:.0f})" if len(window) > 1 else ")")


def _when(t: float, said: Utterance, words: Sequence[Pointer]) -> str:
    nearest = min(words, key=lambda word: _away(t, word) - word.sureness, default=None)
    if nearest and _away(t, nearest) < 1.0:
        if t < nearest.t_start - _AFTERWARDS:
            return f"{nearest.t_start - t:.1f} s before '{nearest.text}'"
        after = t - nearest.t_end
        return f"{after:.1f} s after '{nearest.text}'" if after >= _AFTERWARDS else f"at '{nearest.text}'"
    if t < said.t_start:
        return f"{said.t_start - t:.1f} s before the question"
    if t > said.t_end:
        return f"{t - said.t_end:.1f} s after the question"
    return f"{t - said.t_start:.1f} s into the question"


def _why_none(frames: Sequence[ScoredFrame], earliest: float) -> str:
    older = [frame.t for frame in frames if frame.t < earliest]
    if older:
        return f"no fresh frame: the newest is {earliest - max(older):.1f} s too old"
    return "no fresh frame: the camera gave none around the question"
