"""Bounded channels between stages: a full channel makes its sender wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class _End:
    pass


class Channel(Generic[T]):
    """One sender, one receiver, at most `size` items between them.

    The sender calls `close()`; the receiver's `async for` then ends after the last item.
    """

    def __init__(self, size: int) -> None:
        self._queue: asyncio.Queue[T | _End] = asyncio.Queue(size + 1)
        self._room = asyncio.Semaphore(size)

    async def send(self, item: T) -> None:
        """Put `item` behind the others; waits while the channel is full."""
        await self._room.acquire()
        self._queue.put_nowait(item)

    def close(self) -> None:
        """Nothing more will be sent. There is always room for this."""
        self._queue.put_nowait(_End())

    async def __aiter__(self) -> AsyncIterator[T]:
        while True:
            item = await self._queue.get()
            if isinstance(item, _End):
                return
            self._room.release()
            yield item
