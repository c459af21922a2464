"""A sound card without hardware: a private PulseAudio with a speaker to listen to and microphones to speak into.

The speaker is a null sink, heard by its monitor. A microphone is a pipe that is written in real time: so a test
knows to the millisecond when each sample sounded, which a null sink's monitor does not tell.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from devices import portaudio
from pipeline.types import Samples

RATE = 22_050
ROOM_RATE = 16_000
_TOOLS = ("pulseaudio", "parec", "pactl")
_ALSA = Path("/usr/share/alsa/alsa.conf")
_BLOCK = ROOM_RATE // 100


@dataclass
class Ears:
    """Records what the null sink plays, from `listen` to `heard`."""

    path: Path
    began: float = 0.0  # monotonic seconds of the first sample, to about 50 ms
    _recorder: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def listen(self) -> None:
        """Start recording; returns when sound is arriving."""
        command = ["parec", "--device=card.monitor", "--format=s16le", f"--rate={RATE}", "--channels=1", "--raw"]
        with self.path.open("wb") as file:
            self._recorder = subprocess.Popen([*command, "--latency-msec=20"], stdout=file)
        for _ in range(500):
            if size := self.path.stat().st_size:
                self.began = time.monotonic() - size / 2 / RATE
                return
            time.sleep(0.01)
        raise AssertionError("the monitor of the null sink gives no sound")

    def heard(self) -> Samples:
        """All that was played since `listen`, mono int16 at RATE; stops recording."""
        assert self._recorder
        time.sleep(0.2)  # what is still under way
        self.stop()
        return np.frombuffer(self.path.read_bytes()[: self.path.stat().st_size // 2 * 2], "<i2")

    def stop(self) -> None:
        if self._recorder:
            self._recorder.terminate()
            self._recorder.wait()
            self._recorder = None


class Room:
    """What a microphone hears: a faint noise, never quite zero, and what is said into it, at the speed of life."""

    def __init__(self, pipe: Path) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._zero = time.monotonic()
        self._written = 0  # samples
        self._said: list[tuple[int, Samples]] = []
        self._over = False
        self.off = False  # the microphone delivers nothing
        self.missed = 0.0  # seconds of sound that were not delivered while it was off
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def say(self, samples: Samples, at: float | None = None) -> float:
        """Let mono `samples` at ROOM_RATE sound, soon or from `at` on; returns when the first of them does.

        Times are monotonic seconds.
        """
        with self._lock:
            start = self._written + 5 * _BLOCK if at is None else round((at - self._zero) * ROOM_RATE)
            self._said = [(begin, said) for begin, said in self._said if begin + len(said) > self._written]
            self._said.append((start, samples))
        return self._zero + start / ROOM_RATE

    def close(self) -> None:
        self._over = True
        self._thread.join()

    def _live(self) -> None:
        noise = np.random.default_rng(1).integers(1, 20, _BLOCK).astype(np.int16)
        handle, inode = -1, 0
        while not self._over:
            time.sleep(max(0.0, self._zero + (self._written + _BLOCK) / ROOM_RATE - time.monotonic()))
            with self._lock:
                start = self._written
                self._written += _BLOCK
                block = noise.copy()
                for at, samples in self._said:
                    begin, end = max(at, start), min(at + len(samples), start + _BLOCK)
                    if begin < end:
                        block[begin - start : end - start] += samples[begin - at : end - at]
            if self.off:
                self.missed += _BLOCK / ROOM_RATE
                continue
            with contextlib.suppress(OSError):  # no sound server, or one that does not read: lost, as on a card
                if (now := self._pipe.stat().st_ino) != inode:
                    with contextlib.suppress(OSError):
                        os.close(handle)
                    handle, inode = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK), now
                os.write(handle, block.astype("<i2").tobytes())
        with contextlib.suppress(OSError):
            os.close(handle)


@dataclass
class SoundSystem:
    """A sound server of the test's own: a speaker `card`, microphones `mic` (the default) and `spare`."""

    folder: Path
    ears: Ears
    _server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server; returns when it answers. Skips the test where it can't start."""
        self._unlink()
        command = ["pulseaudio", "-n", "-F", str(self.folder / "setup.pa"), "--exit-idle-time=-1", "--daemonize=no"]
        log = self.folder / "pulse.log"
        with log.open("wb") as file:
            self._server = subprocess.Popen(command, stdout=file, stderr=file)
        for _ in range(200):
            if subprocess.run(["pactl", "info"], capture_output=True, check=False).returncode == 0:
                return
            if self._server.poll() is not None:
                break
            time.sleep(0.05)
        pytest.skip(f"PulseAudio does not start here: {log.read_text(errors='replace').strip()[-200:]}")

    def kill(self) -> None:
        """As a crash."""
        if self._server:
            self._server.kill()
            self._server.wait()
            self._server = None
            self._unlink()

    def hang(self, hangs: bool = True) -> None:
        assert self._server
        self._server.send_signal(signal.SIGSTOP if hangs else signal.SIGCONT)

    @property
    def pid(self) -> int:
        """Of the server."""
        assert self._server
        return self._server.pid

    def tell(self, *command: str) -> str:
        """One command of pactl; what it says."""
        done = subprocess.run(["pactl", *command], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def plug_in(self, name: str, source: str = "mic") -> None:
        """One more card, which PortAudio sees when it looks again."""
        with (self.folder / "asound.conf").open("a") as file:
            file.write(f'pcm.{name} {{ type pulse device "{source}" hint {{ description "a card" }} }}\n')

    def pipe(self, name: str) -> Path:
        return self.folder / f"{name}.pipe"

    def _unlink(self) -> None:
        for file in (self.folder / "pulse.sock", self.pipe("mic"), self.pipe("spare")):
            file.unlink(missing_ok=True)


@pytest.fixture
def sound_system(tmp_path: Path) -> Iterator[SoundSystem]:
    """A system with a speaker and two microphones, for the test's process; skips where PulseAudio is missing."""
    with sound_system_in(tmp_path) as system:
        yield system


@contextlib.contextmanager
def sound_system_in(folder: Path) -> Iterator[SoundSystem]:
    """As the fixture, with its files in `folder`."""
    missing = [tool for tool in _TOOLS if not shutil.which(tool)]
    if missing or not _ALSA.exists():
        pytest.skip(f"needs PulseAudio with ALSA's pulse plugin: {', '.join(missing) or _ALSA} is missing")
    system = SoundSystem(folder, Ears(folder / "heard.raw"))
    socket, alsa = folder / "pulse.sock", folder / "asound.conf"
    alsa.write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
    (folder / "run").mkdir(mode=0o700)
    microphones = "".join(
        f"load-module module-pipe-source source_name={name} file={system.pipe(name)} "
        f"rate={ROOM_RATE} channels=1 format=s16le\n"
        for name in ("mic", "spare")
    )
    (folder / "setup.pa").write_text(
        f"load-module module-native-protocol-unix socket={socket} auth-anonymous=1\n"
        f"load-module module-null-sink sink_name=card rate=48000\n{microphones}"
        "set-default-sink card\nset-default-source mic\n"
    )
    environment = {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_RUNTIME_PATH": str(folder / "run"),
        "PULSE_SERVER": f"unix:{socket}",
        "ALSA_CONFIG_PATH": f"{_ALSA}:{alsa}",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            system.start()
            look_for_cards_again()
            yield system
        finally:
            system.ears.stop()
            system.kill()
    look_for_cards_again()


@pytest.fixture
def ears(sound_system: SoundSystem) -> Ears:
    """What the default output plays."""
    return sound_system.ears


@pytest.fixture
def room(sound_system: SoundSystem) -> Iterator[Room]:
    """What the default input hears."""
    room = Room(sound_system.pipe("mic"))
    yield room
    room.close()


def look_for_cards_again() -> None:
    """PortAudio looks for cards only once, when it is loaded."""
    if "sounddevice" in sys.modules:
        import sounddevice

        for stream in list(portaudio._streams):  # of a test that failed
            portaudio.close(stream)
        sounddevice._terminate()
        sounddevice._initialize()
