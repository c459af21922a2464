"""Showing a session never makes it wait."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from glasses.printer import Printer
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.types import Event


def print_with(show: Callable[[Event], None], script: Callable[[Printer, Clock], object]) -> float:
    """Seconds that `script` and the end took."""

    async def main(clock: Clock) -> float:
        printer = Printer(clock, show)
        try:
            script(printer, clock)
        finally:
            await printer.close()
        return clock.now()

    return clocks.run(main, virtual=False)


def event(seq: int) -> Event:
    return Event(0.0, seq, 0, "span")


def test_events_and_drawings_are_shown_in_their_order() -> None:
    shown: list[object] = []

    def script(printer: Printer, clock: Clock) -> None:
        printer(event(0))
        printer.post(lambda: shown.append("drawn"))
        printer(event(1))

    print_with(lambda event: shown.append(event.seq), script)
    assert shown == [0, "drawn", 1]


def test_a_terminal_that_stands_still_stops_nothing() -> None:
    stands_still = threading.Event()

    def show(event: Event) -> None:
        stands_still.wait(30)

    def script(printer: Printer, clock: Clock) -> None:
        for seq in range(20_000):
            printer(event(seq))

    try:
        assert print_with(show, script) < 5.0
    finally:
        stands_still.set()


def test_where_nobody_reads_any_more_the_session_is_told() -> None:
    def broken(event: Event) -> None:
        raise BrokenPipeError

    async def main(clock: Clock) -> None:
        printer = Printer(clock, broken)
        for seq in range(500):
            printer(event(seq))
            await clock.sleep_until(clock.now() + 0.01)

    with pytest.raises(BrokenPipeError):
        clocks.run(main, virtual=False)
