"""What is kept by voice: pictures and recordings, one at a time, and what is said of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from glasses.config import defaults
from glasses.keeping import Keeping
from glasses.recordings import open_recording
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.events import EventLog
from pipeline.speak.reference import Reference
from pipeline.types import AudioChunk, Event, FrameChoice, VideoFrame, read_only
from tests.clips import quadrants
from tests.timeline import tone

T = TypeVar("T")

NOTHING = FrameChoice((), (), "no fresh frame")


def keep(folder: Path, script: Callable[[Keeping, Clock], Awaitable[T]]) -> tuple[T, list[Event]]:
    """Run `script` with something that keeps in `folder`; what it gives, and the log."""
    events: list[Event] = []

    async def main(clock: Clock) -> T:
        log = EventLog(clock)
        keeping = Keeping(clock, log, defaults({"record.folder": str(folder)}))
        for subscriber in (events.append, keeping.event):
            log.subscribe(subscriber)
        try:
            return await script(keeping, clock)
        finally:
            await keeping.close()

    return clocks.run(main, virtual=False), events


def seen(t: float) -> VideoFrame:
    return VideoFrame(t, 0, read_only(quadrants(96, 64)))


async def nobody(what: str, told: str) -> None:
    raise AssertionError(f"nothing failed, but {what}")


def test_a_picture_is_the_one_that_was_seen_with_the_order(tmp_path: Path) -> None:
    async def script(keeping: Keeping, clock: Clock) -> str:
        return await keeping.obey("take picture", FrameChoice((seen(0.5),), (1.0,), "sharpest"))

    told, events = keep(tmp_path, script)
    assert told == "Picture taken."
    taken = next(event for event in events if event.kind == "picture.taken")
    assert taken.data["t"] == 0.5
    assert Path(taken.data["path"]).parent == tmp_path / "pictures"
    assert Path(taken.data["path"]).read_bytes().startswith(b"\xff\xd8")


def test_where_nothing_is_seen_no_picture_is_taken(tmp_path: Path) -> None:
    told, _ = keep(tmp_path, lambda keeping, clock: keeping.obey("take picture", NOTHING))
    assert told.startswith("I can't see anything")
    assert not (tmp_path / "pictures").exists()


def test_what_the_speaker_plays_is_kept_beside_the_sound(tmp_path: Path) -> None:
    async def script(keeping: Keeping, clock: Clock) -> float:
        keeping.played = Reference()
        await keeping.begin("", nobody)
        t = clock.now()
        for n in range(40):
            keeping.sound(AudioChunk(t + n / 20, read_only(tone(0.05)), 16_000))
            if n == 24:  # it is told a little late, from a busy loop
                keeping.played.played(t + 1.0, tone(0.4), 16_000)
                keeping.played.played(t + 1.43, tone(0.4), 16_000)
        return t

    _, events = keep(tmp_path, script)
    (ended,) = (event for event in events if event.kind == "recording.ended")
    played = list(open_recording(Path(ended.data["path"])).played())
    samples = np.concatenate([chunk.samples for chunk in played])
    sounding = np.flatnonzero(np.abs(samples) > 100)
    assert len(samples) == 2 * 16_000
    assert sounding[0] == pytest.approx(16_000, abs=16)
    assert sounding[-1] - sounding[0] == pytest.approx(0.83 * 16_000, abs=16)  # the pause between two clauses stays


def test_a_recording_by_voice_begins_and_ends_with_the_orders(tmp_path: Path) -> None:
    async def script(keeping: Keeping, clock: Clock) -> list[str]:
        told = [await keeping.obey("stop recording", NOTHING)]
        keeping.frame(seen(clock.now()))  # before it begins: not kept
        told.append(await keeping.obey("start recording", NOTHING))
        told.append(await keeping.obey("start recording", NOTHING))
        t = clock.now()
        for n in range(40):
            keeping.frame(seen(t + n / 20))
            keeping.sound(AudioChunk(t + n / 20, read_only(tone(0.05)), 16_000))
        told.append(await keeping.obey("stop recording", NOTHING))
        return told

    told, events = keep(tmp_path, script)
    assert told == ["I am not recording.", "Recording.", "I am recording already.", "Recorded 2 seconds."]
    ended = next(event for event in events if event.kind == "recording.ended")
    recording = open_recording(Path(ended.data["path"]))
    assert (ended.data["frames"], ended.data["frames_dropped"]) == (40, 0)
    assert recording.duration == pytest.approx(2.0, abs=0.1)


def test_the_end_of_the_session_ends_its_recording(tmp_path: Path) -> None:
    async def script(keeping: Keeping, clock: Clock) -> None:
        await keeping.begin("walk", nobody)
        keeping.frame(seen(clock.now()))

    _, events = keep(tmp_path, script)
    assert [event.kind for event in events if event.kind.startswith("recording")] == [
        "recording.started",
        "recording.ended",
    ]
    assert open_recording(tmp_path / "recordings" / "walk").has_video


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recordings" / "walk").mkdir(parents=True)
    with pytest.raises(UsageError, match="walk-2"):
        keep(tmp_path, lambda keeping, clock: keeping.begin("walk", nobody))


def test_what_cannot_be_kept_is_an_error_with_a_sentence_for_the_wearer() -> None:
    with pytest.raises(GlassesError) as refused:
        keep(Path("/dev/null/glasses"), lambda keeping, clock: keeping.obey("start recording", NOTHING))
    assert refused.value.told.endswith(".")
