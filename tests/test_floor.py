"""Sound is told from the noise that is always there."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.listen.floor import BLOCK, Floor
from pipeline.listen.transcriber import RATE
from pipeline.types import Samples


def noise(seconds: float, strength: float, seed: int = 0) -> Samples:
    """Hiss, with so much root mean square."""
    return np.random.default_rng(seed).normal(0, strength, round(seconds * RATE)).astype(np.int16)


def loud(samples: Samples) -> list[float]:
    """When there was sound: the ends of the blocks, seconds."""
    floor = Floor()
    ends = range(BLOCK, len(samples) + 1, BLOCK)
    return [end / RATE for end in ends if floor.loud(samples[end - BLOCK : end])]


@pytest.mark.parametrize("strength", [0, 3, 30, 300])
def test_noise_that_is_always_there_is_no_sound(strength: float) -> None:
    assert loud(noise(60.0, strength)) == []


def test_rumble_is_no_sound_though_it_swells() -> None:
    t = np.arange(20 * RATE) / RATE
    swelling = 3000 * np.sin(2 * np.pi * 30 * t) * np.sin(2 * np.pi * 0.2 * t)
    assert loud((noise(20.0, 100) + swelling).astype(np.int16)) == []


def test_what_is_as_loud_as_the_noise_is_sound() -> None:
    samples = noise(10.0, 30)
    samples[5 * RATE : 6 * RATE] += noise(1.0, 40, seed=1)
    heard = loud(samples)
    assert 5.0 < heard[0] <= 5.08
    assert heard[-1] == pytest.approx(6.0, abs=0.05)


def test_a_fan_that_is_turned_up_is_sound_for_four_seconds() -> None:
    heard = loud(np.concatenate([noise(10.0, 30), noise(20.0, 90)]))
    assert 10.0 < heard[0] < 10.1
    assert 13.3 < heard[-1] < 14.0
