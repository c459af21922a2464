"""Peak memory of a replay with Whisper base, Piper and on-device reading.

    python -m benchmarks.memory

Replays a 720p and a 4K clip, each in a process of its own, and prints the peak resident set of each.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from recordings.make import make_long

FOLDER = Path("out/benchmarks")
CLIPS = {"720p": (1280, 720, 60.0), "4K": (3840, 2160, 10.0)}


def peak(command: list[str]) -> float:
    """Peak resident set of a command in megabytes, by the operating system's own account."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    log = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    if '"outcome": "ok"' not in log or "I can't read any text" in log:
        sys.exit(f"{' '.join(command)}: the question was not answered, so this measures nothing")
    return usage.ru_maxrss / 1024


def main() -> None:
    glasses = str(Path(sys.executable).parent / "glasses")
    for name, (width, height, seconds) in CLIPS.items():
        clip = FOLDER / f"long-{name}"
        if not (clip / "session.mkv").exists():
            print(f"making the {name} recording ...", flush=True)
            make_long(clip, width=width, height=height, seconds=seconds)
        megabytes = peak([glasses, "replay", str(clip), "--backend", "ondevice", "--json"])
        print(f"memory: {name} {megabytes:.0f} MB at the peak")


if __name__ == "__main__":
    main()
