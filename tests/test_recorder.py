"""A live session recorded beside it: its true times, its own zero, and what happens to a device that comes late."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from glasses.recordings import Recorder, SessionInfo, Summary, open_recording, read_events
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.types import AudioChunk, Event, VideoFrame
from tests.clips import QUADRANTS, colours, quadrants

SIZE = (96, 64)
RATE = 16_000


def picture(t: float, size: tuple[int, int] = SIZE) -> VideoFrame:
    return VideoFrame(t, 0, quadrants(*size))


def sound(t: float, seconds: float = 0.032) -> AudioChunk:
    return AudioChunk(t, np.random.default_rng(0).integers(-9_000, 9_000, round(seconds * RATE), dtype=np.int16), RATE)


def recorder(
    clock: Clock, folder: Path, *, size: tuple[int, int] | None = SIZE, rate: int | None = RATE, title: str = "A walk"
) -> Recorder:
    """One whose faults fail the test."""

    def fail(error: GlassesError) -> None:
        raise AssertionError(error)

    return Recorder(clock, folder, SessionInfo(title=title), size=size, rate=rate, on_fault=fail)


def live(session: Callable[[Clock], Awaitable[Summary]]) -> Summary:
    return clocks.run(session, virtual=False)


def test_what_was_seen_heard_and_done_is_read_back_with_its_times(tmp_path: Path) -> None:
    events = [Event(0.2, 0, 0, "session.started"), Event(0.9, 1, 1, "heard", {"text": "what is this"})]

    async def session(clock: Clock) -> Summary:
        clock.restart()
        recording = recorder(clock, tmp_path / "walk")
        for n in range(30):
            recording.frame(picture(0.2 + n * 0.033))
            recording.sound(sound(0.2 + n * 0.032))
        for event in events:
            recording.event(event)
        return await recording.close()

    summary = live(session)
    recording = open_recording(tmp_path / "walk")
    times = [frame.t for frame in recording.frames()]
    assert times == pytest.approx([0.2 + n * 0.033 for n in range(30)], abs=0.002)
    heard = list(recording.sound())
    assert (heard[0].t, heard[-1].t_end) == pytest.approx((0.2, 1.16), abs=0.002)
    kept = list(read_events(recording))
    assert [(event.seq, event.turn, event.kind, event.data) for event in kept] == [
        (0, 0, "session.started", {}),
        (1, 1, "heard", {"text": "what is this"}),
    ]
    assert [event.t for event in kept] == pytest.approx([0.2, 0.9], abs=0.002)
    assert (summary.path, summary.frames, summary.frames_dropped) == (tmp_path / "walk", 30, 0)
    assert summary.seconds == pytest.approx(1.16, abs=0.002)
    assert summary.bytes == sum(path.stat().st_size for path in (tmp_path / "walk").iterdir())


def test_a_recording_that_begins_in_the_middle_of_a_session_has_its_own_zero(tmp_path: Path) -> None:
    async def session(clock: Clock) -> Summary:
        await clock.sleep_until(0.5)
        recording = recorder(clock, tmp_path / "walk")
        start = recording.start
        recording.frame(picture(start - 0.2))
        recording.frame(picture(start + 0.1))
        recording.sound(sound(start - 0.3, 1.0))
        recording.event(Event(start + 0.4, 7, 2, "speech.ended", {"t_start": start + 0.1, "t_end": start + 0.3}))
        recording.event(Event(start + 0.5, 8, 2, "looked", {"frames": [start + 0.1], "ages": [0.2]}))
        return await recording.close()

    live(session)
    recording = open_recording(tmp_path / "walk")
    assert [frame.t for frame in recording.frames()] == pytest.approx([0.1], abs=0.001)
    heard = list(recording.sound())
    assert (heard[0].t, heard[-1].t_end) == pytest.approx((0.0, 0.7), abs=0.002)
    ended, looked = read_events(recording)
    assert (ended.t, ended.data["t_start"], ended.data["t_end"]) == pytest.approx((0.4, 0.1, 0.3), abs=0.001)
    assert looked.data["frames"] == pytest.approx([0.1], abs=0.001)
    assert looked.data["ages"] == [0.2]


def test_session_toml_is_there_from_the_start_with_the_wall_clock_time_of_zero(tmp_path: Path) -> None:
    async def session(clock: Clock) -> Summary:
        await clock.sleep_until(0.2)
        begun = datetime.now().astimezone()
        recording = recorder(clock, tmp_path / "walk")
        info = SessionInfo.read(tmp_path / "walk" / "session.toml")
        assert info.title == "A walk"
        assert abs(datetime.fromisoformat(info.start) - begun) < timedelta(seconds=0.1)
        return await recording.close()

    live(session)


def test_a_clock_that_was_set_meanwhile_is_believed_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = datetime.fromisoformat("2026-11-25T14:03:22+01:00")

    async def session(clock: Clock) -> Summary:
        recording = recorder(clock, tmp_path / "walk")
        monkeypatch.setattr(clock, "started", lambda: later)
        return await recording.close()

    live(session)
    start = tomllib.loads((tmp_path / "walk" / "session.toml").read_text())["start"]
    assert abs(datetime.fromisoformat(start) - later) < timedelta(seconds=0.1)


def test_the_file_is_opened_in_the_size_of_the_first_picture_not_in_the_one_announced(tmp_path: Path) -> None:
    async def session(clock: Clock) -> Summary:
        recording = recorder(clock, tmp_path / "walk", size=(1280, 720))
        recording.sound(sound(recording.start))
        await clock.sleep_until(0.3)
        recording.frame(picture(clock.now()))
        return await recording.close()

    live(session)
    recording = open_recording(tmp_path / "walk")
    assert (recording.width, recording.height) == SIZE
    assert recording.has_sound


def test_a_camera_that_comes_too_late_is_scaled_to_the_size_announced(tmp_path: Path) -> None:
    async def session(clock: Clock) -> Summary:
        recording = recorder(clock, tmp_path / "walk", size=(192, 128))
        recording.sound(sound(recording.start))
        await clock.sleep_until(2.3)
        assert (tmp_path / "walk" / "session.mkv").exists()
        recording.frame(picture(clock.now()))
        return await recording.close()

    live(session)
    frame = next(open_recording(tmp_path / "walk").frames())
    assert frame.image.shape == (128, 192, 3)
    assert colours(frame.image) == QUADRANTS
    assert frame.t > 2


def test_a_camera_that_never_comes_leaves_the_sound(tmp_path: Path) -> None:
    async def session(clock: Clock) -> Summary:
        recording = recorder(clock, tmp_path / "walk")
        recording.sound(sound(recording.start, 1.0))
        return await recording.close()

    live(session)
    recording = open_recording(tmp_path / "walk")
    assert (recording.has_video, recording.has_sound) == (False, True)
    assert recording.duration == pytest.approx(1.0, abs=0.01)


def test_a_microphone_that_never_comes_leaves_the_pictures(tmp_path: Path) -> None:
    async def session(clock: Clock) -> Summary:
        recording = recorder(clock, tmp_path / "walk")
        recording.frame(picture(clock.now()))
        return await recording.close()

    live(session)
    recording = open_recording(tmp_path / "walk")
    assert (recording.has_video, recording.has_sound) == (True, False)


def test_pictures_are_left_out_where_encoding_cannot_keep_up_sound_never_is(tmp_path: Path) -> None:
    told: list[str] = []

    async def session(clock: Clock) -> Summary:
        recording = Recorder(
            clock,
            tmp_path / "walk",
            SessionInfo(),
            size=(1920, 1080),
            rate=RATE,
            on_fault=lambda error: told.append(str(error)),
            on_drop=lambda: told.append("dropped"),
        )
        start, large = recording.start, quadrants(1920, 1080)
        for n in range(100):
            recording.frame(VideoFrame(start + n / 1000, n, large))
            recording.sound(sound(start + n * 0.032))
        assert recording.backlog < 100_000_000
        return await recording.close()

    summary = live(session)
    assert told == ["dropped"]
    assert summary.frames + summary.frames_dropped == 100
    assert summary.frames_dropped > 50
    recording = open_recording(tmp_path / "walk")
    assert len(list(recording.frames())) == summary.frames
    assert list(recording.sound())[-1].t_end == pytest.approx(3.2, abs=0.01)


@pytest.mark.parametrize("set_meanwhile", [True, False])
def test_what_the_clock_said_is_doubted_unless_the_network_has_set_it_by_the_end(
    tmp_path: Path, set_meanwhile: bool
) -> None:
    unset = True
    unsure: list[bool] = []

    async def session(clock: Clock) -> Summary:
        nonlocal unset
        recording = Recorder(
            clock, tmp_path / "walk", SessionInfo(), size=SIZE, rate=RATE, on_fault=print, clock_unset=lambda: unset
        )
        recording.frame(picture(recording.start))
        unsure.append(SessionInfo.read(tmp_path / "walk" / "session.toml").start_unsure)
        unset = not set_meanwhile
        return await recording.close()

    live(session)
    unsure.append(SessionInfo.read(tmp_path / "walk" / "session.toml").start_unsure)
    assert unsure == [True, not set_meanwhile]


def test_the_end_comes_within_half_a_second_with_all_that_was_posted(tmp_path: Path) -> None:
    async def session(clock: Clock) -> Summary:
        recording = recorder(clock, tmp_path / "walk")
        start = recording.start
        for n in range(100):
            recording.frame(picture(start + n / 30))
        asked = clock.now()
        summary = await recording.close()
        assert clock.now() - asked < 0.6
        assert await recording.close() == summary
        recording.frame(picture(start + 9))
        recording.sound(sound(start + 9))
        recording.event(Event(start + 9, 0, 0, "heard"))
        return summary

    assert live(session).frames == 100
    assert len(list(open_recording(tmp_path / "walk").frames())) == 100


def test_a_name_that_is_taken_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "session.mkv").write_text("precious")

    async def session(clock: Clock) -> Summary:
        return await recorder(clock, tmp_path).close()

    with pytest.raises(UsageError, match="is there already; give the recording another name"):
        live(session)
    assert [path.name for path in tmp_path.iterdir()] == ["session.mkv"]
    assert (tmp_path / "session.mkv").read_text() == "precious"
