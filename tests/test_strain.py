"""Too hot, or the battery nearly empty: it does less, says so once, and does all of it again when that is over."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from glasses.strain import Readings, Sparing, Strain, read, strained
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.costs import fixed
from pipeline.events import EventLog
from pipeline.types import Event
from tests.timeline import FREE, Scripted, Timeline, of


class Machine:
    """A folder as the kernel's /sys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def zone(self, number: int, kind: str, millidegrees: str) -> None:
        self._write(f"class/thermal/thermal_zone{number}", type=kind, temp=millidegrees)

    def supply(self, name: str, **about: str) -> None:
        self._write(f"class/power_supply/{name}", **about)

    def battery(self, percent: int, status: str = "Discharging") -> None:
        self.supply("BAT0", type="Battery", capacity=str(percent), status=status)

    def _write(self, where: str, **files: str) -> None:
        folder = self.folder / where
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(f"{text}\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_that_measures_nothing_is_never_strained(machine: Machine) -> None:
    assert read(machine.folder) == Readings(None, None)
    assert strained(frozenset(), Readings()) == frozenset()


def test_the_hottest_zone_of_the_processor_counts(machine: Machine) -> None:
    machine.zone(0, "cpu-thermal", "61300")
    machine.zone(1, "soc-thermal", "64000")
    machine.zone(2, "wifi-thermal", "90000")
    assert read(machine.folder).temperature == 64.0


def test_a_processor_of_a_desktop_may_be_hot(machine: Machine) -> None:
    machine.zone(0, "x86_pkg_temp", "95000")
    assert read(machine.folder).temperature is None


def test_the_battery_counts_while_nothing_charges_it(machine: Machine) -> None:
    machine.supply("ADP0", type="Mains", online="0")
    machine.supply("mouse", type="Battery", scope="Device", capacity="3", status="Discharging")
    machine.battery(40)
    assert read(machine.folder).battery == 40
    machine.battery(40, "Charging")
    assert read(machine.folder).battery is None


@pytest.mark.parametrize("broken", ["", "n/a", "\x00"])
def test_what_can_not_be_read_is_not_there(machine: Machine, broken: str) -> None:
    machine.zone(0, "cpu-thermal", broken)
    assert read(machine.folder) == Readings()


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([Readings(temperature=t) for t in (60, 77, 78, 77, 71, 69.9, 77)], [0, 0, 1, 1, 1, 0, 0]),
        ([Readings(battery=p) for p in (50, 16, 15, 18, 20, 21, 16)], [0, 0, 1, 1, 1, 0, 0]),
    ],
)
def test_it_ends_later_than_it_began(readings: list[Readings], expected: list[int]) -> None:
    why: frozenset[Strain] = frozenset()
    seen = [int(bool(why := strained(why, one))) for one in readings]
    assert seen == expected


def test_the_wearer_is_told_once_and_it_comes_back_by_itself(machine: Machine) -> None:
    told: list[tuple[float, str]] = []
    events: list[Event] = []
    wanted: dict[float, bool] = {}

    async def main(clock: Clock) -> None:
        async def tell(what: str, words: str) -> None:
            told.append((clock.now(), words))

        log = EventLog(clock)
        log.subscribe(events.append)
        sparing = Sparing(clock, log, machine.folder)
        watching = asyncio.ensure_future(sparing.watch(tell))
        for at, millidegrees in ((0, 60_000), (15, 82_000), (45, 66_000), (75, 82_000), (105, 60_000)):
            await clock.sleep_until(at)
            machine.zone(0, "cpu-thermal", str(millidegrees))
            await clock.sleep_until(at + 12)
            wanted[at] = sparing.wanted()
        watching.cancel()
        await asyncio.wait({watching})

    clocks.run(main, virtual=True)
    assert wanted == {0: False, 15: True, 45: False, 75: True, 105: False}
    assert told == [(20.0, "I am getting hot, so I look less closely and answer a little later for a while.")]
    assert [event.data["why"] for event in events] == [["hot"], [], ["hot"], []]


def test_each_reason_is_told(machine: Machine) -> None:
    told: list[str] = []

    async def main(clock: Clock) -> None:
        async def tell(what: str, words: str) -> None:
            told.append(what)

        sparing = Sparing(clock, EventLog(clock), machine.folder)
        watching = asyncio.ensure_future(sparing.watch(tell))
        machine.zone(0, "cpu-thermal", "85000")
        await clock.sleep_until(15)
        machine.battery(9)
        await clock.sleep_until(30)
        watching.cancel()
        await asyncio.wait({watching})

    clocks.run(main, virtual=True)
    assert told == [
        "the processor has 85 degrees: give it air, or a heat sink",
        "the battery has 9 percent left: charge it",
    ]


# What is spared in a session.


def hesitating(**more: Any) -> Timeline:
    """Somebody who pauses for 0.2 s in the midst of a question, and asks another one later."""
    timeline = Timeline(**more).says(1.0, 2.0, "Is there").says(2.2, 3.0, "Is there a cup?")
    return timeline.says(8.0, 9.0, "And a spoon?")


def work(events: list[Event], stage: str, until: float) -> list[float]:
    """When work of that kind was begun, seconds."""
    starts = [event.data["start"] for event in of(events, "span") if event.data["stage"] == stage]
    return [start for start in starts if start < until]


def test_what_a_pause_may_make_useless_is_not_begun_before_the_pause_is_as_long_as_any_that_ends_a_question() -> None:
    usual, slow = (hesitating(sparing=lambda t, slow=slow: slow).play(Scripted("Yes.")) for slow in (False, True))
    assert work(usual, "transcribe", until=5.0) == pytest.approx([2.07, 3.07], abs=0.04)
    assert work(slow, "transcribe", until=5.0) == pytest.approx([3.32], abs=0.04)
    assert [event.data["text"] for event in of(slow, "heard")] == ["Is there a cup?", "And a spoon?"]
    assert (len(of(usual, "withdrawn")), len(of(slow, "withdrawn"))) == (1, 0)


def test_no_picture_is_encoded_before_it_is_known_which() -> None:
    costs = fixed(FREE | {"transcribe": 0.2})
    usual, slow = (
        hesitating(sparing=lambda t, slow=slow: slow).play(Scripted("Yes."), costs=costs) for slow in (False, True)
    )
    assert len(work(usual, "encode", until=5.0)) == 2
    assert len(work(slow, "encode", until=5.0)) == 1


def test_the_answer_comes_a_little_later_at_most() -> None:
    def heard(slow: bool, patience: float) -> float:
        timeline = Timeline(sparing=lambda t: slow, patience=lambda words: patience).says(1.0, 2.0, "Is there a cup?")
        return of(timeline.play(Scripted("Yes."), costs=fixed(FREE | {"transcribe": 0.2})), "heard")[0].t

    assert heard(True, 0.32) - heard(False, 0.32) == pytest.approx(0.2, abs=0.04)
    assert heard(True, 0.7) == heard(False, 0.7)


def test_when_that_is_over_everything_is_done_at_once_again() -> None:
    events = hesitating(sparing=lambda t: t < 6.0).play(Scripted("Yes."))
    assert work(events, "transcribe", until=10.0) == pytest.approx([3.32, 9.07], abs=0.04)
