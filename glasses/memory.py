"""Less memory for the same work: a heap that threads share, and large pieces that go back to the system when freed."""

from __future__ import annotations

import ctypes
import sys

_TRIM, _MMAP, _ARENAS = -1, -3, -8
"""M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX of <malloc.h>."""

_LARGE = 16_000_000
"""Bytes from which memory is taken from the system and given back piece by piece. Left to itself malloc keeps pieces of
up to 32 MB for later, in heaps full of holes. With 8 million the first question of a session took 0.05 s more to read,
and with 4 million each picture of a camera 1 ms."""

_KEPT = 256_000_000
"""Bytes that may lie free at the end of a heap: what is given back is taken again for the next picture."""

_HEAPS = 1
"""That threads share. What one frees nobody else can use where each has its own: replays with Whisper base, Piper and
reading peaked at 1010 to 1034 MB without all this, at 890 to 969 with two heaps and at 801 to 870 with one, in the same
time."""


def frugal() -> None:
    """Set it so for this process; before threads have begun to work. Nothing changes where there is no GNU libc."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt:
        for what, value in ((_MMAP, _LARGE), (_TRIM, _KEPT), (_ARENAS, _HEAPS)):
            mallopt(what, value)
