"""A session that is only seen, heard and kept: what ends it, and what its button does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass
from math import inf

from pipeline.buttons import Button
from pipeline.clock import Clock
from pipeline.converse.pressing import Pressing
from pipeline.errors import first_failure
from pipeline.events import EventLog
from pipeline.privacy import Privacy
from pipeline.sources import Tell


@dataclass(frozen=True, slots=True)
class Pressed:
    """What the wearer may press."""

    button: Button | None
    privacy: Privacy  # which a long press is for
    tell: Tell  # tells of what fails


async def until_over(
    clock: Clock, log: EventLog, said: AsyncIterable[object], pressed: Pressed, failed: asyncio.Event
) -> None:
    """Return once nothing more is `said`, or nothing can be kept since that has `failed`, or with a double tap.

    Nobody says that a long press has closed camera and microphone: the light shows it. Raises what following `said`
    raises.
    """
    wearer = _Wearer(pressed)
    try:
        async with asyncio.TaskGroup() as presses:
            fingers = Pressing(clock, log, wearer, pressed.privacy, presses)
            if pressed.button:
                fingers.follow(pressed.button)
            hearing = asyncio.ensure_future(_all_of(said))
            ends = {hearing, *map(asyncio.ensure_future, (failed.wait(), wearer.over.wait()))}
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for end in ends:
                    end.cancel()
                await asyncio.wait(ends)
            fingers.finish()
            if not hearing.cancelled():
                hearing.result()
    except BaseExceptionGroup as failures:
        raise first_failure(failures) from None


class _Wearer:
    """Stands where a conductor does."""

    spoken = -inf  # nobody holds the button to be heard

    def __init__(self, pressed: Pressed) -> None:
        self.over = asyncio.Event()
        self._pressed = pressed

    def ask(self, t: float) -> None:
        """There is nobody to ask."""

    def hold(self, t: float) -> None:
        """As `ask`."""

    def finished(self) -> None:
        """As `ask`."""

    def stop(self) -> None:
        """That was all, unless it is only to be private."""
        if not self._pressed.privacy.wanted:
            self.over.set()

    def say(self, text: str) -> None:
        """There is no voice."""

    async def tell(self, what: str, told: str) -> None:
        """As the session is told."""
        await self._pressed.tell(what, told)


async def _all_of(said: AsyncIterable[object]) -> None:
    async for _ in said:
        pass
