"""Privacy: the wearer wants to be neither seen nor heard, and camera and microphone are closed until they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

from pipeline.clock import Clock

T = TypeVar("T")

CLOSING = 3.0
"""Seconds that devices may take to close: a read that takes longer hangs, as in pipeline/sources.py."""


class Privacy:
    """Wanted or not, and who waits for that. Belongs to one loop."""

    def __init__(
        self,
        clock: Clock,
        closed: Callable[[float], bool] = lambda seconds: True,
        *,
        wanted: bool = False,
        remember: Callable[[bool], None] = lambda wanted: None,
    ) -> None:
        """`closed` waits so many seconds at most for every device to be closed, and says whether they are; blocks.

        `wanted` is how it was before, and `remember` is called at each change: a session that had to be ended because
        a device hung in closing must not open it again by being started anew.
        """
        self._clock = clock
        self._closed = closed
        self._wanted = wanted
        self._remember = remember
        self._changed = asyncio.Event()

    @property
    def wanted(self) -> bool:
        """Whether camera and microphone are to be closed."""
        return self._wanted

    def switch(self) -> bool:
        """The wearer wants it if they did not, and no more if they did; returns whether they do now."""
        self._wanted = not self._wanted
        self._remember(self._wanted)
        self._changed.set()
        self._changed = asyncio.Event()
        return self._wanted

    async def until(self, wanted: bool) -> None:
        """Return when it is wanted, or when it is not."""
        while self._wanted is not wanted:
            await self._changed.wait()

    async def closed(self) -> bool:
        """Whether camera and microphone have really been let go of; waits for it as long as it is worth it."""
        return await self._clock.run("close", lambda: self._closed(CLOSING))

    async def watching(self, watch: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do `watch` to its end. It is cancelled once privacy is wanted, and done anew when it is no more."""
        while True:
            await self.until(False)
            work = asyncio.ensure_future(watch())
            if await self._unless_wanted(work):
                return

    async def listening(
        self, listen: Callable[[], AsyncGenerator[T, None]], rest: Callable[[], Iterable[T]]
    ) -> AsyncGenerator[T, None]:
        """The items of `listen()` to their end, as `watching`; where it is cancelled, `rest()` ends what it began."""
        while True:
            await self.until(False)
            async with aclosing(listen()) as items:
                while await self._unless_wanted(coming := asyncio.ensure_future(anext(items, None))):
                    if (item := coming.result()) is None:
                        return
                    yield item
            for item in rest():
                yield item

    async def _unless_wanted(self, work: asyncio.Future[Any]) -> bool:
        """Wait for `work`, and raise what it raises; False if privacy is wanted first, and then it is cancelled."""
        wanted = asyncio.ensure_future(self.until(True))
        try:
            await asyncio.wait({work, wanted}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if undone := [future for future in (work, wanted) if future.cancel()]:
                await asyncio.wait(undone)
        if work.cancelled():
            return False
        work.result()
        return True
