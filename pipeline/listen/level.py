"""How loud sound is, and whether it is too loud. Pure."""

from __future__ import annotations

import math

import numpy as np

from pipeline.types import Samples

_FULL_SCALE = 32768.0

CLIPPED = 0.005
"""Share of an utterance's samples at full scale from which on its vowels have lost their shape."""


def level(samples: Samples) -> float:
    """Root mean square of `samples` (int16) in dB of full scale; -inf for digital silence or no samples."""
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    return 10 * math.log10(power / _FULL_SCALE**2) if power else -math.inf


def clipped_share(samples: Samples) -> float:
    """How many of `samples` (int16) lie at full scale, 0 to 1."""
    return float(np.mean((samples >= 32767) | (samples <= -32767))) if len(samples) else 0.0
