"""What the writer keeps, `open_recording` gives back: pictures, their times, every sample, every gap."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from glasses.recordings import RecordingWriter, encoders, open_recording, read_events
from pipeline.errors import GlassesError, UsageError
from pipeline.events import to_line
from pipeline.types import AudioChunk, Event, VideoFrame
from tests.clips import QUADRANTS, colours, quadrants

SIZE = (96, 64)


def chunks(begin: float, seconds: float, rate: int = 16_000) -> list[AudioChunk]:
    """Noise from `begin` on, 512 samples a chunk."""
    noise = np.random.default_rng(0).integers(-9_000, 9_000, round(seconds * rate), dtype=np.int16)
    return [AudioChunk(begin + n / rate, noise[n : n + 512], rate) for n in range(0, len(noise), 512)]


def write(folder: Path, times: tuple[float, ...] = (), sound: tuple[AudioChunk, ...] | list[AudioChunk] = ()) -> None:
    rate = sound[0].rate if sound else None
    with RecordingWriter(folder, size=SIZE if times else None, rate=rate) as writer:
        for seq, t in enumerate(times):
            writer.frame(VideoFrame(t, seq, quadrants(*SIZE)))
        for chunk in sound:
            writer.sound(chunk)


def test_pictures_keep_the_times_they_were_taken(tmp_path: Path) -> None:
    taken = (0.1, 0.133, 0.2, 0.9, 0.901, 2.5)
    write(tmp_path / "walk", taken)
    recording = open_recording(tmp_path / "walk")
    frames = list(recording.frames())
    assert [frame.t for frame in frames] == pytest.approx(taken, abs=0.0005)
    assert all(colours(frame.image) == QUADRANTS for frame in frames)
    assert (recording.width, recording.height, recording.has_sound, recording.title) == (*SIZE, False, "walk")


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_every_sample_is_kept_at_its_rate(tmp_path: Path, rate: int) -> None:
    sound = chunks(0.0, 1.0, rate)
    write(tmp_path, (), sound)
    with av.open(str(tmp_path / "session.mkv")) as container:
        kept = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
        assert container.streams.audio[0].rate == rate
    assert np.array_equal(kept, np.concatenate([chunk.samples for chunk in sound]))


def test_a_gap_in_the_sound_stays_a_gap(tmp_path: Path) -> None:
    before, after = chunks(0.02, 0.512), chunks(1.02, 0.512)
    write(tmp_path, (), before + after)
    heard = list(open_recording(tmp_path).sound())
    jumps = [(a.t_end, b.t) for a, b in itertools.pairwise(heard) if b.t - a.t_end > 0.001]
    assert len(jumps) == 1
    assert jumps[0] == pytest.approx((0.532, 1.02), abs=0.001)
    kept = np.concatenate([chunk.samples for chunk in heard])
    assert np.array_equal(kept, np.concatenate([chunk.samples for chunk in before + after]))


def test_what_was_played_is_kept_apart_from_the_sound_at_its_times(tmp_path: Path) -> None:
    heard = chunks(0.0, 8.0)
    played = [*heard[30:46], *heard[220:236]]
    with RecordingWriter(tmp_path, size=None, rate=16_000, played=True) as writer:
        for n, chunk in enumerate(heard):
            writer.sound(chunk)
            if 30 <= n < 46 or 220 <= n < 236:
                writer.played(chunk)
    recording = open_recording(tmp_path)
    assert recording.has_played
    assert sum(len(chunk.samples) for chunk in recording.sound()) == 8 * 16_000
    assert [chunk.t for chunk in recording.played()] == pytest.approx([chunk.t for chunk in played], abs=0.001)
    kept = np.concatenate([chunk.samples for chunk in recording.played()])
    assert np.array_equal(kept, np.concatenate([chunk.samples for chunk in played]))


def test_a_recording_without_a_voice_has_nothing_that_was_played(tmp_path: Path) -> None:
    write(tmp_path, (), chunks(0.0, 1.0))
    recording = open_recording(tmp_path)
    assert not recording.has_played
    assert list(recording.played()) == []


def test_zero_is_the_start_of_the_session_as_in_its_log(tmp_path: Path) -> None:
    write(tmp_path, (3.0, 3.1), chunks(2.0, 1.0))
    recording = open_recording(tmp_path)
    assert next(recording.frames()).t == pytest.approx(3.0)
    assert next(recording.sound()).t == pytest.approx(2.0)
    assert recording.duration == pytest.approx(3.13, abs=0.02)


@pytest.mark.parametrize("pictures_first", [True, False])
def test_pictures_and_sound_may_come_in_any_order(tmp_path: Path, pictures_first: bool) -> None:
    times = [n / 5 for n in range(200)]
    with RecordingWriter(tmp_path, size=SIZE, rate=8_000) as writer:
        for pictures in (pictures_first, not pictures_first):
            if pictures:
                for seq, t in enumerate(times):
                    writer.frame(VideoFrame(t, seq, quadrants(*SIZE)))
            else:
                for chunk in chunks(0.0, 40.0, 8_000):
                    writer.sound(chunk)
    recording = open_recording(tmp_path)
    assert [frame.t for frame in recording.frames()] == pytest.approx(times)
    assert list(recording.sound())[-1].t_end == pytest.approx(40.0)


def test_pictures_of_odd_and_of_changing_size_fit_the_file(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, size=(97, 65), rate=None) as writer:
        writer.frame(VideoFrame(0.0, 0, quadrants(97, 65)))
        writer.frame(VideoFrame(0.1, 1, quadrants(320, 240)))
    frames = list(open_recording(tmp_path).frames())
    assert [frame.image.shape for frame in frames] == [(64, 96, 3)] * 2
    assert [colours(frame.image) for frame in frames] == [QUADRANTS] * 2


def test_a_picture_of_another_shape_gets_black_bars_and_is_not_distorted(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, size=(96, 64), rate=None) as writer:
        writer.frame(VideoFrame(0.0, 0, np.full((192, 96, 3), 255, np.uint8)))
    image = next(open_recording(tmp_path).frames()).image
    white = np.flatnonzero(image[32, :, 0] > 127)
    assert (white[0], white[-1]) == pytest.approx((32, 63), abs=1)
    assert image[:, 40:56].min() > 200
    assert image[:, :28].max() < 50


def test_a_higher_crf_makes_a_smaller_file(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    sizes = []
    for crf in (18, 35):
        with RecordingWriter(tmp_path, size=(320, 240), rate=None, crf=crf) as writer:
            writer.frame(VideoFrame(0.0, 0, noise))
        sizes.append(writer.path.stat().st_size)
    assert sizes[1] < sizes[0] / 2


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_machine_records_by_the_cheapest_encoder_it_has(
    tmp_path: Path, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    encoder = encoders.chosen(*SIZE)
    if encoder is not encoders.HARDWARE:  # this machine may have it
        assert encoder is {"x86_64": encoders.STRONG, "aarch64": encoders.MODEST}[machine]
    with RecordingWriter(tmp_path, size=SIZE, rate=None, encoder=encoder) as writer:
        for n in range(10):
            writer.frame(VideoFrame(n / 10, n, quadrants(*SIZE)))
    frames = list(open_recording(tmp_path).frames())
    assert [frame.t for frame in frames] == pytest.approx([n / 10 for n in range(10)], abs=0.0005)
    assert all(colours(frame.image) == QUADRANTS for frame in frames)


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from glasses.recordings import RecordingWriter
from pipeline.types import AudioChunk, VideoFrame

writer = RecordingWriter(Path(sys.argv[1]), size=(96, 64), rate=16000)
for n in range(100):
    writer.frame(VideoFrame(n * 0.032, n, np.full((64, 96, 3), n, np.uint8)))
    writer.sound(AudioChunk(n * 0.032, np.full(512, n, np.int16), 16000))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_loses_less_than_half_a_second(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    recording = open_recording(tmp_path)
    assert 2.7 < recording.duration <= 3.2
    assert list(recording.frames())[-1].t > 2.7
    assert list(recording.sound())[-1].t_end > 2.7


def test_a_full_disk_is_said_once_with_the_remedy(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "session.mkv").symlink_to("/dev/full")
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)

    def record() -> None:
        with RecordingWriter(tmp_path, size=SIZE, rate=None) as writer:
            for n in range(100):
                writer.frame(VideoFrame(n / 10, n, noise))

    with pytest.raises(GlassesError, match=r"session\.mkv.*the disk is full; free some space") as caught:
        record()
    assert caught.value.told == "The disk is full, so I stopped recording."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(GlassesError, match="cannot be written"):
        RecordingWriter(tmp_path / "walk", size=SIZE, rate=None)


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "walk").touch()
    with pytest.raises(GlassesError, match="cannot be written"):
        RecordingWriter(tmp_path / "walk", size=SIZE, rate=None)


def test_closing_twice_does_no_harm(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path, size=SIZE, rate=None)
    writer.frame(VideoFrame(0.0, 0, quadrants(*SIZE)))
    writer.close()
    writer.close()
    assert len(list(open_recording(tmp_path).frames())) == 1


def test_sound_at_another_rate_is_refused(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, size=None, rate=16_000) as writer, pytest.raises(ValueError, match="44100"):
        writer.sound(chunks(0.0, 0.1, 44_100)[0])


def test_a_recording_that_holds_nothing_is_refused(tmp_path: Path) -> None:
    RecordingWriter(tmp_path, size=SIZE, rate=16_000).close()
    with pytest.raises(GlassesError, match="is not a video, or was cut off"):
        open_recording(tmp_path)


def test_the_log_of_a_recording_is_read_back(tmp_path: Path) -> None:
    write(tmp_path, (0.0,))
    events = [Event(0.0, 0, 0, "session.started"), Event(1.5, 1, 1, "heard", {"text": "what is this"})]
    (tmp_path / "events.jsonl").write_text("".join(to_line(event) + "\n" for event in events))
    assert list(read_events(open_recording(tmp_path))) == events


def test_a_recording_without_a_log_says_so(tmp_path: Path) -> None:
    write(tmp_path, (0.0,))
    with pytest.raises(UsageError, match=r"has no events\.jsonl"):
        read_events(open_recording(tmp_path))
