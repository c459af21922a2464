"""Reading a blocking iterator in a thread of its own, beneath the clock."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class End:
    """Nothing more comes."""


class Reader(Generic[T]):
    """A thread that reads a blocking iterator, at most `ahead` items before they are asked for."""

    def __init__(self, items: Iterator[T], ahead: int, loop: asyncio.AbstractEventLoop) -> None:
        self._items = items
        self._loop = loop
        self._room = threading.Semaphore(ahead)
        self._ready: deque[T | End | BaseException] = deque()
        self._waiting: asyncio.Future[T | End] | None = None
        self._stopped = False
        # A daemon: a camera whose read hangs for ever must not keep the process alive.
        self._thread = threading.Thread(target=self._read, name="glasses-reader", daemon=True)
        self._thread.start()

    def next(self) -> asyncio.Future[T | End]:
        """The next item, or what the iterator raised; one at a time."""
        self._waiting = self._loop.create_future()
        self._hand_over()
        return self._waiting

    def stop(self) -> None:
        """Read nothing more; the thread ends, and closes the iterator, at its next item."""
        self._stopped = True
        self._room.release()

    @property
    def reads(self) -> bool:
        """Whether the thread still goes on."""
        return self._thread.is_alive()

    def join(self, timeout: float) -> None:
        """Wait for its end, at most `timeout` seconds."""
        self._thread.join(timeout)

    def _hand_over(self) -> None:
        waiting = self._waiting
        if waiting is None or waiting.done() or not self._ready:
            return
        item = self._ready.popleft()
        self._room.release()
        if isinstance(item, BaseException):
            waiting.set_exception(item)
        else:
            waiting.set_result(item)

    def _read(self) -> None:
        last: End | BaseException = End()
        try:
            while True:
                self._room.acquire()
                if self._stopped:
                    break
                try:
                    item = next(self._items)
                except StopIteration:
                    break
                self._ready.append(item)
                from_thread(self._loop, self._hand_over)
        except BaseException as error:  # noqa: BLE001 - raised where the items are awaited
            last = error
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                with contextlib.suppress(Exception):
                    close()
            self._ready.append(last)
            from_thread(self._loop, self._hand_over)


def from_thread(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Call back in the loop; nobody is left to call once it has closed."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)
