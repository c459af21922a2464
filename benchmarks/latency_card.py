"""A sound card made of a pipe: what it plays, and when to the millisecond.

PulseAudio's module-pipe-sink writes into a pipe, and this is the hardware behind it: it takes ten milliseconds of sound
every ten milliseconds, and what it takes is heard then. The monitor of a null sink does not tell when a sample sounded:
it is late by as much as the server may still take back, which changes with what its clients ask for.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from pipeline.speak.playback import audible_offset
from pipeline.types import Samples
from tests.sound import SoundSystem

RATE = 48_000
_CHANNELS = 8
_FRAME = _CHANNELS * 4
"""Bytes of a sample: eight channels of 32 bits, so that the pages of a pipe are short in time, 2.7 ms. The server's
pieces may fill a page by half, and with pages of 10.7 ms the card ran dry for 8 ms twice a second."""

_BLOCK = RATE // 100

_DEPTH = 32_768
"""Bytes that the card holds, 21 ms: eight pages."""

_PIPE = "card-out"


class PipeCard:
    """The default output of `system` from now on; `heard` is called with each block and when it sounds.

    The block is mono int16 at RATE, the time of its first sample in monotonic seconds.
    """

    def __init__(self, system: SoundSystem, heard: Callable[[float, Samples], None] | None = None) -> None:
        self._heard = heard
        self._path = Path(system.pipe(_PIPE))
        system.tell(
            *("load-module", "module-pipe-sink", f"file={self._path}", "sink_name=pipe", "format=s32le"),
            *(f"rate={RATE}", f"channels={_CHANNELS}"),
        )
        system.tell("set-default-sink", "pipe")
        self._pipe = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _DEPTH)
        self._loud: list[tuple[float, float]] = []  # first and last audible sample of a block, monotonic seconds
        self._over = False
        self.late = 0  # blocks that were taken later than the pipe is deep, since this process had to wait
        self.blocks = 0
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Play no more."""
        self._over = True
        self._thread.join()
        os.close(self._pipe)
        self._path.unlink(missing_ok=True)

    def first(self, since: float, until: float) -> float | None:
        """When the first sample above -50 dBFS between two monotonic times was heard; None if all was silence."""
        loud = self._loud[:]  # another thread adds to it
        for begin, end in loud[bisect_left(loud, since, key=lambda block: block[1]) :]:
            if end >= since:
                return max(begin, since) if begin < until else None
        return None

    def _play(self) -> None:
        zero = time.monotonic()
        while not self._over:
            begins = zero + self.blocks * _BLOCK / RATE
            time.sleep(max(0.0, begins - time.monotonic()))
            self.late += time.monotonic() - begins > _DEPTH / _FRAME / RATE
            self.blocks += 1
            data = b""
            with suppress(BlockingIOError):  # the server is late, and the card plays silence
                data = os.read(self._pipe, _BLOCK * _FRAME)
            whole = np.frombuffer(data[: len(data) // _FRAME * _FRAME], "<i4").reshape(-1, _CHANNELS)[:, 0]
            sound = (whole >> 16).astype(np.int16)
            if self._heard and len(sound):
                self._heard(begins, sound)
            first = audible_offset(sound, RATE)
            if first is not None:
                last = audible_offset(sound[::-1], RATE) or 0.0
                self._loud.append((begins + first, begins + (len(sound) - 1) / RATE - last))
