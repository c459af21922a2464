"""Made speech for `benchmarks.wake`: voices that are at hand, rooms to hear them in, and hours of text to read.

Everything is the same on every run with the same tools and the same Python: nothing is drawn by chance.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soxr
from numpy.typing import NDArray

from benchmarks.hearing_sounds import int16, utterances
from glasses import weights
from pipeline.listen.transcriber import RATE
from pipeline.speak.piper import Piper
from pipeline.types import Samples

Sound = NDArray[np.float64]

SPOKEN = {"okay_nabu": "Okay Naboo.", "hey_jarvis": "Hey Jarvis.", "hey_mycroft": "Hey Mycroft.", "alexa": "Alexa."}
"""The wake words as a voice has to be told them."""

PLACES = {"near": (0.3, 0.0), "2 m": (0.1, 0.7), "4 m": (0.05, 1.6)}
"""Where a voice is: its peak of full scale, and the room's sound over its own, in amplitude."""

REVERBERATION = 0.4
"""Seconds in which the room's sound falls by 60 dB: a furnished room."""

HISS = 12.0
"""Of a quiet room and a microphone, root mean square, of 32768."""

PASSAGE = 60
"""Words that one voice reads before the next takes over."""

PART = 900
"""Seconds that are read in one go."""

PASSAGES = 45
"""Of text from the beginning of one part to that of the next: nearly all that a part has time for."""

LICENCES = Path("/usr/share/common-licenses")


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who can read a text."""

    family: str  # piper, flite or espeak-ng
    name: str
    say: Callable[[str], Sound]  # 16 kHz, any loudness


def voices() -> list[Voice]:
    """Every voice that is installed here, at several speeds."""
    found = []
    if shutil.which("flite"):
        for name in ("slt", "rms", "awb", "kal16"):
            found += [Voice("flite", f"{name} {pace}", partial(_flite, name, pace)) for pace in (0.8, 1.0, 1.25)]
    if shutil.which("espeak-ng"):
        for name in ("en-us", "en-us+f2", "en-gb+m3", "en-gb-scotland+f4", "en-us-nyc+m1"):
            found += [Voice("espeak-ng", f"{name} {pace}", partial(_espeak, name, pace)) for pace in (140, 180)]
    found += [Voice("piper", f"joe {pace}", partial(_piper, pace)) for pace in (0.85, 1.0, 1.2)]
    return found


def _flite(name: str, stretch: float, text: str) -> Sound:
    with TemporaryDirectory() as folder:
        file = Path(folder, "said.wav")
        options = ["-voice", name, "--setf", f"duration_stretch={stretch}", "-t", text, "-o", str(file)]
        subprocess.run(["flite", *options], check=True, capture_output=True)
        return _wav(file.read_bytes())


def _espeak(name: str, words_a_minute: int, text: str) -> Sound:
    command = ["espeak-ng", "-v", name, "-s", str(words_a_minute), "--stdout", text]
    return _wav(subprocess.run(command, check=True, capture_output=True).stdout)


def _piper(speed: float, text: str) -> Sound:
    voice = _joe(speed)
    return _at_rate(np.concatenate(list(voice.synthesise(text))), voice.rate)


@cache
def _joe(speed: float) -> Piper:
    return Piper(weights.piper("en_US-joe-medium"), speed=speed)


def _wav(data: bytes) -> Sound:
    """Of a mono WAV file; espeak-ng writes one to a pipe, so its lengths say nothing."""
    start = data.index(b"data") + 8
    samples = np.frombuffer(data[start : len(data) - (len(data) - start) % 2], "<i2")
    return _at_rate(samples, int.from_bytes(data[24:28], "little"))


def _at_rate(samples: Samples, rate: int) -> Sound:
    sound: Sound = soxr.resample(samples.astype(np.float64), rate, RATE)
    return sound


def placed(sound: Sound, place: str) -> Samples:
    """`sound` as a microphone hears it from one of PLACES, a quiet room around it: 1.5 s before it and 1 s after."""
    peak, room = PLACES[place]
    padded = np.concatenate([np.zeros(round(1.5 * RATE)), sound, np.zeros(RATE)])
    if room:
        length = round(REVERBERATION * RATE)
        falling = _noise(length, seed=2) * 10 ** (-3 * np.arange(length) / length)
        falling *= room / np.sqrt(np.sum(np.square(falling)))
        falling[0] = 1.0  # the direct sound
        padded = np.convolve(padded, falling)[: len(padded)]
    padded *= peak * 32768 / np.max(np.abs(padded))
    return int16(padded + HISS * _noise(len(padded), seed=3))


def quiet(seconds: float) -> Samples:
    """A room in which nobody speaks."""
    return int16(HISS * _noise(round(seconds * RATE), seed=4))


def as_loud(samples: Samples, other: Samples) -> Samples:
    """`samples`, made as loud as `other`."""
    mean, wanted = (np.mean(np.square(one.astype(np.float64))) for one in (samples, other))
    return int16(samples * np.sqrt(wanted / mean))


def word_ends(samples: Samples) -> float | None:
    """Seconds at which the only word in `samples` ends, None where there isn't just one.

    The last 20 ms that are within 20 dB of the loudest, in what our own voice activity detection takes for speech.
    """
    found = utterances(samples)
    if len(found) != 1:
        return None
    first, last = round(found[0].t_start * RATE), round((found[0].t_end + 0.05) * RATE)
    frames = samples[first:last].astype(np.float64)
    frames = frames[: len(frames) // 320 * 320].reshape(-1, 320)
    power = np.mean(np.square(frames), axis=1)
    loud = np.flatnonzero(power > power.max() / 100)
    return float(first + (loud[-1] + 1) * 320) / RATE


def passages() -> Iterator[str]:
    """Text without end: the licences of the system, then Python's language reference (PSF licence), over and over."""
    from pydoc_data.topics import topics

    files = sorted(LICENCES.iterdir()) if LICENCES.is_dir() else []
    texts = [file.read_text(encoding="utf-8", errors="ignore") for file in files if not file.is_symlink()]
    texts += [topics[name] for name in sorted(topics)]
    words = re.sub(r"[^A-Za-z0-9.,;:?!' -]+", " ", " ".join(texts)).split()
    while True:
        for start in range(0, len(words), PASSAGE):
            yield " ".join(words[start : start + PASSAGE])


def reading(part: int) -> Iterator[Samples]:
    """A quarter of an hour, the `part`-th, of `passages` read by one voice after the other, near, in a quiet room."""
    cast = [voice for voice in voices() if voice.family != "piper" or voice.name == "joe 1.0"]
    left = PART * RATE
    for number, text in enumerate(islice(passages(), part * PASSAGES, None), part * PASSAGES):
        sound = cast[number % len(cast)].say(text)
        sound = np.concatenate([0.3 * 32768 * sound / (np.max(np.abs(sound)) or 1.0), np.zeros(RATE // 2)])
        samples = int16(sound + HISS * _noise(len(sound), seed=number))[:left]
        yield samples
        left -= len(samples)
        if left <= 0:
            return


def _noise(length: int, seed: int) -> Sound:
    return np.random.default_rng(seed).standard_normal(length)
