"""What `benchmarks.hearing` lets both recognisers hear: people, people in a noisy kitchen, and the kitchen alone.

Everything here is the same to the sample on every run: offsets come from file names, not from chance.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from glasses import weights
from glasses.recordings import open_recording
from pipeline.listen.segmenter import Segment, Segmenter, SegmenterSettings
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import SileroVad
from pipeline.types import AudioChunk, Samples, read_only

NOISE = "noise-kitchen.flac"
LABELS = "labels.json"

GAINS = (0.5, 1.0, 2.0, 4.0, 6.0)
"""Loudness at which the kitchen is heard, over and over: 2 minutes each, peaks from -23 dB to just below clipping."""

WINDOWS = (1.0, 2.0, 3.0, 5.0, 8.0)
"""Seconds of noise forced into the recognisers, in turn: the lengths that questions have."""

_CHUNK = 1600
"""Samples at a time for the segmenter; what it finds doesn't depend on it."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One stretch for a recogniser."""

    file: str  # where it comes from
    samples: Samples  # mono int16, 16 kHz


def speech_folder(path: str) -> Path:
    """The folder of `--speech`; raises argparse.ArgumentTypeError if there are no labelled recordings in it."""
    if not Path(path, LABELS).is_file():
        raise argparse.ArgumentTypeError(f"{path}: no {LABELS} there; see the head of benchmarks/hearing.py")
    return Path(path)


def labels(folder: Path, limit: int | None = None) -> dict[str, dict[str, str]]:
    """For each file the values that a right transcript contains, by the name of their slot.

    The first `limit` files by their names, or all.
    """
    found: dict[str, dict[str, str]] = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    return dict(islice(sorted(found.items()), limit))


def read(path: Path) -> Samples:
    """All samples of a sound file, mono int16 at 16 kHz."""
    return read_only(np.concatenate([chunk.samples for chunk in open_recording(path).sound()]))


def utterances(samples: Samples) -> list[Segment]:
    """What our own voice activity detection and segmenter make of `samples`, with the product's settings."""
    segmenter = Segmenter(SileroVad(weights.silero()), SegmenterSettings())
    found: list[object] = []
    for start in range(0, len(samples), _CHUNK):
        found.extend(segmenter.feed(AudioChunk(start / RATE, samples[start : start + _CHUNK], RATE)))
    found.extend(segmenter.finish())
    return [item for item in found if isinstance(item, Segment)]


def people(folder: Path, files: Mapping[str, object], snr: float | None) -> Iterator[Sound]:
    """The utterances of `files`, with kitchen noise `snr` decibels below the speech; None: as recorded."""
    noise = None if snr is None else read(folder / NOISE)
    for file in files:
        speech = read(folder / file)
        if noise is not None and snr is not None:
            speech = mixed(speech, noise, snr, start=zlib.crc32(file.encode()))
        yield from (Sound(file, segment.samples) for segment in utterances(speech))


def mixed(speech: Samples, noise: Samples, snr: float, start: int) -> Samples:
    """`speech` over `noise`, which begins at sample `start` and goes round in a circle.

    `snr` is the power of the speech, where our own detector finds some, over the power of the noise, in decibels.
    """
    voiced = utterances(speech)
    power = _power(np.concatenate([segment.samples for segment in voiced]) if voiced else speech)
    behind = np.take(noise, np.arange(start, start + len(speech)), mode="wrap").astype(np.float64)
    gain = np.sqrt(power / _power(behind) / 10 ** (snr / 10))
    return int16(speech + gain * behind)


def kitchen(folder: Path) -> Samples:
    """Ten minutes of a kitchen in which nobody speaks, each pass of the recording louder than the last."""
    noise = read(folder / NOISE)
    return int16(np.concatenate([noise * gain for gain in GAINS]))


def detected(noise: Samples) -> Iterator[Sound]:
    """What of the noise the product would take for speech."""
    yield from (Sound(NOISE, segment.samples) for segment in utterances(noise))


def forced(noise: Samples) -> Iterator[Sound]:
    """All of the noise, in windows as long as questions, as if the detector took everything for speech."""
    start = 0
    for seconds in cycle(WINDOWS):
        window = noise[start : start + round(seconds * RATE)]
        if len(window) < WINDOWS[0] * RATE:
            return
        yield Sound(NOISE, read_only(window))
        start += len(window)


def _power(samples: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> float:
    return float(np.mean(np.square(samples.astype(np.float64)))) or 1.0


def int16(samples: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Samples:
    """Rounded, and clipped as a sound card does."""
    return read_only(np.clip(np.rint(samples), -32768, 32767).astype(np.int16))
