"""Bounded channels between stages: a full channel makes its sender wait, or do without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class _End:
    pass


class Channel(Generic[T]):
    """One receiver, at most `size` items before it.

    Who sends last calls `close()`; the receiver's `async for` then ends after the last item.
    """

    def __init__(self, size: int) -> None:
        self._queue: asyncio.Queue[T | _End] = asyncio.Queue(size + 1)
        self._room = asyncio.Semaphore(size)
        self._closed = False

    async def send(self, item: T) -> None:
        """Put `item` behind the others; waits while the channel is full."""
        await self._room.acquire()
        self._queue.put_nowait(item)

    async def offer(self, item: T) -> bool:
        """Put `item` behind the others if there is room and more is taken; whether it was. Never waits."""
        if self._closed or self._room.locked():
            return False
        await self.send(item)
        return True

    async def push(self, item: T) -> T | None:
        """Put `item` behind the others; where there is no room, in the place of the oldest, which is returned."""
        if await self.offer(item) or self._closed:
            return None
        oldest = self._queue.get_nowait()
        assert not isinstance(oldest, _End)
        self._queue.put_nowait(item)
        return oldest

    def close(self) -> None:
        """Nothing more will be sent. There is always room for this."""
        self._closed = True
        self._queue.put_nowait(_End())

    async def __aiter__(self) -> AsyncIterator[T]:
        while True:
            item = await self._queue.get()
            if isinstance(item, _End):
                return
            self._room.release()
            yield item
