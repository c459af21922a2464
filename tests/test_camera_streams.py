"""Streams from cameras on the network: real ones on loopback, and whatever goes wrong with them."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing

import numpy as np
import pytest

from devices import camera_opencv, camera_reading
from devices.camera_times import StreamTimes
from devices.registry import Wanted, open_camera, open_light, shown
from pipeline import sources
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.events import EventLog
from pipeline.look.ring import FrameRing
from pipeline.look.watcher import Watcher
from pipeline.types import Event
from tests import streams
from tests.streams import (
    MULTIPART,
    PLAIN,
    STALL,
    Seen,
    Step,
    StreamServer,
    jpeg,
    mjpeg,
    numbered,
    part,
    transport_stream,
    unused_port,
)

ALL = Wanted(looked_at=100.0)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_opencv, "OPENING", 3.0)
    monkeypatch.setattr(camera_opencv, "READING", 0.8)
    monkeypatch.setattr(camera_reading, "STALE", 0.5)


def see(address: str, count: int = 10_000, wanted: Wanted = ALL) -> Seen:
    """The first `count` frames of a stream, or all until it is lost."""
    return streams.see(address, count, wanted)


# Times


def test_times_are_even_where_the_network_delivers_in_bursts() -> None:
    """Pictures made 30 times a second, each third of a second's sent at once; every one tells its number."""
    pieces, rate, start = transport_stream(120), 30, 0.0

    def bursts() -> Iterator[Step]:
        nonlocal start
        yield PLAIN
        start = time.monotonic()
        for number, piece in enumerate(pieces):
            yield start + (number // 10 + 1) * 10 / rate
            yield piece

    with StreamServer(bursts) as server:
        seen = see(server.address, 60)
    made = [start - seen.zero + number / rate for number in seen.numbers]
    late = np.array([frame.t for frame in seen.frames]) - made
    assert np.ptp(late[5:]) < 0.015  # of a third of a second; what is left is this machine's own hiccups
    assert 0.0 < late.min() <= late.max() < 0.2  # the constant part: the last picture of a burst, muxer and decoder
    assert min(seen.ages) >= 0
    assert all(a.t < b.t for a, b in itertools.pairwise(seen.frames))


def test_a_stream_without_a_clock_is_timed_by_arrival_and_its_made_up_rate_is_not_told() -> None:
    made: dict[int, float] = {}
    with StreamServer(lambda: mjpeg(20.0, made=made)) as server:
        seen = see(server.address, 20)
    late = [frame.t + seen.zero - made[n] for frame, n in zip(seen.frames, seen.numbers, strict=True)]
    assert min(late) >= -0.001
    assert float(np.median(late)) < 0.03
    assert seen.opened[0].given == {"width": 320, "height": 240, "rate": None}


def test_what_was_gathered_during_the_opening_is_passed_over() -> None:
    pieces = transport_stream(150)

    def with_history() -> Iterator[Step]:
        yield PLAIN
        yield b"".join(pieces[:90])
        start = time.monotonic()
        for number, piece in enumerate(pieces[90:]):
            yield start + number / 30
            yield piece

    with StreamServer(with_history) as server:
        seen = see(server.address, 5)
    assert seen.numbers[0] >= 85
    assert seen.frames[0].seq >= 85


def lags(times: StreamTimes, pairs: list[tuple[float, float]]) -> list[float]:
    """How far each time but the first lies behind the arrival; `pairs` are the stream's time and the arrival."""
    return [arrived - t for raw, arrived in pairs if (t := times.of(raw, arrived, 1.0)) is not None]


def test_a_packet_can_be_late_but_never_early() -> None:
    assert lags(StreamTimes(), [(7.0, 1.0), (7.1, 1.1), (7.2, 1.5), (7.3, 1.5), (7.4, 1.5), (7.5, 1.5)]) == (
        pytest.approx([0, 0.3, 0.2, 0.1, 0], abs=1e-5)
    )


@pytest.mark.parametrize("jump", [-100.0, 100.0, -0.2], ids=["back", "ahead", "a little back"])
def test_a_stream_whose_clock_jumps_is_mapped_anew(jump: float) -> None:
    before = [(n / 10, 1 + n / 10) for n in range(10)]
    after = [(n / 10 + jump, 1 + n / 10) for n in range(10, 20)]
    assert lags(StreamTimes(), [*before, *after]) == pytest.approx([0] * 19, abs=1e-5)


def test_a_stream_that_paused_with_its_clock_is_mapped_anew() -> None:
    assert lags(StreamTimes(), [(0.0, 1.0), (0.1, 1.1), (0.2, 6.2), (0.3, 6.3)]) == pytest.approx([0] * 3, abs=1e-5)


def test_a_clock_that_drifts_is_followed() -> None:
    drifting = [(n / 10, 1 + n / 10 * 1.0005) for n in range(6000)]
    assert lags(StreamTimes(), drifting)[-1] == pytest.approx(0, abs=0.004)


def test_of_30_pictures_a_second_every_second_one_is_looked_at() -> None:
    with StreamServer(lambda: mjpeg(30.0)) as server:
        seen = see(server.address, 25, Wanted(looked_at=15.0))
    assert {b.seq - a.seq for a, b in itertools.pairwise(seen.frames)} == {2}
    assert {b - a for a, b in itertools.pairwise(seen.numbers)} == {2}


# Trouble


def says(*steps: Step) -> Callable[[], Iterator[Step]]:
    return lambda: iter(steps)


def status(code: int) -> Callable[[], Iterator[Step]]:
    return says(b"HTTP/1.0 %d No\r\nContent-Length: 0\r\n\r\n" % code)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (status(404), "has nothing at '/cam' (404): check the path"),
        (status(401), "wants a user name and a password: write http://USER:PASSWORD@… (401)"),
        (status(500), "answers with an error (500)"),
        (says(STALL), "accepts a connection, but says nothing: restart"),
        (says(b"HTTP/1.0 200 OK\r\n\r\n<html>Hello</html>"), "answers, but gives no video that can be read"),
    ],
    ids=["404", "401", "500", "silent", "a web page"],
)
def test_a_server_without_video_is_told_from_none(script: Callable[[], Iterator[Step]], reason: str) -> None:
    with StreamServer(script) as server:
        seen = see(server.address)
        assert not seen.opened
        assert reason in str(seen.lost)
        assert seen.lost
        assert seen.lost.told == "I can't find the camera."


@pytest.mark.parametrize("scheme", ["http", "rtsp", "https"])
def test_where_nothing_listens_it_says_so_at_once(scheme: str) -> None:
    port, began = unused_port(), time.monotonic()
    assert f"nothing listens at 127.0.0.1:{port}" in str(see(f"{scheme}://127.0.0.1:{port}/cam").lost)
    assert time.monotonic() - began < 1.0


def test_a_host_that_does_not_exist() -> None:
    assert "there is no host 'camera.invalid'" in str(see("rtsp://camera.invalid/cam").lost)


def test_half_a_jpeg_is_no_picture() -> None:
    def cut() -> Iterator[Step]:
        yield MULTIPART
        for number in range(6):
            yield part(jpeg(numbered(number)))
            yield time.monotonic() + 0.03
        noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
        whole = part(jpeg(noise))
        yield whole[: len(whole) // 2]

    with StreamServer(cut) as server:
        seen = see(server.address)
    assert seen.numbers[-1] == 5
    assert "the stream ended or was cut off" in str(seen.lost)
    assert seen.lost
    assert seen.lost.told == "I lost the camera."


def test_a_stream_that_stalls_is_lost() -> None:
    with StreamServer(lambda: itertools.chain(mjpeg(30.0, 10), [STALL])) as server:
        seen = see(server.address)
    assert "sent nothing for 0.8 s" in str(seen.lost)


@pytest.mark.parametrize(
    ("image", "reason"),
    [(numbered(9), "repeats the same picture"), (np.zeros((240, 320, 3), np.uint8), "gives only blank pictures")],
    ids=["repeats", "blanks"],
)
def test_a_server_that_goes_on_with_nothing_new_is_lost(image: np.ndarray, reason: str) -> None:
    def stuck() -> Iterator[Step]:
        yield from mjpeg(30.0, 10)
        while True:
            yield part(jpeg(image))
            yield time.monotonic() + 0.03

    with StreamServer(stuck) as server:
        seen = see(server.address)
    assert reason in str(seen.lost)
    assert set(seen.numbers[-2:]) <= {8, 9}


def test_a_picture_that_stands_still_in_a_stream_with_a_clock_is_fresh() -> None:
    with pytest.MonkeyPatch.context() as still:
        still.setattr(streams, "numbered", lambda number: numbered(5))
        pieces = transport_stream(120)

    def paced() -> Iterator[Step]:
        yield PLAIN
        start = time.monotonic()
        for number, piece in enumerate(pieces):
            yield start + number / 30
            yield piece

    with StreamServer(paced) as server:
        assert len(see(server.address, 40).frames) == 40


# Secrets


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("rtsp://bob:secret@cam.local:554/live", "rtsp://cam.local:554/live"),
        ("http://cam.local/video?user=bob&pwd=secret", "http://cam.local/video?…"),
        ("rtsp://bob:se@cret@cam.local/live", "rtsp://cam.local/live"),
        ("rtsp://bob:se/cr#et@cam.local/live", "rtsp://cam.local/live"),
        ("http://cam.local/video#secret", "http://cam.local/video"),
        ("rtsp://bob:key=secret@cam.local/live", "rtsp://cam.local/live"),
        ("rtsp:bob:secret@cam.local/live", "rtsp://cam.local/live"),
        # In the path, as cheap cameras have it
        ("rtsp://h:554/user=bob&password=secret&channel=1", "rtsp://h:554/user=…&password=…&channel=1"),
        ("rtsp://h/user=bob_password=secret_channel=1_stream=0.sdp", "rtsp://h/user=…"),
        ("rtsp://h/live&User=bob&PWD=se@cret&stream=0", "rtsp://h/live&User=…&PWD=…&stream=0"),
        ("rtsp://h/user%3Dbob%26password%3Dsecret%26channel%3D1", "rtsp://h/user=…%26password=…%26channel%3D1"),
        ("https://h/api_key=secret/live;token=secret", "https://h/api_key=…;token=…"),
        ("rtsp://[fe80::1]:554/pass=secret", "rtsp://[fe80::1]:554/pass=…"),
        ("http://cam.local/video?user=bob&pwd=se@cret", "http://cam.local/video?…"),
        ("http://cam.local/video?code=se@cret", "http://cam.local/video?…"),
        # Nothing that is secret
        ("rtsp://h/cam/realmonitor&channel=1", "rtsp://h/cam/realmonitor&channel=1"),
        ("file:/home/me@work/clip.mp4", "file:/home/me@work/clip.mp4"),
        ("webcam:/dev/video2", "webcam:/dev/video2"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(address: str, safe: str) -> None:
    assert shown(address) == safe


def test_a_password_stays_out_of_events_errors_and_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with StreamServer(lambda: mjpeg(30.0, 10)) as server:
        seen = see(server.address.replace("//", "//bob:secret@") + "?key=secret")
        assert b"Authorization: Basic" in server.requests[0] or b"secret" in server.requests[0]
    with StreamServer(status(401)) as server:
        refused = see(server.address.replace("//", "//bob:secret@"))
    assert "refuses the user name and password" in str(refused.lost)
    out = "".join(capfd.readouterr())
    assert "secret" not in f"{seen.opened} {seen.lost} {refused.lost} {out}"
    assert out == ""


def test_a_password_in_the_path_stays_out_of_what_is_said_of_a_path_that_is_wrong() -> None:
    with StreamServer(status(404)) as server:
        lost = str(see(server.address.replace("/cam", "/user=bob&password=secret&channel=1")).lost)
    assert "has nothing at '/user=…&password=…&channel=1' (404)" in lost
    assert "secret" not in lost


@pytest.mark.parametrize("address", ["rtsp://", "rtsp:secret@cam", "http://bob:se#cret@cam/x", "rtsp://cam:99999/x"])
def test_a_malformed_address_is_wrong_use_and_shows_no_secret(address: str) -> None:
    with pytest.raises(UsageError, match="an address is like rtsp://host:554/path") as caught:
        see(address)
    assert "cret" not in str(caught.value)


# Coming back


@asynccontextmanager
async def watched(address: str) -> AsyncIterator[tuple[list[Event], list[str], Callable[[str], Awaitable[None]]]]:
    """A session's eyes on a live clock: its events, what the wearer is told, and a wait for an event."""
    clock = Clock()
    log, events, told = EventLog(clock), list[Event](), list[str]()
    came: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
    log.subscribe(events.append)
    log.subscribe(lambda event: came[event.kind].set())

    async def tell(what: str, words: str) -> None:
        told.append(words)

    async def until(kind: str) -> None:
        async with asyncio.timeout(20):
            await came[kind].wait()

    watcher = Watcher(clock, log, FrameRing(lookback=1.5), tell)
    task = asyncio.create_task(watcher.watch(open_camera(address, clock, Wanted(), open_light("none"))))
    try:
        yield events, told, until
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        clock.close()


def test_a_stream_that_is_killed_and_started_again_comes_back_by_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sources, "_FIRST_PAUSE", 0.1)

    async def main() -> tuple[list[str], list[str]]:
        first = StreamServer(lambda: mjpeg(20.0))
        async with watched(first.address) as (events, told, until):
            with first:
                await until("camera.opened")
                await asyncio.sleep(0.5)
            await until("camera.lost")
            await asyncio.sleep(0.4)  # a few attempts in vain
            with StreamServer(lambda: mjpeg(20.0), first.port):
                await until("camera.back")
                return [event.kind for event in events], list(told)

    kinds, told = asyncio.run(main())
    assert kinds == ["camera.opened", "camera.lost", "camera.opened", "camera.back"]
    assert told == ["I lost the camera."]
    assert not caplog.records  # the server went before the eyes closed


def test_a_stream_that_is_closed_lets_the_server_go() -> None:
    async def main() -> None:
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()

        def endless() -> Iterator[Step]:
            try:
                yield from mjpeg(30.0)
            finally:
                loop.call_soon_threadsafe(gone.set)

        with StreamServer(endless) as server:
            clock = Clock()
            with closing(iter(open_camera(server.address, clock, Wanted(), open_light("none")))) as items:  # type: ignore[type-var]
                for _ in zip(range(5), items, strict=False):
                    pass
            async with asyncio.timeout(5):
                await gone.wait()
            clock.close()

    asyncio.run(main())


# RTSP

_RTSP = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch("( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1"
                   " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 )")
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[1])
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
"""


@pytest.fixture(scope="module")
def rtsp() -> Iterator[str]:
    """A camera's address: GStreamer's RTSP server, which the system's Python can drive."""
    python, port = shutil.which("python3", path="/usr/bin"), unused_port()
    if not python:
        pytest.skip("no system Python to run an RTSP server")
    server = subprocess.Popen([python, "-c", _RTSP, str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with server:
        assert server.stdout
        if server.stdout.readline() != b"ready\n":
            server.wait()
            pytest.skip("no RTSP server: apt install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-ugly")
        yield f"rtsp://127.0.0.1:{port}"
        server.kill()


def test_rtsp_gives_even_times_and_every_second_picture(rtsp: str) -> None:
    seen = see(f"{rtsp}/cam", 30, Wanted())
    assert seen.opened[0].given == {"width": 320, "height": 240, "rate": 30.0}
    steps = [b.t - a.t for a, b in itertools.pairwise(seen.frames)]
    assert steps[5:] == pytest.approx([1 / 15] * len(steps[5:]), abs=0.004)
    assert {b.seq - a.seq for a, b in itertools.pairwise(seen.frames)} == {2}
    assert min(seen.ages) >= 0


def test_rtsp_without_such_a_path(rtsp: str) -> None:
    assert "has nothing at '/nope' (404)" in str(see(f"{rtsp}/nope").lost)
