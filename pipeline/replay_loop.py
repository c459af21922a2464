"""An event loop in virtual time, for replays. Only a Clock should hold it."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from typing import Any


class Deadlock(RuntimeError):
    """In replay: no timer is set and no work is in flight, so nothing can ever happen again."""


class ReplayLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time: it jumps to the next timer unless real work is in flight."""

    def __init__(self) -> None:
        self._virtual = 0.0
        self._holds = 0
        self._alarms: list[_Alarm] = []
        super().__init__(_JumpingSelector(self))
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual

    def hold(self) -> None:
        """Real work begins: time stands still until as many calls of `release`."""
        self._holds += 1

    def release(self) -> None:
        """Real work has ended."""
        self._holds -= 1

    def call_really_later(self, seconds: float, callback: Callable[[], None]) -> _Alarm:
        """Call back after real seconds, if time is held then; the alarm can be cancelled."""
        alarm = _Alarm(time.monotonic() + seconds, callback)
        self._alarms.append(alarm)
        return alarm

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """As in asyncio (name look-ups of the network use it); holds time until it is done."""
        work = super().run_in_executor(executor, func, *args)
        self.hold()
        work.add_done_callback(lambda _: self.release())
        return work

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """As in asyncio; the thread that it waits for is real work."""
        self.hold()
        try:
            await super().shutdown_default_executor()
        finally:
            self.release()

    def next_wait(self, timeout: float | None) -> float | None:
        """Real seconds to wait for input where an ordinary loop would wait `timeout`; None without end."""
        if timeout is not None and timeout <= 0:
            return 0.0
        if not self._holds:
            return 0.0
        self._alarms = [alarm for alarm in self._alarms if not alarm.cancelled]
        if not self._alarms:
            return None
        return max(0.0, min(alarm.at for alarm in self._alarms) - time.monotonic())

    def jump(self, timeout: float | None, busy: bool) -> None:
        """After looking for input: ring what is due, or advance to the next timer if nothing is going on.

        Raises Deadlock if nothing can ever happen.
        """
        due = [alarm for alarm in self._alarms if not alarm.cancelled and alarm.at <= time.monotonic()]
        for alarm in due:
            self._alarms.remove(alarm)
            self.call_soon(alarm.callback)
        if self._holds or busy or due or (timeout is not None and timeout <= 0):
            return
        if not self._scheduled:  # type: ignore[attr-defined]
            raise Deadlock("the replay stands still: no timer is set and no work is in flight")
        self._virtual = max(self._virtual, self._scheduled[0].when())  # type: ignore[attr-defined]


class _Alarm:
    def __init__(self, at: float, callback: Callable[[], None]) -> None:
        self.at = at
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class _JumpingSelector(selectors.DefaultSelector):
    """The system's selector, asking its loop how long to wait really."""

    def __init__(self, loop: ReplayLoop) -> None:
        super().__init__()
        self._replay = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(self._replay.next_wait(timeout))
        self._replay.jump(timeout, bool(ready))
        return ready
