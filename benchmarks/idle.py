"""What a live session takes of the processor while nobody asks anything, and for each question: the work of a Pi.

    python -m benchmarks.idle [--seconds 120] [--turns 4] [--model tiny] [--rate 10]

`glasses run --start wake`, with everything that it does, in a room with a faint noise where somebody talks now and then
who means somebody else, and with a USB camera of 720p, of whose 30 pictures a second at most --rate are looked at.
Needs PulseAudio. All questions but the last but one are about print; that one is about things, for which detection is
loaded, and the last reads beside it.

What that would be on a Raspberry Pi is reckoned with two ratios, since no Pi is here. Both were measured on Pis by one
program and are measured here beside the session: how many million instructions a second 7-zip's benchmark finds
(`7zz b -mmt1`, branches and integers), and how fast memory is copied. What a session does lies between the two: Python
and networks are nearer to the first, pictures to the second. Narrower vectors make no difference worth telling: with
everything above SSE2 forbidden to OpenCV, libjpeg and NumPy, no part took 5 % longer. What is told between the bounds
reckons reading, decoding and scoring pictures by copies, and all else by 7-zip.
"""

from __future__ import annotations

import argparse
import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.latency import sound_system
from benchmarks.processes import peak
from benchmarks.wake_speech import SPOKEN
from devices.resampling import resampled
from glasses import weights
from glasses.recordings import open_recording
from pipeline.speak.piper import Piper
from pipeline.types import Samples
from tests.sound import ROOM_RATE, Room
from tests.streams import jpeg

SIGN = Path(__file__).parents[1] / "recordings" / "shop-sign"
PRINT = ("What does this say?", "What time does it close on Saturday?")
THINGS = "How many people are there?"
NOT_MEANT = (
    "I think the bus leaves at a quarter past, doesn't it?",
    "Well, she said that she would bring the cake on Sunday.",
    "Could you hand me the other one, please?",
)

_TALK_EVERY = 20.0
"""Seconds between two sentences that are meant for somebody else."""

_SETTLED = 8.0
"""Seconds from the opening of the devices until a session idles."""

_TURN = 25.0
"""Seconds that a turn may take, and the time in which a next question could follow it."""

_COPIED = 64_000_000
"""Bytes: far more than a cache holds that a process has to itself."""

MACHINES = {"Pi 4": (1769, 2330.0), "Pi 5": (2967, 4447.8)}
"""7-zip's MIPS on one thread, and megabytes a second of memcpy, as sbc-bench found them: Raspberry Pi 4 B at 1.8 GHz
with 64 bits (http://ix.io/3OBF), and 5 B at 2.4 GHz (http://ix.io/4JAv); both in the results of
https://github.com/ThomasKaiser/sbc-bench."""


_PICTURES = ("reading and decoding", "scoring")
"""The parts that are nearer to copying memory."""


class Session:
    """A session in a process of its own, and what it has used."""

    def __init__(self, pictures: Path, model: str, rate: float) -> None:
        command = [sys.executable, "-m", "benchmarks.idle_session", str(pictures), model, str(rate)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._events: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def until(self, kind: str, patience: float) -> bool:
        """Whether an event of `kind` comes within so many seconds."""
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0:
            try:
                if self._events.get(timeout=left) == kind:
                    return True
            except queue.Empty:
                break
        return False

    def used(self) -> dict[str, float]:
        """Seconds of processor time so far: of each part, and of the whole `process`."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self._answers.get(timeout=10)
        return {**answer["used"], "process": answer["process"]}

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def _read(self) -> None:
        assert self.process.stdout
        for text in self.process.stdout:
            line = json.loads(text)
            if "event" in line:
                self._events.put(line["event"][3])
            else:
                self._answers.put(line)


@dataclass(slots=True)
class Found:
    """What was measured."""

    shares: dict[str, float]  # of one core while idle, by part; "process" is all of it
    turns: list[float]  # seconds of processor time beyond what idling would have taken
    reading: float  # peak of memory before the question about things, megabytes of 1024 KB
    peak: float  # and in all


def pictures(folder: Path) -> None:
    """The sign, as a camera with a moving head sees it, there and back: JPEGs."""
    frames = [frame.image for frame in open_recording(SIGN).frames()]
    for number, image in enumerate((*frames, *reversed(frames))):
        (folder / f"{number:05}.jpg").write_bytes(jpeg(image))


def sentences() -> dict[str, Samples]:
    """What is said in the room, by its words: at the loudness of somebody half a metre away."""
    voice = Piper(weights.piper("en_US-joe-medium", ""))
    asked = [f"{SPOKEN['okay_nabu']} {question}" for question in (*PRINT, THINGS)]
    return {
        words: resampled(np.concatenate([*voice.synthesise(words)]) // 3, voice.rate, ROOM_RATE)
        for words in (*asked, *NOT_MEANT)
    }


def measure(seconds: float, turns: int, model: str, rate: float) -> Found:
    """Idle for so many seconds, then ask so many questions."""
    said = sentences()
    with sound_system("idle") as system:
        pictures(system.folder)
        room = Room(system.pipe("mic"))
        session = Session(system.folder, model, rate)
        try:
            if not session.until("microphone.opened", 120):
                sys.exit("idle: the session does not begin")
            time.sleep(_SETTLED)
            shares = idle(session, room, said, seconds)
            questions = [PRINT[number % len(PRINT)] for number in range(turns - 2)]
            costs = [turn(session, room, said, question, shares["process"]) for question in questions]
            reading = peak(session.process.pid)
            costs += [turn(session, room, said, question, shares["process"]) for question in (THINGS, PRINT[-1])]
            return Found(shares, costs, reading, peak(session.process.pid))
        finally:
            session.close()
            room.close()


def idle(session: Session, room: Room, said: Mapping[str, Samples], seconds: float) -> dict[str, float]:
    """Shares of one core, by part; "process" is the whole."""
    before, began = session.used(), time.monotonic()
    for number in range(max(1, round(seconds / _TALK_EVERY))):
        room.say(said[NOT_MEANT[number % len(NOT_MEANT)]])
        time.sleep(_TALK_EVERY)
    after, took = session.used(), time.monotonic() - began
    return {name: (used - before.get(name, 0.0)) / took for name, used in after.items()}


def turn(session: Session, room: Room, said: Mapping[str, Samples], question: str, share: float) -> float:
    """Seconds of processor time that a question and its answer take beyond what idling does."""
    before, began = session.used()["process"], time.monotonic()
    room.say(said[f"{SPOKEN['okay_nabu']} {question}"])
    if not session.until("spoken", _TURN):
        sys.exit(f"idle: nothing was answered to {question!r}, so this measures nothing")
    time.sleep(max(0.0, began + _TURN - time.monotonic()))
    return session.used()["process"] - before - share * (time.monotonic() - began)


def speed() -> tuple[float | None, float]:
    """Of this machine: MIPS of 7-zip on one thread (None where it isn't installed), megabytes copied a second."""
    program = shutil.which("7zz") or shutil.which("7z")
    mips = None
    if program:
        told = subprocess.run([program, "b", "-mmt1"], capture_output=True, text=True, check=True).stdout
        mips = float(told.rsplit(maxsplit=1)[-1])
    source, target = np.ones(_COPIED, np.uint8), np.zeros(_COPIED, np.uint8)
    best = min(_timed(lambda: np.copyto(target, source)) for _ in range(20))
    return mips, _COPIED / best / 1e6


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def processor() -> str:
    """As /proc/cpuinfo names it."""
    lines = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()]
    names = [line.partition(":")[0].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()]
    about = dict(zip(names, lines, strict=True))
    return f"{about.get('model name', 'unknown')} (family {about.get('cpu family')}, model {about.get('model')})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="to idle (default: 120)")
    parser.add_argument("--turns", type=int, default=4, help="questions after it, at least 3 (default: 4)")
    parser.add_argument("--model", default="tiny", help="Whisper: tiny, base, or a folder (default: tiny)")
    parser.add_argument("--rate", type=float, default=10.0, help="pictures a second (default: 10)")
    options = parser.parse_args()
    mips, copied = speed()
    found = measure(options.seconds, options.turns, options.model, options.rate)
    show(found, mips, copied)


def show(found: Found, mips: float | None, copied: float) -> None:
    """Lines, one a number that the README has."""
    whole = found.shares["process"]
    parts = {name: share for name, share in found.shares.items() if name != "process"}
    parts["the rest"] = whole - sum(parts.values())
    told = ", ".join(f"{name} {share:.1%}" for name, share in sorted(parts.items(), key=lambda one: -one[1]))
    print(f"idle: {processor()}: 7-zip {mips or 'not installed'} MIPS, copies {copied:.0f} MB/s")
    print(f"idle: {whole:.1%} of one core, {whole * 3600:.0f} s an hour: {told}")
    turns = sorted(found.turns)
    print(f"idle: a turn {median(turns):.1f} s more (from {turns[0]:.1f} to {turns[-1]:.1f}, of {len(turns)})")
    print(f"idle: memory {found.reading:.0f} MB at the peak of reading, {found.peak:.0f} MB with detection too")
    seeing = sum(parts.get(name, 0.0) for name in _PICTURES)
    for name, (pi_mips, pi_copied) in MACHINES.items():
        ratios = sorted([*([mips / pi_mips] if mips else []), copied / pi_copied])
        shares = " to ".join(f"{whole * ratio:.0%}" for ratio in ratios)
        between = seeing * ratios[-1] + (whole - seeing) * ratios[0]
        slower = " to ".join(f"{ratio:.1f}" for ratio in ratios)
        a_turn = " to ".join(f"{median(turns) * ratio:.0f}" for ratio in ratios)
        print(f"idle: {name}, {slower} times slower: {shares} of one core, about {between:.0%}; a turn {a_turn} s")


if __name__ == "__main__":
    main()
