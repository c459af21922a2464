"""An hour of a device whose clock is off: sound and picture stay in step, and memory stays flat."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from glasses.recordings import Recorder, SessionInfo, Summary, open_recording
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.types import AudioChunk, VideoFrame

HOUR, MINUTE = 3600, 60
RATE = 8_000
PIECE = 8_000
"""Samples: a second by the device's own clock."""


def moments(drift: float, seconds: float) -> Iterator[tuple[VideoFrame, AudioChunk]]:
    """So many seconds, one by one; each minute a flash and a beep, at the same moment.

    The sound card's clock is off by `drift`; its driver knows, stamps each piece with its true time give or take
    two milliseconds, and leaves its samples as they are.
    """
    rng = np.random.default_rng(0)
    tone = (8_000 * np.sin(np.arange(400) * 0.6)).astype(np.int16)
    card = PIECE / RATE * (1 - drift)  # true seconds that a piece lasts
    for n in range(round(seconds / card)):
        t = n * card
        minute = round(t / MINUTE) * MINUTE
        flash = t <= minute < min(t + card, seconds)
        image = np.full((16, 16, 3), 255 if flash else 0, np.uint8)
        samples = np.zeros(PIECE, np.int16)
        if flash:
            at = round((minute - t) / card * PIECE)
            beep = tone[: PIECE - at]
            samples[at : at + len(beep)] = beep
        yield (
            VideoFrame(minute if flash else t, n, image),
            AudioChunk(max(0.0, t + rng.uniform(-0.002, 0.002)), samples, RATE),
        )


@pytest.mark.parametrize(
    ("drift", "seconds"), [(200e-6, HOUR), (-200e-6, HOUR / 4)], ids=["fast for an hour", "slow for a quarter"]
)
def test_sound_and_picture_of_a_clock_that_is_off_stay_in_step(tmp_path: Path, drift: float, seconds: float) -> None:
    async def session(clock: Clock) -> Summary:
        recording = Recorder(clock, tmp_path / "walk", SessionInfo(), size=(16, 16), rate=RATE, on_fault=print)
        start = recording.start
        memory = []
        tracemalloc.start()
        for n, (frame, chunk) in enumerate(moments(drift, seconds)):
            recording.frame(VideoFrame(start + frame.t, frame.seq, frame.image))
            recording.sound(AudioChunk(start + chunk.t, chunk.samples, chunk.rate))
            if n % 100 == 99:
                while recording.backlog:
                    await clock.sleep_until(clock.now() + 0.005)
                memory.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert max(memory[len(memory) // 2 :]) - memory[len(memory) // 10] < 300_000
        return await recording.close()

    summary = clocks.run(session, virtual=False)
    assert summary.frames_dropped == 0
    assert summary.seconds == pytest.approx(seconds, abs=1)
    recording = open_recording(tmp_path / "walk")
    flashes = [frame.t for frame in recording.frames() if frame.image.mean() > 128]
    beeps: list[float] = []
    for chunk in recording.sound():
        loud = np.flatnonzero(chunk.samples > 2_000)
        if len(loud) and (not beeps or chunk.t - beeps[-1] > 1):
            beeps.append(chunk.t + int(loud[0]) / chunk.rate)
    assert len(flashes) == len(beeps) == seconds // MINUTE
    off = [beep - flash for flash, beep in zip(flashes, beeps, strict=True)]
    assert max(map(abs, off)) < 0.04
