"""How well the chosen frame can be read, against the newest, the one as speech begins, a random one and the sharpest.

    python -m benchmarks.frames [--clips 36] [--json] [--each]

Each clip is one question about a sign, asked by somebody whose head moves (benchmarks/frames_clips.py). A rule picks
one frame, the project's reader reads it, and the letters that it has right are counted: "fully readable" is without any
error. The oracle is the best of all frames between `max_age` before the question and `linger` after it. The newest is
the last frame before the last word ends, which is kind to it: half a second later the head has often turned away.
Words: ours, with the times that a recogniser would give, wrong by 0.1 s; text: with times guessed from the letters;
no words: as if the recogniser had heard nothing that it could use.

The first run reads some 250 pictures, about half a second each; out/benchmarks/frames.json remembers them. The clips
are not those on which the constants of the choice were found: those begin with number 100.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, quantiles

import cv2
import numpy as np

from benchmarks.frames_clips import PLANS, Clip, clips
from benchmarks.frames_reading import Readings, readable
from pipeline.look.choice import LookSettings, choose
from pipeline.look.quality import ScoredFrame, scored
from pipeline.look.ring import FrameRing, Snapshots
from pipeline.types import Utterance, VideoFrame

MEMORY = Path("out/benchmarks/frames.json")

LOOK = LookSettings()

_SPEECH_NOTICED, _SILENCE = 0.2, 0.7
"""Seconds after which a session knows that speech has begun, and that it has ended."""

OURS, OTHERS = ("words", "text", "no words"), ("newest", "onset", "random", "sharpest")
RULES = ("oracle", *OURS, *OTHERS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule made of one clip."""

    clip: int
    plan: str
    light: str
    rule: str
    t: float  # of the frame, seconds
    read: float  # share of the sign's letters, 0 to 1
    in_view: float  # share of the sign, 0 to 1
    reason: str


def measure(clip: Clip, readings: Readings, milliseconds: list[float]) -> Iterator[Outcome]:
    """Every rule on one clip; appends what measuring each frame took to `milliseconds`."""
    frames = list(clip.frames())
    measured = [*_timed(frames, milliseconds)]
    window = [frame for frame in frames if clip.t_start - LOOK.max_age <= frame.t <= clip.t_end + LOOK.linger]

    def outcome(rule: str, frame: VideoFrame, reason: str = "") -> Outcome:
        shown = clip.camera.in_view(frame.t)
        read = readable(clip.lines, readings.lines(frame)) if shown > 0.2 else 0.0
        return Outcome(clip.number, clip.plan, clip.light, rule, frame.t, read, shown, reason)

    found = [outcome(rule, frame, reason) for rule, frame, reason in _picks(clip, window, measured)]
    best = max(found, key=lambda one: one.read)
    likely = sorted(window, key=lambda frame: (clip.camera.in_view(frame.t) < 1, clip.camera.blur(frame.t)))
    for frame in likely:  # until one is without error; a sign out of view is read by nobody
        if best.read == 1:
            break
        best = max(best, outcome("oracle", frame), key=lambda one: one.read)
    yield Outcome(clip.number, clip.plan, clip.light, "oracle", best.t, best.read, best.in_view, "")
    yield from found


def _picks(
    clip: Clip, window: Sequence[VideoFrame], measured: Sequence[ScoredFrame]
) -> Iterator[tuple[str, VideoFrame, str]]:
    seen = kept(clip, measured)
    for rule, text, words in zip(OURS, (clip.text, clip.text, ""), (clip.words, (), ()), strict=True):
        choice = choose(seen, Utterance(1, clip.t_start, clip.t_end, text, 1.0, words=words), LOOK)
        yield rule, choice.frames[0], choice.reason
    yield "newest", [frame for frame in window if frame.t <= clip.t_end][-1], ""
    yield "onset", min(window, key=lambda frame: abs(frame.t - clip.t_start)), ""
    yield "random", window[int(np.random.default_rng(clip.number).integers(len(window)))], ""
    yield "sharpest", max(window, key=_laplacian), ""


def kept(clip: Clip, measured: Sequence[ScoredFrame]) -> tuple[ScoredFrame, ...]:
    """What a session would still have when it chooses."""
    ring = FrameRing(lookback=LOOK.max_age + 0.5, past=LOOK.past)
    for frame in measured:
        if frame.t > clip.t_start + _SPEECH_NOTICED:
            ring.keep_from(clip.t_start)
        if frame.t <= clip.t_end + _SILENCE:
            ring.add(frame)
    return Snapshots().take(ring.frames()).take()


def _timed(frames: Sequence[VideoFrame], milliseconds: list[float]) -> Iterator[ScoredFrame]:
    """The frames measured, and the milliseconds of processor time that each took on one core."""
    items = scored(frames)
    while True:
        began = time.thread_time()
        item = next(items, None)
        if not isinstance(item, ScoredFrame):
            return
        milliseconds.append(1000 * (time.thread_time() - began))
        yield item


def _laplacian(frame: VideoFrame) -> float:
    """Variance of the Laplacian at a width of 640 pixels: the usual measure, and the rule that this project had."""
    small = cv2.resize(frame.image, (640, 360), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


def rows(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """For each rule: shares of the clips and of the letters, and how it compares."""
    of = {rule: [one for one in outcomes if one.rule == rule] for rule in RULES}
    letters = {rule: mean(one.read for one in of[rule]) for rule in RULES}
    full = {rule: sum(one.read == 1 for one in of[rule]) for rule in RULES}
    return {
        rule: {
            "sign in view": round(mean(one.in_view > 0.99 for one in of[rule]), 3),
            "letters read": round(letters[rule], 3),
            "of the oracle's": round(letters[rule] / letters["oracle"], 3),
            "fully readable": full[rule],
            "of the newest's": round(full[rule] / max(1, full["newest"]), 2),
        }
        for rule in RULES
    }


def misled(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Where the sharpest frame was not fully readable although there was one that was."""
    could = {one.clip for one in outcomes if one.rule == "oracle" and one.read == 1}
    wrong = [one for one in outcomes if one.rule == "sharpest" and one.read < 1 and one.clip in could]
    ours = {one.clip for one in outcomes if one.rule == "words" and one.read == 1}
    return {
        "clips": len(wrong),
        "another view had more edges": sum(one.in_view < 0.99 for one in wrong),
        "the sign was in view": sum(one.in_view >= 0.99 for one in wrong),
        "of these clips, ours was fully readable in": sum(one.clip in ours for one in wrong),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=36, help="how many of the mix; 18 are one round of it")
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--json", action="store_true", help="print one object instead of the table")
    parser.add_argument("--each", action="store_true", help="print what became of each clip, and why")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    readings = Readings(MEMORY)
    outcomes: list[Outcome] = []
    milliseconds: list[float] = []
    for clip in clips(options.first, options.clips):
        found = [*measure(clip, readings, milliseconds)]
        outcomes += found
        readings.save()
        if options.each:
            for one in found:
                print(f"{one.clip} {one.plan}, {one.light}: {one.rule} {one.t:.2f} s {one.read:.2f} {one.reason}")
    percentile = quantiles(milliseconds, n=20, method="inclusive")[-1]
    if options.json:
        cost = {"median": round(median(milliseconds), 2), "95th": round(percentile, 2)}
        print(json.dumps({"rules": rows(outcomes), "misled": misled(outcomes), "milliseconds": cost}))
        return
    print(f"{'':10s}" + "".join(f"{name:>17s}" for name in rows(outcomes)["oracle"]))
    for rule, cells in rows(outcomes).items():
        print(f"{rule:10s}" + "".join(f"{value:17}" for value in cells.values()))
    for plan in PLANS:
        full = {
            rule: sum(one.read == 1 for one in outcomes if one.rule == rule and one.plan == plan)
            for rule in ("oracle", "words", "newest", "sharpest")
        }
        print(f"frames: {plan}: fully readable " + ", ".join(f"{rule} {count}" for rule, count in full.items()))
    print("frames: sharpness misled in " + ", ".join(f"{what}: {count}" for what, count in misled(outcomes).items()))
    print(f"frames: measuring a 720p frame takes {median(milliseconds):.2f} ms of one core, 95th {percentile:.2f} ms")


if __name__ == "__main__":
    main()
