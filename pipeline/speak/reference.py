"""What was really played, on the session's clock: what our own voice is told from others by."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.listen.transcriber import RATE
from pipeline.speak.playback import audible_offset
from pipeline.types import AudioChunk, Samples, read_only

KEPT = 5.0
"""Seconds that are remembered of what has been played. Sound from a microphone is up to a second old when it is looked
at, since a card's late samples have to wait (`devices/sound_clock.py`); who asks what was spoken looks back further."""


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int  # of its first sample, in samples at RATE since the session began
    samples: Samples  # at RATE

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


class Reference:
    """A record of what was played, and of what is about to be: bounded, whoever reads it or not.

    Speaker and microphone may use it from threads of their own.
    """

    def __init__(self) -> None:
        self._pieces: list[_Piece] = []  # in the order played; none overlaps another
        self._gate = threading.Lock()

    def played(self, t: float, samples: Samples, rate: int) -> None:
        """`samples` (mono int16 at `rate`) are heard from session time `t` on, past or future.

        Whatever was to be heard from there on was not: a speaker plays one sound at a time. Each call's samples are
        resampled by themselves, which bends the first and last millisecond: give whole clauses, or what there is.
        """
        self.cut(t)
        piece = _Piece(round(t * RATE), _at_our_rate(samples, rate))
        with self._gate:
            self._pieces = [old for old in self._pieces if old.end > piece.start - KEPT * RATE]
            self._pieces.append(piece)

    def cut(self, t: float) -> None:
        """The sound was stopped or paused at session time `t`: what was to be heard after it was not."""
        end = round(t * RATE)
        with self._gate:
            self._pieces = [
                old if old.end <= end else _Piece(old.start, old.samples[: end - old.start])
                for old in self._pieces
                if old.start < end
            ]

    def between(self, t: float, n: int) -> Samples:
        """`n` samples at 16 kHz from session time `t` on; zeros where nothing was played, or it is forgotten."""
        start = round(t * RATE)
        sound = np.zeros(n, np.int16)
        with self._gate:
            pieces = list(self._pieces)
        for piece in pieces:
            begin, end = max(piece.start, start), min(piece.end, start + n)
            if begin < end:
                sound[begin - start : end - start] = piece.samples[begin - piece.start : end - piece.start]
        return read_only(sound)

    def audible(self, t_start: float, t_end: float) -> bool:
        """Whether anything above -50 dB of full scale was played between two session times."""
        return audible_offset(self.between(t_start, max(0, round((t_end - t_start) * RATE))), RATE) is not None


class PlayedBefore:
    """What was played in a recorded session, read only as far as it is asked for, and asked for in order."""

    def __init__(self, chunks: Iterator[AudioChunk]) -> None:
        self._chunks = chunks
        self._next = next(chunks, None)
        self._reference = Reference()

    def between(self, t: float, n: int) -> Samples:
        """As `Reference.between`."""
        while self._next and self._next.t < t + n / RATE:
            self._reference.played(self._next.t, self._next.samples, self._next.rate)
            self._next = next(self._chunks, None)
        return self._reference.between(t, n)


def _at_our_rate(samples: Samples, rate: int) -> Samples:
    """Mono int16 `samples` at `rate` as the same sound at RATE, first sample on first sample."""
    if rate == RATE or not len(samples):
        return samples
    import soxr

    sound: Samples = soxr.resample(np.ascontiguousarray(samples), rate, RATE)  # ten seconds take 2 ms
    return read_only(sound)
