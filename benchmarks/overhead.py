"""What the pipeline itself adds to the first sound: live clock, stand-in models that cost nothing.

    python -m benchmarks.overhead [--turns 100]

For each turn: first sound minus the configured end-of-speech silence, in milliseconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from statistics import median, quantiles

from pipeline.costs import measured
from pipeline.latency import latencies
from pipeline.types import Samples
from tests.timeline import END_SILENCE, Scripted, Timeline, tone


class InstantVoice:
    """Speaks a tenth of a second, audible from its first samples on."""

    rate = 22_050
    language = "en"

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        yield tone(0.1, self.rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=100)
    turns = parser.parse_args().turns
    timeline = Timeline(fps=15)
    for n in range(turns):
        # Not a multiple of the 32 ms block, so that ends of speech fall anywhere within one.
        timeline.says(0.5 + n * 1.317, 0.8 + n * 1.317, f"Question {n}?")
    print(f"{turns} turns at the speed of life: {timeline.end:.0f} s ...", flush=True)
    events = timeline.play(Scripted("Yes.", first=0.0), voice=InstantVoice(), costs=measured, virtual=False)
    added = [1000 * (turn.first_sound - END_SILENCE) for turn in latencies(events)]
    assert len(added) == turns, f"only {len(added)} turns were answered"
    percentiles = quantiles(added, n=100, method="inclusive")
    print(f"overhead: median {median(added):.1f} ms, 95th {percentiles[94]:.1f} ms, 99th {percentiles[98]:.1f} ms")


if __name__ == "__main__":
    main()
