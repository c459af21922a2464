"""What `benchmarks.cutoffs` lets the deciders hear: orders as they were spoken, and orders with a hesitation in them.

Everything here is the same to the sample on every run: places and lengths come from file names, not from chance.
"""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.hearing_sounds import int16
from pipeline.listen.end_of_turn import SILENCE
from pipeline.listen.floor import Floor
from pipeline.listen.segmenter import SegmenterSettings
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import BLOCK, VoiceActivity
from pipeline.types import Samples, Word
from pipeline.words import plain

Kind = Literal["natural", "function", "content"]
"""As it was spoken, or the kind of word after which the speaker hesitates."""

SETTINGS = SegmenterSettings()

EARLY, EARLY_IF_QUIET = (round(seconds * RATE / BLOCK) for seconds in (SETTINGS.pause, SETTINGS.quiet_pause))
"""Blocks of silence after which what was said so far is transcribed; the second if it is as quiet as the room."""

LISTENED = round(SILENCE * RATE / BLOCK)
"""Blocks of silence that the decider listens to, while the words are being found."""

HESITATION = (0.3, 1.0)
"""Seconds of room tone, from and to, evenly spread."""

_FUNCTION_WORDS = frozenset(
    {
        *("a", "an", "the", "and", "or", "but", "of", "with", "without", "to", "for", "in", "on", "at", "by", "from"),
        *("as", "into", "than", "that", "this", "my", "your", "me", "i", "you", "we", "it", "some", "any", "no"),
        *("not", "is", "are", "be", "can", "could", "would", "will", "may", "might", "should", "do", "does", "did"),
        *("have", "i'd", "i'll", "i'm", "it's", "there", "so", "if"),
    }
)
"""English words of the closed classes: articles, conjunctions, prepositions, pronouns, auxiliaries, quantifiers."""

_FADE = RATE // 100
"""Samples over which speech and room tone fade into each other."""

_NEAR = RATE * 8 // 100
"""Samples around the border of two words, as a recogniser times it, in which the quietest place is cut."""

_SHORTEST_TONE = RATE // 4
"""Samples of a file's own silence, at least, that make room tone."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording to decide about."""

    file: str
    kind: Kind
    samples: Samples  # mono int16, 16 kHz
    cut: float = math.inf  # seconds; where the hesitation begins, infinite if there is none
    after: str = ""  # the word before it


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence within or behind the speech of a clip, long enough for the decider to be asked."""

    t_last: float  # end of the last voiced block, seconds
    length: float  # seconds until it is known that speech goes on; infinite if it does not
    early: Samples  # the stretch so far, as the recogniser gets it
    sound: Samples  # the stretch so far, as the decider gets it


def chances(samples: Samples, vad: VoiceActivity) -> list[float]:
    """The probability of speech in each block of `samples`, from their beginning; a rest that fills none is left out.

    What `pauses` and `room_tone` want to know of the same samples.
    """
    vad.reset()
    return [vad.probability(samples[n : n + BLOCK]) for n in range(0, len(samples) - BLOCK + 1, BLOCK)]


def pauses(samples: Samples, judged: Sequence[float]) -> list[Pause]:
    """The pauses as the segmenter with the product's settings would see them; the last is the reference end.

    It is that of the last speech that is long enough to be some: a click behind an order is no part of it. Empty if
    there is no speech.
    """
    runs = list(_runs(judged))
    if not runs:
        return []
    first, last = runs[0][0], runs[-1][-1]
    start = max(0, first * BLOCK - round(SETTINGS.pre_roll * RATE))
    voiced = [n for n in range(first, last + 1) if judged[n] >= SETTINGS.offset]
    floor = Floor()
    quiet = [floor.quiet(samples[n : n + BLOCK]) for n in range(0, len(samples) - BLOCK + 1, BLOCK)]
    found = []
    for n, following in zip(voiced, [*voiced[1:], None], strict=True):
        if following is None or following - n > LISTENED:
            end = (n + 1) * BLOCK
            length = math.inf if following is None else (following - n) * BLOCK / RATE
            blocks = EARLY_IF_QUIET if any(quiet[n + 1 : n + 2]) else EARLY
            early, sound = samples[start : end + blocks * BLOCK], samples[start : end + LISTENED * BLOCK]
            found.append(Pause(end / RATE, length, early, sound))
    return found


def _runs(judged: Sequence[float]) -> Iterator[range]:
    """Blocks of speech in a row, as the segmenter finds beginnings."""
    begun: int | None = None
    for n, chance in enumerate([*judged, 0.0]):
        if begun is None and chance >= SETTINGS.onset:
            begun = n
        elif begun is not None and chance < SETTINGS.offset:
            if (n - begun) * BLOCK >= SETTINGS.min_speech * RATE:
                yield range(begun, n)
            begun = None


def hesitations(file: str, samples: Samples, words: Sequence[Word], tone: Samples, each: int) -> Iterator[Clip]:
    """`samples` with a hesitation after up to `each` function words and as many content words, one a clip.

    `words` are timed in `samples`. There are at least two words before each and one behind it.
    """
    for kind in ("function", "content"):
        places = [
            n for n in range(1, len(words) - 1) if (plain(words[n].text) in _FUNCTION_WORDS) is (kind == "function")
        ]
        chance = random.Random(zlib.crc32(f"{file} {kind}".encode()))
        for n in sorted(chance.sample(places, min(each, len(places)))):
            cut = _quietest(samples, round((words[n].t_end + words[n + 1].t_start) / 2 * RATE))
            length = round(chance.uniform(*HESITATION) * RATE)
            yield Clip(file, kind, _spliced(samples, cut, tone, length), cut / RATE, words[n].text)


def room_tone(samples: Samples, judged: Sequence[float]) -> Samples | None:
    """The longest stretch of a recording without speech; None if it is too short to be used."""
    best = range(0)
    begun = 0
    for n, chance in enumerate([*judged, 1.0]):
        if chance >= 0.1:
            if n - begun > len(best):
                best = range(begun, n)
            begun = n + 1
    trimmed = samples[(best.start + 2) * BLOCK : (best.stop - 2) * BLOCK]  # breath and echo lie at the borders
    return trimmed if len(trimmed) >= _SHORTEST_TONE else None


def _quietest(samples: Samples, near: int) -> int:
    """Where 20 ms of sound are quietest around the sample `near`."""
    begin, end = max(0, near - _NEAR), min(len(samples), near + _NEAR)
    power = np.convolve(np.square(samples[begin:end], dtype=np.float64), np.ones(2 * _FADE), "valid")
    return begin + _FADE + int(np.argmin(power))


def _spliced(samples: Samples, cut: int, tone: Samples, length: int) -> Samples:
    """`samples` with `length` samples of `tone` let in at `cut`, and faded at both ends."""
    looped = tone.astype(np.float64)
    while len(looped) < length + 2 * _FADE:
        looped = _joined(looped, tone.astype(np.float64))
    speech = samples.astype(np.float64)
    whole = _joined(_joined(speech[: cut + _FADE // 2], looped[: length + _FADE]), speech[cut - _FADE // 2 :])
    return int16(whole)


def _joined(
    first: np.ndarray[tuple[int, ...], np.dtype[np.float64]], second: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """One after the other, faded into each other at equal power, as unlike sounds want it."""
    angle = np.linspace(0, np.pi / 2, _FADE)
    middle = first[-_FADE:] * np.cos(angle) + second[:_FADE] * np.sin(angle)
    return np.concatenate([first[:-_FADE], middle, second[_FADE:]])
