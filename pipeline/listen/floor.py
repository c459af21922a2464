"""Is there any sound beyond the noise that is always there? Counts samples, has no clock."""

from __future__ import annotations

from collections import deque

import numpy as np

from pipeline.types import Samples

BLOCK = 640
"""Samples at 16 kHz that are judged at once, 40 ms: a syllable has several."""

_ABOVE = 2.0
"""Power over that of the floor from which there is sound, 3 dB. Of noise without a colour, none of 100 000 blocks
has so much: their power spreads by 6 %, and the least of a hundred lies 14 % below."""

_CERTAINLY_ABOVE = 4.0
"""The same for 10 ms, 6 dB: the power of such a piece of noise spreads by 13 %."""

_STRETCH, _STRETCHES = 12, 8
"""Blocks of a stretch, and stretches of which the least block is the floor: half a second each, nearly four in all. Who
speaks pauses in between, and a fan that is turned up is the floor four seconds later."""


class Floor:
    """The least power of the last seconds (Martin, "Noise power spectral density estimation based on optimal smoothing
    and minimum statistics", 2001), of the sound's differences: rumble says nothing of speech.
    """

    def __init__(self) -> None:
        self._least: deque[float] = deque(maxlen=_STRETCHES)  # of each stretch, the last not over yet
        self._blocks = 0

    def loud(self, block: Samples) -> bool:
        """Whether there is sound in the next block (int16); the first is the floor."""
        return self._next(block) > _ABOVE * min(self._least)

    def quiet(self, block: Samples) -> bool:
        """As `loud`, but whether there is nothing in it that is `certainly` sound: for blocks as short as 10 ms."""
        return self._next(block) <= _CERTAINLY_ABOVE * min(self._least)

    def certainly(self, piece: Samples) -> bool:
        """Whether there is sound in a piece as short as 10 ms, which is no block yet."""
        return bool(self._least) and _power(piece) > _CERTAINLY_ABOVE * min(self._least)

    def _next(self, block: Samples) -> float:
        """The power of the next block, which may be the floor."""
        power = _power(block)
        if self._blocks % _STRETCH:
            self._least[-1] = min(self._least[-1], power)
        else:
            self._least.append(power)
        self._blocks += 1
        return power


def _power(samples: Samples) -> float:
    """Of the differences, a sample."""
    differences = np.diff(samples.astype(np.float32))
    return float(differences @ differences) / max(1, len(differences))
