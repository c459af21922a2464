"""What a recording holds, without decoding any of it: from the two ends of its file."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import GlassesError

_HEAD, _TAIL = 16_384, 4_000_000
"""Bytes that are read: the header, and more than the largest cluster together with the index behind it."""

_MATROSKA = b"\x1a\x45\xdf\xa3"
_CLUSTER = re.compile(
    rb"\x1f\x43\xb6\x75"
    rb"(?:[\x80-\xff]|[\x40-\x7f].|[\x20-\x3f].{2}|[\x10-\x1f].{3}|\x01.{7})"  # its size
    rb"(?:\xbf\x84.{4})?"  # its checksum
    rb"\xe7([\x81-\x88])(.{1,8})",  # its time, and how many bytes that has
    re.DOTALL,
)
"""How a cluster begins (RFC 9559); the time is in milliseconds at the scale that nearly everybody writes."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What the file says of itself."""

    seconds: float  # to the last cluster, which is a twentieth of a second long in our own recordings
    has_video: bool  # it was opened for pictures; none need have come
    has_sound: bool  # it was opened for sound; none need have come


def glance(media: Path, *, whole: bool = False) -> Glance:
    """Look at a session.mkv; if it is known to be `whole` at its header only, and its seconds are 0.

    Raises GlassesError if it is missing, empty or not Matroska.
    """
    try:
        with media.open("rb") as file:
            head = file.read(_HEAD)
            length = file.seek(0, 2)
            file.seek(max(0, length - _TAIL))
            tail = b"" if whole else file.read()
    except OSError as error:
        raise GlassesError(f"{media}: {error.strerror}") from error
    if not head.startswith(_MATROSKA):
        raise GlassesError(f"{media}: {'not a Matroska file' if head else 'is empty'}")
    return Glance(_last_time(tail), b"V_" in head, b"A_" in head)


def _last_time(tail: bytes) -> float:
    """Seconds; 0 where no cluster is to be found."""
    last = deque(_CLUSTER.finditer(tail), maxlen=1)
    return int.from_bytes(last[0][2][: last[0][1][0] - 0x80]) / 1000 if last else 0.0
