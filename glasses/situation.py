"""What goes on in a session right now, in words for people: derived from its event log alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal

from glasses.settings import Start
from pipeline.latency import TurnLatency, latencies
from pipeline.types import Event

State = Literal["idle", "awake", "hearing", "thinking", "speaking", "held"]
"""idle: not called; awake: a question may come; held: silent in the midst of an answer, while somebody speaks."""

_TIMED = {"speech.ended", "heard", "asked", "answer.delta", "withdrawn"}
"""What the stages of a turn are computed from, beside its first sound."""

_RECENT = 200
"""Of those are kept, a few a turn: a session of hours has far more."""

_LONGEST = 2000
"""Characters of an answer that are kept, its last ones: more than a terminal shows below the timeline."""


class Stages:
    """Where the time went, turn by turn, of a log that is seen event by event."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=_RECENT)
        self._answering = 0  # the turn whose first words are kept

    def see(self, event: Event) -> TurnLatency | None:
        """The stages of a turn, if `event` is the first sound of an answer to a question."""
        if event.kind == "speaking" and event.turn:
            turns = latencies([*self._events, event])
            return next((turn for turn in reversed(turns) if turn.turn == event.turn), None)
        if event.kind in _TIMED and not (event.kind == "answer.delta" and event.turn == self._answering):
            self._events.append(event)
            if event.kind in ("answer.delta", "withdrawn"):
                self._answering = event.turn if event.kind == "answer.delta" else 0
        return None


@dataclass(slots=True)
class _Early:
    """A question that was asked before it was certain."""

    looked: dict[str, Any] | None = None  # the data of that event
    answer: str = ""


@dataclass(slots=True)
class Situation:
    """One session as it stands, after the events that it was called with."""

    start: Start = field(default_factory=Start)  # how a question begins
    question: str = ""  # the last one, or what is known of it so far
    certain: bool = True  # the whole of it is known
    answer: str = ""  # as far as it has come
    looked: dict[str, Any] | None = None  # the data of that event, of the last question
    latency: TurnLatency | None = None  # the stages of the last turn
    recording: bool = False
    lost: tuple[str, ...] = ()  # camera, microphone, speaker, hearing helper, voice helper
    open: tuple[str, ...] = ()  # camera, microphone: what the light shows for
    private: bool = False  # the wearer has closed both

    _stages: Stages = field(default_factory=Stages)
    _early: _Early = field(default_factory=_Early)
    _certain_turn: int = 0  # the last turn that was heard for certain
    _turn: int | None = None  # of which the wearer is waiting for the answer, or hears it
    _voice: State = "thinking"  # what the assistant does in that turn
    _hearing: bool = False  # somebody speaks
    _waiting: int = 0  # stretches of speech that were begun and not understood
    _awake_until: float = -inf  # seconds

    def __call__(self, event: Event) -> None:
        """That has happened."""
        self.latency = self._stages.see(event) or self.latency
        device, _, news = event.kind.partition(".")
        device = event.data.get("helper", device)
        if news == "lost":
            self.lost = (*self.lost, device)
        elif news == "back":
            self.lost = tuple(name for name in self.lost if name != device)
        elif react := _REACTIONS.get(event.kind):
            react(self, event)

    def state(self, now: float) -> State:
        """What the assistant does at session time `now`."""
        if self._turn is not None and (self._voice != "thinking" or not self._hearing):
            return self._voice
        attends = self._turn is not None or self.start.how in ("always", "name") or now <= self._awake_until
        if self._hearing and attends:
            return "hearing"
        if self._waiting and attends:
            return "thinking"
        if self.private:
            return "idle"
        return "awake" if self.start.how == "always" or now <= self._awake_until else "idle"

    # What is heard.

    def _speech_started(self, event: Event) -> None:
        self._hearing = True
        self._waiting += 1

    def _speech_ended(self, event: Event) -> None:
        self._hearing = False

    def _heard_so_far(self, event: Event) -> None:
        self.question, self.certain = event.data["text"], False

    def _understood(self) -> None:
        self._waiting = max(0, self._waiting - 1)

    def _ignored(self, event: Event) -> None:
        self._understood()
        if not self.certain:
            self.question, self.certain = "", True

    def _called(self, event: Event) -> None:
        """By its wake word, its name or a button; what was said before is no part of anything."""
        if event.kind == "wake":
            self._hearing = False
            self._understood()
        self._awake_until = event.t + self.start.awake

    def _heard(self, event: Event) -> None:
        """For certain: a question, which has been asked already, or an order."""
        self._understood()
        self.question, self.certain = event.data["text"], True
        self._certain_turn, early, self._early = event.turn, self._early, _Early()
        if early.looked:
            self._turn, self._voice = event.turn, "thinking"
            self.looked, self.answer = early.looked, early.answer
        elif self._turn is None:
            self._awake_until = -inf  # an order: more is wanted only after its answer, if there is one
            self.answer = early.answer

    # What the assistant does.

    def _looked(self, event: Event) -> None:
        self._early = _Early(event.data)

    def _withdrawn(self, event: Event) -> None:
        self._early = _Early()

    def _said(self, event: Event, text: str) -> None:
        if event.turn > self._certain_turn:
            self._early.answer = (self._early.answer + text)[-_LONGEST:]
        elif event.turn == self._turn:
            self.answer = (self.answer + text)[-_LONGEST:]

    def _answer_delta(self, event: Event) -> None:
        self._said(event, event.data["text"])

    def _answered(self, event: Event) -> None:
        """Also without a question: an order that was carried out, a failure that is told."""
        if self._turn is None and event.turn <= self._certain_turn:
            self._turn, self._voice, self.answer = event.turn, "thinking", event.data["text"]

    def _fault(self, event: Event) -> None:
        if told := event.data.get("told"):
            self._said(event, f" {told}")

    def _speaking(self, event: Event) -> None:
        if self._turn is None:
            self._turn, self.answer = event.turn, event.data["text"]
        if event.turn == self._turn:
            self._voice = "speaking"

    def _held(self, event: Event) -> None:
        self._voice = "held" if event.kind == "held" else "speaking"

    def _interrupted(self, event: Event) -> None:
        self._turn = None
        open_for = {"wake word": self.start.awake, "speech": self.start.follow_up}
        self._awake_until = event.t + open_for.get(event.data["by"], -inf)

    def _spoken(self, event: Event) -> None:
        if event.turn == self._turn:
            self._turn = None
            self._awake_until = event.t + self.start.follow_up

    def _light(self, event: Event) -> None:
        self.open = tuple(event.data["open"])

    def _privacy(self, event: Event) -> None:
        self.private = event.data["state"] == "on"
        self._hearing, self._waiting, self._awake_until = False, 0, -inf
        if self.private:  # what was lost is not even wanted
            self.lost = tuple(name for name in self.lost if name not in ("camera", "microphone"))

    def _recording(self, event: Event) -> None:
        self.recording = event.kind == "recording.started"


_REACTIONS: dict[str, Callable[[Situation, Event], None]] = {
    "speech.started": Situation._speech_started,
    "speech.ended": Situation._speech_ended,
    "hearing": Situation._heard_so_far,
    "ignored": Situation._ignored,
    "wake": Situation._called,
    "pressed": Situation._called,
    "heard": Situation._heard,
    "looked": Situation._looked,
    "withdrawn": Situation._withdrawn,
    "answer.delta": Situation._answer_delta,
    "answered": Situation._answered,
    "fault": Situation._fault,
    "speaking": Situation._speaking,
    "held": Situation._held,
    "resumed": Situation._held,
    "interrupted": Situation._interrupted,
    "spoken": Situation._spoken,
    "light": Situation._light,
    "privacy": Situation._privacy,
    "recording.started": Situation._recording,
    "recording.ended": Situation._recording,
}
