"""Earcons: short, quiet, without clicks, told apart by ear, and never taken for speech."""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.cutoffs_sounds import chances
from glasses import weights
from pipeline.listen.segmenter import Segmenter, SegmenterSettings
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import SileroVad
from pipeline.speak.cues import Cue, cue
from pipeline.types import AudioChunk, Samples
from tests.people import whisper

CUES: tuple[Cue, ...] = get_args(Cue)


@pytest.fixture(scope="module")
def silero() -> SileroVad:
    return SileroVad(weights.silero())


def decibels(value: float) -> float:
    return float(20 * np.log10(value / 32768))


def spectrum(sound: NDArray[np.float64], rate: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Frequencies in Hz, and the energy at each."""
    padded = np.fft.rfft(sound, 8 * rate)
    return np.fft.rfftfreq(8 * rate, 1 / rate), np.abs(padded) ** 2


def pitch(sound: Samples, rate: int) -> float:
    """Where most of the energy lies, Hz."""
    frequencies, energy = spectrum(sound.astype(float), rate)
    return float(frequencies[energy.argmax()])


@pytest.mark.parametrize("name", CUES)
@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 48_000])
def test_a_cue_is_short_quiet_and_always_the_same(name: Cue, rate: int) -> None:
    sound = cue(name, rate)
    assert sound.dtype == np.int16
    assert sound.ndim == 1
    assert not sound.flags.writeable
    assert cue(name, rate) is sound
    assert 0.06 <= len(sound) / rate <= 0.2
    assert decibels(np.abs(sound).max()) == pytest.approx(-30 if name == "thinking" else -22, abs=0.1)


@pytest.mark.parametrize("name", CUES)
def test_a_cue_begins_and_ends_in_silence_and_has_no_click_in_it(name: Cue) -> None:
    rate = 48_000
    sound = cue(name, rate).astype(float)
    assert np.abs(sound[[0, -1]]).max() <= 1
    frequencies, energy = spectrum(sound, rate)
    assert 10 * np.log10(energy[frequencies > 6000].sum() / energy.sum()) < -60
    assert 10 * np.log10(energy[frequencies < 800].sum() / energy.sum()) < -30


def test_each_has_a_contour_of_its_own() -> None:
    rate = 16_000
    halves = {name: np.array_split(cue(name, rate), 2) for name in CUES}
    contour = {name: pitch(last, rate) - pitch(first, rate) for name, (first, last) in halves.items()}
    assert contour["awake"] > 400  # rises
    assert contour["failed"] < -300  # falls
    assert max(abs(contour[name]) for name in ("heard", "looking", "thinking")) < 50
    middle = cue("looking", rate)[round(0.047 * rate) : round(0.058 * rate)]
    assert not middle.any()  # two ticks
    assert len(cue("thinking", rate)) > 2 * len(cue("heard", rate))


def repeated(name: Cue, gap: float, level: float, noise: float) -> Samples:
    """A cue ten times at 16 kHz, `gap` seconds between, `level` dB louder, before noise of so many units RMS."""
    one = np.concatenate([cue(name, RATE) * 10 ** (level / 20), np.zeros(round(gap * RATE))])
    sound = np.concatenate([np.zeros(RATE // 2), *repeat(one, 10)])
    return np.clip(sound + np.random.default_rng(5).normal(0, noise, len(sound)), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("name", CUES)
@pytest.mark.parametrize("level", [-20, 0, 16])
def test_silero_hears_nobody_speak_in_a_cue(silero: SileroVad, name: Cue, level: float) -> None:
    sounds = (repeated(name, gap, level, noise) for gap in (0.05, 0.3) for noise in (0, 30))
    assert max(chain.from_iterable(chances(sound, silero) for sound in sounds)) < 0.2


@pytest.mark.parametrize("name", CUES)
@pytest.mark.parametrize("level", [-20, -10, 0])
def test_before_noise_as_loud_as_the_cue_no_utterance_begins(silero: SileroVad, name: Cue, level: float) -> None:
    for noise in (200, 400):
        sound = repeated(name, 0.3, level, noise)
        assert list(Segmenter(silero, SegmenterSettings()).feed(AudioChunk(0.0, sound, RATE))) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CUES)
def test_whisper_hears_no_words_in_a_cue(name: Cue) -> None:
    for gap, level in ((0.3, 0.0), (1.0, 16.0)):
        assert whisper("tiny").transcribe(repeated(name, gap, level, noise=10)).text == ""
