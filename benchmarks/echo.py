"""Our own voice in the microphone: how much of it is left, does it start anything, and who is heard beside it.

    python -m benchmarks.echo --speech DIR [--orders N] [--json]

A Piper voice speaks answers into a made room: a loudspeaker that clips softly, a sound card whose clock drifts by
50 ppm, a quarter of a second of reverberation, faint noise. What is played is known beforehand, as the product knows
it, and in two rooms known wrongly by 0.1 s. One of the two is beyond reach: 50 ms away and told 0.1 s late, the echo
comes 50 ms before its sound, and the product looks only 20 ms ahead.

alone   Echo return loss enhancement (the echo's power over what is left of it, without the first answer), and speech
        that our detector and segmenter find in a minute of our voice: what becomes us interrupting ourselves.
orders  DIR's people (see benchmarks/hearing.py) order while we speak, as loud as our echo. When they are noticed,
        against the same recording without us: at the onset of what is then taken for speech, where the product pauses.
        And how many of the values in their orders are understood, if we go on speaking, and if we fall silent 0.2 s
        after we noticed.

Compared: nothing; the product (detector on AEC3's output, recogniser on the adaptive filter's); each of the two for
both; if they are installed, LiveKit's AEC3 (livekit) and Speex's canceller (pyaec); and PulseAudio's own canceller with
both of its methods, in rooms that nobody is told wrongly. PulseAudio takes its time, five minutes, and a machine that
is otherwise idle.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

import numpy as np

from benchmarks import echo_pulse
from benchmarks import hearing_sounds as sounds
from benchmarks import hearing_words as words
from benchmarks.echo_room import Sound, echo
from benchmarks.echo_systems import SYSTEMS
from benchmarks.showing import progress, show
from glasses import weights
from pipeline.listen.segmenter import FalseOnset, Onset, Segment, Segmenter, SegmenterSettings, Speech, SpeechStarted
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import BLOCK, SileroVad
from pipeline.listen.whisper import Whisper
from pipeline.speak.piper import Piper
from pipeline.types import AudioChunk, Samples

ANSWERS = (
    "The sign says stop, and below it is written: all way. There are two cars waiting at the crossing.",
    "It's a carton of skimmed milk, half a litre. Best before the twelfth of March.",
    "On the left there is a green door with a brass handle. To the right of it hangs a letter box.",
    "I see a kitchen counter with a kettle, a toaster and three cups. One of the cups is broken.",
    "The departures board shows four trains. The next one to Hamburg leaves at ten past nine from platform seven.",
    "That is a letter from the bank. It says that your new card is on its way, and that the old one is still valid.",
    "There is a dog on the sofa, brown and white, and it seems to be asleep.",
    "The label reads: shake well before use, keep in a cool, dry place, and do not freeze.",
    "Yes. The light is green, and nobody is on the crossing.",
    "The menu lists soup of the day for five euros, a salad with goat's cheese for nine, and pasta for eleven fifty.",
)

ROOMS = {
    "5 ms, -6 dB": (0.005, -6.0, 0.0),
    "50 ms, 0 dB": (0.05, 0.0, 0.0),
    "120 ms, -6 dB": (0.12, -6.0, 0.0),
    "250 ms, -20 dB": (0.25, -20.0, 0.0),
    "250 ms, -6 dB, told 0.1 s early": (0.25, -6.0, 0.1),
    "50 ms, -6 dB, told 0.1 s late": (0.05, -6.0, -0.1),
}
"""Delay of the loudspeaker in seconds, its loudness in decibels, and by how much too early the product thinks it is.

The first loudspeaker stands beside the microphone and says when it sounds; the others are later than they say. The last
is beyond reach: its echo comes before anything that is looked at."""

WHERE = "120 ms, -6 dB"
"""The room in which people order."""

EVERY = 14.0
"""Seconds from one order to the next."""

STOPS = 0.2
"""Seconds from noticing somebody to the end of our voice: half of it is what a sound card holds."""

SOON = 0.4
"""Seconds after the beginning of an order within which our voice should pause."""

Heard = list[tuple[float, Speech]]
"""What is found, and when that is clear, in seconds."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Our voice, and nobody else, in one room with one canceller."""

    room: str
    system: str
    enhancement: float  # dB
    starts: float  # of speech, a minute of our voice
    load: float  # CPU seconds a second of sound


@dataclass(frozen=True, slots=True)
class Orders:
    """People over our voice with one canceller."""

    system: str
    orders: int
    soon: int  # of those, noticed early enough
    later: float  # than without us, median in seconds
    latest: float  # 95th percentile
    starts: int  # of speech, where nobody spoke
    going_on: int  # values understood while we go on speaking
    stopping: int  # values understood where we stop
    values: int  # in all


def voice() -> list[Samples]:
    """Our answers at 16 kHz."""
    import soxr

    piper = Piper(weights.piper("en_US-joe-medium"))
    return [soxr.resample(np.concatenate(list(piper.synthesise(one))), piper.rate, RATE) for one in ANSWERS]


def cleaned(system: str, people: Sound, played: Samples, room: str) -> tuple[Samples, Samples, float]:
    """What `system` leaves of people and our echo: for the recogniser, for the detector, and CPU seconds a second."""
    delay, gain, early = ROOMS[room]
    if system in echo_pulse.METHODS:
        left, load = echo_pulse.cleaned(system, sounds.int16(people), played, delay, gain)
        return left, left, load
    near, canceller = sounds.int16(people + echo(played, delay, gain)), SYSTEMS[system]()
    shift = round((canceller.lead + early) * RATE)
    far = np.pad(played, (max(-shift, 0), max(shift, 0)))[max(shift, 0) :]
    outputs = np.zeros((2, len(near)), np.int16)
    began = time.process_time()
    for n in range(0, len(near) - BLOCK + 1, BLOCK):
        done = canceller.cancel(AudioChunk(n / RATE, near[n : n + BLOCK], RATE), far[n : n + BLOCK])
        for output, chunk in zip(outputs, (done.words, done.voice), strict=True):
            start = round(chunk.t * RATE)
            output[max(start, 0) : start + len(chunk.samples)] = chunk.samples[max(-start, 0) :]
    return outputs[0], outputs[1], (time.process_time() - began) / (len(near) / RATE)


def heard(samples: Samples) -> Heard:
    """What the product's detector and segmenter find."""
    segmenter = Segmenter(SileroVad(weights.silero()), SegmenterSettings())
    return [
        ((n + BLOCK) / RATE, item)
        for n in range(0, len(samples) - BLOCK + 1, BLOCK)
        for item in segmenter.feed(AudioChunk(n / RATE, samples[n : n + BLOCK], RATE))
    ]


def alone(answers: list[Samples], room: str, system: str) -> Alone:
    """Our voice in one room, a second and a half between answers."""
    delay, gain, _ = ROOMS[room]
    pause = np.zeros(RATE * 3 // 2, np.int16)
    played = np.concatenate([part for answer in answers for part in (answer, pause)])
    near = sounds.int16(echo(played, delay, gain))
    _, judged, load = cleaned(system, np.zeros(len(played)), played, room)
    loud = np.concatenate([np.zeros(round(delay * RATE), bool), played != 0])[: len(near)]
    loud[: len(answers[0])] = False
    before, after = (np.mean(one[loud].astype(float) ** 2) for one in (near, judged))
    starts = sum(isinstance(item, SpeechStarted) for _, item in heard(judged))
    minutes = sum(map(len, answers)) / RATE / 60
    return Alone(room, system, float(10 * np.log10(before / max(after, 1e-3))), starts / minutes, load)


class Crowd:
    """People who order, one after the other, while we speak without a pause."""

    def __init__(self, folder: Path, number: int, answers: list[Samples], whisper: Whisper) -> None:
        self._whisper = whisper
        self._labels = sounds.labels(folder, number)
        delay, gain, _ = ROOMS[WHERE]
        self.played = np.resize(np.concatenate(answers), round((number * EVERY + 6) * RATE))
        self._people = np.zeros(len(self.played))
        self.spans: list[tuple[float, float]] = []  # of the orders, seconds
        ours = float(np.std(echo(self.played, delay, gain)))
        for n, file in enumerate(self._labels):
            order = np.concatenate([one.samples for one in sounds.utterances(sounds.read(folder / file))])
            start = round((5 + n * EVERY) * RATE)
            order = order[: len(self.played) - start]
            self._people[start : start + len(order)] = order * (ours / np.std(order.astype(float)))
            self.spans.append((start / RATE, (start + len(order)) / RATE))
        silence = np.zeros(len(self.played), np.int16)
        self.clean, self.begins, _ = self.noticed(heard(sounds.int16(self._people + echo(silence, 0, 0))))

    def heard_over(self, played: Samples, system: str) -> tuple[Samples, Heard]:
        """What the recogniser gets and what the detector finds, while `played` is what we say."""
        left, judged, _ = cleaned(system, self._people, played, WHERE)
        return left, heard(judged)

    def noticed(self, found: Heard) -> tuple[list[float], list[float], int]:
        """When each order was noticed and when it began, in seconds, and what else was taken for speech; inf: never."""
        starts, onset = [], inf
        for at, item in found:
            match item:
                case Onset():
                    onset = at
                case FalseOnset():
                    onset = inf
                case SpeechStarted():
                    starts.append((min(onset, at), item.t))
                    onset = inf
        firsts = [next((one for one in starts if a - 0.3 <= one[1] < b), (inf, inf)) for a, b in self.spans]
        others = sum(not any(a - 0.3 <= t < b + 0.3 for a, b in self.spans) for _, t in starts)
        return [at for at, _ in firsts], [t for _, t in firsts], others

    def understood(self, left: Samples, found: Heard) -> int:
        """Values of the orders in what the recogniser makes of what the detector found."""
        texts = [""] * len(self.spans)
        for _, item in found:
            if isinstance(item, Segment):
                sound = left[max(0, round(item.t * RATE)) :][: len(item.samples)]
                for n, (a, b) in enumerate(self.spans):
                    if item.t_end > a + 0.1 and item.t_start < b:
                        texts[n] += " " + self._whisper.transcribe(sound).text
        return sum(words.found(values, text) for values, text in zip(self._labels.values(), texts, strict=True))

    def orders(self, system: str) -> Orders:
        """What is noticed and understood with one canceller."""
        left, found = self.heard_over(self.played, system)
        noticed, _, starts = self.noticed(found)
        played = self.played.copy()
        for (_, end), at in zip(self.spans, noticed, strict=True):
            if at < inf:
                played[round((at + STOPS) * RATE) : round((end + 1) * RATE)] = 0
        stopped = self.heard_over(played, system)
        later = np.sort([at - clean for at, clean in zip(noticed, self.clean, strict=True)])
        return Orders(
            system,
            len(noticed),
            soon=sum(at - begin <= SOON for at, begin in zip(noticed, self.begins, strict=True)),
            later=float(later[len(later) // 2]),
            latest=float(later[len(later) * 95 // 100]),
            starts=starts,
            going_on=self.understood(left, found),
            stopping=self.understood(*stopped),
            values=sum(map(len, self._labels.values())),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--speech", type=sounds.speech_folder, required=True, metavar="DIR", help="the recordings, see above"
    )
    parser.add_argument("--orders", type=int, default=20, metavar="N", help="people who order (default: 20)")
    parser.add_argument("--json", action="store_true", help="all results as one JSON object")
    options = parser.parse_args()

    answers = voice()
    without = echo_pulse.missing()
    if without:
        print(f"echo: PulseAudio is not compared: {without}", file=sys.stderr)
    methods = [] if without else [*echo_pulse.METHODS]
    pairs = [(room, system) for room in ROOMS for system in SYSTEMS]
    served = [(room, method) for room, (_, _, early) in ROOMS.items() for method in methods if not early]
    with progress() as track, ThreadPoolExecutor(len(served) or 1) as at_once:
        voices = track("our voice alone", (alone(answers, *pair) for pair in pairs), len(pairs))
        voices += track("through PulseAudio", at_once.map(lambda pair: alone(answers, *pair), served), len(served))
        crowd = Crowd(options.speech, options.orders, answers, Whisper(weights.whisper("base"), "en"))
        orders = track("people over our voice", map(crowd.orders, SYSTEMS), len(SYSTEMS))
        orders += track("through PulseAudio", at_once.map(crowd.orders, methods), len(methods))
    if options.json:
        print(json.dumps({"alone": [*map(asdict, voices)], "orders": [*map(asdict, orders)]}))
        return
    people = f"People over our voice ({WHERE}), as loud as it"
    show("echo", {"Our voice alone": [*map(shown_alone, voices)], people: [*map(shown_orders, orders)]})


def shown_alone(one: Alone) -> dict[str, str]:
    """As cells by their heads."""
    return {
        "room": one.room,
        "system": one.system,
        "enhancement": f"{one.enhancement:.0f} dB",
        "starts": f"{one.starts:.1f} a minute",
        "CPU": f"{100 * one.load:.1f} %",
    }


def shown_orders(one: Orders) -> dict[str, str]:
    """As cells by their heads."""
    return {
        "system": one.system,
        f"noticed within {SOON} s": f"{one.soon} of {one.orders}",
        "later than without us": f"{one.later:.2f} s (95th {one.latest:.2f} s)",
        "starts": f"{one.starts} where nobody spoke",
        "understood, going on": f"{one.going_on} of {one.values}",
        "understood, stopping": f"{one.stopping} of {one.values}",
    }


if __name__ == "__main__":
    main()
