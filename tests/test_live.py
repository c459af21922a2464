"""`glasses run` and `record` as they are used: real PortAudio and PulseAudio, a camera on the network, real models.

The wearer's questions are played into the microphone, and what the speaker plays is transcribed.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from devices.resampling import resampled
from glasses.models import Models
from glasses.recordings import open_recording, read_events
from glasses.settings import Config
from glasses.testing import Replay
from pipeline.types import Samples
from tests.servers import ChatServer
from tests.sound import RATE, Ears, Room, SoundSystem, ears, room, sound_system
from tests.streams import unused_port

__all__ = ["ears", "room", "sound_system"]

ROOT = Path(__file__).parents[1]
GLASSES = Path(sys.executable).parent / "glasses"
SIGN = ROOT / "recordings" / "shop-sign"
CACHE = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")

pytestmark = [pytest.mark.slow, pytest.mark.live]


class Running:
    """A `glasses` command that prints its event log, followed line by line."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.folder = folder
        self.events: list[dict[str, Any]] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._complaints = folder / "stderr.txt"
        complaints = self._complaints.open("w")
        self._process = subprocess.Popen(
            [str(GLASSES), *arguments, "--json"],
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            cwd=folder,
            env={
                **os.environ,
                "HF_HUB_OFFLINE": "1",
                "XDG_CACHE_HOME": CACHE,
                "XDG_CONFIG_HOME": str(folder / "config"),
                "XDG_DATA_HOME": str(folder / "data"),
                **environment,
            },
        )
        complaints.close()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def until(self, kind: str, seconds: float = 40.0, **data: object) -> dict[str, Any]:
        """The next event of `kind` (of any, if that is empty) with these `data`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                line = self._lines.get(timeout=left)
                if line is None:
                    break
                event = json.loads(line)
                self.events.append(event)
                if kind in ("", event["kind"]) and data.items() <= event["data"].items():
                    return dict(event)
        self.kill()
        complaints = self._complaints.read_text()
        raise AssertionError(f"no {kind} {data}; {complaints}\n" + "\n".join(map(str, self.events)))

    def ready(self) -> None:
        """Returns when camera and microphone are open."""
        waiting = {"camera.opened", "microphone.opened"}
        while waiting:
            waiting.discard(self.until("")["kind"])

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """End it; its exit code and the seconds it took. The rest of its events are in `events` then."""
        began = time.monotonic()
        self._process.send_signal(how)
        code = self._process.wait(20)
        seconds = time.monotonic() - began
        while (line := self._lines.get(timeout=5)) is not None:
            self.events.append(json.loads(line))
        assert self._complaints.read_text() == ""
        return code, seconds

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reading.join()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)


class Camera:
    """ffmpeg as a camera on the network: the picture of the shop's sign, with a sensor's noise."""

    def __init__(self, folder: Path) -> None:
        self._picture = folder / "sign.png"
        frames = open_recording(SIGN).frames()
        frame = next(frame for frame in frames if frame.t >= 4.25)
        frames.close()
        cv2.imwrite(str(self._picture), frame.image)
        self._port = unused_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"http://127.0.0.1:{self._port}/live"

    def start(self) -> None:
        # One client after another: ffmpeg's server serves one, so a loop starts it again, as a camera's would.
        serve = (
            f"while :; do ffmpeg -loglevel quiet -re -loop 1 -framerate 15 -i {self._picture} "
            f"-vf noise=alls=8:allf=t -f mpjpeg -q:v 3 -listen 1 {self.address}; sleep 0.1; done"
        )
        self._process = subprocess.Popen(["sh", "-c", serve], start_new_session=True)

    def stop(self) -> None:
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[Camera]:
    """A camera that is on."""
    if not shutil.which("ffmpeg"):
        pytest.skip("needs the program ffmpeg, which plays the camera")
    camera = Camera(tmp_path)
    camera.start()
    yield camera
    camera.stop()


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path, sound_system: SoundSystem) -> Iterator[Start]:
    """Starts a command with the test's own sound system and folders; nothing of it outlives the test."""
    started: list[Running] = []

    def begin(*arguments: str, **environment: str) -> Running:
        started.append(Running(tmp_path, *arguments, **environment))
        return started[-1]

    yield begin
    for running in started:
        running.kill()


@pytest.fixture(scope="module")
def question() -> Samples:
    """A voice that asks "What time does it close on Saturday?", 16 kHz."""
    chunks = [chunk.samples for chunk in open_recording(SIGN).sound() if 3.0 < chunk.t < 6.2]
    return np.concatenate(chunks)


def transcribed(sound: Samples) -> str:
    """The words of what the speaker played; "14 hundred", one of Whisper's ways to write that number, as "1400"."""
    words = Models(Config()).transcriber.transcribe(resampled(sound, RATE, 16_000)).text.lower()
    return re.sub(r"\b(\d\d?) hundred\b", r"\g<1>00", words)


def test_a_question_into_the_microphone_is_answered_from_the_camera_by_the_speaker(
    start: Start, camera: Camera, room: Room, ears: Ears, question: Samples, tmp_path: Path, glasses_replay: Replay
) -> None:
    running = start("run", "--camera", camera.address, "--record", "shop")
    running.ready()
    ears.listen()
    room.say(question)
    assert "saturday" in running.until("heard")["data"]["text"].lower()
    spoken = running.until("spoken")
    assert "14:00" in running.of("answered")[0]["data"]["text"]
    words = transcribed(ears.heard()).replace(",", "")
    assert "saturday" in words
    assert "1400" in words or "fourteen" in words

    # Ended in the middle of the next answer: at once, as its proper end, with all that was recorded.
    room.say(question)
    running.until("speaking")
    code, seconds = running.end(signal.SIGINT)
    assert code == 0
    assert seconds < 1.0
    assert running.of("spoken")[1]["data"]["interrupted"] is True
    assert running.of("session.ended")
    recorded = running.of("recording.ended")[0]["data"]
    assert recorded["frames"] > 100

    # What was recorded is heard and answered again, by the same code.
    recording = open_recording(Path(recorded["path"]))
    assert recording.has_sound
    assert "session.started" in [event.kind for event in read_events(recording)]
    again = glasses_replay(recorded["path"])
    assert "saturday" in again.heard[0].lower()
    assert "14:00" in again.answers[0]
    assert spoken["data"]["heard_text"] == again.answers[0]


def test_devices_that_fail_are_told_and_come_back_by_themselves(
    start: Start, camera: Camera, room: Room, sound_system: SoundSystem, question: Samples
) -> None:
    running = start("run", "--camera", camera.address, "--record", "faults")
    running.ready()

    camera.stop()
    running.until("camera.lost")
    assert running.until("spoken")["data"]["heard_text"] == "I lost the camera."
    camera.start()
    running.until("camera.back")

    sound_system.tell("suspend-source", "mic", "1")
    running.until("microphone.lost")
    running.until("spoken", heard_text="I can't hear anything from the microphone.")
    sound_system.tell("suspend-source", "mic", "0")
    running.until("microphone.back")
    running.until("audio.gap")

    sound_system.kill()
    running.until("microphone.lost")
    sound_system.start()
    running.until("microphone.back")

    time.sleep(1.0)
    room.say(question)
    assert "saturday" in running.until("heard")["data"]["text"].lower()
    running.until("speaking")
    code, seconds = running.end()
    assert code == 0
    assert seconds < 1.0
    recording = open_recording(Path(running.of("recording.ended")[0]["data"]["path"]))
    gaps = [event for event in read_events(recording) if event.kind == "audio.gap"]
    assert len(gaps) >= 2
    times = [chunk.t for chunk in recording.sound()]
    assert max(later - sooner for sooner, later in pairwise(times)) > 1.0


def test_without_any_device_it_starts_says_what_is_missing_and_ends_when_told(start: Start, tmp_path: Path) -> None:
    running = start("run", "--camera", "webcam:99", "--speaker", "card:no such card")
    lost = running.until("camera.lost")
    assert "video99" in lost["data"]["what"]
    running.until("speaker.lost")
    code, seconds = running.end()
    assert code == 0
    assert seconds < 1.0


def test_a_key_that_is_refused_is_told_before_anybody_asks(start: Start) -> None:
    with ChatServer([], listing=401) as server:
        running = start("run", "--camera", "none", "--backend", f"{server.base_url}#m", GLASSES_API_KEY="bad")
        fault = running.until("fault")
        assert server.requests == []
    assert fault["data"]["told"] == "The key for 127.0.0.1 is refused."
    assert running.end()[0] == 0


def test_pictures_and_recordings_are_kept_by_voice(start: Start, camera: Camera, room: Room, tmp_path: Path) -> None:
    running = start("run", "--camera", camera.address)
    running.ready()
    for order, kind in (("Take a picture.", "picture.taken"), ("Record this.", "recording.started")):
        room.say(said(order))
        running.until(kind)
        running.until("spoken")
    time.sleep(1.0)
    room.say(said("Stop recording."))
    recorded = running.until("recording.ended")["data"]
    assert running.end()[0] == 0
    picture = cv2.imread(running.of("picture.taken")[0]["data"]["path"])
    assert picture is not None
    assert picture.shape == (720, 1280, 3)
    recording = open_recording(Path(recorded["path"]))
    assert recording.duration > 2.0
    assert next(recording.frames()).t < 1.0
    assert not running.of("asked")


def test_a_recording_alone_needs_no_models_and_says_what_is_lost(start: Start, camera: Camera, room: Room) -> None:
    running = start("record", "walk", "--camera", camera.address)
    running.until("camera.opened")
    time.sleep(2.0)
    camera.stop()
    running.until("camera.lost")
    code, seconds = running.end()
    assert code == 0
    assert seconds < 1.0
    recorded = running.of("recording.ended")[0]["data"]
    assert recorded["path"].endswith("/walk")
    assert recorded["frames"] >= 3
    assert recorded["seconds"] > 2.0


def test_pictures_alone_are_recorded_without_a_microphone(start: Start, camera: Camera) -> None:
    running = start("record", "silent", "--camera", camera.address, "--microphone", "none")
    running.until("camera.opened")
    time.sleep(2.0)
    code, seconds = running.end()
    assert code == 0
    assert seconds < 1.0
    recording = open_recording(Path(running.of("recording.ended")[0]["data"]["path"]))
    assert (recording.has_video, recording.has_sound) == (True, False)
    assert recording.duration > 1.0


def test_a_full_disk_is_told_and_the_session_goes_on(
    start: Start, camera: Camera, room: Room, question: Samples, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=18m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs to be root, to mount a small disk")
    try:
        running = start("run", "--camera", camera.address, "--record", "full", GLASSES_RECORD_FOLDER=str(disk))
        running.ready()
        ended = running.until("recording.ended", seconds=90.0)["data"]
        running.until("spoken")
        assert "full" in running.of("fault")[-1]["data"]["told"]
        room.say(question)
        assert "saturday" in running.until("heard")["data"]["text"].lower()
        running.until("speaking")
        assert running.end()[0] == 0
        assert open_recording(Path(ended["path"])).has_sound
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def said(text: str) -> Samples:
    """`text` in a synthetic voice, as a wearer's: 16 kHz."""
    from recordings.making.voices import RATE as MADE
    from recordings.making.voices import spoken

    if not shutil.which("flite"):
        pytest.skip("needs the program flite, which speaks for the wearer")
    return (resampled((spoken("flite:slt", text) * 32768).astype(np.int16), MADE, 16_000) * 1.0).astype(np.int16)
