"""The record of what was played: true to the session's clock, and no longer than it has to be."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.listen.transcriber import RATE
from pipeline.speak.reference import KEPT, PlayedBefore, Reference
from pipeline.types import AudioChunk, Samples
from tests.timeline import tone


def ones(n: int, value: int = 1000) -> Samples:
    return np.full(n, value, np.int16)


def test_what_was_played_is_found_where_it_was_heard_and_silence_everywhere_else() -> None:
    reference = Reference()
    reference.played(10.0, ones(1600), RATE)
    heard = reference.between(9.95, 3200)
    assert list(np.flatnonzero(heard)) == list(range(800, 2400))
    assert not reference.between(3.0, 1600).any()


def test_what_is_to_be_heard_may_be_told_before() -> None:
    reference = Reference()
    reference.played(100.0, ones(RATE), RATE)  # nobody has asked yet
    reference.played(101.0, ones(RATE, 500), RATE)
    assert set(reference.between(100.99, 320)) == {1000, 500}


@pytest.mark.parametrize("rate", [22_050, 24_000, 48_000])
def test_other_rates_keep_their_time_and_their_pitch(rate: int) -> None:
    reference = Reference()
    reference.played(2.0, tone(1.0, rate), rate)
    middle = slice(160, RATE - 160)
    difference = reference.between(2.0, RATE)[middle].astype(float) - tone(1.0)[middle]
    assert np.abs(difference).max() < 30  # -47 dB: a shift by one sample would be -8 dB


def test_what_was_flushed_was_not_heard() -> None:
    reference = Reference()
    reference.played(5.0, ones(RATE), RATE)
    reference.played(6.0, ones(RATE), RATE)
    reference.cut(5.5)
    assert reference.audible(5.0, 5.5)
    assert not reference.audible(5.5, 8.0)


def test_a_paused_voice_goes_on_later() -> None:
    reference = Reference()
    sound = tone(1.0)
    reference.played(5.0, sound, RATE)
    reference.cut(5.25)
    reference.played(7.0, sound[RATE // 4 :], RATE)
    assert not reference.audible(5.25, 7.0)
    assert np.array_equal(reference.between(7.0, RATE // 2), sound[RATE // 4 : RATE * 3 // 4])


def test_what_comes_later_takes_the_place_of_what_was_announced() -> None:
    reference = Reference()
    reference.played(5.0, ones(RATE), RATE)
    reference.played(5.5, ones(160, 7), RATE)
    assert list(reference.between(5.49, 480)) == [1000] * 160 + [7] * 160 + [0] * 160


def test_a_voice_that_is_silent_is_not_audible() -> None:
    reference = Reference()
    reference.played(1.0, ones(RATE, 50), RATE)
    assert not reference.audible(1.0, 2.0)
    assert not reference.audible(2.0, 1.0)


def test_it_forgets_what_is_old_and_keeps_what_is_not() -> None:
    reference = Reference()
    for second in range(3600):
        reference.played(float(second), ones(RATE), RATE)
    assert reference.audible(3599 - KEPT, 3600 - KEPT)
    assert len(reference._pieces) <= KEPT + 2
    assert not reference.audible(0.0, 3599 - KEPT - 1)


def test_what_it_gives_can_be_kept_and_not_be_changed() -> None:
    reference = Reference()
    reference.played(0.0, ones(160), RATE)
    heard = reference.between(0.0, 160)
    reference.cut(0.0)
    assert heard.all()
    with pytest.raises(ValueError, match="read-only"):
        heard[0] = 1


def test_no_sound_is_no_sound() -> None:
    reference = Reference()
    reference.played(1.0, ones(0), 22_050)
    reference.cut(0.5)
    assert len(reference.between(1.0, 0)) == 0
    assert not reference.audible(0.0, 2.0)


def test_what_was_played_in_a_recording_is_found_though_it_was_silent_for_long() -> None:
    chunks = [AudioChunk(1.0, ones(512), RATE), AudioChunk(1.032, ones(512), RATE), AudioChunk(60.0, ones(512), RATE)]
    played = PlayedBefore(iter(chunks))
    found = np.concatenate([played.between(n / 10, RATE // 10) for n in range(700)])
    sounding = np.flatnonzero(found) / RATE
    assert len(sounding) == 3 * 512
    assert (sounding[0], sounding[1023], sounding[1024]) == pytest.approx((1.0, 1.064, 60.0), abs=0.001)
