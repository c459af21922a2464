"""Two hours of conversation in replay time: is memory flat, and is anything left over?

    python -m benchmarks.long_run [--hours 2] [--every 60]

Somebody asks a question every minute, now and then speaks over the answer or only coughs, and is silent for twenty
minutes twice; a camera gives five pictures a second. Everything is the product's own, with Whisper tiny, Silero, Piper
and on-device reading, on a clock that jumps. The resident set is read from the operating system after each ten minutes,
and the tasks and threads that are left are counted at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.processes import resident
from devices.registry import open_speaker
from devices.resampling import resampled
from glasses import config as configuration
from glasses.models import Models
from glasses.recordings import open_recording
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.costs import fixed
from pipeline.events import EventLog
from pipeline.listen.transcriber import RATE
from pipeline.session import Session
from pipeline.types import AudioChunk, Event, Samples, VideoFrame, read_only

SIGN = Path(__file__).parents[1] / "recordings" / "shop-sign"
QUESTIONS = (
    "What does this say?",
    "What time does it close on Saturday?",
    "How many people are there?",
    "Is the light on?",
    "Say that again.",
    "And what else can you read?",
)
OVER_IT = "No wait, what does the first line say?"
QUIET = ((1800.0, 3000.0), (5400.0, 6600.0))
"""Seconds between which nobody speaks."""

_BLOCK = 1600
_FRAMES = 5.0
_SETTLED = 1200.0
"""Seconds after which memory counts: by then everything has been used once."""


class Day:
    """What is said and seen, made as it is needed: two hours of sound would not be flat."""

    def __init__(self, models: Models, seconds: float, every: float) -> None:
        self._seconds = seconds
        spoken = {words: self._said(models, words) for words in (*QUESTIONS, OVER_IT)}
        rng = np.random.default_rng(0)
        cough = read_only((rng.normal(0, 3000, RATE // 5)).astype(np.int16))
        self._sounds: list[tuple[float, Samples]] = []
        self.questions = 0
        for n, t in enumerate(np.arange(5.0, seconds - 30, every)):
            if any(start <= t < end for start, end in QUIET):
                continue
            self.questions += 1
            self._sounds.append((t, spoken[QUESTIONS[n % len(QUESTIONS)]]))
            if n % 5 == 1:
                self._sounds.append((t + 5.0, cough))
            if n % 5 == 3:
                self._sounds.append((t + 5.5, spoken[OVER_IT]))
        frames = open_recording(SIGN).frames()
        self._picture = next(frame for frame in frames if frame.t >= 4.25).image
        frames.close()

    @staticmethod
    def _said(models: Models, words: str) -> Samples:
        pieces = [*models.voice.synthesise(words)]
        return resampled(np.concatenate(pieces), models.voice.rate, RATE)

    def sound(self) -> Iterator[AudioChunk]:
        """A faint noise, and what is said in it."""
        rng = np.random.default_rng(1)
        waiting = list(self._sounds)
        now: list[tuple[int, Samples]] = []
        for start in range(0, int(self._seconds * RATE), _BLOCK):
            block = rng.normal(0, 3, _BLOCK)
            while waiting and waiting[0][0] * RATE < start + _BLOCK:
                t, samples = waiting.pop(0)
                now.append((round(t * RATE), samples))
            for begin, samples in now:
                first, last = max(begin, start), min(begin + len(samples), start + _BLOCK)
                if first < last:
                    block[first - start : last - start] += samples[first - begin : last - begin]
            now = [(begin, samples) for begin, samples in now if begin + len(samples) > start + _BLOCK]
            yield AudioChunk(start / RATE, read_only(np.clip(block, -32768, 32767).astype(np.int16)), RATE)

    def frames(self) -> Iterator[VideoFrame]:
        """The sign, a little different each time, as a camera's noise makes it."""
        for seq in range(int(self._seconds * _FRAMES)):
            image = self._picture.copy()
            image[:8, :8] = seq % 256
            yield VideoFrame(seq / _FRAMES, seq, read_only(image))


def run(hours: float, every: float) -> tuple[Counter[str], list[tuple[float, float]], int, int, int]:
    """Kinds of events, minutes and megabytes, questions asked, tasks and threads left over."""
    config = configuration.defaults({"listen.model": "tiny", "ask.backend": "ondevice"})
    models = Models(config)
    models.load()
    day = Day(models, hours * 3600, every)
    kinds: Counter[str] = Counter()
    memory: list[tuple[float, float]] = []
    left: list[int] = []
    threads = threading.active_count()

    def watch(event: Event) -> None:
        kinds[event.kind] += 1
        if event.t >= 600 * len(memory):
            memory.append((event.t / 60, resident(os.getpid())))
            print(f"long run: {event.t / 60:4.0f} min, {memory[-1][1]:.0f} MB", flush=True)

    async def main(clock: Clock) -> None:
        log = EventLog(clock)
        log.subscribe(watch)
        mind = models.backend(clock, config.ask, log)
        speaker = open_speaker("none", clock, models.voice.rate)
        parts = models.parts(clock, mind, speaker, config.ask)
        clock.restart()
        await Session(clock, log, parts).run(day.frames(), day.sound(), {"title": "long run"})
        await speaker.close()
        await mind.close()
        left.append(len(asyncio.all_tasks()) - 1)

    clocks.run(main, virtual=True, costs=fixed(config.costs))
    gc.collect()
    return kinds, memory, day.questions, left[0], threading.active_count() - threads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--every", type=float, default=60.0, metavar="SECONDS", help="between questions (default: 60)")
    options = parser.parse_args()
    began = time.monotonic()
    kinds, memory, questions, tasks, threads = run(options.hours, options.every)
    settled = [megabytes for minutes, megabytes in memory if minutes * 60 >= _SETTLED] or [memory[-1][1]]
    print(
        f"long run: {options.hours:g} h in {time.monotonic() - began:.0f} s; {questions} questions, "
        f"{kinds['heard']} heard, {kinds['interrupted']} answers interrupted, {kinds['withdrawn']} withdrawn; "
        f"memory {settled[0]:.0f} MB after {_SETTLED / 60:.0f} min, {settled[-1]:.0f} MB at the end, "
        f"{max(settled) - min(settled):.0f} MB between the least and the most; "
        f"{tasks} tasks and {threads} threads left over"
    )


if __name__ == "__main__":
    main()
