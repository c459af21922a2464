"""A slow mode for a machine that gets too hot, or whose battery is nearly empty: it does less, until that is over."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.sources import Tell

SYS = Path("/sys")
"""Where the kernel shows devices."""

_LOOK = 10.0
"""Seconds between two looks: a board warms up by less than a degree a second."""

_HOT, _COOL = 78.0, 70.0
"""Degrees Celsius of the processor from which it is too hot, and below which it no longer is. A Raspberry Pi is slowed
down by its firmware from 80 on, and more at 85 (raspberrypi.com, "Frequency management and thermal control")."""

_LOW, _CHARGED = 15.0, 20.0
"""Percent of the battery, while nothing charges it, from which it is nearly empty, and above which it no longer is."""

_PROCESSORS = ("cpu", "soc")
"""What the type of a thermal zone begins with, if it is the processor's, on boards with ARM processors. Those of x86
are called otherwise: they run at 90 degrees all day."""

Strain = Literal["hot", "battery"]

_TOLD = {
    "hot": "I am getting hot, so I look less closely and answer a little later for a while.",
    "battery": "My battery is nearly empty, so I look less closely and answer a little later.",
}


@dataclass(frozen=True, slots=True)
class Readings:
    """What the machine says of itself."""

    temperature: float | None = None  # of the processor, degrees Celsius; None where nothing measures it
    battery: float | None = None  # percent, of the one that is emptiest; None where there is none, or it is charged


def read(sys: Path = SYS) -> Readings:
    """The readings of now; what can't be read isn't there."""
    zones = sys.glob("class/thermal/thermal_zone*")
    temperatures = [_number(zone / "temp") for zone in zones if _text(zone / "type").startswith(_PROCESSORS)]
    batteries = [_number(supply / "capacity") for supply in sys.glob("class/power_supply/*") if _drains(supply)]
    hottest = max(_known(temperatures), default=None)
    return Readings(None if hottest is None else hottest / 1000, min(_known(batteries), default=None))


def strained(before: frozenset[Strain], readings: Readings) -> frozenset[Strain]:
    """What is too much now; `before` is what was at the last look, and ends later than it began."""
    now: set[Strain] = set()
    temperature, battery = readings.temperature, readings.battery
    if temperature is not None and temperature >= (_COOL if "hot" in before else _HOT):
        now.add("hot")
    if battery is not None and battery <= (_CHARGED if "battery" in before else _LOW):
        now.add("battery")
    return frozenset(now)


class Sparing:
    """Whether less is to be done than usual, for one session."""

    def __init__(self, clock: Clock, log: EventLog, sys: Path = SYS) -> None:
        self._clock = clock
        self._log = log
        self._sys = sys
        self._why: frozenset[Strain] = frozenset()
        self._told: set[Strain] = set()

    def wanted(self) -> bool:
        """From any thread, and never waits. Who does work that is not needed, or only likely to be, asks before it."""
        return bool(self._why)

    async def watch(self, tell: Tell) -> None:
        """Follow the readings until it is cancelled. The wearer is told once a session why less is done."""
        while True:
            readings = read(self._sys)
            why = strained(self._why, readings)
            if why != self._why:
                begun, self._why = why - self._why, why
                self._log.emit(
                    "slow", turn=0, why=sorted(why), temperature=readings.temperature, battery=readings.battery
                )
                for strain in sorted(begun - self._told):
                    self._told.add(strain)
                    await tell(_what(strain, readings), _TOLD[strain])
            await self._clock.sleep_until(self._clock.now() + _LOOK)


def _what(strain: Strain, readings: Readings) -> str:
    if strain == "hot":
        return f"the processor has {readings.temperature:.0f} degrees: give it air, or a heat sink"
    return f"the battery has {readings.battery:.0f} percent left: charge it"


def _drains(supply: Path) -> bool:
    """Whether it is a battery of the machine itself, and nothing charges it: mice have some as well."""
    return (
        _text(supply / "type") == "Battery"
        and _text(supply / "scope") != "Device"
        and _text(supply / "status") in ("Discharging", "Not charging", "Unknown", "")
    )


def _known(numbers: Iterable[float | None]) -> list[float]:
    return [number for number in numbers if number is not None]


def _number(file: Path) -> float | None:
    with suppress(ValueError):
        return float(_text(file))
    return None


def _text(file: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return file.read_text(encoding="utf-8").strip()
    return ""
