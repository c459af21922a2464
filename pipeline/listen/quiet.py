"""Longer pieces of sound while it has been quiet for long: to hand one over takes more work than what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.errors import DeviceLost
from pipeline.listen.floor import BLOCK, Floor
from pipeline.listen.transcriber import RATE
from pipeline.sources import News, iterated
from pipeline.types import AudioChunk, read_only

_JOINED = 0.1
"""Seconds of a piece."""

_QUIET = 2.0 * RATE
"""Samples without sound beyond the floor of noise after which nothing is waited for: by then every end of a turn has
been decided, and what comes next begins with a sound."""

_UNTIL = 0.13
"""Seconds from the end of a piece until the next is there as a whole: it comes from a card 30 ms after its end (median
with PulseAudio, nine tenths within 41), in six pieces that are then read at once instead of one by one."""

JOINT = 0.001
"""Seconds by which chunks may lie apart and still be joined: less than anything that is told of times."""


@dataclass(frozen=True, slots=True)
class Still(AudioChunk):
    """A piece of sound in which there is nothing beyond the noise, and was nothing for two seconds before."""


Rest = Callable[[float], None]
"""Called in the thread that reads a microphone while it is quiet, with the session time until which nothing has to be
read, seconds: it may wait for it where nobody listens for anything that is worth hearing at once."""


def restless(t: float) -> None:
    """A `Rest` that is none."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A microphone whose sound is `joined`; for one that is read at the speed of life, and not ahead of it."""

    microphone: Iterable[AudioChunk | News]
    rest: Rest = restless

    def __iter__(self) -> Iterator[AudioChunk | News]:
        return joined(self.microphone, self.rest)


def joined(chunks: Iterable[AudioChunk | News], rest: Rest = restless) -> Iterator[AudioChunk | News]:
    """The same sound. While it is quiet up to a tenth of a second of it comes at once, as `Still`, or as much as there
    is when a sound does; for the thread that reads the microphone. Closing it closes `chunks`.
    """
    quiet, waiting = _Quiet(), list[AudioChunk]()
    with iterated(chunks) as items:
        try:
            for item in items:
                if not isinstance(item, AudioChunk):
                    yield from as_one(waiting)
                    yield item
                    continue
                if waiting and abs(item.t - waiting[-1].t_end) > JOINT:
                    yield from as_one(waiting)
                waiting.append(item)
                if not quiet.after(item):
                    yield from as_one(waiting)
                elif item.t_end - waiting[0].t >= _JOINED - JOINT:
                    yield from (Still(chunk.t, chunk.samples, chunk.rate) for chunk in as_one(waiting))
                    rest(item.t_end + _UNTIL)
        except DeviceLost:
            yield from as_one(waiting)
            raise
        yield from as_one(waiting)


def as_one(waiting: list[AudioChunk]) -> Iterator[AudioChunk]:
    """All of them, which lie end to end, as one, if there are any; none waits any more."""
    chunks = waiting[:]
    waiting.clear()
    if len(chunks) > 1:
        first, samples = chunks[0], read_only(np.concatenate([chunk.samples for chunk in chunks]))
        chunks = [AudioChunk(first.t, samples, first.rate)]
    yield from chunks


class _Quiet:
    """How long there was no sound."""

    def __init__(self) -> None:
        self._floor = Floor()
        self._block = np.zeros(0, np.int16)  # less than a block
        self._since = 0  # samples

    def after(self, chunk: AudioChunk) -> bool:
        """Whether it has been quiet for long, to the end of this one."""
        self._since += len(chunk.samples)
        if self._floor.certainly(chunk.samples):
            self._since = 0
        self._block = np.concatenate([self._block, chunk.samples])
        while len(self._block) >= BLOCK:
            block, self._block = self._block[:BLOCK], self._block[BLOCK:]
            if self._floor.loud(block):
                self._since = 0
        return self._since > _QUIET
