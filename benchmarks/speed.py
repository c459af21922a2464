"""How much faster than life a replay runs: 60 s, 720p, 15 frames a second, one question, real models.

    python -m benchmarks.speed [--runs 5]

Prints seconds of recording per second of wall time, models loaded before: median and slowest of the runs.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

from glasses.config import defaults
from glasses.models import Models
from glasses.recordings import open_recording
from glasses.replaying import replay
from recordings.make import make_long

FOLDER = Path("out/benchmarks/long")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    if not (FOLDER / "session.mkv").exists():
        print("making the recording ...", flush=True)
        make_long(FOLDER)
    config = defaults({})
    models = Models(config)
    replay(FOLDER, config, models)  # loads the models
    length = open_recording(FOLDER).duration
    rates = []
    for run in range(1, runs + 1):
        began = time.perf_counter()
        session = replay(FOLDER, config, models)
        rates.append(length / (time.perf_counter() - began))
        assert len(session.heard) == 1, session.heard
        assert session.answers, "the question was not answered"
        print(f"run {run}: {length:.0f} s replayed at {rates[-1]:.1f} times real time", flush=True)
    print(f"replay: {median(rates):.1f} times real time (median of {runs}; slowest {min(rates):.1f})")


if __name__ == "__main__":
    main()
