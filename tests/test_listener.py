"""What a microphone's sound comes to, in whatever pieces it arrives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.listen.echo import Cleaned
from pipeline.listen.listener import Ears, Listener
from pipeline.listen.segmenter import Segmenter, SegmenterSettings
from pipeline.listen.transcriber import RATE
from pipeline.types import AudioChunk, Samples, read_only
from tests.timeline import LoudnessVad, tone


def said() -> Samples:
    """Two words with a pause between them that ends the first."""
    return np.concatenate([np.zeros(RATE, np.int16), tone(0.7, RATE), np.zeros(RATE, np.int16), tone(0.5, RATE)])


def microphone(samples: Samples, size: int) -> Iterator[AudioChunk]:
    for start in range(0, len(samples), size):
        yield AudioChunk(start / RATE, read_only(samples[start : start + size]), RATE)


def heard(size: int, cleaned: list[int] | None = None) -> list[tuple[float, str]]:
    """What is heard, and when, seconds; the sizes of what went through the echo canceller are added to `cleaned`."""

    def clean(chunk: AudioChunk) -> Cleaned:
        if cleaned is not None:
            cleaned.append(len(chunk.samples))
        return Cleaned(chunk, chunk)

    async def tell(what: str, told: str) -> None:
        raise AssertionError(what)

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
