"""Sessions as timelines: who says what and when, stand-ins that cost nothing, and the events that come of it.

    events = Timeline().says(2.0, 3.5, "What is this?").play(Scripted("A cup."))

Only the clock's loop, the session and everything between are real; ears, mind and voice are stand-ins
that keep the real ones' protocols. Each line of speech is a tone of its own, silence is silence.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from devices.registry import open_speaker
from pipeline import clock as clocks
from pipeline.ask.backend import Backend, PictureBudget
from pipeline.buttons import ButtonEvent, ButtonPressed, ButtonReleased
from pipeline.clock import Clock
from pipeline.converse.attention import AttentionSettings
from pipeline.converse.orders import Keeper
from pipeline.costs import Costs, fixed
from pipeline.events import EventLog
from pipeline.helpers.helped import Helpers
from pipeline.listen.end_of_turn import Ended
from pipeline.listen.listener import Ears
from pipeline.listen.segmenter import Segmenter, SegmenterSettings
from pipeline.listen.transcriber import RATE, LocalTranscriber, Transcript
from pipeline.listen.wake import Woken
from pipeline.parts import Parts
from pipeline.privacy import Privacy
from pipeline.session import Session
from pipeline.sources import News
from pipeline.speak.mouth import Mouth
from pipeline.speak.voice import LocalVoice, Synthesiser
from pipeline.types import (
    Answer,
    AnswerDelta,
    AudioChunk,
    Event,
    Outcome,
    Question,
    Samples,
    VideoFrame,
    read_only,
)

FREE = {"close": 0.0, "transcribe": 0.0, "language": 0.0, "end of turn": 0.0, "encode": 0.0, "synthesise": 0.0}
END_SILENCE = 0.7

PITCH, _STEP = 1000, 100
"""Hertz: of the first line that is said, and how much higher each next one is."""


class LoudnessVad:
    """Speech is what is loud: the stand-in for a voice activity model."""

    def probability(self, samples: Samples) -> float:
        return 1.0 if np.abs(samples).max(initial=0) > 1000 else 0.0

    def reset(self) -> None:
        pass


class Script:
    """Hears the line of a timeline that a stretch ends with: the stand-in for speech recognition."""

    def __init__(self, lines: list[str], language: str, confidence: Callable[[str], float]) -> None:
        self._lines = lines
        self._language = language
        self._confidence = confidence

    def transcribe(self, samples: Samples) -> Transcript:
        voiced = np.flatnonzero(samples)[-1] + 1 if samples.any() else 0
        spectrum = np.abs(np.fft.rfft(samples[max(0, voiced - RATE // 20) : voiced], RATE))
        number = round((int(spectrum.argmax()) - PITCH) / _STEP) if voiced else -1
        line = self._lines[number] if 0 <= number < len(self._lines) else ""
        return Transcript(
            line, self._confidence(line) if line else 0.0, self._language, "" if line else "no speech in it"
        )

    def language(self, samples: Samples) -> str:
        return self._language


class ToneVoice:
    """Speaks a tone of 50 ms a letter after 100 ms of silence: the stand-in for a voice."""

    rate = 22_050
    language = "en"

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        silence = np.zeros(self.rate // 10, np.int16)
        yield np.concatenate([silence, tone(0.05 * len(clause), self.rate)])


class Scripted:
    """Answers every question with the same words, a delta a word: the stand-in for a model."""

    name = "scripted"
    picture = PictureBudget(long_edge=640, quality=80)
    languages: frozenset[str] | None = None

    def __init__(
        self, text: str, *, outcome: Outcome = "ok", first: float = 0.5, fault: str = "", told: str = ""
    ) -> None:
        self._text, self._outcome, self._first = text, outcome, first
        self._fault, self._told = fault, told
        self._clock: Clock | None = None
        self.questions: list[Question] = []
        self.broken_off = 0  # streams that were closed before their end

    def on(self, clock: Clock) -> Scripted:
        self._clock = clock
        return self

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Answer, None]:
        assert self._clock
        self.questions.append(question)
        t = question.t + self._first
        self.broken_off += 1
        for word in self._text.split(" "):
            await self._clock.sleep_until(t)
            yield AnswerDelta(question.turn, self._clock.now(), word + " ")
            t = self._clock.now() + 0.05
        self.broken_off -= 1
        yield Answer(question.turn, self._text, self._outcome, self._fault, self._told)

    async def close(self) -> None:
        pass


@dataclass(frozen=True)
class Patience:
    """Waits so many seconds after words: the stand-in for what decides the end of a turn."""

    after: Callable[[str], float]

    def listen(self, sound: Samples) -> Ended:
        return Ended()

    def patience(self, words: Transcript, ended: Ended) -> float:
        return self.after(words.text)


class Wakes:
    """Hears its word when the timeline says so: the stand-in for a wake word model. It takes 0.2 s to be sure."""

    word = "alexa"

    def __init__(self, ends: list[float]) -> None:
        self._ends = list(ends)

    def feed(self, chunk: AudioChunk) -> Iterator[Woken]:
        while self._ends and self._ends[0] + 0.2 <= chunk.t_end:
            yield Woken(self.word, chunk.t_end, self._ends.pop(0))

    def reset(self) -> None:
        pass


@dataclass(frozen=True)
class Pressed:
    """A button that is pressed, and let go of, when the timeline says so."""

    clock: Clock
    times: list[tuple[float, float]]

    async def __aiter__(self) -> AsyncGenerator[ButtonEvent, None]:
        for down, up in self.times:
            await self.clock.sleep_until(down)
            yield ButtonPressed(down)
            await self.clock.sleep_until(up)
            yield ButtonReleased(up)


def tone(seconds: float, rate: int = RATE, pitch: float = PITCH) -> Samples:
    """A sine at a quarter of full scale; `pitch` in hertz."""
    t = np.arange(round(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * pitch * t)).astype(np.int16)


def frame(t: float, seq: int, detail: int) -> VideoFrame:
    """A small picture of squares, sharper with more `detail` (0 to 255)."""
    image = np.full((48, 64, 3), 100, np.uint8)
    y, x = np.indices((48, 64))
    image[(y // 8 + x // 8) % 2 == 0] += np.uint8(min(detail, 155))
    return VideoFrame(t, seq, read_only(image))


@dataclass
class Timeline:
    """What the wearer says and sees, second by second; a `camera` or `microphone` may stand in for that."""

    end: float = 10.0
    lines: list[tuple[float, float, str]] = field(default_factory=list)
    detail: Callable[[float], int] = lambda t: 50
    blind: tuple[float, float] = (0.0, 0.0)
    fps: int = 10
    language: str = "en"
    confidence: Callable[[str], float] = lambda text: 0.9
    camera: Iterable[VideoFrame | News] | None = None
    microphone: Iterable[AudioChunk | News] | None = None
    keeper: Keeper | None = None
    patience: Callable[[str], float] | None = None
    attention: AttentionSettings = field(default_factory=AttentionSettings)
    wakes: list[float] = field(default_factory=list)
    presses: list[tuple[float, float]] = field(default_factory=list)
    closed: Callable[[float], bool] = lambda seconds: True
    private: bool = False  # as it was before the session
    remember: Callable[[bool], None] = lambda private: None
    cues: bool = False
    sparing: Callable[[float], bool] = lambda t: False

    def says(self, start: float, end: float, text: str) -> Timeline:
        """From `start` to `end` the wearer says `text`; empty text is speech that nobody can make out."""
        self.lines.append((start, end, text))
        self.end = max(self.end, end + 1.0)
        return self

    def sees_nothing(self, start: float, end: float) -> Timeline:
        """From `start` to `end` the camera gives no frames."""
        self.blind = (start, end)
        return self

    def frames(self) -> Iterator[VideoFrame]:
        for seq in range(round(self.end * self.fps)):
            t = seq / self.fps
            if not self.blind[0] <= t < self.blind[1]:
                yield frame(t, seq, self.detail(t))

    def sound(self) -> Iterator[AudioChunk]:
        samples = np.zeros(round(self.end * RATE), np.int16)
        for number, (start, end, _) in enumerate(self.lines):
            voiced = tone(end - start, pitch=PITCH + _STEP * number)
            samples[round(start * RATE) :][: len(voiced)] = voiced
        for n in range(0, len(samples), 512):
            yield AudioChunk(n / RATE, read_only(samples[n : n + 512]), RATE)

    def play(
        self,
        backend: Scripted | Callable[[Clock], Backend],
        *,
        voice: Synthesiser | None = None,
        others: tuple[Synthesiser, ...] = (),
        helped: Callable[[Clock, EventLog], Helpers] = Helpers,
        costs: Costs | None = None,
        speaker: str = "none",
        virtual: bool = True,
        subscriber: Callable[[Event], None] | None = None,
    ) -> list[Event]:
        """Replay the timeline; returns the event log. `helped` gives the helpers of the session."""
        events: list[Event] = []

        async def main(clock: Clock) -> None:
            log = EventLog(clock)
            log.subscribe(events.append)
            if subscriber:
                log.subscribe(subscriber)
            mind = backend.on(clock) if isinstance(backend, Scripted) else backend(clock)
            spoken = voice or ToneVoice()
            device = open_speaker(speaker, clock, spoken.rate)
            helpers = helped(clock, log)
            voices = [LocalVoice(clock, one) for one in (spoken, *others)]
            mouth = Mouth(clock, helpers.voice(voices[0]), device, voices[1:], cues=self.cues)
            script = Script([text for *_, text in self.lines], self.language, self.confidence)
            ears = Ears(Segmenter(LoudnessVad(), SegmenterSettings(end_silence=END_SILENCE)), Wakes(self.wakes))
            parts = Parts(
                ears,
                helpers.hearing(LocalTranscriber(clock, script)),
                mind,
                mouth,
                keeper=self.keeper,
                attention=self.attention,
                end_of_turn=Patience(self.patience) if self.patience else None,
                helpers=helpers,
                sparing=lambda: self.sparing(clock.now()),
            )
            try:
                camera, microphone = self.camera or self.frames(), self.microphone or self.sound()
                await Session(clock, log, parts).run(
                    camera,
                    microphone,
                    {"title": "timeline"},
                    Pressed(clock, self.presses),
                    Privacy(clock, self.closed, wanted=self.private, remember=self.remember),
                )
            finally:
                await device.close()
                await mind.close()
                await helpers.close()

        clocks.run(main, virtual=virtual, costs=costs or fixed(FREE))
        return events


def of(events: list[Event], kind: str) -> list[Event]:
    """The events of one kind."""
    return [event for event in events if event.kind == kind]
