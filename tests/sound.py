"""A sound card without hardware: a private PulseAudio with a null sink, and ears on its monitor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from pipeline.types import Samples

RATE = 22_050
_TOOLS = ("pulseaudio", "parec", "pactl")
_ALSA = Path("/usr/share/alsa/alsa.conf")


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


@pytest.fixture
def ears(tmp_path: Path) -> Iterator[Ears]:
    """A system whose default output is a null sink, for the test's process; skips where PulseAudio is missing."""
    missing = [tool for tool in _TOOLS if not shutil.which(tool)]
    if missing or not _ALSA.exists():
        pytest.skip(f"needs PulseAudio with ALSA's pulse plugin: {', '.join(missing) or _ALSA} is missing")
    socket, alsa = tmp_path / "pulse.sock", tmp_path / "asound.conf"
    alsa.write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
    environment = {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PULSE_RUNTIME_PATH": str(tmp_path / "run"),
        "PULSE_SERVER": f"unix:{socket}",
        "ALSA_CONFIG_PATH": f"{_ALSA}:{alsa}",
    }
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "setup.pa").write_text(
        f"load-module module-native-protocol-unix socket={socket} auth-anonymous=1\n"
        "load-module module-null-sink sink_name=card rate=48000\nset-default-sink card\n"
    )
    with pytest.MonkeyPatch.context() as patch, (tmp_path / "pulse.log").open("wb") as log:
        for name, value in environment.items():
            patch.setenv(name, value)
        command = ["pulseaudio", "-n", "-F", str(tmp_path / "setup.pa"), "--exit-idle-time=-1", "--daemonize=no"]
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ})
        ears = Ears(tmp_path / "heard.raw")
        try:
            _wait_for(server, tmp_path / "pulse.log")
            _look_for_cards_again()
            yield ears
        finally:
            ears.stop()
            server.terminate()
            server.wait()
    _look_for_cards_again()


def _wait_for(server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        if subprocess.run(["pactl", "info"], capture_output=True, check=False).returncode == 0:
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    pytest.skip(f"PulseAudio does not start here: {log.read_text(errors='replace').strip()[-200:]}")


def _look_for_cards_again() -> None:
    """PortAudio looks for cards only once, when it is loaded."""
    if "sounddevice" in sys.modules:
        import sounddevice

        sounddevice._terminate()
        sounddevice._initialize()
