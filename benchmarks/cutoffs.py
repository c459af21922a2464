"""How often somebody is cut off, and how long they wait for it: deciders of when a turn is over.

    python -m benchmarks.cutoffs --speech DIR [--smart-turn FILE] [--each N] [--limit N] [--cache DIR] [--fit] [--json]

DIR holds recordings of people who order coffee from a device, from Picovoice's speech-to-intent benchmark
(https://github.com/Picovoice/speech-to-intent-benchmark, Apache-2.0): see benchmarks/hearing.py. FILE is
smart-turn-v3.2-cpu.onnx of Pipecat (https://github.com/pipecat-ai/smart-turn, BSD-2-Clause).

Every recording is decided about as it was spoken, and with a hesitation in it: 0.3 to 1.0 s of its own room tone,
after up to N function words ("with", "the") and N content words ("coffee"), one a clip. A clip is cut off if it is
committed to before the reference end of its speech, which Silero finds in the whole of it. Delays are from there to the
commitment, in recordings as they were spoken: whatever the decider says, not before the words so far are there (0.32 s
after the last voiced sample; Smart Turn alone: 0.24 s, of which it listens to 0.19).

Our weights are fitted on nine tenths of the recordings and judged on the last, in turn, with all the clips made of a
recording in one part; the names of the files tell no speakers. Each decider has one knob: what it is set to is shown
beside its name ("even": seconds of patience at even odds). "As it ships": the product's weights, which saw all of it.

A splice is no hesitation: who hesitates draws out the word before, and the sound of a voice cut off in mid-flow is
easier to tell from an end. The cut-offs in natural recordings are the ones with real pauses.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import platformdirs

from benchmarks import hearing_sounds
from benchmarks.cutoffs_fit import FOLDS, Example, fit, fold, unseen
from benchmarks.cutoffs_heard import Asked, Case, Ears
from benchmarks.showing import line, progress, table
from pipeline.latency import summary
from pipeline.listen.end_of_turn import (
    EVEN,
    LONGEST,
    SHORTEST,
    WEIGHTS,
    WEIGHTS_TRAINED,
    Evidence,
    Weights,
    decide,
    wait,
)

Decider = Callable[[str, Asked], float]
"""Seconds of patience in a pause of a file."""

SMART_TURN_THERE = 0.24
"""Seconds after the last voiced sample before which Smart Turn alone can commit to nothing. Words: `SHORTEST`."""

_NEAR = 0.35
"""Seconds between a splice and the last voiced block before it, at most: what voice activity and word times are off."""


@dataclass(frozen=True, slots=True)
class Row:
    """One decider at one setting."""

    decider: str
    setting: str
    natural: int  # recordings cut off
    function: float  # share of the hesitations cut off
    content: float
    median: float  # delay, seconds
    ninety_fifth: float  # percentile
    mean: float


def judge(decider: str, setting: str, cases: Sequence[Case], patience: Decider, there: float) -> Row:
    """Let one decider decide about every pause of every clip, in their order."""
    cut: dict[str, list[bool]] = {"natural": [], "function": [], "content": []}
    delays = []
    for case in cases:
        waits = [max(there, patience(case.file, asked)) for asked in case.asked]
        early = any(waited < asked.length < math.inf for waited, asked in zip(waits, case.asked, strict=True))
        cut[case.kind].append(early)
        if case.kind == "natural" and not early:
            delays.append(waits[-1])
    shares = {kind: float(np.mean(found)) if found else 0.0 for kind, found in cut.items()}
    middle, tail = summary(delays or [0.0])
    mean = float(np.mean(delays or [0.0]))
    return Row(decider, setting, sum(cut["natural"]), shares["function"], shares["content"], middle, tail, mean)


def rows(cases: Sequence[Case], trained: bool) -> Iterator[Row]:
    """Every decider along its curve."""
    for seconds in (0.4, 0.5, 0.6, 0.7, 0.8, 1.0):
        yield judge("fixed silence", f"{seconds} s", cases, _fixed(seconds), 0.0)
    for seconds in (0.35, 0.5, 0.6, 0.7):
        yield judge("words only", f"{seconds} s", cases, _words(seconds), SHORTEST)
    if trained:
        yield judge("Smart Turn", "as Pipecat", cases, _smart(0.5, 3.0), SMART_TURN_THERE)
        for chance in (0.5, 0.8, 0.9, 0.95):
            yield judge("Smart Turn", f"above {chance}", cases, _smart(chance, LONGEST), SMART_TURN_THERE)
        for even in (0.8, 1.0, 1.2, 1.4, 1.6):
            yield judge("Smart Turn", f"even {even}", cases, _smart_line(even), SMART_TURN_THERE)
    for name, shipped in (("ours, no model", WEIGHTS), ("ours", WEIGHTS_TRAINED)):
        plain = shipped is WEIGHTS
        if plain or trained:
            folds = unseen(examples(cases, plain))
            for other in sorted({0.5, 0.6, 0.7, 0.8, 0.9, EVEN}):
                yield judge(name, f"even {other}", cases, _ours(folds, plain, other), SHORTEST)
            yield judge(name, "as it ships", cases, _ours([shipped] * FOLDS, plain, EVEN), SHORTEST)


def _fixed(seconds: float) -> Decider:
    return lambda file, asked: seconds


def _words(seconds: float) -> Decider:
    """Only whether the words can end there."""
    return lambda file, asked: seconds if asked.heard.text and asked.evidence.ending in ("closed", "whole") else LONGEST


def _smart(chance: float, unfinished: float) -> Decider:
    """Over at once where Smart Turn is surer than `chance`; else after `unfinished` seconds."""
    return lambda file, asked: 0.0 if (asked.evidence.ended.trained or 0.0) > chance else unfinished


def _smart_line(even: float) -> Decider:
    """The same rule that makes waits of our odds."""
    alone = Weights(0.0, (0.0, 0.0, 0.0, 0.0, 0.0, 1.0))
    return lambda file, asked: wait(alone.log_odds(asked.evidence), even, 0.0)


def _ours(folds: Sequence[Weights], plain: bool, even: float) -> Decider:
    """The product's decider, with the weights of the file's fold."""

    def patience(file: str, asked: Asked) -> float:
        return decide(asked.heard, _seen(asked, plain), folds[fold(file)], even)

    return patience


def _seen(asked: Asked, plain: bool) -> Evidence:
    evidence = asked.evidence
    return replace(evidence, ended=replace(evidence.ended, trained=None)) if plain else evidence


def examples(cases: Sequence[Case], plain: bool) -> list[Example]:
    """The pauses to learn from: ends of orders as they were spoken, pauses in them, and the hesitations let in."""
    found = []
    for case in cases:
        for asked in case.asked:
            finished = math.isinf(asked.length)
            let_in = not finished and abs(asked.t_last - case.cut) < _NEAR
            if asked.heard.text and (case.kind == "natural" or let_in):
                found.append(Example(case.file, case.kind, finished, _seen(asked, plain)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--speech", type=hearing_sounds.speech_folder, required=True, metavar="DIR", help="the recordings, see above"
    )
    parser.add_argument("--smart-turn", type=Path, metavar="FILE", help="its weights; without, it is left out")
    parser.add_argument("--model", default="base", help="the recogniser's weights: base, tiny, or a folder")
    parser.add_argument("--each", type=int, default=2, metavar="N", help="hesitations of a kind in a recording (2)")
    parser.add_argument("--limit", type=int, metavar="N", help="only N files: a quick look")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where what was heard is kept")
    parser.add_argument(
        "--fit", action="store_true", help="print the weights that all recordings give, for the product"
    )
    parser.add_argument("--json", action="store_true", help="the rows as one JSON object")
    options = parser.parse_args()
    if options.smart_turn and not options.smart_turn.is_file():
        parser.error(f"{options.smart_turn}: no such file")

    cache = options.cache or platformdirs.user_cache_path("glasses") / "benchmarks"
    ears = Ears(options.model, options.smart_turn, cache)
    files = hearing_sounds.labels(options.speech, options.limit)
    with progress() as track:
        try:
            found = track(
                "hearing", (list(ears.cases(options.speech / file, options.each)) for file in files), len(files)
            )
        finally:
            ears.save()
    cases = [case for some in found for case in some]
    if options.fit:
        for plain in (True, False) if options.smart_turn else (True,):
            print("without" if plain else "with", "a model:", fit(examples(cases, plain)))
        return
    result = list(rows(cases, trained=options.smart_turn is not None))
    kinds = Counter(case.kind for case in cases)
    if options.json:
        print(json.dumps({"model": options.model, "clips": kinds, "rows": [*map(asdict, result)]}))
    elif sys.stdout.isatty():
        title = "Cut off as it was spoken, after function and content words; delay"
        table(title, [cells(row, kinds) for row in result], grouped=True)
    else:
        lines(result, kinds)


def cells(row: Row, kinds: Counter[str]) -> dict[str, str]:
    """What a row is shown as."""
    return {
        "decider": row.decider,
        "set to": row.setting,
        f"natural, {kinds['natural']}": str(row.natural),
        f"function, {kinds['function']}": f"{row.function:.1%}",
        f"content, {kinds['content']}": f"{row.content:.1%}",
        "median": f"{row.median:.2f} s",
        "95th": f"{row.ninety_fifth:.2f} s",
        "mean": f"{row.mean:.2f} s",
    }


def lines(result: Sequence[Row], kinds: Counter[str]) -> None:
    """For a log: a line for each row."""
    for row in result:
        who, setting, *rest = cells(row, kinds).items()
        line(f"cut-offs: {who[1]}, {setting[1]}:", {f"{name}:": cell for name, cell in rest})


if __name__ == "__main__":
    main()
