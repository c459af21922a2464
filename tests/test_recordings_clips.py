"""Ordinary clips: every codec, time, orientation and kind of sound comes out right, and broken ones end well."""

from __future__ import annotations

import itertools
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest

from glasses.recordings import Recording, open_recording
from pipeline.errors import GlassesError, UsageError
from pipeline.types import AudioChunk, VideoFrame
from tests.clips import BLUE, GREEN, QUADRANTS, RED, TEN_FRAMES, WHITE, Sound, Video, colours, make, quadrants

HALF_OF_FULL_SCALE = 0.5 * 32768 / np.sqrt(2)
"""Root mean square of the tone in tests.clips."""


def times(recording: Recording) -> list[float]:
    return [frame.t for frame in recording.frames()]


def loudness(chunks: list[AudioChunk]) -> float:
    """Root mean square of the middle half: encoders need a moment to begin and to end."""
    samples = np.concatenate([chunk.samples for chunk in chunks]).astype(np.float64)
    return float(np.sqrt(np.mean(samples[len(samples) // 4 : len(samples) * 3 // 4] ** 2)))


@pytest.mark.parametrize(
    ("name", "video", "sound"),
    [
        ("h264.mp4", Video(), Sound()),
        ("h264.mov", Video(), Sound()),
        ("h264.mkv", Video(), Sound()),
        ("hevc.mp4", Video(codec="libx265"), Sound()),
        ("hevc-10-bit.mp4", Video(codec="libx265", pixels="yuv420p10le"), Sound()),
        ("mjpeg.mkv", Video(codec="mjpeg", pixels="yuvj420p"), Sound(codec="pcm_s16le")),
        ("mjpeg.avi", Video(codec="mjpeg", pixels="yuvj420p"), Sound(codec="pcm_s16le")),
        ("vp8.webm", Video(codec="libvpx"), Sound(codec="libopus")),
        ("vp9.webm", Video(codec="libvpx-vp9"), Sound(codec="libopus")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_of_clip_gives_its_pictures_and_its_sound(
    tmp_path: Path, name: str, video: Video, sound: Sound
) -> None:
    clip = open_recording(make(tmp_path / name, video, sound))
    assert (clip.width, clip.height, clip.has_video, clip.has_sound) == (96, 64, True, True)
    assert clip.duration == pytest.approx(1.0, abs=0.02)
    frames, chunks = list(clip.frames()), list(clip.sound())
    assert [frame.t for frame in frames] == pytest.approx(TEN_FRAMES, abs=0.002)
    assert [frame.seq for frame in frames] == list(range(10))
    assert all(colours(frame.image) == QUADRANTS for frame in frames)
    assert sum(len(chunk.samples) for chunk in chunks) == pytest.approx(16_000, abs=400)
    assert loudness(chunks) == pytest.approx(HALF_OF_FULL_SCALE, rel=0.1)


def test_pictures_and_sound_are_as_the_pipeline_wants_them(tmp_path: Path) -> None:
    clip = open_recording(make(tmp_path / "clip.mp4", Video(), Sound()))
    frame, chunk = next(clip.frames()), next(clip.sound())
    assert frame.image.shape == (64, 96, 3)
    assert frame.image.dtype == np.uint8
    assert chunk.samples.dtype == np.int16
    assert (chunk.rate, len(chunk.samples)) == (16_000, 512)
    assert not frame.image.flags.writeable
    assert not chunk.samples.flags.writeable


def test_a_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    uneven = (0.0, 0.033, 0.2, 0.9, 1.0, 2.5)
    clip = open_recording(make(tmp_path / "clip.mp4", Video(times=uneven)))
    assert times(clip) == pytest.approx(uneven, abs=0.001)
    assert clip.duration > 2.5


# What the top left, top right, bottom left and bottom right quadrants are once the picture is upright.
TURNED = {
    (90, False): (GREEN, WHITE, BLUE, RED),
    (180, False): (WHITE, RED, GREEN, BLUE),
    (270, False): (RED, BLUE, WHITE, GREEN),
    (0, True): (GREEN, BLUE, WHITE, RED),
    (180, True): (RED, WHITE, BLUE, GREEN),
    (90, True): (WHITE, GREEN, RED, BLUE),
}


@pytest.mark.parametrize(("turned", "mirrored"), TURNED)
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_pictures_stand_upright(tmp_path: Path, name: str, turned: int, mirrored: bool) -> None:
    clip = open_recording(make(tmp_path / name, Video(turned=turned, mirrored=mirrored)))
    frame = next(clip.frames())
    assert colours(frame.image) == TURNED[turned, mirrored]
    assert frame.image.shape == (clip.height, clip.width, 3)
    assert (clip.width, clip.height) == ((64, 96) if turned in (90, 270) else (96, 64))


@pytest.mark.parametrize("name", ["clip.mkv", "clip.mp4"])
def test_sound_that_starts_late_starts_late(tmp_path: Path, name: str) -> None:
    clip = open_recording(make(tmp_path / name, Video(), Sound(start=0.5)))
    assert times(clip)[0] == 0.0
    # AAC in mp4 keeps the silence its encoder begins with, up to 23 ms, where the track starts late.
    assert next(clip.sound()).t == pytest.approx(0.5, abs=0.025)


def test_the_earlier_stream_begins_at_zero(tmp_path: Path) -> None:
    clip = open_recording(make(tmp_path / "clip.mkv", Video(times=(3.0, 3.1)), Sound(start=2.0)))
    assert next(clip.sound()).t == 0.0
    assert times(clip) == pytest.approx([1.0, 1.1])
    assert clip.duration == pytest.approx(1.13, abs=0.01)


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_any_rate_and_any_number_of_channels_become_mono_at_16_khz(tmp_path: Path, rate: int, layout: str) -> None:
    clip = open_recording(make(tmp_path / "clip.mp4", None, Sound(rate=rate, layout=layout)))
    chunks = list(clip.sound())
    assert chunks[-1].t_end == pytest.approx(1.0, abs=0.03)
    assert loudness(chunks) == pytest.approx(HALF_OF_FULL_SCALE, rel=0.1)
    assert {len(chunk.samples) for chunk in chunks[:-1]} == {512}


@pytest.mark.parametrize("channel", [0, 1])
def test_what_sounds_in_one_channel_only_is_heard(tmp_path: Path, channel: int) -> None:
    samples = np.zeros((2, 16_000), np.int16)
    samples[channel] = 8_000
    path = wav(tmp_path, samples, "stereo", 16_000)
    assert max(chunk.samples.max() for chunk in open_recording(path).sound()) == pytest.approx(4_000, rel=0.05)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_resampling_moves_nothing_in_time(tmp_path: Path, rate: int) -> None:
    samples = np.zeros((1, rate), np.int16)
    samples[0, rate // 2 : rate // 2 + rate // 200] = 20_000  # a click of 5 ms at 0.5 s
    heard = np.concatenate([chunk.samples for chunk in open_recording(wav(tmp_path, samples, "mono", rate)).sound()])
    assert len(heard) == pytest.approx(16_000, abs=2)
    assert int(np.flatnonzero(heard > 10_000)[0]) == pytest.approx(8_000, abs=2)


def wav(folder: Path, samples: np.ndarray, layout: str, rate: int) -> Path:
    path = folder / "clip.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1).copy(), format="s16", layout=layout)
        frame.rate, frame.pts = rate, 0
        for coded in (frame, None):
            container.mux(stream.encode(coded))
    return path


def test_a_gap_in_the_sound_is_a_jump_in_time_never_silence(tmp_path: Path) -> None:
    sound = Sound(codec="pcm_s16le", rate=16_000, gap=(0.4, 0.8))
    chunks = list(open_recording(make(tmp_path / "clip.mkv", None, sound)).sound())
    (before, after) = next((a.t_end, b.t) for a, b in itertools.pairwise(chunks) if b.t - a.t_end > 1e-6)
    assert (before, after) == pytest.approx((0.4, 0.8))
    assert chunks[-1].t_end == pytest.approx(1.0)
    assert sum(len(chunk.samples) for chunk in chunks) == 0.6 * 16_000


def test_times_of_chunks_are_counted_in_samples(tmp_path: Path) -> None:
    clip = open_recording(make(tmp_path / "clip.mkv", None, Sound(seconds=3.0, rate=44_100)))
    chunk_times = [chunk.t for chunk in clip.sound()]
    assert len(chunk_times) > 90
    assert chunk_times == [n * 512 / 16_000 for n in range(len(chunk_times))]


def test_a_clip_without_sound_has_none(tmp_path: Path) -> None:
    clip = open_recording(make(tmp_path / "clip.mp4", Video()))
    assert clip.has_video
    assert not clip.has_sound
    assert list(clip.sound()) == []


@pytest.mark.parametrize(
    "name",
    ["clip.m4a", "clip.wav", "clip.mp3", "clip.flac", "clip.ogg"],
)
def test_sound_alone_has_no_pictures(tmp_path: Path, name: str) -> None:
    codec = {".wav": "pcm_s16le", ".mp3": "libmp3lame", ".flac": "flac", ".ogg": "libopus"}.get(
        Path(name).suffix, "aac"
    )
    clip = open_recording(make(tmp_path / name, None, Sound(codec=codec)))
    assert (clip.has_video, clip.has_sound, clip.width, clip.height) == (False, True, 0, 0)
    assert list(clip.frames()) == []
    assert loudness(list(clip.sound())) == pytest.approx(HALF_OF_FULL_SCALE, rel=0.1)


def test_the_cover_of_an_album_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        tone = container.add_stream("aac", rate=48_000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(quadrants(96, 64), format="bgr24").reformat(format="yuvj420p")
        for coded in (picture, None):
            container.mux(cover.encode(coded))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), format="fltp", layout="mono")
        silence.rate = 48_000
        for piece in (silence, None):
            container.mux(tone.encode(piece))
    assert not open_recording(path).has_video


def test_a_4k_clip_at_60_pictures_a_second_is_read(tmp_path: Path) -> None:
    video = Video(times=[n / 60 for n in range(6)], size=(3840, 2160), options={"preset": "ultrafast"})
    clip = open_recording(make(tmp_path / "clip.mp4", video))
    frames = list(clip.frames())
    assert [frame.t for frame in frames] == pytest.approx(video.times, abs=0.001)
    assert colours(frames[-1].image) == QUADRANTS


def test_pictures_and_sound_can_be_read_in_two_threads_at_once(tmp_path: Path) -> None:
    clip = open_recording(make(tmp_path / "clip.mp4", Video(), Sound()))
    with ThreadPoolExecutor() as threads:
        frames = threads.submit(lambda: list(clip.frames()))
        chunks = threads.submit(lambda: list(clip.sound()))
        assert len(frames.result()) == 10
        assert len(chunks.result()) == 32


READ_ALL = """
import resource, sys
from pathlib import Path
from glasses.recordings import open_recording

clip = open_recording(Path(sys.argv[1]))
began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert sum(1 for _ in clip.frames()) == 200
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began)
"""


def test_pictures_that_nobody_keeps_do_not_pile_up(tmp_path: Path) -> None:
    video = Video(times=[n / 30 for n in range(200)], size=(1280, 720), options={"preset": "ultrafast"}, turned=180)
    path = make(tmp_path / "clip.mp4", video)
    root = Path(__file__).parent.parent
    read = subprocess.run([sys.executable, "-c", READ_ALL, str(path)], cwd=root, check=True, capture_output=True)
    assert int(read.stdout) < 60_000  # kB; all of the pictures are 553 MB


def test_closing_an_iterator_early_releases_the_file(tmp_path: Path) -> None:
    path = make(tmp_path / "clip.mp4", Video(), Sound())

    def held() -> int:
        return sum(link.exists() and link.samefile(path) for link in Path("/proc/self/fd").iterdir())

    if not Path("/proc/self/fd").exists():
        pytest.skip("this system does not list open files in /proc")
    clip = open_recording(path)
    assert held() == 0
    frames, sound = clip.frames(), clip.sound()
    assert isinstance(next(frames), VideoFrame)
    assert isinstance(next(sound), AudioChunk)
    assert held() == 2
    frames.close()
    sound.close()
    assert held() == 0


@pytest.mark.parametrize("name", ["a:b.mp4", "50%d.mp4", "Straße 東京.mp4", "-i.mp4", "UPPER.MP4"])
def test_any_name_of_a_file_will_do(tmp_path: Path, name: str) -> None:
    made = make(tmp_path / "clip.mp4", Video())
    clip = open_recording(made.rename(tmp_path / name))
    assert len(times(clip)) == 10
    assert clip.title == Path(name).stem


# Bad input: one line that says what, where and the remedy.


def refusal(path: Path) -> str:
    with pytest.raises(GlassesError) as caught:
        open_recording(path)
    line = str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    return line


def test_a_missing_path_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        open_recording(tmp_path / "nowhere.mp4")


def test_a_name_that_is_too_long_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too long"):
        open_recording(tmp_path / ("x" * 5_000))


def test_a_folder_without_a_session_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"session\.mkv: no such file"):
        open_recording(tmp_path)


def test_a_file_of_zero_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.touch()
    assert "is empty" in refusal(path)


@pytest.mark.parametrize("name", ["notes.txt", "notes.mp4", "notes.mkv", "notes.srt"])
def test_a_text_is_not_a_video(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nhello world\n" * 50)
    assert "is not a video" in refusal(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.m3u8", "#EXTM3U\n#EXTINF:10,\nclip.mp4\n#EXT-X-ENDLIST\n"),
        ("list.mkv", "ffconcat version 1.0\nfile clip.mp4\n"),
    ],
)
def test_a_playlist_opens_no_other_file(tmp_path: Path, name: str, text: str) -> None:
    make(tmp_path / "clip.mp4", Video())
    (tmp_path / name).write_text(text)
    assert "is not a video" in refusal(tmp_path / name)


def test_a_photograph_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    make(tmp_path / "clip.avi", Video(times=(0.0,), codec="mjpeg", pixels="yuvj420p"))
    with av.open(str(tmp_path / "clip.avi")) as container:
        path.write_bytes(bytes(next(container.demux(video=0))))
    assert "is not a video" in refusal(path)


def test_a_file_with_neither_picture_nor_sound_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "clip.wav", None, Sound(seconds=0.0, codec="pcm_s16le"))
    assert "neither pictures nor sound" in refusal(path)


def test_an_mp4_that_was_cut_off_before_its_index_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "clip.mp4", Video(), Sound())
    path.write_bytes(path.read_bytes()[:3_000])
    assert "cut off" in refusal(path)


MANY_FRAMES = tuple(n / 20 for n in range(60))
ALL_KEY_FRAMES = {"g": "1", "x264-params": "bframes=0"}


@pytest.mark.parametrize(("name", "muxer"), [("clip.mkv", {}), ("clip.mp4", {"movflags": "faststart"})])
def test_a_truncated_file_gives_what_it_still_has(
    tmp_path: Path, name: str, muxer: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    path = make(tmp_path / name, Video(times=MANY_FRAMES, options=ALL_KEY_FRAMES), Sound(seconds=3.0), **muxer)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    clip = open_recording(path)
    seen, heard = times(clip), list(clip.sound())
    assert seen == pytest.approx(MANY_FRAMES[: len(seen)], abs=0.002)
    assert 15 < len(seen) < 45
    assert 0.7 < heard[-1].t_end < 2.3
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mjpeg"])
def test_a_damaged_packet_in_the_middle_is_passed_over_and_logged(
    tmp_path: Path, codec: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = make(tmp_path / "clip.mkv", Video(times=MANY_FRAMES, codec=codec, pixels=pixels, options={"g": "1"}))
    damage(path, packet=30)
    clip = open_recording(path)
    with caplog.at_level(logging.WARNING):
        frames = list(clip.frames())
    assert "damaged" in caplog.text
    assert 50 <= len(frames) < 60
    assert frames[-1].t == pytest.approx(MANY_FRAMES[-1], abs=0.002)
    assert capfd.readouterr().err == ""


def test_damaged_sound_is_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = make(tmp_path / "clip.mkv", None, Sound(seconds=3.0, codec="flac"))
    for packet in range(10, 16):
        damage(path, packet=packet)
    with caplog.at_level(logging.WARNING):
        chunks = list(open_recording(path).sound())
    assert "damaged" in caplog.text
    assert chunks[-1].t_end == pytest.approx(3.0, abs=0.01)
    assert any(b.t - a.t_end > 0.05 for a, b in itertools.pairwise(chunks))


def damage(path: Path, *, packet: int) -> None:
    """Overwrite what a packet holds; its place in the container stays whole."""
    with av.open(str(path)) as container:
        victim = [p for p in container.demux() if p.size][packet]
        payload = bytes(victim)
    whole = path.read_bytes()
    at = whole.index(payload, victim.pos)
    path.write_bytes(whole[:at] + np.random.default_rng(packet).bytes(len(payload)) + whole[at + len(payload) :])


def test_random_damage_never_raises_anything_but_a_clear_error(tmp_path: Path) -> None:
    whole = make(tmp_path / "whole.mp4", Video(times=MANY_FRAMES), Sound(seconds=3.0)).read_bytes()
    path = tmp_path / "clip.mp4"
    for seed in range(40):
        random = np.random.default_rng(seed)
        broken = np.frombuffer(whole, np.uint8).copy()
        at = random.integers(0, len(broken), 20)
        broken[at] = random.integers(0, 256, 20)
        path.write_bytes(broken.tobytes())
        try:
            clip = open_recording(path)
            list(clip.frames())
            list(clip.sound())
        except GlassesError:
            pass
