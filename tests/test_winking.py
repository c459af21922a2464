"""How the light says what is missing, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from glasses.winking import wink
from pipeline import clock as clocks
from pipeline.clock import Clock


def winks(missing: Sequence[str], seconds: float) -> tuple[list[int], float, bool]:
    """How many winks came in each group, how long they were in all, and whether one has not been ended."""
    begun: list[float] = []
    dark = 0.0
    winking = False

    async def main(clock: Clock) -> None:
        def light(on: bool) -> None:
            nonlocal dark, winking
            if on:
                begun.append(clock.now())
            elif winking:
                dark += clock.now() - begun[-1]
            winking = on

        task = asyncio.ensure_future(wink(clock, light, lambda: missing))
        await clock.sleep_until(seconds)
        task.cancel()
        await asyncio.wait({task})

    clocks.run(main, virtual=True)
    groups = [0]
    for n, t in enumerate(begun):
        if n and t - begun[n - 1] > 1.0:
            groups.append(0)
        groups[-1] += 1
    return groups, dark, winking


@pytest.mark.parametrize(("name", "times"), [("camera", 1), ("microphone", 2), ("speaker", 3)])
def test_each_device_has_its_number(name: str, times: int) -> None:
    groups, dark, _ = winks([name], 30.0)
    assert set(groups[:-1]) == {times}  # the last may be under way
    assert len(groups) >= 5
    assert dark < 0.1 * 30.0


def test_several_are_told_one_after_the_other() -> None:
    assert winks(["speaker", "camera"], 20.0)[0] == [1, 3, 1, 3]


def test_nothing_missing_is_no_wink() -> None:
    assert winks([], 60.0)[0] == [0]


def test_at_its_end_it_does_not_stay_in_the_midst_of_a_wink() -> None:
    assert not winks(["camera"], 4.05)[2]
