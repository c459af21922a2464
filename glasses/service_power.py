"""Whether a Raspberry Pi gets enough power: too little slows it down, makes USB devices vanish, and damages cards."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

HWMON = Path("/sys/class/hwmon")
"""Where the kernel shows what its monitoring chips measure."""


def undervoltage(hwmon: Path = HWMON) -> bool:
    """Whether the firmware saw less than 4.63 V in the last two seconds; False on every other machine.

    The kernel's driver raspberrypi-hwmon, which calls itself rpi_volt, asks for it every two seconds.
    """
    for chip in hwmon.glob("hwmon*"):
        with suppress(OSError):
            if (chip / "name").read_text().strip() == "rpi_volt":
                return (chip / "in0_lcrit_alarm").read_text().strip() == "1"
    return False
