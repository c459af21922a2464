"""How soon an answer is heard, and whom it cuts off: whole sessions in real time, on a sound card without hardware.

    python -m benchmarks.latency --speech DIR [--limit N] [--model base|tiny] [--json]

DIR holds recordings of people who order coffee from a device, from Picovoice's speech-to-intent benchmark
(https://github.com/Picovoice/speech-to-intent-benchmark, Apache-2.0): FLAC files at 16 kHz, and `labels.json` that
names them. They are spoken into the microphone of a private PulseAudio (needs the packages pulseaudio,
pulseaudio-utils, libasound2-plugins, libportaudio2), and what its card plays is timed to the millisecond. In between
is what `glasses run` puts together: card drivers, Whisper, Piper, and a model that streams two sentences from
loopback, at once or after 500 ms. A camera gives 15 pictures a second. Cues are off: they are no answer.

First sound: from the end of the last speech, as Silero finds it offline in the whole file
(`faster_whisper.vad.get_speech_timestamps`, no padding), to the first sample above -50 dBFS at the output. An answer
that sounds before that end has cut somebody off, and has no first sound. Beside our own setting there is the plain
one: 0.8 s of silence end a question, nothing is done before, and faster-whisper's `transcribe` with its defaults.
Settings take turns every few utterances, each in a process of its own that rests meanwhile, so that a busy machine
slows all alike. Each process hears one utterance before that does not count.

Stages are medians of pipeline/latency.py, by the session's own times. From "pause noticed" to "taken as all" it is when
things happened, after the reference end (medians). "End heard late by" is where the session heard the end of speech,
"heard after claimed" how much later than it says (`speaking`) the first sound was, and "microphone late by" when its
chunks came, after their own end.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest

from benchmarks import hearing_sounds as sounds
from benchmarks.latency_card import PipeCard
from benchmarks.latency_model import models
from benchmarks.latency_process import Process
from benchmarks.latency_score import Asked, Delivery, Score, Stamped, asked, row, score
from benchmarks.latency_session import LOUD
from benchmarks.showing import line
from pipeline.listen.transcriber import RATE
from pipeline.types import Samples
from tests.sound import Room, SoundSystem, sound_system_in

WAIT = 0.5
"""Seconds that the slow model waits before its first word."""

AIMS = {
    "ours": "0.55, 95th 1.0",
    f"ours, model waits {WAIT} s": f"{WAIT + 0.35:.2f}",
    "plain": "",
}
"""Settings, and what their first sound should be at most: seconds, median and 95th percentile."""

_IN_TURN = 8
"""Utterances that a setting hears before it is another's turn."""

_LEAD, _TAIL = 0.4, 1.5
"""Seconds of a recording before its first speech and behind its last, at most."""

_PATIENCE = 8.0
"""Seconds after the end of speech in which an answer must have begun."""

_REST = 0.2
"""Seconds between an answer and the next question."""

_SETTLED = 1.2
"""Seconds until an opened microphone knows its times: 0.8 s of sound, and some."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance to be said."""

    file: str
    samples: Samples  # mono int16, 16 kHz
    end: float  # seconds from their beginning to the end of the last speech


@dataclass(slots=True)
class Stage:
    """Where it all happens: what is said and what is heard."""

    room: Room
    card: PipeCard


def utterance(file: str, samples: Samples) -> Spoken:
    """A recording, with little silence around its speech and the reference end. Raises ValueError without speech."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(speech_pad_ms=0, min_silence_duration_ms=100)  # of the last, padding would be silence
    speech = get_speech_timestamps(samples.astype(np.float32) / np.float32(32768), options)
    if not speech:
        raise ValueError(f"{file}: there is no speech in it")
    begin = max(0, speech[0]["start"] - round(_LEAD * RATE))
    end = min(len(samples), speech[-1]["end"] + round(_TAIL * RATE))
    return Spoken(file, samples[begin:end], (speech[-1]["end"] - begin) / RATE)


def ask(stage: Stage, process: Process, setting: str, spoken: Spoken) -> Asked:
    """Say it, and wait until it has been answered."""
    seen, cpu = len(process.events), process.cpu()
    start = stage.room.say(spoken.samples)
    end, over = start + spoken.end, start + len(spoken.samples) / RATE
    while not (time.monotonic() > over and _answered(process.events[seen:])):
        time.sleep(0.05)
        process.check()
        if time.monotonic() > end + _PATIENCE and not _answering(process.events[seen:]):
            break
    time.sleep(_REST)
    events = process.events[seen:]
    times = end, stage.card.first(end, time.monotonic()), stage.card.first(start, end)
    return asked(setting, spoken.file, events, times, process.cpu() - cpu, process.events)


def _answering(events: Sequence[Stamped]) -> bool:
    """Whether something that was heard is still being answered."""
    begun = {one.event.turn for one in events if one.event.kind == "speaking" and one.event.turn}
    return bool(begun - {one.event.turn for one in events if one.event.kind == "spoken"})


def _answered(events: Sequence[Stamped]) -> bool:
    """Whether the last that was heard has been answered."""
    heard = [one.event.turn for one in events if one.event.kind == "heard" and one.event.turn]
    return bool(heard) and any(one.event.kind == "spoken" and one.event.turn == heard[-1] for one in events)


@contextmanager
def listening(stage: Stage, process: Process, deliveries: list[Delivery]) -> Iterator[None]:
    """A session while it is entered; how its microphone delivered is added to `deliveries`."""
    process.begin()
    process.until("microphone.opened")
    time.sleep(_SETTLED)
    clicked = stage.room.say(np.full(32, 2 * LOUD, np.int16))
    time.sleep(_REST)
    try:
        yield
    finally:
        late, click = process.end()
        deliveries.append(Delivery(late, click - clicked if click is not None else None))


def run(folder: Path, files: Sequence[str], model: str) -> tuple[list[Asked], list[Score], float]:
    """All files under all settings; the last is the share of the card's blocks that this process took too late."""
    every: list[Asked] = []
    deliveries: dict[str, list[Delivery]] = {setting: [] for setting in AIMS}
    with ExitStack() as stack:
        system = stack.enter_context(sound_system("latency"))
        room = Room(system.pipe("mic"))
        stack.callback(room.close)
        card = PipeCard(system)
        stack.callback(card.close)
        stage = Stage(room, card)
        instant, slow = stack.enter_context(models([0.0, WAIT]))
        kinds = zip(AIMS, [("ours", instant), ("ours", slow), ("plain", instant)], strict=True)
        processes = {setting: stack.enter_context(Process(kind, model, backend)) for setting, (kind, backend) in kinds}
        said = [utterance(file, sounds.read(folder / file)) for file in files]
        print("each setting hears its first utterance, which does not count ...", file=sys.stderr, flush=True)
        for setting, process in processes.items():
            process.ready()
            with listening(stage, process, []):
                ask(stage, process, setting, said[0])
        for number in range(0, len(said), _IN_TURN):
            block = said[number : number + _IN_TURN]
            order = list(processes) if number // _IN_TURN % 2 else list(reversed(processes))
            for setting in order:
                with listening(stage, processes[setting], deliveries[setting]):
                    for spoken in block:
                        every.append(ask(stage, processes[setting], setting, spoken))
                        _progress(every[-1], len(every), len(said) * len(AIMS))
        late = card.late / max(1, card.blocks)
        scores = [
            score(setting, [one for one in every if one.setting == setting], deliveries[setting], process.peak())
            for setting, process in processes.items()
        ]
    return every, scores, late


@contextmanager
def sound_system(name: str) -> Iterator[SoundSystem]:
    """A private PulseAudio for the benchmark of that name, which leaves models where they are, or ends the program."""
    kept = {"XDG_CACHE_HOME": ".cache", "XDG_DATA_HOME": ".local/share"}
    for name, usual in kept.items():
        os.environ.setdefault(name, str(Path.home() / usual))
    try:
        with tempfile.TemporaryDirectory() as folder, sound_system_in(Path(folder)) as system:
            yield system
    except pytest.skip.Exception as missing:
        sys.exit(f"{name}: {missing}; the packages are pulseaudio pulseaudio-utils libasound2-plugins libportaudio2")


def _progress(one: Asked, number: int, total: int) -> None:
    first = one.why or one.cut_off or f"{one.first_sound:.3f} s"
    print(f"{number} of {total}: {one.setting}: {one.file}: {first}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--speech", type=sounds.speech_folder, required=True, metavar="DIR", help="the recordings, see above"
    )
    parser.add_argument("--limit", type=int, default=40, metavar="N", help="files (default: 40)")
    parser.add_argument("--model", default="base", help="Whisper: base, tiny, or a folder (default: base)")
    parser.add_argument("--json", action="store_true", help="scores and every utterance as one JSON object")
    options = parser.parse_args()
    files = list(sounds.labels(options.speech, options.limit))
    every, scores, late = run(options.speech, files, options.model)
    if options.json:
        print(json.dumps({"scores": [*map(asdict, scores)], "asked": [*map(asdict, every)], "card_late": late}))
        return
    show(scores)
    for one in every:
        if one.why or one.cut_off:
            print(f"latency: {one.setting}: {one.file}: {one.why or one.cut_off}: {one.heard}")
    if late > 0.001:
        print(f"latency: this machine is busy: {late:.1%} of the sound was taken too late")


def show(scores: Sequence[Score]) -> None:
    """A table, a column for each setting, on a terminal; lines elsewhere."""
    rows = [row(one, AIMS[one.setting]) for one in scores]
    if not sys.stdout.isatty():
        for cells in rows:
            line("latency:", cells)
        return
    from rich.console import Console
    from rich.table import Table

    shown = Table(*(cells["setting"] for cells in [{"setting": "first sound"}, *rows]))
    for name in list(rows[0])[1:]:
        shown.add_row(name, *(cells[name] for cells in rows))
    Console().print(shown)


if __name__ == "__main__":
    main()
