"""The replay clock: jumps, holds, charges, and the same order every time."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.costs import Costs, fixed, measured, recorded
from pipeline.errors import UsageError
from pipeline.replay_loop import Deadlock
from pipeline.types import Event

T = TypeVar("T")


def replay(main: Callable[[Clock], Awaitable[T]], costs: Costs = measured) -> T:
    return clocks.run(main, virtual=True, costs=costs)


def after(seconds: float, result: T) -> T:
    time.sleep(seconds)
    return result


def test_an_hour_of_waiting_takes_no_time() -> None:
    async def main(clock: Clock) -> float:
        await clock.sleep_until(3600.0)
        return clock.now()

    began = time.monotonic()
    assert replay(main) == 3600.0
    assert time.monotonic() - began < 5


def test_work_costs_what_the_table_says_and_time_passes_for_others_meanwhile() -> None:
    async def main(clock: Clock) -> list[tuple[str, float]]:
        seen = []

        async def ticks() -> None:
            for n in range(1, 4):
                await clock.sleep_until(float(n))
                seen.append(("tick", clock.now()))

        async with asyncio.TaskGroup() as group:
            group.create_task(ticks())
            word = await clock.run("think", lambda: after(0.05, "answer"))
            seen.append((word, clock.now()))
        return seen

    costs = fixed({"think": 2.5})
    assert replay(main, costs) == [("tick", 1.0), ("tick", 2.0), ("answer", 2.5), ("tick", 3.0)]


def test_measured_work_is_charged_what_it_took() -> None:
    async def main(clock: Clock) -> float:
        await clock.sleep_until(10.0)
        await clock.run("think", lambda: time.sleep(0.2))
        return clock.now()

    assert 10.2 <= replay(main) < 11.0


def test_overlapping_work_is_delivered_in_the_order_of_its_costs_whichever_thread_is_faster() -> None:
    async def main(clock: Clock) -> list[tuple[float, int]]:
        seen: list[tuple[float, int]] = []

        async def work(number: int) -> None:
            for _ in range(5):
                await clock.run("think", lambda: time.sleep(random.random() / 100))
                seen.append((clock.now(), number))

        async with asyncio.TaskGroup() as group:
            for number in range(6):
                group.create_task(work(number))
        return seen

    costs = fixed({"think": 0.5})
    assert replay(main, costs) == replay(main, costs)


def test_recorded_costs_come_back_in_their_order() -> None:
    spans = [Event(0, n, 1, "span", {"stage": "think", "start": 0.0, "seconds": s}) for n, s in enumerate((0.5, 0.25))]

    async def main(clock: Clock) -> list[float]:
        times = []
        for _ in range(3):
            await clock.run("think", lambda: None)
            times.append(clock.now())
        return times

    assert replay(main, recorded(spans)) == [0.5, 0.75, 1.0]


def test_what_work_raises_arrives_after_its_cost() -> None:
    async def main(clock: Clock) -> float:
        with pytest.raises(ZeroDivisionError):
            await clock.run("think", lambda: 1 / 0)
        return clock.now()

    assert replay(main, fixed({"think": 2.0})) == 2.0


def test_a_stage_without_a_fixed_cost_is_refused_by_name() -> None:
    async def main(clock: Clock) -> None:
        await clock.run("dream", lambda: None)

    with pytest.raises(UsageError, match="dream"):
        replay(main, fixed({}))


def test_a_server_that_never_answers_is_charged_its_whole_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        async def main(clock: Clock) -> float:
            async def ask() -> bytes:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    return await reader.read(1)
                finally:
                    writer.close()

            with pytest.raises(TimeoutError):
                await clock.wait("ask", ask(), timeout=0.3)
            return clock.now()

        assert replay(main) == pytest.approx(0.3)
        assert clocks.run(main, virtual=False) == pytest.approx(0.3, abs=0.25)


def test_a_network_wait_is_charged_by_the_table_too() -> None:
    async def main(clock: Clock) -> float:
        async def answer() -> str:
            return "yes"

        assert await clock.wait("ask", answer(), timeout=5) == "yes"
        return clock.now()

    assert replay(main, fixed({"ask": 1.5})) == 1.5


def test_a_feed_is_read_ahead_and_holds_time_until_the_item_is_there() -> None:
    def slow() -> Iterator[int]:
        for n in range(3):
            time.sleep(0.03)
            yield n

    async def main(clock: Clock) -> list[int]:
        items = []
        async with contextlib.aclosing(clock.feed(slow())) as feed:
            async for item in feed:
                items.append(item)
                assert clock.now() < 0.001
        return items

    assert replay(main) == [0, 1, 2]


def test_a_feed_raises_what_its_source_raises() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("unplugged")

    async def main(clock: Clock) -> list[int]:
        feed = clock.feed(broken())
        items = [await anext(feed)]
        with pytest.raises(OSError, match="unplugged"):
            await anext(feed)
        return items

    assert replay(main) == [1]


def test_closing_a_feed_ends_its_source() -> None:
    closed = []

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    async def main(clock: Clock) -> None:
        async with contextlib.aclosing(clock.feed(endless())) as feed:
            async for _ in feed:
                break

    replay(main)
    for _ in range(100):
        if closed:
            break
        time.sleep(0.01)
    assert closed


def test_a_reader_has_ended_when_its_clock_is_closed() -> None:
    threads = []

    def slow() -> Iterator[int]:
        threads.append(threading.current_thread())
        while True:
            time.sleep(0.05)
            yield 1

    async def main(clock: Clock) -> None:
        async with contextlib.aclosing(clock.feed(slow())) as feed:
            await anext(feed)

    replay(main)
    assert not threads[0].is_alive()


def test_a_timeout_of_the_work_itself_costs_what_the_table_says() -> None:
    async def main(clock: Clock) -> float:
        async def fail() -> None:
            raise TimeoutError("its own")

        with pytest.raises(TimeoutError, match="its own"):
            await clock.wait("ask", fail(), timeout=5)
        return clock.now()

    assert replay(main, fixed({"ask": 0.1})) == pytest.approx(0.1)


def test_cancelled_work_holds_time_until_its_thread_has_ended() -> None:
    ended = []

    async def main(clock: Clock) -> bool:
        task = asyncio.ensure_future(clock.run("think", lambda: ended.append(after(0.1, True))))
        await clock.sleep_until(0.0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await clock.sleep_until(1.0)
        return bool(ended)

    assert replay(main) is True


def test_a_loop_with_nothing_to_wait_for_fails_loudly() -> None:
    async def main(clock: Clock) -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Deadlock):
        replay(main)


@pytest.mark.parametrize("virtual", [True, False])
def test_a_wait_that_is_cancelled_before_it_began_leaves_nothing_behind(virtual: bool) -> None:
    """What it was to wait for would complain at its end that nobody awaited it; warnings fail a test."""

    async def network() -> None:
        raise AssertionError("never begun")

    async def main(clock: Clock) -> None:
        waiting = asyncio.ensure_future(clock.wait("ask", network(), 1.0))
        asyncio.get_running_loop().call_soon(waiting.cancel)
        await asyncio.gather(waiting, return_exceptions=True)
        await clock.sleep_until(0.01)
        gc.collect()

    clocks.run(main, virtual=virtual)


def test_every_piece_of_work_reports_its_span() -> None:
    async def main(clock: Clock) -> list[tuple[str, float, float]]:
        spans: list[tuple[str, float, float]] = []
        clock.on_span = lambda *span: spans.append(span)
        await clock.sleep_until(1.0)
        await clock.run("think", lambda: None)
        return spans

    assert replay(main, fixed({"think": 0.5})) == [("think", 1.0, 0.5)]


def test_the_end_of_a_live_session_waits_only_a_moment_for_what_cannot_be_interrupted() -> None:
    left_behind: list[bool] = []
    goes_on = threading.Event()

    async def main(clock: Clock) -> None:
        work = asyncio.ensure_future(clock.run("think", lambda: goes_on.wait(30)))
        name = asyncio.get_running_loop().run_in_executor(None, goes_on.wait, 30)  # as a look-up of a name does
        await clock.sleep_until(0.05)
        work.cancel()
        name.cancel()

    began = time.monotonic()
    clocks.run(main, virtual=False, on_left_behind=lambda: left_behind.append(True))
    assert time.monotonic() - began < 5
    assert left_behind == [True]
    goes_on.set()


def test_a_thread_beside_the_session_can_wait_for_a_time_of_it() -> None:
    async def main(clock: Clock) -> tuple[float, float]:
        clock.block_until(0.05)
        late = clock.now()
        clock.block_until(0.01)  # has passed
        return late, clock.now()

    late, later = clocks.run(main, virtual=False)
    assert late >= 0.05
    assert later - late < 0.04
