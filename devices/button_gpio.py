"""`gpio:17`: a push button between a pin and ground."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from devices.gpio import opened, pin_of
from devices.registry import Found
from pipeline.buttons import ButtonEvent, ButtonPressed, ButtonReleased
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError

SETTLES = 0.03
"""Seconds in which a contact bounces: the switches that Jack Ganssle measured ("A Guide to Debouncing", 2004) did so
for 1.6 ms on average and, but for a bad one, 6.2 ms at most. Nobody taps as fast as that."""


@dataclass(slots=True)
class Contact:
    """What a bouncing contact means: changes count at once, and what follows within `SETTLES` s only if it stays.

    Counts times and has no clock.
    """

    down: bool = False  # as it counts
    _now: bool = False  # as the pin says
    _since: float = -math.inf  # when it last counted, seconds

    def change(self, t: float, down: bool) -> ButtonEvent | None:
        """The pin has changed; what that means, if it means anything yet."""
        self._now = down
        return self.settle(t)

    @property
    def due(self) -> float | None:
        """When to ask `settle`, seconds; None if the pin is as it counts."""
        return self._since + SETTLES if self._now != self.down else None

    def settle(self, t: float) -> ButtonEvent | None:
        """It is `t` seconds; what has become certain by then."""
        if self._now == self.down or t < self._since + SETTLES:
            return None
        self.down, self._since = self._now, t
        return ButtonPressed(t) if self.down else ButtonReleased(t)


class Button:
    """As in pipeline/buttons.py. gpiozero calls back in a thread of its own, which is when it was pressed.

    Raises UsageError where there are no pins, or another program has this one.
    """

    def __init__(self, address: str, clock: Clock) -> None:
        pin_of(address)
        self._address = address
        self._clock = clock
        self._opened().close()

    async def __aiter__(self) -> AsyncGenerator[ButtonEvent, None]:
        loop = asyncio.get_running_loop()
        changes: asyncio.Queue[tuple[float, bool]] = asyncio.Queue()

        def changed(down: bool) -> None:
            loop.call_soon_threadsafe(changes.put_nowait, (self._clock.now(), down))

        contact = Contact()
        with closing(self._opened()) as pin:
            pin.when_pressed, pin.when_released = partial(changed, True), partial(changed, False)
            while True:
                event = await self._next(contact, changes)
                if event:
                    yield event

    async def _next(self, contact: Contact, changes: asyncio.Queue[tuple[float, bool]]) -> ButtonEvent | None:
        due = contact.due
        if due is None:
            return contact.change(*await changes.get())
        try:
            change = await self._clock.within(max(0.0, due - self._clock.now()), changes.get())
        except TimeoutError:
            return contact.settle(due)
        return contact.change(*change)

    def _opened(self) -> Any:
        try:
            return opened(self._address, "Button")
        except GlassesError as error:
            raise UsageError(f"no button: {error}") from error


class _Driver:
    forms = ("gpio:17",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock) -> Button:
        return Button(address, clock)


driver = _Driver()
