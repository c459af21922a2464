"""Who has the floor: reacts to what is heard, understood and pressed, by starting, holding and ending turns.

Nothing here waits: each thing that happens is reacted to at once.
"""

from __future__ import annotations

import asyncio
from math import inf

from pipeline.clock import Clock
from pipeline.converse.addressed import CLEAR, closes
from pipeline.converse.attention import Attention
from pipeline.converse.endpointing import NOT_MEANT, Heard, Understood
from pipeline.converse.orders import order_in
from pipeline.converse.own_words import backchannel, own
from pipeline.converse.turns import Turns
from pipeline.converse.yielding import Stretch, Yielding
from pipeline.events import EventLog
from pipeline.listen.level import CLIPPED, clipped_share
from pipeline.listen.segmenter import FalseOnset, Onset, Resumed, Segment, SpeechStarted
from pipeline.listen.wake import Woken
from pipeline.parts import Parts
from pipeline.senses import Said
from pipeline.types import Utterance, Word

_TOO_LOUD = "That was too loud for the microphone, and I couldn't make it out."
_NOT_MADE_OUT = "I couldn't make out what you said."

_BRIEF = 0.6
"""Seconds. What is shorter and not clear ends no answer: it was a quarter of a second of echo where the sound was late,
heard as "ring high"."""

_ATTEMPTS = 2
"""Early questions in one stretch of speech, at most: each pause of it could be its end."""

_ECHO = 0.5
"""Seconds that what was spoken takes to come back through the microphone, at most."""

_WAKE_WORD = 1.0
"""Seconds that a wake word takes, about."""

_SAME_BREATH = 0.1
"""Seconds by which a wake word may end later than it was thought to, and what began before is no question."""

_CHIME = 0.3
"""Seconds of silence behind a wake word after which a cue says that it was heard: who speaks on needs none."""


class Conductor:
    """Reacts for one session; its tasks belong to `group`."""

    def __init__(self, clock: Clock, log: EventLog, parts: Parts, group: asyncio.TaskGroup) -> None:
        self._clock = clock
        self._log = log
        self._parts = parts
        self._group = group
        self._attention = Attention(parts.attention)
        self._turns = Turns(clock, log, parts, group, self._answered)
        self._yielding = Yielding(clock, self._turns, group, lambda: self._attention.follow_up(clock.now()))
        self.spoken = -inf
        """When somebody last began to speak, seconds."""

    def react(self, item: Heard) -> None:
        """Something is heard, or understood."""
        match item:
            case Onset():
                self._yielding.suspect()
            case FalseOnset():
                self._yielding.nothing()
            case SpeechStarted():
                self.spoken = item.t
                self._yielding.begin()
                self._warm()
            case Said():
                self._pauses(item)
            case Resumed():
                self._turns.withdraw("speech went on")
                self._yielding.resume()
                self._warm()
            case Woken():
                self._woken(item)
            case Understood() if item.over:
                self._end(self._yielding.stretches.popleft(), item)
                self._free()
            case Understood():
                self._pause(self._yielding.stretches[-1], item)

    async def tell(self, what: str, told: str) -> None:
        """Something has failed: the wearer hears it when nobody else speaks. Never waits: too much is only logged."""
        if self._turns.tell(what, told):
            self._free()
        else:
            self._log.emit("fault", turn=0, what=what, told="")

    def ask(self, t: float) -> None:
        """Pressed: ends what the assistant does; or says that this was all; or that a question comes."""
        if self._turns.active:
            self._turns.cancel("button")
            self._attention.close()
        elif self._listening:
            self._parts.ears.segmenter.hurry()
        else:
            self._log.emit("pressed", turn=0)
            self._attention.call(t)
            self._turns.cue("awake")

    def hold(self, t: float) -> None:
        """Held since `t`: whoever ended an answer so has something to ask."""
        if self._attention.until < self._clock.now():
            self._log.emit("pressed", turn=0)
            self._attention.call(t)

    def finished(self) -> None:
        """Whoever held the button while they spoke has finished."""
        if self._listening:
            self._parts.ears.segmenter.hurry()

    def stop(self) -> None:
        """Nothing more is wanted: what is done, said, asked or being understood is dropped."""
        for stretch in self._yielding.stretches:
            stretch.obeyed = True
        self._turns.withdraw("the button")
        self._turns.cancel("button")
        self._attention.close()

    def say(self, text: str) -> None:
        """Say what the wearer just did."""
        self._turns.say(text)

    @property
    def _listening(self) -> bool:
        """Whether something is being said that is meant for the assistant."""
        return self._yielding.going_on and self._attention.until >= self._clock.now()

    def attends(self, segment: Segment) -> bool:
        """Whether that may be meant for the assistant. Without a wake word or a key, its words decide."""
        called = self._parts.attention.start in ("wake", "key")
        return not called or self._turns.active or self._attention.until >= segment.t_start

    async def finish(self) -> None:
        """Nothing more is heard: return when the last answer has been spoken."""
        await self._turns.finish()

    def _answered(self, turn: int) -> None:
        if turn:  # and not just the news of a fault
            self._attention.follow_up(self._clock.now(), asked_back=self._turns.asked_back)
        self._free()

    def _free(self) -> None:
        if not self._yielding.stretches:
            self._turns.tell_next()

    # Somebody speaks.

    def _warm(self) -> None:
        if not self._turns.active and self._attention.until >= self._clock.now():
            self._turns.warm()

    def _pauses(self, said: Said) -> None:
        """They are silent, for a moment or for good."""
        stretch = self._yielding.pause(over=said.paused is None)
        if not (stretch.over or self._turns.active) and self.attends(said.segment):
            self._turns.foresee(said)

    def _woken(self, woken: Woken) -> None:
        """It always counts, unless it was in the answer itself. What went before it is no part of anything."""
        if self._yielding.going_on:
            self._yielding.stretches.pop()
            self._turns.withdraw("a wake word")
        said = self._parts.mouth.words(woken.t_end - _WAKE_WORD - _ECHO, woken.t_end)
        if woken.word.rpartition("_")[2] in said.lower():
            self._log.emit("ignored", turn=0, t_start=woken.t_end, t_end=woken.t, reason="its own words")
            self._yielding.go_on()
            return
        self._turns.cancel("wake word")
        self._attention.call(woken.t, since=woken.t_end - _SAME_BREATH)
        self._group.create_task(self._chime())

    async def _chime(self) -> None:
        await self._clock.sleep_until(self._clock.now() + _CHIME)
        if not self._yielding.stretches:
            self._turns.cue("awake")

    # Somebody was understood.

    def _pause(self, stretch: Stretch, understood: Understood) -> None:
        """It may have been all: what can be done before that is certain."""
        if stretch.obeyed:
            return
        if self._stops(understood):
            stretch.obeyed = True
            return
        text, _ = self._wanted(stretch, understood)
        if not text or stretch.attempts >= _ATTEMPTS or self._turns.knows(order_in(text)):
            return
        self._log.emit("hearing", turn=0, text=text)
        stretch.attempts += 1
        self._turns.ask(understood.said, _utterance(understood, text))

    def _end(self, stretch: Stretch, understood: Understood) -> None:
        """It was all."""
        segment = understood.said.segment
        clipped = clipped_share(segment.samples)
        if clipped > CLIPPED:
            self._log.emit("audio.clipped", turn=0, t_start=segment.t_start, t_end=segment.t_end, share=clipped)
        if stretch.obeyed or self._stops(understood):
            return
        text, why = self._wanted(stretch, understood)
        if text is None:
            self._turns.withdraw(why)
            self._log.emit("ignored", turn=0, t_start=segment.t_start, t_end=segment.t_end, reason=why)
            if understood.fault:
                self._turns.tell(understood.fault, _NOT_MADE_OUT)
            elif not understood.heard.text and why != NOT_MEANT and clipped > CLIPPED:
                self._turns.tell("speech too loud for the microphone", _TOO_LOUD)
            self._yielding.go_on()
        elif not text:
            self._attention.call(segment.t_end, since=segment.t_end)
            self._log.emit("wake", turn=0, word=self._parts.attention.name, t_end=segment.t_end)
            self._turns.cancel("wake word")
            self._turns.cue("awake")
        elif (order := order_in(text)) and self._turns.knows(order):
            self._turns.obey(order, understood.said, _utterance(understood, text))
        else:
            if not self._turns.asked_early(text):
                self._turns.ask(understood.said, _utterance(understood, text))
            self._turns.commit()
            self._yielding.go_on()

    def _wanted(self, stretch: Stretch, understood: Understood) -> tuple[str | None, str]:
        """What of the words is for the assistant: empty if only its name; None, and why, if nothing is."""
        heard, segment = understood.heard, understood.said.segment
        if not heard.text:
            return None, heard.reason
        if not stretch.insisted and self._echoes(heard.text, segment.t_start, segment.t_end):
            return None, "its own words"
        answering = self._turns.active
        if answering and backchannel(heard.text):
            return None, "a sign of listening"
        brief = stretch.interrupts and not stretch.insisted and segment.t_end - segment.t_start < _BRIEF
        if brief and heard.confidence < CLEAR:
            return None, "short and unclear"
        text = self._attention.meant(heard.text, heard.confidence, segment.t_start, answering=answering)
        return text, NOT_MEANT

    def _echoes(self, text: str, t_start: float, t_end: float) -> bool:
        """Whether `text` is what the voice was saying then; an order is an echo only if the voice said just that."""
        spoken = self._parts.mouth.words(t_start - _ECHO, t_end)
        if order_in(text):
            return text.lower().strip(" .!?") in spoken.lower()
        return own(text, spoken)

    def _stops(self, understood: Understood) -> bool:
        """Whether it is an order to stop or a thank-you, which counts at once, called or not; if so, it is obeyed."""
        text, t_start = understood.heard.text, understood.said.segment.t_start
        if order_in(text) != "stop" and not closes(text):
            return False
        if not (self._turns.active or self._attention.until >= t_start):
            return False
        self._turns.withdraw("an order")
        self._turns.cancel("stop")
        self._attention.close()
        self._turns.heard(_utterance(understood, text))
        return True


def _utterance(understood: Understood, text: str) -> Utterance:
    """`text` as what was said; the turn that it becomes is not known yet."""
    segment, heard = understood.said.segment, understood.heard
    words = tuple(Word(word.text, segment.t + word.t_start, segment.t + word.t_end) for word in heard.words)
    return Utterance(0, segment.t_start, segment.t_end, text, heard.confidence, heard.language, words)
