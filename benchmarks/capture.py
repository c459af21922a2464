"""A recording of real devices: is sound in step with the picture, is memory flat, what does it cost?

    python -m benchmarks.capture [--minutes 10]

`glasses record` records a camera on the network (720p, 15 frames/s, each picture carries its number) and a microphone
of a PulseAudio of its own, into which a beep is played every five seconds. Both sides know to the millisecond when each
picture was made and each beep sounded; what the recording says of them is compared. Needs PulseAudio.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import cv2
import numpy as np

from benchmarks.processes import resident, used
from glasses.recordings import open_recording
from pipeline.types import Image, Samples, read_only
from tests.sound import ROOM_RATE, Room, sound_system_in
from tests.streams import MULTIPART, Step, StreamServer, jpeg, number_of, numbered, part

_SIZE, _RATE = (1280, 720), 15.0
_BEEP_EVERY, _BEEP = 5.0, 0.1
"""Seconds between beeps, and of each."""

_SETTLED = 60.0
"""Seconds after which memory is taken for settled, at most a fifth of the run."""


@dataclass
class Camera:
    """Serves pictures and notes when each was made, in monotonic seconds."""

    made: dict[int, float] = field(default_factory=dict)

    def script(self) -> Iterator[Step]:
        yield MULTIPART
        start = time.monotonic()
        for number in range(32_000):
            yield start + number / _RATE
            self.made[number] = time.monotonic()
            picture = cv2.resize(numbered(number), _SIZE, interpolation=cv2.INTER_NEAREST)
            yield part(jpeg(read_only(picture)))


def record(minutes: float, folder: Path) -> tuple[Path, Camera, list[float], list[float], float]:
    """The recording, when pictures and beeps were made, resident megabytes every five seconds, CPU seconds."""
    camera, beeps, memory = Camera(), [], []
    with sound_system_in(folder) as system, StreamServer(camera.script) as server:
        room = Room(system.pipe("mic"))
        glasses = str(Path(sys.executable).parent / "glasses")
        process = subprocess.Popen(
            [glasses, "record", "capture", "--camera", server.address, "--json"],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "GLASSES_RECORD_FOLDER": str(folder)},
        )
        time.sleep(3.0)
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end and process.poll() is None:
            beeps.append(room.say(beep()))
            time.sleep(_BEEP_EVERY)
            memory.append(resident(process.pid))
            if sys.stderr.isatty():
                print(f"\r{len(beeps) * _BEEP_EVERY / 60:5.1f} of {minutes:g} min ", end="", file=sys.stderr)
        cpu = used(process.pid)
        process.send_signal(signal.SIGTERM)
        if process.wait(30):
            sys.exit(f"glasses record ended with {process.returncode}")
        room.close()
    return folder / "recordings" / "capture", camera, beeps, memory, cpu


def beep() -> Samples:
    """A loud 1 kHz that begins at once."""
    t = np.arange(round(_BEEP * ROOM_RATE)) / ROOM_RATE
    return (12_000 * np.cos(2 * np.pi * 1000 * t)).astype(np.int16)


def number_in(image: Image) -> int:
    """The number that a picture carries."""
    return number_of(read_only(cv2.resize(image, (320, 240), interpolation=cv2.INTER_NEAREST)))


def heard_beeps(recording: Path) -> list[float]:
    """When each beep begins in the recording, seconds."""
    found: list[float] = []
    for chunk in open_recording(recording).sound():
        loud = np.flatnonzero(np.abs(chunk.samples.astype(np.int32)) > 3000)
        if len(loud):
            t = chunk.t + loud[0] / chunk.rate
            if not found or t - found[-1] > _BEEP_EVERY / 2:
                found.append(t)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        recording, camera, beeps, memory, cpu = record(minutes, Path(folder))
        heard = heard_beeps(recording)
        seen = [(frame.t, camera.made[number_in(frame.image)]) for frame in open_recording(recording).frames()]
        size = (recording / "session.mkv").stat().st_size
    if len(heard) != len(beeps):
        sys.exit(f"{len(beeps)} beeps were played, and {len(heard)} are in the recording")
    # How far the recording's clock is behind the real one, by each picture and by each beep.
    by_picture = [(made, made - t) for t, made in seen]
    skews = []
    for played, t in zip(beeps, heard, strict=True):
        near = median(offset for made, offset in by_picture if abs(made - played) < 2.5)
        skews.append(1000 * (near - (played - t)))
    pictures = [1000 * (offset - median(offset for _, offset in by_picture)) for _, offset in by_picture]
    spread = quantiles(pictures, n=20, method="inclusive")
    tenth = max(1, len(skews) // 10)
    settled = memory[min(int(_SETTLED / _BEEP_EVERY), len(memory) // 5) :]
    print(
        f"{minutes:g} minutes, {len(seen)} pictures of {len(camera.made)} made, {size / minutes / 1e6:.1f} MB a minute"
    )
    print(
        f"sound after picture: median {median(skews):+.1f} ms, from {min(skews):+.1f} to {max(skews):+.1f} ms; "
        f"first tenth {median(skews[:tenth]):+.1f}, last tenth {median(skews[-tenth:]):+.1f} ms"
    )
    print(f"a picture's time against the others': 5th {spread[0]:+.1f}, 95th {spread[-1]:+.1f} ms")
    print(f"memory: {settled[0]:.0f} MB settled, {max(settled):.0f} at most, {settled[-1]:.0f} at the end")
    print(f"processor: {cpu / (60 * minutes):.0%} of one core")


if __name__ == "__main__":
    main()
