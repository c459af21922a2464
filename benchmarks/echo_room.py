"""The room in which `benchmarks.echo` speaks: a loudspeaker that clips softly, and walls that echo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.listen.transcriber import RATE
from pipeline.types import Samples

Sound = NDArray[np.float64]

_DRIFT = 1 + 50e-6
"""Samples that the microphone's clock counts in one of the loudspeaker's."""


def loudspeaker(played: Samples) -> Sound:
    """What it makes of mono int16, -1 to 1."""
    sound: Sound = np.tanh(played / 32768 * 1.5) / 1.5
    return sound


def response(random: np.random.Generator) -> Sound:
    """What becomes of a click at 16 kHz on its way to the microphone, from when it arrives."""
    tail = random.normal(size=RATE // 4) * 10 ** (-3 * np.linspace(0, 1, RATE // 4))
    found: Sound = 0.35 * tail / np.sqrt((tail**2).sum())
    found[0] = 1.0
    return found


def echo(played: Samples, delay: float, gain: float) -> Sound:
    """What the microphone hears of it, -32768 to 32767: `delay` seconds later, `gain` decibels louder, beside a faint
    noise. The same to the sample on every run.
    """
    import soxr

    random = np.random.default_rng(0)
    walls = response(random)
    n = len(played) + len(walls)
    heard = np.fft.irfft(np.fft.rfft(loudspeaker(played), n) * np.fft.rfft(walls, n), n)
    heard = soxr.resample(heard, 1.0, _DRIFT)
    late = np.concatenate([np.zeros(round(delay * RATE)), heard])[: len(played)] * 10 ** (gain / 20)
    loud: Sound = 32768 * (late + random.normal(size=len(late)) * 10 ** (-65 / 20))
    return loud
