"""What a microphone's sound comes to, in whatever pieces it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.listen.echo import Cleaned
from pipeline.listen.listener import Ears, Listener
from pipeline.listen.quiet import Joined
from pipeline.listen.segmenter import FalseOnset, Onset, Segment, Segmenter, SegmenterSettings, Speech
from pipeline.listen.transcriber import RATE
from pipeline.listen.wake import Woken
from pipeline.types import AudioChunk, Samples, read_only
from tests.test_floor import noise
from tests.timeline import LoudnessVad, tone


def said() -> Samples:
    """Two words with a pause between them that ends the first."""
    return np.concatenate([np.zeros(RATE, np.int16), tone(0.7, RATE), np.zeros(RATE, np.int16), tone(0.5, RATE)])


def microphone(samples: Samples, size: int) -> Iterator[AudioChunk]:
    for start in range(0, len(samples), size):
        yield AudioChunk(start / RATE, read_only(samples[start : start + size]), RATE)


async def tell(what: str, told: str) -> None:
    raise AssertionError(what)


def heard(size: int, cleaned: list[int] | None = None) -> list[tuple[float, str]]:
    """What is heard, and when, seconds; the sizes of what went through the echo canceller are added to `cleaned`."""

    def clean(chunk: AudioChunk) -> Cleaned:
        if cleaned is not None:
            cleaned.append(len(chunk.samples))
        return Cleaned(chunk, chunk)

    async def main(clock: Clock) -> list[tuple[float, str]]:
        settings = SegmenterSettings(pause=0.05)  # a whole number of blocks would be one more where times are rounded
        ears = Ears(Segmenter(LoudnessVad(), settings), clean=clean)
        listener = Listener(clock, EventLog(clock), ears, tell)
        return [(clock.now(), type(item).__name__) async for item in listener.listen(microphone(said(), size))]

    return clocks.run(main, virtual=True)


@pytest.mark.parametrize("size", [100, 160, 512, 1600])
def test_it_is_heard_as_soon_as_a_block_of_it_is_whole(size: int) -> None:
    block = heard(512)
    assert [item for _, item in heard(size)] == [item for _, item in block]
    for (t, _), (t_block, _) in zip(heard(size), block, strict=True):
        assert 0 <= t - t_block + 1e-9 <= size / RATE


def test_pieces_of_ten_milliseconds_are_worked_on_together() -> None:
    sizes: list[int] = []
    heard(160, sizes)
    assert sum(sizes) == len(said())
    assert len(sizes) <= len(said()) / 512 + 1


class CountingVad(LoudnessVad):
    """Notes the loudest of each block that it is asked about."""

    def __init__(self) -> None:
        self.judged: list[int] = []

    def probability(self, samples: Samples) -> float:
        self.judged.append(int(np.abs(samples).max()))
        return super().probability(samples)


def heard_in_a_room(samples: Samples, rests: Callable[[], bool], vad: CountingVad) -> list[Speech | Woken]:
    """What a listener hears that `rests` where it may, of a microphone whose sound comes in longer pieces."""

    async def main(clock: Clock) -> list[Speech | Woken]:
        ears = Ears(Segmenter(vad, SegmenterSettings()), rests=rests)
        listener = Listener(clock, EventLog(clock), ears, tell)
        return [item async for item in listener.listen(Joined(list(microphone(samples, 160))))]

    return clocks.run(main, virtual=True)


def test_what_rests_hears_the_same_speech_and_judges_no_silence() -> None:
    samples = noise(20.0, 12)
    for start in (8, 15):
        samples[start * RATE : (start + 1) * RATE] += tone(1.0, RATE)
    awake, rested = CountingVad(), CountingVad()
    whole = heard_in_a_room(samples, lambda: False, awake)
    spared = heard_in_a_room(samples, lambda: True, rested)
    assert [type(item) for item in spared] == [type(item) for item in whole]
    for one, other in zip(spared, whole, strict=True):
        if isinstance(one, Segment):
            assert isinstance(other, Segment)
            assert one.t_start == pytest.approx(other.t_start, abs=0.033)  # to a block: they begin elsewhere
            assert len(one.samples) == pytest.approx(len(other.samples), abs=1024)
    assert len(awake.judged) == 625
    assert len(rested.judged) < 320


def test_it_does_not_rest_while_a_question_may_begin() -> None:
    vad, still = CountingVad(), noise(10.0, 12)
    heard_in_a_room(still, lambda: False, vad)
    assert len(vad.judged) == pytest.approx(10.0 * RATE / 512, abs=1)


def test_it_does_not_rest_before_an_onset_is_found_to_be_false() -> None:
    class Hinting(CountingVad):
        """Hints at speech in one silent block, and then no more."""

        def probability(self, samples: Samples) -> float:
            return 0.3 if super().probability(samples) or len(self.judged) == 200 else 0.0

    calls = iter([False] * 45)  # it rests after a hint at 6.4 s
    spared = heard_in_a_room(noise(12.0, 12), lambda: next(calls, True), Hinting())
    assert [type(item) for item in spared] == [Onset, FalseOnset]
