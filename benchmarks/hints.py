"""What hints add: letters that are right in what a model is sent, and what reading them costs.

    python -m benchmarks.hints [--clips 18] [--first 0]

The signs of `benchmarks.frames`, in the frame that the session chooses, as a backend gets it at each size: the picture
and its crop of small print, read by the project's own reader, in place of a model that looks as closely. Beside it, the
same with `ask.hints`: what is read at full size goes along as words. "Exact" is without any wrong letter. A model may
read better or worse than our reader; what it is given as words it has exactly so.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from statistics import mean, median, quantiles

import cv2

from benchmarks.frames import LOOK, MEMORY, kept
from benchmarks.frames_clips import Clip, clips
from benchmarks.frames_reading import Readings, readable
from pipeline.ask.backend import PictureBudget
from pipeline.ask.hinting import beside
from pipeline.look.choice import choose
from pipeline.look.encode import encode, with_small_print
from pipeline.look.quality import ScoredFrame, scored
from pipeline.see.eyes import Eyes
from pipeline.see.objects import Detector
from pipeline.see.picture import pixels
from pipeline.types import Picture, Utterance, VideoFrame

EDGES = (384, 512, 768, 1024)
"""Long edges that models want, pixels: small local ones, and hosted ones."""


def chosen(clip: Clip) -> VideoFrame:
    """The frame that the session asks about."""
    measured = [item for item in scored(clip.frames()) if isinstance(item, ScoredFrame)]
    said = Utterance(1, clip.t_start, clip.t_end, clip.text, 1.0, words=clip.words)
    return choose(kept(clip, measured), said, LOOK).frames[0]


def sent(frame: VideoFrame, edge: int, readings: Readings) -> Iterator[str]:
    """What can be read of the pictures that a backend of this size gets."""
    for picture in with_small_print(frame, PictureBudget(edge, 85)):
        yield from readings.lines(VideoFrame(picture.t, 0, pixels(picture)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=18, help="how many of them")
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    readings, eyes = Readings(MEMORY), Eyes(_no_detector)
    eyes.load()
    plain: dict[int, list[float]] = {edge: [] for edge in EDGES}
    hinted: list[float] = []
    seconds, letters = [], []
    for clip in clips(options.first, options.clips):
        frame = chosen(clip)
        whole = encode(frame, PictureBudget(None, 95))
        began = time.perf_counter()
        hints = eyes.hints(Picture(whole.data, whole.width, whole.height, whole.t))
        seconds.append(time.perf_counter() - began)
        words = beside("", [hints])
        letters.append(len(words))
        hinted.append(readable(clip.lines, words.splitlines()))
        for edge in EDGES:
            plain[edge].append(readable(clip.lines, [*sent(frame, edge, readings)]))
        readings.save()
    for edge in EDGES:
        both = [max(pair) for pair in zip(plain[edge], hinted, strict=True)]
        print(f"hints: at {edge} pixels {_row(plain[edge])}; with hints {_row(both)}")
    print(
        f"hints: reading takes {median(seconds):.2f} s (95th {quantiles(seconds, n=20, method='inclusive')[-1]:.2f}), "
        f"and adds {median(letters):.0f} letters (most {max(letters)}) to a question"
    )


def _row(shares: list[float]) -> str:
    return f"{mean(shares):.3f} of the letters, {sum(share == 1 for share in shares)} of {len(shares)} signs exact"


def _no_detector() -> Detector:
    raise AssertionError("hints need no objects")


if __name__ == "__main__":
    main()
