"""The turns of a session: one at a time, asked early or at once, held, cancelled, and followed by what waited."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from pipeline.ask.backend import warm
from pipeline.ask.conversation import Conversation
from pipeline.clock import Clock
from pipeline.converse.obeying import IN_PASSING, Obeying
from pipeline.converse.orders import Order
from pipeline.converse.prefaces import Prefaces
from pipeline.converse.turn import Turn
from pipeline.errors import GlassesError, SpeakerLost, UsageError
from pipeline.events import EventLog, current_turn
from pipeline.look.choice import choose
from pipeline.look.encode import Encoder
from pipeline.parts import Parts
from pipeline.senses import Said
from pipeline.speak.cues import Cue, cue
from pipeline.types import FrameChoice, SpeechChunk, Utterance

_NOTICES = 4
"""Of faults that wait to be told: news of minutes ago is of no use to anybody."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question and what it is about."""

    utterance: Utterance
    choice: FrameChoice


@dataclass(slots=True, eq=False)
class _Running:
    turn: Turn
    number: int
    asked: Asked | None  # None: it only says something
    early: bool  # the wearer may not have finished, and hears nothing of it yet
    held: bool = False  # in the midst of its words, while somebody else speaks
    task: asyncio.Task[None] | None = None


class Turns:
    """Runs the turns as tasks of `group`; calls `on_end` with the number of each that was spoken to its end.

    Nothing here waits: a turn that is cancelled may still be ending while the next one begins with what is silent.
    """

    def __init__(
        self, clock: Clock, log: EventLog, parts: Parts, group: asyncio.TaskGroup, on_end: Callable[[int], None]
    ) -> None:
        self._clock = clock
        self._log = log
        self._parts = parts
        self._group = group
        self._on_end = on_end
        self._conversation = Conversation()
        self._obeying = Obeying(parts.mouth, parts.keeper)
        self._prefaces = Prefaces(parts.mouth, parts.backend)
        self._encoder = Encoder(clock, group)
        self._running: _Running | None = None
        self._before: asyncio.Task[None] | None = None  # the last one that was started
        self._unanswered: Asked | None = None  # cancelled for an early question that says more
        self._notices: deque[tuple[str, str]] = deque()
        self._number = 1  # of the next turn
        self._speaker_lost = False

    # What runs.

    @property
    def active(self) -> bool:
        """Whether the assistant thinks or speaks, as far as the wearer knows."""
        return self._running is not None and not self._running.early

    @property
    def current(self) -> object:
        """Stands for the turn that runs; None if there is none."""
        return self._running

    @property
    def asked_back(self) -> bool:
        """Whether the last answer ended as a question."""
        return self._conversation.last.rstrip().endswith("?")

    @property
    def audible(self) -> bool:
        """Whether the wearer has heard the beginning of an answer, and not its end."""
        return self._running is not None and self._running.turn.audible

    def warm(self) -> None:
        """A question may come: let who is asked get ready for it."""
        self._group.create_task(warm(self._parts.backend))

    def foresee(self, said: Said) -> None:
        """This may become a question: make the picture ready that is chosen if its words point at none."""
        if self._parts.sparing():
            return
        segment = said.segment
        wordless = Utterance(self._number, segment.t_start, segment.t_end, "", 0.0, "")
        for frame in choose(said.seen.frames, wordless, self._parts.look).frames:
            token = current_turn.set(self._number)
            self._encoder.foresee(frame, self._parts.backend.picture)
            current_turn.reset(token)

    def hold(self) -> None:
        """Somebody speaks: be silent."""
        running = self._running
        if running:
            running.turn.hold()
            if running.turn.audible and not running.held:
                running.held = True
                self._log.emit("held", turn=running.number)

    def go_on(self) -> None:
        """It was nothing: speak on, and ask again what was given up for it."""
        running = self._running
        if running and not running.early:
            running.turn.let_go()
            if running.held:
                running.held = False
                self._log.emit("resumed", turn=running.number)
        elif not self._running and (asked := self._unanswered):
            self._start_asking(asked)
            self.commit()
            self.go_on()

    def cancel(self, by: str) -> None:
        """End what the assistant does, at once. Only speech may turn out to belong to what it ended."""
        if by != "speech":
            self._unanswered = None
        running = self._running
        if running and running.task and not running.early:
            self._log.emit("interrupted", turn=running.number, by=by)
            running.task.cancel()
            self._running = None

    def withdraw(self, why: str) -> None:
        """Drop an early question, of which the wearer knows nothing."""
        running = self._running
        if running and running.task and running.early:
            self._log.emit("withdrawn", turn=running.number, reason=why)
            running.task.cancel()
            self._running = None

    async def finish(self) -> None:
        """Return when the last answer has been spoken."""
        while self._running and self._running.task:
            await asyncio.wait({self._running.task})

    # Questions.

    def ask(self, said: Said, utterance: Utterance) -> None:
        """Ask early: silent until it is committed. A question that was not answered yet is a part of it."""
        running = self._running
        if running and running.asked and not running.early and not running.turn.audible:
            self._unanswered = running.asked
        self.cancel("speech")
        self.withdraw("the words changed")
        if self._unanswered:
            first = self._unanswered.utterance
            text, words = f"{first.text} {utterance.text}", (*first.words, *utterance.words)
            utterance = replace(utterance, t_start=first.t_start, text=text, words=words)
        self._start_asking(Asked(utterance, choose(said.seen.take(), utterance, self._parts.look)))

    def asked_early(self, text: str) -> bool:
        """Whether that is what has been asked early."""
        running = self._running
        return bool(running and running.early and running.asked and running.asked.utterance.text.endswith(text))

    def commit(self) -> None:
        """What was asked early is what the wearer asks; it speaks once it may go on."""
        running = self._running
        assert running
        assert running.asked
        running.early, self._unanswered = False, None
        self.heard(running.asked.utterance)
        self._prefaces.told(running.asked.utterance.language, running.asked.choice)

    def heard(self, utterance: Utterance) -> None:
        """The wearer said that for certain, which makes it a turn."""
        self._log.emit(
            "heard",
            turn=self._number,
            text=utterance.text,
            t_start=utterance.t_start,
            t_end=utterance.t_end,
            confidence=utterance.confidence,
            language=utterance.language,
        )
        self._number += 1

    # What needs nobody to be asked.

    def knows(self, order: Order | None) -> bool:
        """Whether it is an order that can be carried out here."""
        return self._obeying.knows(order)

    def obey(self, order: Order, said: Said, utterance: Utterance) -> None:
        """Carry it out, and say so; an answer ends for it unless it can be given so."""
        self.withdraw("an order")
        if order in IN_PASSING and self._running and self._running.asked:
            self.heard(utterance)
            self._obeying.adjust(order)
            self.go_on()
            return
        self.cancel("an order")
        choice = choose(said.seen.take(), utterance, self._parts.look)
        turn = self._turn(utterance.t_end)

        async def carry_out() -> None:
            try:
                told = await self._obeying.obey(order, choice, utterance.text, self._conversation.last)
            except GlassesError as error:
                await turn.tell(str(error), error.told)
            else:
                await turn.say(told)

        self._start(turn, self._number, carry_out)
        self.heard(utterance)
        turn.let_go()

    def say(self, text: str) -> None:
        """Say it at once; what is being said ends for it."""
        self.withdraw("news")
        self.cancel("news")
        turn = self._turn(self._clock.now())
        self._start(turn, 0, lambda: turn.say(text))
        turn.let_go()

    def tell(self, what: str, told: str) -> bool:
        """Something has failed: the wearer hears it when nobody else speaks. False: too much has failed."""
        if len(self._notices) >= _NOTICES:
            return False
        self._notices.append((what, told))
        return True

    def tell_next(self) -> None:
        """Nobody speaks: tell what waits for that."""
        if self._running or not self._notices:
            return
        what, told = self._notices.popleft()
        turn = self._turn(self._clock.now())
        self._start(turn, 0, lambda: turn.tell(what, told))
        turn.let_go()

    def cue(self, name: Cue) -> None:
        """A short sound, unless something is being said or the wearer wants none."""
        if self._running or not self._parts.mouth.cues:
            return
        self._log.emit("cue", turn=0, name=name)
        rate = self._parts.mouth.voice.rate

        async def sound() -> None:
            await self._parts.mouth.play(SpeechChunk(0, self._clock.now(), cue(name, rate), rate, ""))
            await self._parts.mouth.drain()

        self._before = self._group.create_task(self._guarded(self._before, sound))

    # How they run.

    def _start_asking(self, asked: Asked) -> None:
        utterance, choice = asked.utterance, asked.choice
        times = [frame.t for frame in choice.frames]
        self._log.emit(
            "looked",
            turn=self._number,
            frames=times,
            ages=[utterance.t_end - t for t in times],
            scores=choice.scores,
            reason=choice.reason,
            dark=choice.dark,
        )
        preface = self._prefaces.before(utterance.language, choice)
        turn = self._turn(utterance.t_end)
        said = replace(utterance, turn=self._number)
        self._start(turn, self._number, lambda: turn.answer(said, choice, self._conversation, preface=preface), asked)

    def _turn(self, since: float) -> Turn:
        parts = self._parts
        return Turn(
            self._clock,
            self._log,
            parts.backend,
            parts.mouth,
            self._encoder,
            self._number,
            since=since,
            mode=parts.mode,
        )

    def _start(
        self, turn: Turn, number: int, work: Callable[[], Coroutine[Any, Any, Any]], asked: Asked | None = None
    ) -> None:
        running = self._running = _Running(turn, number, asked, early=asked is not None)
        before, token = self._before, current_turn.set(number)
        self._before = running.task = self._group.create_task(self._run(running, before, work))
        current_turn.reset(token)

    async def _run(
        self, running: _Running, before: asyncio.Task[None] | None, work: Callable[[], Coroutine[Any, Any, Any]]
    ) -> None:
        await self._guarded(before, work)
        if self._running is running:
            self._running = None
            self._on_end(running.number)

    async def _guarded(self, before: asyncio.Task[None] | None, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """One turn behind another, whatever becomes of the speaker: a lost one is tried again with each turn."""
        if before:
            await asyncio.wait({before})
        try:
            await work()
        except SpeakerLost as error:
            self._log.emit("speaker.lost", turn=0, what=str(error))
            self._speaker_lost = True
        except UsageError:
            raise
        except GlassesError as error:  # what the speaker writes can't be kept, say: the session goes on
            self._log.emit("fault", what=str(error), told="")
        else:
            if self._speaker_lost:
                self._log.emit("speaker.back", turn=0)
            self._speaker_lost = False
