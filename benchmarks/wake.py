"""The wake words: how often they are missed, how often something else wakes, what listening for them takes.

    python -m benchmarks.wake --wake DIR --speech DIR [--hours 6] [--json]

--wake holds recordings of people who say "Alexa", one a file, from Picovoice's wake-word benchmark
(https://github.com/Picovoice/wake-word-benchmark, Apache-2.0); --speech orders to a device by people who don't, and
`noise-kitchen.flac`, as the head of benchmarks/hearing.py says. All are FLAC files at 16 kHz.

The people are heard as recorded, with the kitchen 10 and 0 dB below them, and 0.3 s behind an order by somebody else.
All four words are said by made voices (Piper, flite, espeak-ng, as far as they are installed) at several speeds: near,
and 2 and 4 m away in a room that echoes. The end of the word that the detector names is compared with the end of its
sound, where that can be told: near, and as recorded. It may be later, in the silence behind the word; what becomes of a
question in one breath with it is in benchmarks/wake_breath.py.

False wakes are counted for every word, over --speech and over --hours of reading by the same voices: the licences in
/usr/share/common-licenses and Python's language reference. It is streamed: no more than a passage is in memory.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, cycle
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from benchmarks import hearing_sounds as sounds
from benchmarks import wake_breath
from benchmarks import wake_speech as made
from benchmarks.showing import progress, show
from pipeline.listen.transcriber import RATE
from pipeline.listen.wake import WORDS, MicroWakeWord
from pipeline.types import AudioChunk, Samples

PEOPLES = "alexa"
"""The word in the recordings of people."""

CONDITIONS = {"as recorded": None, "kitchen at 10 dB": 10.0, "kitchen at 0 dB": 0.0}

PAUSE = 0.3
"""Seconds between somebody else's order and the word."""


@dataclass(frozen=True, slots=True)
class Said:
    """One wake word, and what the detector made of it."""

    word: str
    sound: str  # who says it, and where
    times: int  # it woke
    early: float | None  # seconds by which the end it named is too early; None where the true end is not known


@dataclass(frozen=True, slots=True)
class Score:
    """One word in one kind of sound."""

    word: str
    sound: str
    said: int
    missed: int
    twice: int  # woke more than once
    early: float | None  # seconds by which the end named is too early, median
    early_ninetieth: float | None  # percentile, the same


@dataclass(frozen=True, slots=True)
class FalseWakes:
    """What else woke a detector."""

    word: str
    sound: str
    hours: float
    wakes: int
    share: float  # of one core, in real time


def listen(detector: MicroWakeWord, sound: str, samples: Samples, end: float | None = None) -> Said:
    """What the detector makes of `samples`, in which its word ends at `end` seconds, where that is known."""
    detector.reset()
    woken = list(detector.feed(AudioChunk(0.0, samples, RATE)))
    early = max(0.0, end - woken[0].t_end) if woken and end is not None else None
    return Said(detector.word, sound, len(woken), early)


def people(wake: Path, speech: Path) -> Iterator[Said]:
    """Everybody's "Alexa" under every condition."""
    detector = MicroWakeWord(PEOPLES)
    noise = sounds.read(speech / sounds.NOISE)
    room = made.quiet(1.5)
    orders = cycle(sorted(set(speech.glob("*.flac")) - {speech / sounds.NOISE}))
    for number, (file, order) in enumerate(zip(sorted(wake.glob("*.flac")), orders, strict=False)):
        alone = np.concatenate([room, sounds.read(file), room])
        for name, snr in CONDITIONS.items():
            mixed = alone if snr is None else sounds.mixed(alone, noise, snr, start=number * RATE)
            yield listen(detector, f"people, {name}", mixed, made.word_ends(alone) if snr is None else None)
        words, talk = sounds.utterances(alone), sounds.utterances(sounds.read(order))
        if len(words) == 1 and talk:
            word = words[0].samples[round((words[0].t_start - words[0].t) * RATE) :]
            before = made.as_loud(talk[-1].samples, word)[: round((talk[-1].t_end - talk[-1].t) * RATE)]
            behind = np.concatenate([room, before, made.quiet(PAUSE), word, room])
            yield listen(detector, f"people, {PAUSE} s behind an order", behind)


def voices() -> Iterator[Said]:
    """Every word by every made voice in every place."""
    cast = made.voices()
    for word in WORDS:
        detector = MicroWakeWord(word)
        for voice in cast:
            sound = voice.say(made.SPOKEN[word])
            for place in made.PLACES:
                heard = made.placed(sound, place)
                end = made.word_ends(heard) if place == "near" else None
                yield listen(detector, f"{voice.family}, {place}", heard, end)


def wakes(sound: str, pieces: Iterable[Samples]) -> list[FalseWakes]:
    """How often each word is heard in sound that has none of them."""
    detectors = [MicroWakeWord(word) for word in WORDS]
    count = dict.fromkeys(WORDS, 0)
    spent = dict.fromkeys(WORDS, 0.0)
    t = 0.0
    for piece in pieces:
        chunk = AudioChunk(t, piece, RATE)
        for detector in detectors:
            began = time.process_time()
            count[detector.word] += len(list(detector.feed(chunk)))
            spent[detector.word] += time.process_time() - began
        t = chunk.t_end
    return [FalseWakes(word, sound, t / 3600, count[word], spent[word] / t) for word in WORDS]


def order_wakes(speech: Path) -> list[FalseWakes]:
    """In what people say to a device, and in a kitchen."""
    return wakes("orders by people, and the kitchen", (sounds.read(file) for file in sorted(speech.glob("*.flac"))))


def reading_wakes(part: int) -> list[FalseWakes]:
    """In one part of what made voices read."""
    return wakes("reading by made voices", made.reading(part))


def scores(said: list[Said]) -> Iterator[Score]:
    """What was said of each word in each kind of sound, in the order in which they came."""
    for word, sound in dict.fromkeys((one.word, one.sound) for one in said):
        these = [one for one in said if (one.word, one.sound) == (word, sound)]
        errors = [one.early for one in these if one.early is not None]
        yield Score(
            word,
            sound,
            said=len(these),
            missed=sum(one.times == 0 for one in these),
            twice=sum(one.times > 1 for one in these),
            early=float(np.median(errors)) if errors else None,
            early_ninetieth=float(np.percentile(errors, 90)) if errors else None,
        )


def totals(found: list[FalseWakes]) -> Iterator[FalseWakes]:
    """The parts of what is one kind of sound, added up."""
    for word, sound in dict.fromkeys((one.word, one.sound) for one in found):
        these = [one for one in found if (one.word, one.sound) == (word, sound)]
        hours = sum(one.hours for one in these)
        share = sum(one.share * one.hours for one in these) / hours
        yield FalseWakes(word, sound, hours, sum(one.wakes for one in these), share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wake", type=Path, required=True, metavar="DIR", help='people who say "Alexa"')
    parser.add_argument("--speech", type=Path, required=True, metavar="DIR", help="people who don't, and the kitchen")
    parser.add_argument("--hours", type=float, default=6.0, help="of reading by made voices (default: 6)")
    parser.add_argument("--json", action="store_true", help="everything as one JSON object")
    options = parser.parse_args()
    if not any(options.wake.glob("*.flac")):
        parser.error(f"{options.wake}: no FLAC files there; see the head of {Path(__file__).name}")
    if not (options.speech / sounds.NOISE).is_file():
        parser.error(f"{options.speech}: no {sounds.NOISE} there; see the head of {Path(__file__).name}")

    folders, parts = (options.wake, options.speech), range(round(options.hours * 3600 / made.PART))
    with progress() as track:
        said: list[Said] = track("people", people(*folders))
        said += track("made voices", voices())
        found = order_wakes(options.speech)
        with Pool() as pool:
            for one in track("reading", pool.imap(reading_wakes, parts), len(parts)):
                found += one
        hearing = wake_breath.Hearing()
        breaths: list[wake_breath.Breath] = track(
            "questions in one breath", chain(wake_breath.people(hearing, *folders), wake_breath.voices(hearing))
        )
    missed, others = list(scores(said)), list(totals(found))
    if options.json:
        results = {"misses": [*map(asdict, missed)], "breaths": [*map(asdict, breaths)]}
        print(json.dumps({**results, "false": [*map(asdict, others)]}))
        return
    tables = {
        "missed wake words": [*map(missed_row, missed)],
        "questions in one breath with the word": [*wake_breath.rows(breaths)],
        "what else wakes": [*map(false_row, others)],
    }
    show("wake", tables)


def missed_row(one: Score) -> dict[str, str]:
    """What a score is shown as."""
    known = one.early is not None and one.early_ninetieth is not None
    return {
        "word": one.word,
        "sound": one.sound,
        "missed": f"{one.missed} of {one.said}",
        "woke twice": str(one.twice),
        "end too early by": f"{one.early:.2f} s (90th {one.early_ninetieth:.2f})" if known else "",
    }


def false_row(one: FalseWakes) -> dict[str, str]:
    """What false wakes are shown as."""
    return {
        "word": one.word,
        "sound": one.sound,
        "hours": f"{one.hours:.2f}",
        "false wakes": f"{one.wakes} ({one.wakes / one.hours:.2f} an hour)",
        "of one core": f"{one.share:.2%}",
    }


if __name__ == "__main__":
    main()
