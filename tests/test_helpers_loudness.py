"""A helper's voice is brought to the loudness of our own while it speaks: louder or quieter, and never later."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from glasses import weights
from pipeline.helpers.loudness import Evened, Meter
from pipeline.speak.piper import Piper
from pipeline.speak.voice import LOUDNESS
from pipeline.types import Samples
from tests.timeline import tone

RATE = 22_050
PIECE = 8_000
ANSWERS = (
    "The shop closes at two in the afternoon on Saturday.",
    "I see two cups and a spoon on a wooden table.",
    "The label says to take one tablet three times a day with water.",
    "There is nothing written here that I can read.",
)


@cache
def said() -> tuple[Samples, ...]:
    """What joe says, clause by clause."""
    joe = Piper(weights.piper("en_US-joe-medium"))
    return tuple(np.concatenate([*joe.synthesise(answer)]) for answer in ANSWERS)


def pieces(samples: Samples) -> list[Samples]:
    return [samples[at : at + PIECE] for at in range(0, len(samples), PIECE)]


def evened(*clauses: Samples) -> list[Samples]:
    voice = Evened(RATE)
    return [np.concatenate([voice.evened(piece) for piece in pieces(clause)]) for clause in clauses]


def level(samples: Samples) -> float:
    """Decibels below full scale."""
    return float(20 * np.log10(np.sqrt(np.mean((samples / 32768.0) ** 2))))


def test_our_own_voice_is_as_loud_as_it_is_said_to_be() -> None:
    assert Meter(RATE).after(np.concatenate(said())) == pytest.approx(LOUDNESS, abs=1.5)


@pytest.mark.parametrize("decibels", [-12.0, -6.0, 0.0])
def test_after_its_first_clause_a_voice_that_is_quieter_is_as_loud_as_ours(decibels: float) -> None:
    quieter = [(clause * 10 ** (decibels / 20)).astype(np.int16) for clause in said()]
    for clause, ours in list(zip(evened(*quieter), said(), strict=True))[1:]:
        assert level(clause) == pytest.approx(level(ours), abs=2.5)


def test_and_so_is_one_that_is_louder() -> None:
    louder = [(32_000 * np.tanh(clause / 8_192)).astype(np.int16) for clause in said()]
    assert level(louder[1]) - level(said()[1]) > 8.0
    for clause, ours in list(zip(evened(*louder), said(), strict=True))[1:]:
        assert level(clause) == pytest.approx(level(ours), abs=2.5)


def test_it_is_made_no_louder_than_its_peaks_allow_and_a_click_is_forgotten() -> None:
    quiet = np.concatenate([*said(), *said()]) // 8
    quiet[5 * RATE] = 30_000  # a click
    (made,) = evened(quiet)
    assert np.all(made.astype(np.int64) * quiet >= 0)  # what is too loud for 16 bits would change its sign
    gains = made[np.abs(quiet) > 500] / quiet[np.abs(quiet) > 500]
    assert gains[-1] > 3.0


def test_hum_is_not_made_a_voice() -> None:
    hum = (tone(6.0, RATE, 100) // 800).astype(np.int16)
    (made,) = evened(hum)
    assert level(made) - level(hum) < 12.1


def test_silence_stays_silence() -> None:
    (made,) = evened(np.zeros(RATE, np.int16))
    assert not made.any()


def test_no_piece_waits_for_another_and_between_them_is_no_step() -> None:
    quiet = (tone(6.0, RATE) // 4).astype(np.int16)
    voice = Evened(RATE)
    made = [voice.evened(piece) for piece in pieces(quiet)]
    assert [len(piece) for piece in made] == [len(piece) for piece in pieces(quiet)]
    gains = np.concatenate(made)[quiet > 1_900] / quiet[quiet > 1_900]
    assert gains[0] == pytest.approx(1.0, abs=0.01)
    assert gains[-1] > 1.5
    assert np.abs(np.diff(gains)).max() < 0.005
