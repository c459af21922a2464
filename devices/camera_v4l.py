"""The cameras of a Linux machine: which are there, and why one can't be used. Video4Linux, without opening a stream."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

SYS = Path("/sys/class/video4linux")
DEV = Path("/dev")
PROC = Path("/proc")

_QUERYCAP = 0x80685600
"""VIDIOC_QUERYCAP of <linux/videodev2.h>: _IOR('V', 0, struct v4l2_capability), 104 bytes."""

_CAPTURES = 0x1 | 0x1000
"""V4L2_CAP_VIDEO_CAPTURE, and its kind with several planes."""


@dataclass(frozen=True, slots=True)
class Node:
    """A device file that gives pictures."""

    path: Path  # such as /dev/video0
    name: str  # of the camera, for people
    stable: Path | None  # a link that stays with this camera, where udev keeps one


def cameras() -> list[Node]:
    """Those that are there, in the order of their numbers."""
    nodes = [DEV / entry.name for entry in SYS.glob("video*")] if SYS.is_dir() else []
    return [
        Node(path, _line(SYS / path.name / "name") or path.name, _stable(path))
        for path in sorted(nodes, key=_number)
        if path.exists() and _gives_pictures(path)
    ]


def what_is_there() -> str:
    """One clause for people."""
    found = ", ".join(f"webcam:{_number(node.path)} ({node.name})" for node in cameras())
    return f"there is {found}" if found else "no camera is plugged in"


def why_not(path: Path) -> str:
    """Why the camera at `path` can't be used, and the remedy; empty if nothing is known against it."""
    if not path.exists():
        return f"no camera at {path}: {what_is_there()}"
    if not os.access(path, os.R_OK | os.W_OK):
        return f"no permission to use {path}: sudo usermod -aG video $USER, then log out and in again"
    return ""


def why_busy(path: Path) -> str:
    """Who else holds the camera at `path`, and the remedy; empty if nobody is known to."""
    there = holders(path.resolve())
    if os.getpid() in there:
        return f"{path} is still held by an earlier attempt that hangs: unplug the camera and plug it in again"
    names = ", ".join(f"{there[pid]} (process {pid})" for pid in sorted(there))
    return f"{path} is in use by {names}: close that first" if names else ""


def _number(path: Path) -> int:
    digits = re.search(r"\d+$", path.name)
    return int(digits[0]) if digits else -1


def _line(path: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8").strip()
    return ""


def _stable(path: Path) -> Path | None:
    links = sorted((DEV / "v4l" / "by-id").glob("*"))
    return next((link for link in links if link.resolve() == path.resolve()), None)


def _gives_pictures(path: Path) -> bool:
    """Cameras bring a second node that only gives metadata; where it can't be asked, the first one is taken."""
    try:
        return bool(capabilities(path) & _CAPTURES)
    except PermissionError:
        return _line(SYS / path.name / "index") in ("", "0")
    except OSError:
        return False


def capabilities(path: Path) -> int:
    """The V4L2 capabilities of a node. Raises OSError if it can't be asked."""
    import fcntl

    answer = bytearray(104)
    device = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(device, _QUERYCAP, answer)
    finally:
        os.close(device)
    whole, of_node = (int.from_bytes(answer[at : at + 4], "little") for at in (84, 88))
    return of_node if whole & 0x80000000 else whole  # V4L2_CAP_DEVICE_CAPS


def holders(path: Path) -> dict[int, str]:
    """The programs that have `path` open, of those that this user may look at, by process id."""
    found: dict[int, str] = {}
    for process in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(handle.readlink() == path for handle in (process / "fd").iterdir()):
                found[int(process.name)] = _line(process / "comm") or "a program"
    return found
