"""Somebody else's service that has failed: left alone for a while, longer each time, then tried in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context

from pipeline.clock import Clock

_FIRST = 15.0
"""Seconds that it is left alone after it has failed; twice as long each further time."""

_LONGEST = 600.0
"""Seconds. A network that is back should be noticed within one errand."""


class Resting:
    """Whether a service should be asked; `reachable` says whether anybody is there, and doesn't raise."""

    def __init__(self, clock: Clock, reachable: Callable[[], Awaitable[bool]]) -> None:
        self._clock = clock
        self._reachable = reachable
        self._failures = 0  # in a row
        self._rest: asyncio.Task[None] | None = None  # done when it may be asked again

    @property
    def rests(self) -> bool:
        """Whether it should be left alone."""
        return bool(self._rest and not self._rest.done())

    def answered(self) -> None:
        """It rests no longer."""
        self.close()
        self._failures = 0

    def failed(self) -> None:
        """It rests from now on."""
        self.close()
        self._failures += 1
        # In a context of its own: what it does is no part of the turn that it failed in.
        self._rest = asyncio.create_task(self._until_reached(), context=Context())

    def close(self) -> None:
        """Let go of what runs in the background."""
        if self._rest:
            self._rest.cancel()
            self._rest = None

    async def _until_reached(self) -> None:
        """Return once it has rested and can be reached; until then no wearer waits for it."""
        while True:
            pause = min(_FIRST * 2.0 ** min(self._failures - 1, 16), _LONGEST)
            await self._clock.sleep_until(self._clock.now() + pause)
            if await self._reachable():
                return
            self._failures += 1
