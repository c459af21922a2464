"""Whether the machine's clock has been set: a board without a battery starts with some time of the past."""

from __future__ import annotations

from pathlib import Path

TIMESYNC = Path("/run/systemd/timesync")
"""There while systemd-timesyncd runs, with a file `synchronized` once it has set the clock (systemd-timesyncd(8))."""


def unset(timesync: Path = TIMESYNC) -> bool:
    """Whether the network is to set the clock, and has not since the start."""
    return timesync.is_dir() and not (timesync / "synchronized").exists()
