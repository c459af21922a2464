"""One setting's process for `benchmarks.latency`: sessions on the default sound card, begun and ended as it is told.

    python -m benchmarks.latency_session ours|plain --model base --backend ADDRESS

Reads `begin` and `end`, a line each, and prints JSON lines: `ready`, the session's events with the monotonic time of
their clock's zero, and at its end how the microphone delivered. Between sessions it does nothing at all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from benchmarks.hearing_defaults import Defaults
from devices.registry import open_light, open_microphone, open_speaker
from glasses import config as configuration
from glasses import weights
from glasses.models import Models
from glasses.quiet import libraries_quiet
from glasses.settings import Config
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.listen.segmenter import Segmenter, SegmenterSettings
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import SileroVad
from pipeline.session import Session
from pipeline.sources import News, iterated
from pipeline.types import AudioChunk, Event, VideoFrame, read_only

SETTINGS = ("ours", "plain")

PLAIN_SILENCE = 0.8
"""Seconds of silence that end a question in the plain setting."""

LOUD = 5000
"""Above this is the click that each session hears first."""

_FRAMES_PER_SECOND = 15


class Pictures:
    """A camera at 15 pictures a second: a scene with a sensor's noise, 1280 x 720."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        chance = np.random.default_rng(1)
        rows, columns = np.mgrid[0:720, 0:1280]
        scene = 110 + 60 * np.sin(columns / 40) * np.cos(rows / 60)
        noisy = [scene + chance.normal(0, 4, scene.shape) for _ in range(4)]
        images = [np.repeat(np.clip(one, 0, 255).astype(np.uint8)[:, :, np.newaxis], 3, axis=2) for one in noisy]
        self._images = [read_only(image) for image in images]

    def __iter__(self) -> Iterator[VideoFrame]:
        zero = self._clock.now()
        seq = 0
        while True:
            t = zero + seq / _FRAMES_PER_SECOND
            time.sleep(max(0.0, t - self._clock.now()))
            yield VideoFrame(t, seq, self._images[seq % len(self._images)])
            seq += 1


class Delivered:
    """A microphone whose chunks are timed in the thread that reads them."""

    def __init__(self, source: Iterable[AudioChunk | News], clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self.late: list[float] = []  # seconds from the end of a chunk, as it says itself, until it came
        self.click: float | None = None  # when the first loud sample sounded, session seconds

    def __iter__(self) -> Iterator[AudioChunk | News]:
        with iterated(self._source) as items:
            for item in items:
                if isinstance(item, AudioChunk):
                    self._note(item)
                yield item

    def _note(self, chunk: AudioChunk) -> None:
        self.late.append(self._clock.now() - chunk.t_end)
        if self.click is None:
            loud = np.abs(chunk.samples.astype(np.int32)) > LOUD
            if loud.any():
                self.click = chunk.t + int(loud.argmax()) / RATE


class Plain(Models):
    """What a straightforward program does: a fixed silence, and nothing before it has passed."""

    @cached_property
    def transcriber(self) -> Defaults:  # type: ignore[override]
        """faster-whisper's own."""
        return Defaults(weights.whisper(self._config.listen.model), self._config.listen.language)

    def segmenter(self) -> Segmenter:
        """One to which nothing is a pause."""
        settings = SegmenterSettings(pause=math.inf, quiet_pause=math.inf, end_silence=self._config.listen.end_silence)
        return Segmenter(SileroVad(weights.silero()), settings)


def models(setting: str, model: str, backend: str) -> tuple[Config, Models]:
    """The product's, but for cues, which are no answers; or the plain setting's."""
    chosen = {"listen.model": model, "ask.backend": backend, "speak.cues": False}
    if setting == "ours":
        config = configuration.defaults(chosen)
        return config, Models(config)
    config = configuration.defaults({**chosen, "listen.end_of_turn": "fixed", "listen.end_silence": PLAIN_SILENCE})
    return config, Plain(config)


async def session(clock: Clock, config: Config, models: Models) -> None:
    """A session as `glasses run` puts it together, until `end` is read."""
    log = EventLog(clock)
    log.subscribe(lambda event: _print_event(clock, event))
    speaker = open_speaker(config.speaker.address, clock, models.voice.rate, patient=True)
    backend = models.backend(clock, config.ask, log)
    microphone = Delivered(open_microphone(config.microphone.address, clock, open_light(config.light.address)), clock)
    running = asyncio.ensure_future(
        Session(clock, log, models.parts(clock, backend, speaker, config.ask, echoes=True)).run(
            Pictures(clock), microphone, {}
        )
    )
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), lambda: (os.read(sys.stdin.fileno(), 64), running.cancel()))
    try:
        await asyncio.wait([running])
    finally:
        loop.remove_reader(sys.stdin.fileno())
        await asyncio.gather(speaker.close(), backend.close())
    if not running.cancelled():
        running.result()
    zero = -clock.from_monotonic(0.0)
    _print(ended={"late": microphone.late, "click": microphone.click and microphone.click + zero})


def _print_event(clock: Clock, event: Event) -> None:
    _print(event=[event.t, event.seq, event.turn, event.kind, event.data], zero=-clock.from_monotonic(0.0))


def _print(**line: Any) -> None:
    print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("setting", choices=SETTINGS)
    parser.add_argument("--model", default="base")
    parser.add_argument("--backend", required=True)
    options = parser.parse_args()
    with libraries_quiet():
        config, loaded = models(options.setting, options.model, options.backend)
        loaded.load()
        _print(ready=os.getpid())
        while os.read(sys.stdin.fileno(), 64):
            clocks.run(lambda clock: session(clock, config, loaded), virtual=False)


if __name__ == "__main__":
    main()
