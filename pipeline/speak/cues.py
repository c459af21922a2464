"""Short earcons: what goes on, told in a fifth of a second without a word.

As the guidelines for earcons of Brewster, Wright and Edwards (Glasgow and York, 1995) ask, they differ in rhythm and
contour and not in pitch alone, and stay between 150 Hz and 5 kHz. Ours lie in the octave from 1.3 kHz: small open
speakers hardly sound below 500 Hz, hearing that ages fades above 4 kHz, and Silero takes soft tones below 1 kHz for
speech, which would make the assistant interrupt itself (notes of 80 ms: probability 0.8 at 440 and 523 Hz, 0.1 from
1047 Hz on; before noise about as loud 0.9 at 440 Hz, and no more than 0.4 from 1568 Hz on).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Samples, read_only

Cue = Literal["awake", "heard", "looking", "thinking", "failed"]


@dataclass(frozen=True, slots=True)
class _Note:
    start: float  # seconds
    length: float  # seconds
    pitch: float  # Hz


_LOUD, _SOFT = -22.0, -30.0
"""Peaks in dB of full scale: beside a voice that peaks near 0, and for what is repeated while nothing else is heard."""

_NOTES: dict[Cue, tuple[float, tuple[_Note, ...]]] = {
    "awake": (_LOUD, (_Note(0.0, 0.08, 1318.5), _Note(0.07, 0.11, 1975.5))),  # E6 to B6: rises, as a question does
    "heard": (_LOUD, (_Note(0.0, 0.08, 2093.0),)),  # C7: a nod
    "looking": (_LOUD, (_Note(0.0, 0.045, 2349.3), _Note(0.06, 0.045, 2349.3))),  # D7 twice: a shutter
    "thinking": (_SOFT, (_Note(0.0, 0.2, 1760.0),)),  # A6: swells and fades
    "failed": (_LOUD, (_Note(0.0, 0.08, 1975.5), _Note(0.07, 0.13, 1568.0))),  # B6 to G6: falls
}

_ATTACK = 0.25
"""Of a note's length until it is loudest; the rest of it fades away, as a struck bar does."""

_OCTAVE = 0.15
"""Of the octave above, beside the note itself: a pure sine has no colour at all."""


@cache
def cue(name: Cue, rate: int) -> Samples:
    """The sound of a cue: mono int16 at `rate` (8 kHz or more), 80 to 200 ms, read-only, always the same."""
    peak, notes = _NOTES[name]
    sound = np.zeros(round(max(note.start + note.length for note in notes) * rate))
    for note in notes:
        wave = _wave(note, rate)
        start = round(note.start * rate)
        sound[start : start + len(wave)] += wave[: len(sound) - start]
    return read_only(np.round(sound * (32768 * 10 ** (peak / 20) / np.abs(sound).max())).astype(np.int16))


def _wave(note: _Note, rate: int) -> NDArray[np.float64]:
    t = np.arange(round(note.length * rate)) / rate
    turn = 2 * np.pi * note.pitch * t
    attack = _ATTACK * note.length
    # Half a cosine up and half a cosine down: no step anywhere, so no click.
    share = np.where(t < attack, t / attack, (note.length - t) / (note.length - attack))
    wave: NDArray[np.float64] = (np.sin(turn) + _OCTAVE * np.sin(2 * turn)) * (1 - np.cos(np.pi * share)) / 2
    return wave
