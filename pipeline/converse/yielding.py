"""Giving way: the voice is silent at once for whoever speaks, ends for who insists, and speaks on if it was nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.clock import Clock
from pipeline.converse.turns import Turns

_INSISTS = 0.45
"""Seconds for which somebody speaks on although the voice has stopped: an echo of it has died away by then (up to
0.25 s under way, 0.1 s until voice activity drops), and who only nods has finished."""

_INSISTS_AGAIN = 0.2
"""The same for who goes on after a pause: words before it and words behind it are no nod."""

_PATIENCE = 0.8
"""Seconds that the voice waits for the words of who spoke so briefly. On a Pi, or beside other work, the recogniser
takes longer: it was five seconds late for a quarter of a second of noise."""


@dataclass(slots=True, eq=False)
class Stretch:
    """A stretch of speech that goes on, or is not understood yet."""

    interrupts: bool = False  # it began while the voice could be heard
    silent: bool = False  # a pause, or its end
    over: bool = False
    attempts: int = 0  # early questions
    obeyed: bool = False  # it was an order that did not wait for its end
    insisted: bool = False  # it went on when the voice had stopped: it is no echo of it


class Yielding:
    """Holds, ends and lets go on what runs in `turns`; calls `on_insisted` when it ended it for somebody who speaks."""

    def __init__(self, clock: Clock, turns: Turns, group: asyncio.TaskGroup, on_insisted: Callable[[], None]) -> None:
        self._clock = clock
        self._turns = turns
        self._group = group
        self._on_insisted = on_insisted
        self._silenced: tuple[object, float] = (None, 0.0)  # which turn is silent for somebody who speaks, since when
        self._fooled: object = None  # which turn was silent for nothing: it stutters no more for a hint of speech
        self.stretches: deque[Stretch] = deque()
        """In their order; only the last may still go on."""

    @property
    def going_on(self) -> bool:
        """Whether somebody speaks, or may after a pause."""
        return bool(self.stretches) and not self.stretches[-1].over

    def suspect(self) -> None:
        """Somebody may be speaking."""
        if self._turns.active and self._fooled is not self._turns.current:
            self._silence()

    def nothing(self) -> None:
        """Nobody was."""
        if not self.stretches:
            self._fooled = self._turns.current
            self.go_on()

    def begin(self) -> None:
        """Somebody speaks."""
        self.stretches.append(Stretch(self._turns.audible))
        self._speaks()

    def resume(self) -> None:
        """They speak on after a pause."""
        self.stretches[-1].silent = False
        self._speaks(self._clock.now() - _INSISTS + _INSISTS_AGAIN)

    def pause(self, *, over: bool) -> Stretch:
        """They are silent, for a moment or for good."""
        stretch = self.stretches[-1]
        stretch.silent, stretch.over = True, over
        if over and self._turns.audible:
            self._group.create_task(self._waits(stretch))
        return stretch

    def go_on(self) -> None:
        """The voice speaks on, unless somebody else already does."""
        if self.stretches and not self.stretches[-1].silent:
            self._silence()
        else:
            self._silenced = None, 0.0
            self._turns.go_on()

    def _silence(self) -> None:
        self._turns.hold()
        if self._silenced[0] is not self._turns.current:
            self._silenced = self._turns.current, self._clock.now()

    def _speaks(self, since: float | None = None) -> None:
        """From `since` on, if that is not when the voice became silent."""
        if self._turns.active:
            self._silence()
            self._group.create_task(self._insists(self.stretches[-1], self._turns.current, since))

    async def _insists(self, stretch: Stretch, turn: object, since: float | None) -> None:
        """Whoever speaks on while the voice is silent means it, whatever they say."""
        await self._clock.sleep_until((self._silenced[1] if since is None else since) + _INSISTS)
        if self._turns.current is turn and self._turns.audible and not stretch.silent:
            stretch.insisted = True
            self._turns.cancel("speech")
            self._on_insisted()

    async def _waits(self, stretch: Stretch) -> None:
        """Nobody waits in silence for words that are late; once they are known, they still count."""
        await self._clock.sleep_until(self._clock.now() + _PATIENCE)
        if stretch in self.stretches:
            self.go_on()
