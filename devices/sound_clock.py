"""A sound card's samples in the session's time: when each sounded, and a stream of sound that keeps to it.

A card counts samples with a clock of its own, up to 100 ppm off the system's (0.36 s an hour), and loses some where
the machine is late. All that is known is when its callbacks came. PortAudio's inputBufferAdcTime is not used: through
PulseAudio it wandered by 10 ms a second, and by 0.3 s under load, while arrival was true to 10 ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pipeline.types import AudioChunk, Samples, read_only

RATE = 16_000
"""Samples per second that the pipeline hears."""

CHUNK = 160
"""Samples in a chunk: a frame of echo cancellation, 10 ms. With 512, a block of voice activity, there was always a rest
of a frame, and mostly a block waited for one more chunk: it was judged 71 ms after its end, and is now after 47."""

JUMP = 0.04
"""Seconds. Sound that stays later than this has lost samples; what is less is made up for little by little."""

_PATIENCE = 0.8
"""Seconds, of time and of sound, after which late sound is sound that was lost: a backlog has been delivered then."""

_CREEP = 0.002
"""Seconds a second that a card may be slow, at most: 20 times what cheap ones are."""

_SETTLING = 5.0
"""Seconds in which sound is steered to where it belongs, to 1/e."""

_BEND = 0.1
"""Of the rate, the most that steering changes, for sound that runs half a second ahead; speech stays understood."""

Verdict = Literal["wait", "on", "gap"]


class SoundClock:
    """The session time of a card's samples, at `rate` samples per second. Pure arithmetic.

    A sample can't have sounded later than it arrived, and the machine can only be late: so the earliest that any
    callback says is right, but for the card's own few milliseconds. That bound creeps up by `_CREEP`, so that it
    follows a slow card, and is pulled down by every callback that comes earlier, so that it follows a fast one.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._zero: float | None = None  # session time of sample 0, as the last samples say
        self._former = 0.0  # as those before the last gap said
        self._late: _Late | None = None
        self.gap = 0  # position of the last gap

    def arrived(self, t: float, position: int, samples: int) -> Verdict:
        """A callback came at session time `t` with `samples`, the last of them the card's `position`th.

        "on": they belong to what came before. "wait": they are late, and more will show why. "gap": those from
        position `gap` on, which had to wait, come behind lost sound, or are the first of all.
        """
        zero = t - position / self._rate
        if self._zero is not None and zero - self._zero <= JUMP:
            self._zero = min(zero, self._zero + _CREEP * samples / self._rate)
            self._late = None
            return "on"
        late = self._late
        if late is None:
            late = self._late = _Late(t, position - samples, position - samples, zero)
        elif self._zero is not None and zero - late.earliest > JUMP and position - late.first < _PATIENCE * self._rate:
            # Later still: if sound is lost, then here. What was only a little late before belongs to the old.
            late = self._late = _Late(t, position - samples, late.first, zero)
        late.earliest = min(late.earliest, zero)
        if t - late.since < _PATIENCE or (position - late.position) / self._rate < _PATIENCE:
            return "wait"
        return self.settled()

    def settled(self) -> Verdict:
        """The verdict on what had to wait, by what is known now: no more comes that could show why it was late."""
        late = self._late
        if late is None:
            return "on"
        self._former = late.earliest if self._zero is None else self._zero
        self._zero, self.gap, self._late = late.earliest, late.position, None
        return "gap"

    def time(self, position: int) -> float:
        """The session time of the sample after the card's `position`th, as known now."""
        assert self._zero is not None, "no verdict yet"
        return (self._zero if position >= self.gap else self._former) + position / self._rate


@dataclass
class _Late:
    """Sound that came late, or behind a loss."""

    since: float  # arrival of the first that may be behind a loss, session seconds
    position: int  # where that begins
    first: int  # where the first that was late at all begins
    earliest: float  # that any since says of sample 0


_TAPS = 32
_PHASES = 256
_KAISER = 6.0
"""Of the sinc that stands for the sound between two samples: flat to 7 kHz within 0.01 dB, 70 dB above its noise."""


class Bent:
    """Sound whose rate changes by a few per cent, from nearly RATE to RATE; as a soxr.ResampleStream. 1 ms behind."""

    def __init__(self) -> None:
        taps = np.arange(_TAPS) - (_TAPS // 2 - 1) - np.arange(_PHASES + 1)[:, np.newaxis] / _PHASES
        window = np.i0(_KAISER * np.sqrt(np.maximum(0.0, 1 - (2 * taps / _TAPS) ** 2))) / np.i0(_KAISER)
        self._kernels = (np.sinc(taps) * window).astype(np.float32)  # a row for each part of a sample
        self._ratio = 1.0
        self.clear()

    def clear(self) -> None:
        """What comes next is the beginning."""
        self._held = np.zeros(_TAPS // 2 - 1, np.int16)
        self._at = 0.0  # where the next sample is made, among those held

    def set_io_ratio(self, ratio: float, slew: float) -> None:
        """From now on, so many samples in for each that comes out."""
        self._ratio = ratio

    def resample_chunk(self, samples: Samples, last: bool = False) -> Samples:
        """What can be made with the next samples; all of it, if they are the `last`."""
        rest = [np.zeros(_TAPS // 2, np.int16)] if last else []
        self._held = held = np.concatenate([self._held, samples, *rest])
        room = len(held) - _TAPS - self._at
        if room < 0:
            return np.zeros(0, np.int16)
        places = self._at + self._ratio * np.arange(int(room / self._ratio) + 1)
        begins = places.astype(np.intp)
        parts, between = np.divmod((places - begins) * _PHASES, 1)
        rows, weight = parts.astype(np.intp), between.astype(np.float32)[:, np.newaxis]
        kernels = self._kernels[rows] * (1 - weight) + self._kernels[rows + 1] * weight
        windows = np.lib.stride_tricks.sliding_window_view(held, _TAPS)[begins]
        out = np.einsum("ij,ij->i", windows.astype(np.float32), kernels)
        then = self._at + self._ratio * len(places)
        self._held, self._at = held[int(then) :], then - int(then)
        return read_only(np.clip(np.rint(out), -32768, 32767).astype(np.int16))


def _resampler(rate: int) -> Any:
    import soxr

    # Made for the highest ratio that it will be set to.
    return soxr.ResampleStream(rate * (1 + 2 * _BEND), RATE, 1, dtype="int16", vr=True)


class Steered:
    """Sound at a card's `rate` as chunks of CHUNK samples at RATE that keep to the session's time.

    Chunks lie end to end, to the sample; the rate of resampling is bent a little so that they stay where the sound
    is. It uses soxr's variable rate: flat to 7.5 kHz within 0.1 dB, 84 dB above its noise, 13 ms behind. It would be
    15 ms behind a card at RATE, which only needs to be bent.
    """

    def __init__(self, rate: int, t_free: float = 0.0) -> None:
        self.rate = rate
        self._stream = Bent() if rate == RATE else _resampler(rate)
        self._inside = 0.0  # samples of the card that the resampler holds
        self._ready = np.zeros(0, np.int16)  # less than a chunk
        self._start: float | None = None  # session time of this stretch's first sample
        self._made = 0  # samples of this stretch that chunks have taken
        self.t_free = t_free  # where the last stretch ended, session seconds: nothing may overlap it

    def feed(self, samples: Samples, t: float) -> Iterator[AudioChunk]:
        """The next `samples`, the first of which sounded at session time `t`."""
        if self._start is None:
            self._start = max(t, self.t_free)
        ahead = self._start + (self._made + len(self._ready)) / RATE - (t - self._inside / self.rate)
        ratio = self.rate / RATE * (1 + min(max(ahead / _SETTLING, -_BEND), _BEND))
        self._stream.set_io_ratio(ratio, 1.0)
        out = self._stream.resample_chunk(np.ascontiguousarray(samples))
        self._inside += len(samples) - len(out) * ratio
        yield from self._cut(self._start, out, CHUNK)

    def finish(self) -> Iterator[AudioChunk]:
        """What is left before a gap or the end, the last chunk shorter; `feed` begins anew after it."""
        if self._start is not None:
            yield from self._cut(self._start, self._stream.resample_chunk(np.zeros(0, np.int16), last=True), 1)
            self.t_free = self._start + self._made / RATE
        self._stream.clear()
        self._start, self._made, self._inside = None, 0, 0.0

    def _cut(self, start: float, out: Samples, least: int) -> Iterator[AudioChunk]:
        self._ready = np.concatenate([self._ready, out])
        while len(self._ready) >= least:
            chunk, self._ready = self._ready[:CHUNK], self._ready[CHUNK:]
            t = start + self._made / RATE
            self._made += len(chunk)
            yield AudioChunk(t, read_only(chunk.copy()), RATE)
