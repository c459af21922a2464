"""Sound is handed over in longer pieces while it is quiet, and none of it is late once there is something to hear."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from pipeline.errors import MicrophoneLost
from pipeline.listen.quiet import Joined, Still, joined
from pipeline.listen.transcriber import RATE
from pipeline.sources import News
from pipeline.types import AudioChunk, Opened, Samples, read_only
from tests.test_floor import noise
from tests.timeline import tone

CHUNK = 160


class Microphone:
    """Gives pieces of 10 ms, and notes how much it has given."""

    def __init__(self, samples: Samples, t: float = 0.0) -> None:
        self._samples, self._t = samples, t
        self.given = t  # to the end of the last piece, seconds
        self.closed = False

    def __iter__(self) -> Iterator[AudioChunk]:
        try:
            for start in range(0, len(self._samples), CHUNK):
                piece = read_only(self._samples[start : start + CHUNK])
                self.given = self._t + (start + len(piece)) / RATE
                yield AudioChunk(self._t + start / RATE, piece, RATE)
        finally:
            self.closed = True


def heard(microphone: Microphone) -> list[tuple[AudioChunk, float]]:
    """The pieces, and how much later than its end each came, seconds."""
    items = [(item, microphone.given) for item in joined(microphone)]
    return [(item, given - item.t_end) for item, given in items if isinstance(item, AudioChunk)]


def test_in_a_quiet_room_a_tenth_of_a_second_comes_at_once() -> None:
    pieces = heard(Microphone(noise(10.0, 12)))
    late = [len(piece.samples) for piece, _ in pieces if piece.t > 2.5]
    assert set(late) == {10 * CHUNK}
    assert {len(piece.samples) for piece, _ in pieces if piece.t_end < 2.0} == {CHUNK}


def test_nothing_is_lost_and_all_lies_end_to_end() -> None:
    samples = noise(6.03, 12)
    pieces = [piece for piece, _ in heard(Microphone(samples))]
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), samples)
    for one, two in pairwise(pieces):
        assert two.t == pytest.approx(one.t_end, abs=1e-6)


def test_with_the_first_sound_all_comes_that_waited_and_what_follows_comes_at_once() -> None:
    samples = noise(8.0, 12)
    samples[5 * RATE : 6 * RATE] += tone(1.0, RATE) // 10
    pieces = heard(Microphone(samples))
    assert all(late < 1e-6 for _, late in pieces)
    (first,) = [piece for piece, _ in pieces if piece.t <= 5.0 < piece.t_end]
    assert first.t_end <= 5.0 + 2 * CHUNK / RATE
    assert {len(piece.samples) for piece, _ in pieces if 5.05 < piece.t < 7.9} == {CHUNK}


def test_what_comes_while_it_is_quiet_is_known_to_be_still() -> None:
    samples = noise(8.0, 12)
    samples[5 * RATE : 6 * RATE] += tone(1.0, RATE) // 10
    pieces = [piece for piece, _ in heard(Microphone(samples))]
    assert {isinstance(piece, Still) for piece in pieces if piece.t_end < 2.0} == {False}
    assert {isinstance(piece, Still) for piece in pieces if piece.t > 2.5 and piece.t_end < 5.0} == {True}
    assert {isinstance(piece, Still) for piece in pieces if 5.001 < piece.t_end < 7.9} == {False}


def test_behind_each_long_piece_there_is_time_to_rest_until_the_next_has_come() -> None:
    samples = noise(8.0, 12)
    samples[5 * RATE : 6 * RATE] += tone(1.0, RATE) // 10
    until: list[float] = []
    long = [piece for piece in joined(Microphone(samples), until.append) if isinstance(piece, Still)]
    assert until == pytest.approx([piece.t_end + 0.13 for piece in long])
    assert len(until) > 25


def test_a_gap_stays_a_gap() -> None:
    class Interrupted:
        def __iter__(self) -> Iterator[AudioChunk]:
            yield from Microphone(noise(3.0, 12))
            yield from Microphone(noise(1.0, 12), t=4.0)

    pieces = [item for item in joined(Interrupted()) if isinstance(item, AudioChunk)]
    assert not any(piece.t < 3.5 < piece.t_end for piece in pieces)
    assert sum(len(piece.samples) for piece in pieces) == 4 * RATE


def test_what_waits_comes_before_the_news_that_the_microphone_is_lost() -> None:
    class Lost:
        def __iter__(self) -> Iterator[AudioChunk | News]:
            yield Opened("default", {}, {})
            yield from Microphone(noise(3.05, 12))
            raise MicrophoneLost("unplugged")

    came: list[AudioChunk | News] = []
    with pytest.raises(MicrophoneLost):
        came.extend(joined(Lost()))
    assert sum(len(item.samples) for item in came if isinstance(item, AudioChunk)) == round(3.05 * RATE)


def test_it_can_be_opened_anew() -> None:
    microphone = Joined(Microphone(noise(1.0, 12)))
    assert len(list(microphone)) == len(list(microphone)) == 100


def test_closing_it_closes_the_microphone() -> None:
    microphone = Microphone(noise(3.0, 12))
    items = joined(microphone)
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert microphone.closed
