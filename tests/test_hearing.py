"""The hearing benchmark judges both recognisers alike, and lets both hear the same to the sample."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import hearing_sounds as sounds
from benchmarks.hearing_words import found, normal, repeats
from pipeline.listen.transcriber import RATE
from pipeline.types import Samples
from tests.people import SPEECH, needs_speech

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("A 12-ounce latte, please.", "a twelve ounce latte please"),
        ("24 Ounces", "twenty four ounce"),
        ("8oz", "eight ounce"),
        (" brown  sugar", "brown sugar"),
        ("I'd like 2 shots!", "id like two shot"),
    ],
)
def test_the_same_sound_is_the_same_words_however_it_is_written(written: str, spoken: str) -> None:
    assert normal(written) == normal(spoken) == spoken


def test_a_value_is_found_as_whole_words() -> None:
    order = {"drink": "iced mocha", "size": "twelve ounce", "roast": "light roast", "milk": " cream"}
    assert found(order, "Make me a 12 ounce iced mocha, light roast, with ice cream.") == 4
    assert found(order, "An iced mochaccino, lightroast, creamy.") == 0


@pytest.mark.parametrize(
    ("text", "stutters"),
    [
        ("What is this? What is this?", True),
        ("coffee coffee coffee coffee", True),
        ("large latte, large latte, large latte", True),
        ("I want a large iced coffee. Yes, I want a large iced coffee.", True),
        ("a little bit of milk and a little bit of sugar", False),
        ("very very hot", False),
    ],
)
def test_a_repetition_is_told_from_an_order(text: str, stutters: bool) -> None:
    assert repeats(text) is stutters


def noise(seconds: float, loudness: float) -> Samples:
    return np.random.default_rng(3).normal(0, loudness, round(seconds * RATE)).astype(np.int16)


@pytest.mark.parametrize("snr", [10.0, 0.0])
def test_noise_is_mixed_in_at_the_level_that_was_asked_for(snr: float) -> None:
    speech, behind = noise(2, 3000), noise(0.7, 100)  # the noise is shorter, and goes round
    mix = sounds.mixed(speech, behind, snr, start=12_345)
    added = mix.astype(float) - speech
    assert 10 * np.log10(np.mean(speech.astype(float) ** 2) / np.mean(added**2)) == pytest.approx(snr, abs=0.1)
    assert np.array_equal(mix, sounds.mixed(speech, behind, snr, start=12_345))


def test_all_of_the_noise_is_forced_through_in_short_windows() -> None:
    kitchen = noise(60, 500)
    windows = [sound.samples for sound in sounds.forced(kitchen)]
    assert [len(window) / RATE for window in windows[:6]] == [*sounds.WINDOWS, sounds.WINDOWS[0]]
    assert np.array_equal(np.concatenate(windows), kitchen[: sum(map(len, windows))])


@needs_speech
@pytest.mark.slow
def test_the_benchmark_compares_both_on_the_same_stretches() -> None:
    command = [sys.executable, "-m", "benchmarks.hearing", "--speech", str(SPEECH), "--model", "tiny", "--limit", "2"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.splitlines()
    for condition in ("clean", "10 dB", "0 dB", "kitchen, detected", "kitchen, forced"):
        both = [line for line in lines if f"sound {condition}, system" in line]
        assert ["system ours" in both[0], "system defaults" in both[1]] == [True, True]
        assert both[0].split("stretches ")[1].split(",")[0] == both[1].split("stretches ")[1].split(",")[0]
