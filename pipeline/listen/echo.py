"""Our own voice taken out of what the microphone hears.

Two things are asked of what is left, and no one method gives both; benchmarks/echo.py measures them.

- Does somebody speak? Nothing of our voice may be left, or we interrupt ourselves. WebRTC's AEC3 does that, in every
  room tried, but what is said at the same time comes through in pieces.
- What do they say? An adaptive filter takes away what is linear in the echo, 15 dB of it, and leaves the rest whole.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GlassesError
from pipeline.listen.segmenter import GAP
from pipeline.listen.transcriber import RATE
from pipeline.speak.playback import audible_offset
from pipeline.types import AudioChunk, Samples, read_only

_TAIL = 0.3
"""Seconds for which an echo may follow the sound: a loudspeaker that is late by a quarter, and the room."""

_LEAD = 0.02
"""Seconds by which the sound played is looked at early, so that an echo that comes before its time is found too. What
is to be played is not known much sooner: with 0.1 the beginning of each answer was missing, and paused it."""

_FRAME = 160
"""Samples at a time: the 10 ms that AEC3 takes."""

_LAG = 128
"""Samples by which AEC3's output is late: measured."""

_FRAMES = 50
"""Of the adaptive filter. Half a second: the lead, a quarter for a loudspeaker on Bluetooth, what it may be told
wrong, and the room."""

_KEPT = 0.998
"""Of the filter, from a frame to the next. Over two clocks that drift by 50 ppm and a loudspeaker that clips, 0.997,
0.998 and 0.999 took away 15.7, 15.9 and 15.5 dB."""

_UNKNOWN = 0.1
"""Variance of the filter before anything was heard. Between 0.01 and 1 the first second hardly differs."""

_SMOOTH = 0.92
"""Of the spectrum of what is not echo, from a frame to the next: from 0.85 to 0.96 it makes no difference of 1 dB."""

_EARLY = 320
"""Samples, 20 ms, by which the AEC3 that stands by takes each echo to come earlier than it does. When a sound server
starts to play is not known to a period of its own: from one answer to the next the echo came up to 22 ms earlier than
was said, or later. AEC3 follows at once if it comes later, by 45 ms at most; if 10 ms earlier, it needs 1.5 s."""

_TRAINED = 2 * RATE
"""Samples of sound from which an AEC3 has learned where the echo is."""

_BETWEEN = round(0.4 * RATE)
"""Samples of silence between answers, in which their echo dies away; between clauses there is less."""

_RESTS = 3 * RATE
"""Samples of silence after which there is no echo left to take away, and AEC3 has nothing to do."""

_RECENT = 10
"""Frames, 0.1 s, by which it is judged which AEC3 will do."""

_LOUD = _RECENT * 100.0**2
"""Power of them, that of -50 dB of full scale in each, from which there is an echo to judge by."""

_WELL, _BETTER = 10**-1.2, 10**-2.0
"""Of the echo's power: less is left by an AEC3 that does, and by one that does where the other doesn't. Somebody who
speaks leaves more in both, and nothing is decided. With answers up to 45 ms earlier or later than the one before, each
was decided rightly within 0.18 s of its echo."""

_DITHER = np.random.default_rng(0).integers(-1, 2, RATE)
"""Added to what is played for AEC3: digital silence after a sound makes its filters decay into denormal numbers, which
take 0.75 to 1 ms for each 10 ms of sound instead of 0.06."""

_LEAST = 1e-10
"""Variance of the filter and power of what is not echo, below which there is only rounding."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A stretch of the microphone's sound without our own voice, twice: the same times, the same number of samples."""

    words: AudioChunk  # for who wants to know what is said: whole, our voice faint
    voice: AudioChunk  # for who wants to know whether anybody speaks: our voice gone, others in pieces while we speak


class EchoCanceller(Protocol):
    """Takes our own voice out of one stream of sound."""

    lead: float
    """Seconds: what was played is wanted from that much after the microphone's sound on."""

    def cancel(self, near: AudioChunk, far: Samples) -> Cleaned:
        """The next sound of the microphone (mono int16 at 16 kHz, any length), and as many samples of what was played
        from `near.t + lead` on. What comes back may end a little earlier than `near`; the rest comes with the next.
        """
        ...


class HalfDuplex:
    """Hears nothing while our own voice sounds, and 0.3 s longer."""

    lead = 0.0

    def __init__(self) -> None:
        self._deaf_until = -np.inf  # session seconds

    def cancel(self, near: AudioChunk, far: Samples) -> Cleaned:
        """As `EchoCanceller.cancel`: `near`, or silence of the same length."""
        if audible_offset(far, RATE) is not None:
            self._deaf_until = near.t_end + _TAIL
        if near.t < self._deaf_until:
            near = AudioChunk(near.t, read_only(np.zeros(len(near.samples), np.int16)), near.rate)
        return Cleaned(near, near)


class FullDuplex:
    """Hears others while our own voice sounds. 8 to 18 ms late; 5 % of a core, next to nothing of it while we don't.

    Raises GlassesError where WebRTC's audio processing is not there.
    """

    lead = _LEAD

    def __init__(self) -> None:
        try:
            self._aec3 = _Aec3()
        except ImportError as error:
            raise GlassesError(
                f"no echo cancellation ({error}), so nothing is heard while I speak: pip install pywebrtc-audio",
                told="While I speak I can't hear you.",
            ) from error
        self._filter = _AdaptiveFilter()
        self._t_next: float | None = None
        self._begin()

    def _begin(self) -> None:
        self._near = self._far = np.zeros(0, np.int16)  # less than a frame
        self._words = np.zeros(_LAG, np.int16)  # what AEC3 has not given yet

    def cancel(self, near: AudioChunk, far: Samples) -> Cleaned:
        """As `EchoCanceller.cancel`. A gap before `near` loses what had not come back yet."""
        if self._t_next is not None and abs(near.t - self._t_next) > GAP:
            self._begin()
        self._t_next = near.t_end
        t = near.t - (len(self._near) + _LAG) / RATE
        near_samples = np.concatenate([self._near, near.samples])
        far_samples = np.concatenate([self._far, far])
        end = len(near_samples) // _FRAME * _FRAME
        self._near, self._far = near_samples[end:], far_samples[end:]
        if not end:
            nothing = AudioChunk(t, read_only(np.zeros(0, np.int16)), RATE)
            return Cleaned(nothing, nothing)
        words, voice = [self._words], []
        for start in range(0, end, _FRAME):
            near_frame, far_frame = near_samples[start : start + _FRAME], far_samples[start : start + _FRAME]
            words.append(self._filter.error(near_frame, far_frame))
            voice.append(self._aec3.error(near_frame, far_frame))
        whole = np.concatenate(words)
        self._words = whole[end:]
        return Cleaned(
            AudioChunk(t, read_only(whole[:end]), RATE), AudioChunk(t, read_only(np.concatenate(voice)), RATE)
        )


class _Aec3:
    """Two of WebRTC's AEC3: one that works, and one that stands by for an echo that comes earlier than the last did.

    The one that stands by begins each answer, until it is heard whether the other takes the echo away. That one lets
    more of others through; if it fails, they change places. Raises ImportError where WebRTC's audio processing is not
    there.
    """

    def __init__(self) -> None:
        from pywebrtc_audio import EchoCanceller

        self._working, self._standing_by = EchoCanceller(sample_rate=RATE), EchoCanceller(sample_rate=RATE)
        self._trained = 0  # samples of sound that the one that stands by has heard as too early
        self._beginning = False  # an answer has begun, and it is not clear which of them will do
        self._delayed = np.zeros(_EARLY, np.int16)  # what was played last
        self._silent = _BETWEEN  # samples since anything was played
        self._powers: deque[tuple[float, float, float]] = deque(maxlen=_RECENT)  # of near, and what the two left of it
        self._taken = 0  # samples
        self._late = np.zeros(_LAG, np.int16)  # what the microphone heard last

    def error(self, near: Samples, far: Samples) -> Samples:
        """What of a frame of the microphone's sound is no echo of what was played; `_LAG` late."""
        sounds = far.any()
        heard = np.concatenate([self._late, near])
        self._late = heard[_FRAME:]
        if sounds and self._silent >= _BETWEEN:
            self._beginning = self._trained >= _TRAINED
            self._powers.clear()
        self._silent = 0 if sounds else self._silent + _FRAME
        if self._silent > _RESTS:
            return heard[:_FRAME]
        far = far + _DITHER[(self._taken + np.arange(_FRAME)) % RATE]
        far = np.clip(far, -32768, 32767).astype(np.int16)
        self._taken += _FRAME
        played = np.concatenate([self._delayed, far])
        self._delayed = played[_FRAME:]
        voice: Samples = self._working.process(near, far)
        if self._silent >= _BETWEEN:
            return voice
        if not self._beginning:
            self._trained += _FRAME
            self._standing_by.process(near, played[:_FRAME])
            return voice
        other: Samples = self._standing_by.process(near, far)
        self._powers.append((_power(near), _power(voice), _power(other)))
        self._settle()
        return other

    def _settle(self) -> None:
        """Which of them takes the echo away, once that is clear."""
        echo, left, left_by_other = (sum(powers) for powers in zip(*self._powers, strict=True))
        if len(self._powers) < _RECENT or echo < _LOUD:
            return
        if left < _WELL * echo:
            self._beginning = False
        elif left_by_other < _BETTER * echo:
            self._working, self._standing_by = self._standing_by, self._working
            self._beginning, self._trained = False, 0


def _power(samples: Samples) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


class _AdaptiveFilter:
    """A partitioned-block frequency-domain Kalman filter: learns how what is played reaches the microphone.

    Enzner and Vary (2006, "Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free
    telephones"), partitioned after Kuech and others (2014). It needs no detector of double talk: what is not explained
    is taken for noise, and the louder that is, the less is learnt from it.
    """

    def __init__(self) -> None:
        bins = _FRAME + 1
        self._played = np.zeros(2 * _FRAME)  # the last two frames
        self._spectra = np.zeros((_FRAMES, bins), np.complex128)  # of what was played, latest first
        self._weights = np.zeros((_FRAMES, bins), np.complex128)
        self._variance = np.full((_FRAMES, bins), _UNKNOWN)  # of the weights
        self._rest: NDArray[np.float64] | None = None  # power of what is no echo
        self._silent = _FRAMES + 1  # frames since anything was played

    def error(self, near: Samples, far: Samples) -> Samples:
        """What of a frame of the microphone's sound is not explained by what was played."""
        self._silent = 0 if far.any() else self._silent + 1
        if self._silent > _FRAMES:
            return near
        self._played = np.concatenate([self._played[_FRAME:], far / 32768])
        self._spectra = np.roll(self._spectra, 1, axis=0)
        self._spectra[0] = np.fft.rfft(self._played)
        echo = np.fft.irfft((self._spectra * self._weights).sum(axis=0))[_FRAME:]
        error = near / 32768 - echo
        self._learn(np.fft.rfft(np.concatenate([np.zeros(_FRAME), error])))
        return np.clip(np.rint(error * 32768), -32768, 32767).astype(np.int16)

    def _learn(self, error: NDArray[np.complex128]) -> None:
        power = np.abs(error) ** 2
        self._rest = power if self._rest is None else _SMOOTH * self._rest + (1 - _SMOOTH) * power
        played = np.abs(self._spectra) ** 2
        # Half of a frame's spectrum is the frame before: hence the halves.
        expected = 0.5 * (played * self._variance).sum(axis=0) + self._rest + _LEAST
        step = self._variance / expected
        gradient = np.fft.irfft(step * self._spectra.conj() * error, axis=1)
        gradient[:, _FRAME:] = 0
        self._weights = _KEPT * (self._weights + np.fft.rfft(gradient, axis=1))
        learnt = _KEPT**2 * (1 - 0.5 * step * played) * self._variance
        self._variance = np.maximum(learnt + (1 - _KEPT**2) * np.abs(self._weights) ** 2, _LEAST)
