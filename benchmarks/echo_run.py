"""Conversations on open speakers: does it hear itself, and does it let itself be interrupted?

    python -m benchmarks.echo_run --speech DIR [--turns 20] [--echo auto|cancel|half|off]

DIR holds recordings of people, as for benchmarks/hearing.py. In replay time, with the product's own session, Whisper
base, Silero and Piper: what the speaker plays comes back into the microphone through a small room, 50 to 250 ms later
and up to 12 dB softer, beside a faint noise.

Quiet turns: somebody asks, and listens to the whole answer. Every pause, interruption or question that nobody made is
the product's own voice taken for a person's. Interrupted turns: somebody speaks over the answer, as loud as it is in
the microphone. It counts when the voice paused, and when the answer was cancelled, after the first voiced sample.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from itertools import cycle
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks import hearing_sounds as sounds
from devices.registry import open_speaker
from devices.sound_clock import CHUNK
from glasses import config as configuration
from glasses.models import Models
from glasses.settings import CHOICES, Config
from pipeline import clock as clocks
from pipeline.ask.backend import PictureBudget
from pipeline.clock import Clock
from pipeline.costs import fixed
from pipeline.events import EventLog
from pipeline.listen.echo import Cleaned
from pipeline.listen.transcriber import RATE
from pipeline.session import Session
from pipeline.speak.reference import Reference
from pipeline.types import Answer, AnswerDelta, AudioChunk, Event, Question, Samples, VideoFrame, read_only

ANSWERS = (
    "The sign says that the bakery opens at seven in the morning and closes at two in the afternoon on Saturdays.",
    "There are three cups on the table, and the one on the left is blue, with a small crack close to its handle.",
    "This is the number twelve to the central station, and it leaves in about four minutes from the other side.",
    "The label reads two tablets every eight hours with water, and not more than six tablets in any one day.",
)
ROOMS = ((0.05, 0.0), (0.12, -6.0), (0.18, 0.0), (0.25, -12.0))
"""Seconds and decibels of the way from the speaker to the microphone."""

_NOISE = 5.0
_ASKS, _SPEAKS_OVER, _GIVES_UP = 2.0, 1.5, 20.0
"""Seconds from an answer's end to the next question, from its beginning to who speaks over it, and until the next turn
if nothing happens."""


class Glib:
    """A model that answers at once with a long sentence, always another."""

    name = "stand-in"
    picture = PictureBudget(long_edge=640, quality=80)
    languages: frozenset[str] | None = None

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers = cycle(ANSWERS)

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Answer, None]:
        text = next(self._answers)
        yield AnswerDelta(question.turn, self._clock.now(), text)
        yield Answer(question.turn, text, "ok")

    async def close(self) -> None:
        pass


class Person:
    """Asks, and listens, or speaks over every answer; by what the log says."""

    def __init__(self, people: list[Samples], turns: int, *, interrupts: bool) -> None:
        self._people = cycle(people)
        self._turns = turns
        self._interrupts = interrupts
        self._said: list[tuple[float, NDArray[np.float64]]] = []  # from when, what
        self._deadline = 0.0
        self.level = 3000.0  # of the voice in the microphone, root mean square where it is not silent
        self.asked: list[float] = []  # when each question ended, seconds
        self.onsets: list[float] = []  # of who spoke over an answer, seconds
        self._ask(1.0)

    def __call__(self, event: Event) -> None:
        """Subscribes to the log."""
        if event.kind == "speaking" and self._interrupts and not self.done:
            t = event.data["t_audible"] + _SPEAKS_OVER
            self.onsets.append(t)
            self._speak(t)
        elif event.kind == "spoken" and not event.data["interrupted"]:
            self._ask(event.t + _ASKS)

    @property
    def done(self) -> bool:
        """Whether it was enough."""
        return len(self.onsets if self._interrupts else self.asked) >= self._turns

    def _ask(self, t: float) -> None:
        if not self.done:
            self.asked.append(self._speak(t))

    def _speak(self, t: float) -> float:
        said = next(self._people)
        sound = said.astype(np.float64) * (self.level / level(said))
        self._said.append((t, sound))
        self._deadline = t + len(sound) / RATE + _GIVES_UP
        return t + len(sound) / RATE

    def mixed(self, t: float, n: int) -> NDArray[np.float64]:
        """What the person says from `t` on, n samples; where nothing has happened for long, the next question."""
        if t > self._deadline:
            self._ask(t + 0.1)
        out = np.zeros(n)
        for begin, sound in self._said:
            offset = round((t - begin) * RATE)
            first, last = max(0, -offset), min(n, len(sound) - offset)
            if first < last:
                out[first:last] += sound[offset + first : offset + last]
        self._said = [(begin, sound) for begin, sound in self._said if begin + len(sound) / RATE > t]
        return out

    def over(self, t: float) -> bool:
        """Whether nothing more is to be expected at `t`."""
        return self.done and t > self._deadline


def level(sound: Samples) -> float:
    """Root mean square of what is not silent."""
    loud = sound[np.abs(sound) > 300].astype(float)
    return float(np.sqrt(np.mean(loud**2)))


def trimmed(sound: Samples) -> Samples:
    """From the first to the last sample that is not silent: an onset is then one."""
    loud = np.flatnonzero(np.abs(sound) > 600)
    return sound[loud[0] : loud[-1] + 1]


class Room:
    """A way from the speaker to the microphone: later, softer, and through a few walls."""

    def __init__(self, played: Reference, delay: float, gain: float) -> None:
        rng = np.random.default_rng(3)
        tail = rng.normal(0, 1, RATE // 10) * np.exp(-np.arange(RATE // 10) / (0.02 * RATE)) * 0.08
        self._response = np.concatenate([[1.0], tail]) * 10 ** (gain / 20)
        self._played, self._delay = played, delay

    def echo(self, t: float, n: int) -> NDArray[np.float64]:
        """What comes back from session time `t` on, n samples."""
        more = len(self._response) - 1
        far = self._played.between(t - self._delay - more / RATE, n + more).astype(float)
        return np.asarray(np.convolve(far, self._response, "valid"))


def run(
    models: Models, config: Config, people: list[Samples], way: tuple[float, float], turns: int, *, interrupts: bool
) -> tuple[Person, list[Event]]:
    """One session; who spoke in it, and its log."""
    events: list[Event] = []
    persons: list[Person] = []

    async def main(clock: Clock) -> None:
        person = Person(people, turns, interrupts=interrupts)
        persons.append(person)
        log = EventLog(clock)
        log.subscribe(events.append)
        log.subscribe(person)
        speaker = open_speaker("none", clock, models.voice.rate)
        parts = models.parts(clock, Glib(clock), speaker, config.ask, echoes=True)
        played = parts.mouth.played or Reference()
        parts.mouth.played = played
        room, rng, clean = Room(played, *way), np.random.default_rng(4), parts.ears.clean
        person.level = level(np.concatenate([*models.voice.synthesise(ANSWERS[0])])) * 10 ** (way[1] / 20)

        def hear(chunk: AudioChunk) -> Cleaned:
            n = len(chunk.samples)
            sound = chunk.samples + rng.normal(0, _NOISE, n) + person.mixed(chunk.t, n) + room.echo(chunk.t, n)
            near = AudioChunk(chunk.t, read_only(np.clip(sound, -32768, 32767).astype(np.int16)), RATE)
            return clean(near) if clean else Cleaned(near, near)

        def microphone() -> Iterator[AudioChunk]:
            block = 0
            while not person.over(block * CHUNK / RATE):
                yield AudioChunk(block * CHUNK / RATE, read_only(np.zeros(CHUNK, np.int16)), RATE)
                block += 1

        def camera() -> Iterator[VideoFrame]:
            picture = read_only(np.full((48, 64, 3), 120, np.uint8))
            seq = 0
            while not person.over(seq / 5):
                yield VideoFrame(seq / 5, seq, picture)
                seq += 1

        parts = replace(parts, ears=replace(parts.ears, clean=hear))
        await Session(clock, log, parts).run(camera(), microphone(), {"title": "echo run"})
        await speaker.close()

    clocks.run(main, virtual=True, costs=fixed(config.costs))
    return persons[0], events


def quiet(person: Person, events: list[Event]) -> tuple[int, int, int, int]:
    """Answers heard to their end; pauses, interruptions and questions that nobody made."""
    heard = pauses = interruptions = 0
    for event in events:
        pauses += event.kind == "held"
        interruptions += event.kind == "interrupted"
        heard += event.kind == "heard"
    spoken = sum(event.kind == "spoken" and not event.data["interrupted"] for event in events)
    return spoken, pauses, interruptions, max(0, heard - len(person.asked))


def interrupted(person: Person, events: list[Event]) -> list[tuple[float | None, float | None]]:
    """For each time somebody spoke over an answer, the seconds until it paused, and until it was cancelled."""
    results = []
    for onset in person.onsets:
        after = [event for event in events if onset - 0.05 <= event.t <= onset + 3.0]
        paused = next((event.t - onset for event in after if event.kind == "held"), None)
        cancelled = next((event.t - onset for event in after if event.kind == "interrupted"), None)
        results.append((paused, cancelled))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--speech", type=sounds.speech_folder, required=True, metavar="DIR", help="the recordings, see above"
    )
    parser.add_argument("--turns", type=int, default=20, help="of each kind, over all rooms (default: 20)")
    parser.add_argument("--model", default="base", help="Whisper: base or tiny (default: base)")
    parser.add_argument("--echo", default="auto", choices=CHOICES["listen.echo"], help="what is done about the echo")
    options = parser.parse_args()
    config = configuration.defaults({"listen.model": options.model, "listen.echo": options.echo})
    models = Models(config)
    models.load()
    labels = sounds.labels(options.speech, 2 * options.turns)
    people = [trimmed(sound.samples) for sound in sounds.people(options.speech, labels, None)]
    total: Counter[str] = Counter()
    late: list[tuple[float | None, float | None]] = []
    share = -(-options.turns // len(ROOMS))
    for way in ROOMS:
        delay, gain = way
        person, events = run(models, config, people, way, share, interrupts=False)
        answers, pauses, own_interruptions, own_questions = quiet(person, events)
        total.update(turns=share, answers=answers, pauses=pauses, cut=own_interruptions, questions=own_questions)
        person, events = run(models, config, people, way, share, interrupts=True)
        here = interrupted(person, events)
        late += here
        print(
            f"echo run: {1000 * delay:.0f} ms, {gain:+.0f} dB: {answers} of {share} answers heard out, "
            f"{pauses} pauses, {own_interruptions} interruptions and {own_questions} questions by itself; "
            f"spoken over: {within(here)}",
            flush=True,
        )
    print(
        f"echo run: {total['answers']} of {total['turns']} answers heard out, {total['pauses']} pauses, "
        f"{total['cut']} interruptions and {total['questions']} questions by itself; spoken over: {within(late)}"
    )


def within(late: list[tuple[float | None, float | None]]) -> str:
    """How often it was soon enough, and how soon."""
    paused = [seconds for seconds, _ in late if seconds is not None]
    cancelled = [seconds for _, seconds in late if seconds is not None]
    soon = sum(seconds <= 0.4 for seconds in paused), sum(seconds <= 1.0 for seconds in cancelled)
    middle = f" (median {median(paused):.2f} and {median(cancelled):.2f} s)" if paused and cancelled else ""
    return f"{soon[0]} of {len(late)} paused within 0.4 s, {soon[1]} cancelled within 1 s{middle}"


if __name__ == "__main__":
    main()
