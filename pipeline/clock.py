"""The session's clock: the only file that reads time or starts a thread.

With the loop beneath it (`pipeline/replay_loop.py`), that is. The same session code runs live and in
replay. Live, a clock sits on the ordinary asyncio loop. In replay it sits on a `ReplayLoop`, which jumps
to the next timer instead of waiting for it, with two additions that keep it faithful:

hold    while real work is in flight, virtual time stands still;
charge  its result is delivered at start + cost, and meanwhile frames, sound and interruptions keep
        arriving in order, exactly as live.

Every task that waited for real work is resumed by a timer that was set when the work *started*, so
that the order of events depends on costs alone and never on which thread happened to be faster.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from concurrent.futures import Future as ThreadFuture
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for_threads
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from pipeline.costs import Costs, measured
from pipeline.reader import End, Reader, from_thread
from pipeline.replay_loop import ReplayLoop

T = TypeVar("T")

_TICK = 1e-6
"""Seconds. What free work costs, so that its result too is delivered by a timer, in a fixed order."""

_LAST_ITEM = 1.0
"""Seconds that a reader has for its last item. A thread inside OpenCV while Python shuts down aborts the process."""

_MOMENT = 0.3
"""Seconds that the end of a live session waits for work in threads."""

_WORKERS = 8
"""Threads for work. More than stages that can be busy at once, so that nothing queues unseen."""


class Clock:
    """Time, threads and waiting for one session, live or in replay, by the loop it is made on.

    `on_span`, if set, is called with (stage, start in seconds, seconds) for each piece of work delivered.
    """

    def __init__(self, costs: Costs = measured) -> None:
        self._loop = asyncio.get_running_loop()
        self._replay = self._loop if isinstance(self._loop, ReplayLoop) else None
        self._zero = self._loop.time()
        self._began = _awake_or_asleep()
        self._costs = costs
        self._threads = ThreadPoolExecutor(_WORKERS, thread_name_prefix="glasses")
        self._busy: set[ThreadFuture[Any]] = set()
        self._readers: set[Reader[Any]] = set()
        self.on_span: Callable[[str, float, float], None] | None = None

    def now(self) -> float:
        """Seconds since the session started."""
        return self._loop.time() - self._zero

    def restart(self) -> None:
        """From here on `now()` counts from 0: what came before, such as loading models, is not the session's."""
        self._zero = self._loop.time()
        self._began = _awake_or_asleep()

    async def sleep_until(self, t: float) -> None:
        """Return when the clock shows `t` seconds; lets others run even if that has passed."""
        reached = self._loop.create_future()
        timer = self._loop.call_at(self._zero + t, _resolve, reached)
        try:
            await reached
        finally:
            timer.cancel()

    def block_until(self, t: float) -> None:
        """As `sleep_until`, for a thread beside the loop: it does nothing until then. Live only."""
        time.sleep(max(0.0, t - self.now()))

    def from_monotonic(self, seconds: float) -> float:
        """The session time of a reading of the system's monotonic clock, as drivers stamp with. Live only."""
        return seconds - self._zero

    @property
    def asleep(self) -> float:
        """Seconds that the machine has slept since it was started, which the system's monotonic clock leaves out."""
        return _awake_or_asleep() - time.monotonic()

    def started(self) -> datetime:
        """The wall-clock time of t = 0, with its zone. Read it late: a machine may set its clock after its start."""
        return datetime.now().astimezone() - timedelta(seconds=_awake_or_asleep() - self._began)

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        """Wait for what costs nothing, such as the next item of a feed. Raises TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            return await awaitable

    async def run(self, stage: str, function: Callable[[], T]) -> T:
        """Do blocking work in a thread and charge it as one call of `stage`.

        If the caller is cancelled, the thread runs to its end and its result is dropped; in replay
        time stands still until then, so that a cancelled stage can't race with the next turn's.
        """
        start, cost = self.now(), self._costs(stage)
        work = self._in_thread(_timed, function)
        return await self._deliver(stage, work, start, cost)

    async def wait(self, stage: str, awaitable: Awaitable[T], timeout: float) -> T:
        """Wait for the network, at most `timeout` seconds, and charge it as one call of `stage`.

        In replay the deadline is also kept in real time, since virtual time stands still meanwhile.
        Raises TimeoutError at start + timeout if nothing came by then.
        """
        start, cost = self.now(), self._costs(stage)
        inner = asyncio.ensure_future(awaitable)
        work = asyncio.ensure_future(self._within(timeout, inner))
        work.add_done_callback(lambda _: inner.cancel())  # it may be cancelled before it has begun
        if replay := self._replay:
            replay.hold()
            work.add_done_callback(lambda _: replay.release())
        return await self._deliver(stage, work, start, cost)

    async def feed(self, items: Iterable[T], *, ahead: int = 4) -> AsyncGenerator[T, None]:
        """The items of a blocking iterable, read in a thread of its own, up to `ahead` of need, free of charge.

        In replay time stands still while an item is awaited. What the iterable raises is raised here.
        Close the generator (`contextlib.aclosing`) to end the thread at its next item.
        """
        reader = Reader(iter(items), ahead, self._loop)
        self._readers = {other for other in self._readers if other.reads} | {reader}
        try:
            while True:
                start = self.now()
                item: T | End = await self._deliver("", self._held(reader.next()), start, 0.0)
                if isinstance(item, End):
                    return
                yield item
        finally:
            reader.stop()

    def background(self, work: Callable[[], None], name: str) -> asyncio.Future[None]:
        """Do blocking work beside the session, in a thread of its own and free of charge; live only, from any thread.

        The result says when it has ended, and with what. Whoever starts it must also see to its end.
        """
        done: asyncio.Future[None] = self._loop.create_future()

        def call() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised where the end is awaited
                from_thread(self._loop, partial(_reject, done, error))
            else:
                from_thread(self._loop, partial(_resolve, done))

        threading.Thread(target=call, name=f"glasses-{name}", daemon=True).start()
        return done

    def close(self, *, patience: float | None = None) -> bool:
        """Drop what has not begun, and wait for the threads that still work; whether all have ended.

        With `patience`, at most so many seconds: what takes longer, such as a model that can't be interrupted, is
        left behind. A source's read may hang for ever, so its thread has a second at the most.
        """
        self._threads.shutdown(wait=patience is None, cancel_futures=True)
        for reader in self._readers:
            reader.stop()
        end = time.monotonic() + (_LAST_ITEM if patience is None else patience)
        still_busy = wait_for_threads(self._busy, max(0.0, end - time.monotonic())).not_done
        for reader in self._readers:
            reader.join(max(0.0, end - time.monotonic()))
        return not still_busy and not any(reader.reads for reader in self._readers)

    def _in_thread(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Work in a thread that holds virtual time until the *thread* ends, whoever still waits for it."""
        work: ThreadFuture[T] = self._threads.submit(function, *arguments)
        self._busy.add(work)
        work.add_done_callback(self._busy.discard)
        result = asyncio.wrap_future(work)
        if replay := self._replay:
            replay.hold()
            # Behind the callback of `result`: were time released first, it could jump before the result is there.
            work.add_done_callback(lambda _: from_thread(replay, replay.release))
        return result

    def _held(self, future: asyncio.Future[T]) -> asyncio.Future[tuple[T | BaseException, float]]:
        """`future` as work that took no time, holding virtual time until it is done."""
        work: asyncio.Future[tuple[T | BaseException, float]] = self._loop.create_future()
        if self._replay:
            self._replay.hold()

        def done(source: asyncio.Future[T]) -> None:
            if self._replay:
                self._replay.release()
            if source.cancelled():
                work.cancel()
                return
            failure = source.exception()  # looked at even if nobody waits any more, or asyncio would print it
            if not work.cancelled():
                work.set_result((failure or source.result(), 0.0))

        future.add_done_callback(done)
        return work

    async def _within(self, timeout: float, awaitable: Awaitable[T]) -> tuple[T | BaseException, float]:
        began = time.perf_counter()
        task = asyncio.ensure_future(awaitable)
        call_later = self._replay.call_really_later if self._replay else self._loop.call_later
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            task.cancel()

        alarm = call_later(timeout, expire)
        try:
            return await task, time.perf_counter() - began
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if not expired or (this and this.cancelling()):
                raise
            return _Expired(f"nothing came within {timeout:g} s"), timeout
        except Exception as error:  # noqa: BLE001 - delivered to the caller at its time, by _deliver
            return error, time.perf_counter() - began
        finally:
            alarm.cancel()

    async def _deliver(
        self, stage: str, work: asyncio.Future[tuple[T | BaseException, float]], start: float, cost: float | None
    ) -> T:
        """The outcome of `work` at start + cost."""
        try:
            if cost is not None:
                await self.sleep_until(start + max(cost, _TICK))
            outcome, seconds = await work
            if isinstance(outcome, _Expired):
                seconds = max(seconds, cost or 0.0)
            if cost is None or isinstance(outcome, _Expired):
                await self.sleep_until(start + max(seconds, _TICK))
        except asyncio.CancelledError:
            work.cancel()
            raise
        if stage and self.on_span:
            self.on_span(stage, start, self.now() - start)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class _Impatient(ThreadPoolExecutor):
    """For what asyncio itself does in threads, such as looking up names: its end waits for none of them."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=True)


class _Expired(TimeoutError):
    """The deadline of a wait has passed, and is charged whole whatever the costs say."""


def _timed(function: Callable[[], T]) -> tuple[T | BaseException, float]:
    began = time.perf_counter()
    try:
        outcome: T | BaseException = function()
    except Exception as error:  # noqa: BLE001 - delivered to the caller at its time, by _deliver
        outcome = error
    return outcome, time.perf_counter() - began


def _awake_or_asleep() -> float:
    """Seconds since some moment, those included in which the machine slept: the session's clock leaves them out."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _reject(future: asyncio.Future[None], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def run(
    main: Callable[[Clock], Awaitable[T]],
    *,
    virtual: bool,
    costs: Costs = measured,
    on_left_behind: Callable[[], None] | None = None,
) -> T:
    """Run `main` on a clock of its own, live or (`virtual`) in a replay loop; Ctrl-C cancels it cleanly.

    Where `on_left_behind` is given the end waits for work in threads only a moment, and a good end calls it last of
    all if some still goes on: Python itself would wait for it at exit.
    """
    ended = True

    async def with_clock() -> T:
        nonlocal ended
        clock = Clock(costs)
        if on_left_behind:
            asyncio.get_running_loop().set_default_executor(_Impatient())
        try:
            return await main(clock)
        finally:
            ended = clock.close(patience=_MOMENT if on_left_behind else None)

    with asyncio.Runner(loop_factory=ReplayLoop if virtual else None) as runner:
        result = runner.run(with_clock())
    if on_left_behind and not ended:
        on_left_behind()
    return result
