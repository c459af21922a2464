"""How the end of what was said sounds."""

from __future__ import annotations

import numpy as np

from pipeline.listen.transcriber import RATE
from pipeline.types import Samples

_HOP = RATE // 100
_WIDTH = 4 * _HOP
"""Samples of a frame: 40 ms, several periods of any voice."""

_SPAN = 3 * RATE
"""Samples at the end of the stretch that are looked at: what is loud for this voice."""

_LOUD = 12.0
_AUDIBLE = 25.0
"""Decibels below the loudest: a voice that speaks, and one that dies away."""

_LONGEST = 0.15
"""Seconds; beyond it is the room that dies away, or the next thing that makes a noise."""


def fading(sound: Samples) -> float | None:
    """Seconds in which the voice died away at the end; None where noise hides it.

    From where it was last within 12 dB of its loudest to where it was last within 25 dB. Speakers let the voice sink
    at the end of a turn and keep it up where they go on ("lower intensity" in A. Gravano and J. Hirschberg,
    "Turn-taking cues in task-oriented dialogue", Computer Speech and Language 25, 2011).
    """
    signal = sound[-_SPAN:] / np.float64(32768)
    if len(signal) < 2 * _WIDTH:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(signal - signal.mean(), _WIDTH)[::_HOP] * np.hanning(_WIDTH)
    power = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    loudest = float(np.percentile(power, 95))
    if loudest - power[-2:].min() < _AUDIBLE:
        return None
    loud = int(np.flatnonzero(power > loudest - _LOUD)[-1])
    audible = int(np.flatnonzero(power > loudest - _AUDIBLE)[-1])
    return min((audible - loud) * _HOP / RATE, _LONGEST)
