"""The disk fails while it records: the file is whole up to there, the wearer is told, the session goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from glasses.recordings import Recorder, SessionInfo, Summary, durable, open_recording
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import GlassesError
from pipeline.types import AudioChunk, VideoFrame

SIZE = (640, 480)
RATE = 16_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts a small disk of its own, of so many megabytes; where that isn't allowed, the test is skipped."""
    mounted: list[Path] = []

    def mount(megabytes: int, options: str = "rw") -> Path:
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,{options}", "tmpfs", str(folder)]
        if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
            pytest.skip("only root may mount a small disk")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def noisy(t: float, n: int) -> tuple[VideoFrame, AudioChunk]:
    """A picture and a piece of sound that can't be made small."""
    rng = np.random.default_rng(n)
    image = rng.integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    return VideoFrame(t, n, image), AudioChunk(t, rng.integers(-9_000, 9_000, 1_600, dtype=np.int16), RATE)


def record(
    folder: Path, seconds: float, meanwhile: Callable[[int], None] = lambda n: None
) -> tuple[Summary, list[GlassesError]]:
    """Record so long, or until half a second after something went wrong: what it came to, and what was told."""
    faults: list[GlassesError] = []

    async def session(clock: Clock) -> Summary:
        recording = Recorder(clock, folder, SessionInfo(), size=SIZE, rate=RATE, on_fault=faults.append)
        n = after = 0
        while n < seconds * 10 and after < 5:
            await clock.sleep_until(recording.start + n / 10)
            frame, chunk = noisy(recording.start + n / 10, n)
            recording.frame(frame)
            recording.sound(chunk)
            meanwhile(n)
            n += 1
            after += bool(faults)
        return await recording.close()

    return clocks.run(session, virtual=False), faults


def plays_with_ffmpeg(folder: Path) -> None:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg:
        command = [ffmpeg, "-v", "fatal", "-i", str(folder / "session.mkv"), "-f", "null", "-"]
        subprocess.run(command, check=True, timeout=60)


def test_a_disk_that_becomes_full_ends_the_recording_in_order(disk: Callable[..., Path]) -> None:
    folder = disk(20) / "walk"
    summary, faults = record(folder, 30)
    assert [fault.told for fault in faults] == ["The disk is full, so I stopped recording."]
    assert "free some space" in str(faults[0])
    info = SessionInfo.read(folder / "session.toml")
    assert info.seconds == pytest.approx(summary.seconds, abs=0.001)
    assert info.frames == summary.frames
    recording = open_recording(folder)
    assert recording.duration == pytest.approx(summary.seconds, abs=0.1)
    assert len(list(recording.frames())) == summary.frames
    plays_with_ffmpeg(folder)


def test_a_disk_that_is_full_at_once_leaves_what_fitted(
    disk: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "_RESERVE", 0)
    folder = disk(3) / "walk"
    summary, faults = record(folder, 30)
    assert [fault.told for fault in faults] == ["The disk is full, so I stopped recording."]
    recording = open_recording(folder)
    assert list(recording.frames())[-1].t > summary.seconds - 0.4
    assert list(recording.sound())[-1].t_end > summary.seconds - 0.4
    assert SessionInfo.read(folder / "session.toml").start, "the old one or the new one, never half of one"
    plays_with_ffmpeg(folder)


def test_a_disk_that_is_full_from_the_beginning_refuses_the_recording(disk: Callable[..., Path]) -> None:
    folder = disk(1)
    with pytest.raises(OSError, match="No space"):
        (folder / "filler").write_bytes(bytes(2_000_000))
    with pytest.raises(GlassesError, match="the disk is full; free some space") as refused:
        record(folder / "walk", 1)
    assert refused.value.told == "The disk is full, so I can't record."
    assert [path.name for path in folder.iterdir()] == ["filler"]


def test_a_disk_that_may_not_be_written_refuses_the_recording(disk: Callable[..., Path]) -> None:
    folder = disk(1, "ro")
    with pytest.raises(GlassesError, match=r"Read-only file system.*name another folder") as refused:
        record(folder / "walk", 1)
    assert refused.value.told == "I can't write to the disk, so I can't record."


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GlassesError, match="Not a directory"):
        record(tmp_path / "file" / "walk", 1)


def test_a_recording_that_is_deleted_meanwhile_stops_and_is_not_made_anew(tmp_path: Path) -> None:
    def delete(n: int) -> None:
        if n == 5:
            shutil.rmtree(tmp_path / "walk")

    summary, faults = record(tmp_path / "walk", 10, delete)
    assert [fault.told for fault in faults] == ["The recording was deleted, so I stopped recording."]
    assert not (tmp_path / "walk").exists()
    assert summary.bytes == 0


def test_a_microphone_of_another_rate_stops_it(tmp_path: Path) -> None:
    faults: list[GlassesError] = []

    async def session(clock: Clock) -> Summary:
        recording = Recorder(clock, tmp_path / "walk", SessionInfo(), size=None, rate=RATE, on_fault=faults.append)
        recording.sound(AudioChunk(recording.start, np.ones(1_600, np.int16), RATE))
        recording.sound(AudioChunk(recording.start + 0.1, np.ones(4_800, np.int16), 48_000))
        return await recording.close()

    assert clocks.run(session, virtual=False).seconds == pytest.approx(0.1)
    assert [fault.told for fault in faults] == ["The microphone changed, so I stopped recording."]
    assert open_recording(tmp_path / "walk").duration == pytest.approx(0.1, abs=0.01)


def test_a_disk_that_hangs_does_not_keep_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda handle: goes_on.wait(30))

    async def session(clock: Clock) -> Summary:
        recording = Recorder(clock, tmp_path / "walk", SessionInfo(), size=SIZE, rate=RATE, on_fault=print)
        for n in range(10):
            frame, chunk = noisy(recording.start + n / 10, n)
            recording.frame(frame)
            recording.sound(chunk)
        asked = clock.now()
        summary = await recording.close()
        assert clock.now() - asked < 0.7
        goes_on.set()
        return summary

    assert clocks.run(session, virtual=False).frames == 10
    assert len(list(open_recording(tmp_path / "walk").frames())) == 10
