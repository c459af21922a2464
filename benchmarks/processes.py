"""What a process has taken so far, by the operating system's account (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path


def resident(pid: int) -> float:
    """Megabytes in memory now."""
    return int(_of(pid, "statm").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak(pid: int) -> float:
    """Megabytes in memory at most, of 1024 KB as benchmarks.memory counts."""
    lines = _of(pid, "status").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def used(pid: int) -> float:
    """Seconds of processor time, all threads."""
    fields = _of(pid, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime


def _of(pid: int, file: str) -> str:
    return Path(f"/proc/{pid}/{file}").read_text()
