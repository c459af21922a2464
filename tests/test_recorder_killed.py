"""A recorder that is killed, and a machine whose power is cut: what was recorded until then can be played."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from glasses.recordings import Recorder, SessionInfo, Summary, open_recording, read_events
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import GlassesError
from pipeline.types import AudioChunk, Event, VideoFrame

KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from glasses.recordings import Recorder, SessionInfo
from glasses.recordings.inbox import Played
from pipeline import clock as clocks
from pipeline.types import AudioChunk, Event, VideoFrame

folder, camera_until, microphone_until = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])

async def session(clock):
    recording = Recorder(clock, folder, SessionInfo("A walk"), size=(96, 64), rate=16000, played=True, on_fault=print)
    for n in range(100):
        t = n * 0.032
        await clock.sleep_until(recording.start + t)
        if t < camera_until:
            recording.frame(VideoFrame(recording.start + t, n, np.full((64, 96, 3), n, np.uint8)))
        if t < microphone_until:
            recording.sound(AudioChunk(recording.start + t, np.full(512, n, np.int16), 16000))
        if 0.5 < t < microphone_until + 0.5:  # what was played is known half a second later
            recording.sound(Played(recording.start + t - 0.5, np.full(512, n, np.int16), 16000))
    recording.event(Event(recording.start + 3.0, 0, 0, "heard", {"text": "stop"}))
    while recording.backlog:
        await clock.sleep_until(clock.now() + 0.001)
    await clock.sleep_until(clock.now() + 0.05)
    os.kill(os.getpid(), signal.SIGKILL)

clocks.run(session, virtual=False)
"""


@pytest.mark.parametrize(
    ("camera_until", "microphone_until"),
    [(9, 9), (9, 1), (1, 9)],
    ids=["both", "the microphone had stopped", "the camera had stopped"],
)
def test_a_recorder_that_is_killed_loses_less_than_a_fifth_of_a_second(
    tmp_path: Path, camera_until: float, microphone_until: float
) -> None:
    root, folder = Path(__file__).parent.parent, tmp_path / "walk"
    command = [sys.executable, "-c", KILLED, str(folder), str(camera_until), str(microphone_until)]
    killed = subprocess.run(command, cwd=root, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    recording = open_recording(folder)
    assert recording.title == "A walk"
    assert list(recording.frames())[-1].t > min(camera_until, 3.2) - 0.2
    assert list(recording.sound())[-1].t_end > min(microphone_until, 3.2) - 0.2
    assert list(recording.played())[-1].t_end > min(microphone_until, 2.7) - 0.2
    assert [event.kind for event in read_events(recording)] == ["heard"]


def test_a_power_cut_takes_no_more_than_the_last_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each fsync of the file found is on the disk from then on, and at worst nothing that came later."""
    folder, cuts = tmp_path / "walk", tmp_path / "cuts"
    times: list[float] = []
    now = [0.0]

    def snapshot(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().name == "session.mkv":
            times.append(now[0])
            shutil.copytree(folder, cuts / str(len(times)))

    async def session(clock: Clock) -> Summary:
        def fail(error: GlassesError) -> None:
            raise AssertionError(error)

        recording = Recorder(clock, folder, SessionInfo("A walk"), size=(96, 64), rate=16_000, on_fault=fail)
        for n in range(150):
            t = recording.start + n * 0.032
            await clock.sleep_until(t)
            recording.frame(VideoFrame(t, n, np.full((64, 96, 3), n, np.uint8)))
            recording.sound(AudioChunk(t, np.full(512, n, np.int16), 16_000))
            recording.event(Event(t, n, 0, "span"))
            now[0] = n * 0.032
        return await recording.close()

    if not Path("/proc/self/fd").exists():
        pytest.skip("only Linux says which file a handle is")
    monkeypatch.setattr(os, "fsync", snapshot)
    clocks.run(session, virtual=False)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(times) >= 5
    assert median(gaps) < 0.7
    for number, t in enumerate(times, start=1):
        if t < 1.0 and not (cuts / str(number) / "session.mkv").stat().st_size:
            continue  # on a busy machine the first fsync finds nothing yet, and no more than a second is lost
        left = open_recording(cuts / str(number))
        assert left.title == "A walk"
        assert list(left.frames())[-1].t > t - 0.3
        assert list(left.sound())[-1].t_end > t - 0.3
        assert list(read_events(left))[-1].t > t - 0.3
        assert ffprobed(left.media) > t - 0.3


def ffprobed(media: Path) -> float:
    """Seconds to the last packet, by FFmpeg's own command; for ever where it is not installed."""
    ffprobe = shutil.which("ffprobe")
    if not ffprobe:
        return float("inf")
    command = [ffprobe, "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", str(media)]
    done = subprocess.run(command, text=True, capture_output=True, check=True, timeout=60)
    return max(float(line.strip(",")) for line in done.stdout.split())
