"""Our own voice is taken out of what the microphone hears, wherever the echo comes from, and others are not.

A voice is made of noise here, loud and soft as syllables are; benchmarks/echo.py measures real ones.
"""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.hearing_sounds import int16
from pipeline.errors import GlassesError
from pipeline.listen.echo import Cleaned, EchoCanceller, FullDuplex, HalfDuplex
from pipeline.listen.level import level
from pipeline.listen.transcriber import RATE
from pipeline.speak.reference import Reference
from pipeline.types import AudioChunk, Samples

Sound = NDArray[np.float64]


def voice(seconds: float, seed: int) -> Sound:
    """Four syllables a second, about -23 dB."""
    random = np.random.default_rng(seed)
    n = round(seconds * RATE)
    spectrum = np.fft.rfft(random.normal(size=n))
    spectrum /= 1 + (np.fft.rfftfreq(n, 1 / RATE) / 800) ** 2
    sound = np.fft.irfft(spectrum, n) * np.clip(np.sin(2 * np.pi * 2 * np.arange(n) / RATE), 0, 1)
    loud: Sound = 2000 * sound / sound.std()
    return loud


def room(played: Sound, delay: float, gain: float = 0.5) -> Sound:
    """What of it reaches the microphone, `delay` seconds later, by three ways, with a faint noise."""
    echo = np.zeros(len(played))
    for late, part in ((0.0, gain), (0.004, -gain / 2), (0.021, gain / 4)):
        shift = round((delay + late) * RATE)
        echo[shift:] += part * played[: len(played) - shift]
    return echo + np.random.default_rng(9).normal(0, 10, len(played))


def cleaned(canceller: EchoCanceller, near: Sound, played: Sound, *, early: float = 0.0, size: int = 512) -> Cleaned:
    """All of `near`; the record of what was played says that it sounds `early` seconds before it does."""
    reference, told, parts = Reference(), 0, []
    for n in range(0, len(near), size):
        while told < n + 2 * RATE:  # a speaker says in advance what it is going to play
            reference.played(told / RATE - early, int16(played[told : told + RATE]), RATE)
            told += RATE
        chunk = AudioChunk(n / RATE, int16(near[n : n + size]), RATE)
        parts.append(canceller.cancel(chunk, reference.between(chunk.t + canceller.lead, len(chunk.samples))))
    return Cleaned(joined([part.words for part in parts]), joined([part.voice for part in parts]))


def joined(chunks: list[AudioChunk]) -> AudioChunk:
    """Chunks that lie end to end as one."""
    for one, two in pairwise(chunks):
        assert two.t == pytest.approx(one.t_end, abs=1e-6)
    return AudioChunk(chunks[0].t, np.concatenate([chunk.samples for chunk in chunks]), RATE)


def stretch(chunk: AudioChunk, t_start: float, t_end: float) -> Samples:
    return chunk.samples[round((t_start - chunk.t) * RATE) : round((t_end - chunk.t) * RATE)]


@pytest.mark.parametrize(
    ("delay", "early", "gain"),
    [
        (0.05, 0.0, 1.0),
        (0.15, 0.0, 0.3),
        (0.25, 0.0, 0.5),
        (0.25, 0.1, 0.5),  # told 0.1 s too early: the echo comes after 0.35
        (0.05, -0.05, 0.5),  # told too late: the echo comes with its sound
    ],
)
def test_an_echo_is_gone_for_the_detector_and_faint_for_the_recogniser(delay: float, early: float, gain: float) -> None:
    played = voice(8.0, seed=1)
    near = room(played, delay, gain)
    heard = cleaned(FullDuplex(), near, played, early=early)
    loud = level(int16(near[4 * RATE : 7 * RATE]))
    assert level(stretch(heard.voice, 4.0, 7.0)) < loud - 25
    assert level(stretch(heard.words, 4.0, 7.0)) < loud - 12


def test_an_echo_that_comes_earlier_than_that_of_the_answer_before_starts_nothing() -> None:
    answer = np.concatenate([voice(4.0, seed=1), np.zeros(RATE)])
    near = np.concatenate([room(answer, delay) for delay in (0.12, 0.12, 0.1, 0.125, 0.105)])
    heard = cleaned(FullDuplex(), near, np.tile(answer, 5))
    loud = level(int16(near[RATE : 3 * RATE]))
    for begins in range(5, 25, 5):
        assert level(stretch(heard.voice, begins, begins + 1.0)) < loud - 25


def test_while_we_are_silent_every_word_comes_through_at_its_time() -> None:
    near = voice(3.0, seed=2)
    heard = cleaned(FullDuplex(), near, np.zeros(len(near)))
    assert np.array_equal(stretch(heard.words, 0.5, 2.5), int16(near[RATE // 2 : RATE * 5 // 2]))
    voiced = stretch(heard.voice, 0.5, 2.5).astype(float)
    lags = range(-40, 41)
    fits = [float(voiced @ near[RATE // 2 + lag : RATE * 5 // 2 + lag]) for lag in lags]
    assert abs(lags[int(np.argmax(fits))]) < RATE * 0.001


def test_long_after_we_spoke_the_detector_hears_the_microphone_itself_without_a_break() -> None:
    near = voice(8.0, seed=2)
    heard = cleaned(FullDuplex(), near, np.concatenate([voice(1.0, seed=1), np.zeros(7 * RATE)]))
    assert np.array_equal(stretch(heard.voice, 4.5, 7.5), int16(near[RATE * 9 // 2 : RATE * 15 // 2]))


def test_an_answer_after_a_long_silence_starts_nothing_either() -> None:
    answer = np.concatenate([voice(4.0, seed=1), np.zeros(6 * RATE)])
    near = np.concatenate([room(answer, delay) for delay in (0.12, 0.12, 0.1, 0.125)])
    heard = cleaned(FullDuplex(), near, np.tile(answer, 4))
    loud = level(int16(near[RATE : 3 * RATE]))
    for begins in range(10, 40, 10):
        assert level(stretch(heard.voice, begins, begins + 1.0)) < loud - 25


def test_who_speaks_at_the_same_time_is_heard_and_understood() -> None:
    played, other = voice(10.0, seed=1), voice(10.0, seed=2)
    other[: 6 * RATE] = 0
    near = room(played, 0.12) + other / 2  # as loud as the echo
    heard = cleaned(FullDuplex(), near, played)
    said = other[6 * RATE : 9 * RATE] / 2
    wrong = stretch(heard.words, 6.0, 9.0) - said
    assert 10 * np.log10(np.mean(said**2) / np.mean(wrong**2)) > 8  # 0 before
    assert level(stretch(heard.voice, 6.0, 9.0)) > level(stretch(heard.voice, 3.0, 5.5)) + 15


def test_it_does_not_matter_in_what_pieces_sound_arrives() -> None:
    played = voice(3.0, seed=1)
    near = room(played, 0.1)
    one, two = (cleaned(FullDuplex(), near, played, size=size) for size in (512, 100))
    assert np.array_equal(one.words.samples[:40_000], two.words.samples[:40_000])
    assert np.array_equal(one.voice.samples[:40_000], two.voice.samples[:40_000])


def test_after_a_gap_times_are_true_again() -> None:
    canceller, nothing = FullDuplex(), np.zeros(512, np.int16)
    click = nothing.copy()
    click[256] = 10_000
    canceller.cancel(AudioChunk(0.0, nothing, RATE), nothing)
    parts = [canceller.cancel(AudioChunk(9.0, click, RATE), nothing)]
    parts += [canceller.cancel(AudioChunk(9.0 + n * 512 / RATE, nothing, RATE), nothing) for n in (1, 2)]
    words = joined([part.words for part in parts])
    assert words.t + np.argmax(np.abs(words.samples)) / RATE == pytest.approx(9.0 + 256 / RATE, abs=1e-6)


def test_without_the_library_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    with pytest.raises(GlassesError, match="pip install pywebrtc-audio"):
        FullDuplex()


def test_half_duplex_is_deaf_while_our_voice_sounds_and_a_moment_longer() -> None:
    played = np.zeros(4 * RATE)
    played[RATE : 2 * RATE] = voice(1.0, seed=1)
    other = voice(4.0, seed=2)
    heard = cleaned(HalfDuplex(), other, played)
    assert np.array_equal(stretch(heard.words, 0.0, 0.95), int16(other[: round(0.95 * RATE)]))
    assert not stretch(heard.words, 1.1, 1.9).any()
    assert not stretch(heard.voice, 1.1, 1.9).any()
    assert np.array_equal(stretch(heard.words, 2.4, 3.9), int16(other[round(2.4 * RATE) : round(3.9 * RATE)]))


def test_half_duplex_hears_through_the_silence_around_our_words() -> None:
    other = voice(1.0, seed=2)
    assert np.array_equal(cleaned(HalfDuplex(), other, np.full(RATE, 50.0)).words.samples, int16(other))
