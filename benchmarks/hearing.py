"""Our recogniser against faster-whisper's defaults: how fast, how much of the words, what is made up.

    python -m benchmarks.hearing --speech DIR [--model base|tiny] [--limit N] [--json]

DIR holds recordings of people who order coffee from a device, from Picovoice's speech-to-intent benchmark
(https://github.com/Picovoice/speech-to-intent-benchmark, Apache-2.0): FLAC files at 16 kHz, `labels.json` with
what each order contains ({"name.flac": {"size": "large", "roast": "dark roast"}, ...}), and `noise-kitchen.flac`.

Both hear the same stretches of sound, found by our own voice activity detection, one after the other and taking
turns in going first, so that a busy machine slows both. Both have the same weights in int8 and the same language;
the defaults are `WhisperModel.transcribe(audio, language=...)`: a window of 30 s, beam 5, as many threads as it takes
by itself, random sampling where the result looks bad (seeded here).

Clean, and with the kitchen mixed in at 10 and at 0 dB; then ten minutes of kitchen in which nobody speaks, as our
detector lets it through, and forced through in windows of 1 to 8 s: every word there is invented.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice

import numpy as np

from benchmarks import hearing_sounds as sounds
from benchmarks import hearing_words as words
from benchmarks.hearing_defaults import Defaults
from benchmarks.showing import line, progress, table
from glasses import weights
from pipeline.listen.transcriber import RATE, Recogniser
from pipeline.listen.whisper import Whisper

Labels = dict[str, dict[str, str]]

SYSTEMS = ("ours", "defaults")
PEOPLE = {"clean": None, "10 dB": 10.0, "0 dB": 0.0}
"""Conditions, and how far the speech is above the kitchen's noise."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One stretch of sound, as one system heard it."""

    condition: str
    system: str
    file: str
    length: float  # seconds of sound
    seconds: float  # it took
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """One system under one condition."""

    condition: str
    system: str
    stretches: int
    median: float  # seconds a stretch
    ninetieth: float  # percentile, the same
    words: int
    repetitions: int  # files with at least one
    found: int = 0  # values of the labels
    values: int = 0  # in the labels; 0 where nobody speaks


def compare(condition: str, stretches: Iterable[sounds.Sound], systems: dict[str, Recogniser]) -> Iterator[Heard]:
    """Every stretch through every system, who goes first changing each time."""
    for n, sound in enumerate(stretches):
        for name in SYSTEMS if n % 2 else reversed(SYSTEMS):
            began = time.perf_counter()
            text = systems[name].transcribe(sound.samples).text
            took = time.perf_counter() - began
            yield Heard(condition, name, sound.file, len(sound.samples) / RATE, took, text)


def score(condition: str, system: str, heard: list[Heard], labels: Labels) -> Score:
    """What one system made of one condition; `labels` is empty where nobody speaks."""
    heard = [one for one in heard if (one.condition, one.system) == (condition, system)]
    texts: dict[str, list[str]] = {file: [] for file in labels}
    for one in heard:
        texts.setdefault(one.file, []).append(one.text)
    seconds = [one.seconds for one in heard] or [0.0]
    return Score(
        condition,
        system,
        stretches=len(heard),
        median=float(np.median(seconds)),
        ninetieth=float(np.percentile(seconds, 90)),
        words=sum(len(words.normal(one.text).split()) for one in heard),
        repetitions=sum(any(map(words.repeats, parts)) for parts in texts.values()),
        found=sum(words.found(values, " ".join(texts[file])) for file, values in labels.items()),
        values=sum(map(len, labels.values())),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--speech", type=sounds.speech_folder, required=True, metavar="DIR", help="the recordings, see above"
    )
    parser.add_argument("--model", default="base", help="weights: base, tiny, or a folder (default: base)")
    parser.add_argument("--language", default="en")
    parser.add_argument("--limit", type=int, metavar="N", help="only N files, and N stretches of noise: a quick look")
    parser.add_argument("--json", action="store_true", help="scores and every transcript as one JSON object")
    options = parser.parse_args()

    folder = weights.whisper(options.model)
    systems: dict[str, Recogniser] = {
        "ours": Whisper(folder, options.language),
        "defaults": Defaults(folder, options.language),
    }
    labels = sounds.labels(options.speech, options.limit)
    with progress() as track:
        conditions = []
        for name, snr in PEOPLE.items():
            found = sounds.people(options.speech, labels, snr)
            conditions.append((name, track(f"listening for speech, {name}", found)))
        noise = sounds.kitchen(options.speech)
        for name, found in (("kitchen, detected", sounds.detected(noise)), ("kitchen, forced", sounds.forced(noise))):
            conditions.append((name, track(f"listening for speech, {name}", islice(found, options.limit))))
        warm(systems, conditions[0][1])
        heard: list[Heard] = []
        scores: list[Score] = []
        for name, stretches in conditions:
            heard += track(f"{options.model}: {name}", compare(name, stretches, systems), 2 * len(stretches))
            both = [score(name, system, heard, labels if name in PEOPLE else {}) for system in SYSTEMS]
            scores += both
            if not options.json and not sys.stdout.isatty():
                lines(options.model, both)
    if options.json:
        print(json.dumps({"model": options.model, "scores": [*map(asdict, scores)], "heard": [*map(asdict, heard)]}))
    elif sys.stdout.isatty():
        conditions_table(options.model, scores)


def warm(systems: dict[str, Recogniser], stretches: list[sounds.Sound]) -> None:
    """Memory is allotted and threads are started at the first call; that is nobody's speed."""
    for system in systems.values():
        for sound in stretches[:2]:
            system.transcribe(sound.samples)


def lines(model: str, both: list[Score]) -> None:
    """One condition for a log: a line for each system, as soon as they are known."""
    for one in both:
        line(f"hearing: {model},", row(one, both[0]))


def conditions_table(model: str, scores: list[Score]) -> None:
    """All conditions for a terminal."""
    firsts = {one.condition: one for one in reversed(scores)}
    rows = [row(one, firsts[one.condition]) for one in scores]
    table(f"Whisper {model}: ours, and faster-whisper's defaults", rows, grouped=True)


def row(one: Score, ours: Score) -> dict[str, str]:
    """What a score is shown as; `ours` is our own under the same condition."""
    ratio = one.system != "ours" and ours.median > 0
    return {
        "sound": one.condition,
        "system": one.system,
        "stretches": str(one.stretches),
        "median": f"{one.median:.3f} s" if one.stretches else "",
        "90th": f"{one.ninetieth:.3f} s" if one.stretches else "",
        "ratios": f"{one.median / ours.median:.1f}x {one.ninetieth / ours.ninetieth:.1f}x" if ratio else "",
        "values found": f"{one.found} of {one.values}" if one.values else "",
        "files with repetitions": str(one.repetitions) if one.values else "",
        "words": f"{one.words}{'' if one.values else ' invented'}",
    }


if __name__ == "__main__":
    main()
