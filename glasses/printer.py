"""Shows a session while it goes on, without ever making it wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue

from pipeline.clock import Clock
from pipeline.types import Event

_MOST = 10_000
"""Events that wait to be shown; of more, the newest are not shown."""

_PATIENCE = 0.5
"""Seconds that the end waits for what still is to be shown."""


class Printer:
    """Shows events in a thread of its own: who stops reading (Ctrl-S, a full pipe) must not stop the session."""

    def __init__(self, clock: Clock, show: Callable[[Event], None]) -> None:
        self._clock = clock
        self._show = show
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ended = clock.background(self._work, "printer")

    def __call__(self, event: Event) -> None:
        """Show `event`, a subscriber of the log. Raises what showing raised: BrokenPipeError where nobody reads now."""
        if self._ended.done() and (error := self._ended.exception()):
            raise error
        if self._queue.qsize() < _MOST:
            self._queue.put(partial(self._show, event))

    def post(self, work: Callable[[], None]) -> None:
        """Call `work` behind what was shown before."""
        self._queue.put(work)

    def draw(self, picture: Callable[[], None]) -> None:
        """Call `picture` behind what was shown before; left out while that waits."""
        if self._queue.empty():
            self._queue.put(picture)

    async def close(self) -> None:
        """Show what waits, as far as there is time for it."""
        self._queue.put(None)
        with suppress(Exception):  # what was wrong with showing has been raised, or is of no use any more
            await self._clock.within(_PATIENCE, asyncio.shield(self._ended))

    def _work(self) -> None:
        while (show := self._queue.get()) is not None:
            show()
