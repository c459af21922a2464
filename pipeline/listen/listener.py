"""Ears: a microphone's sound to stretches of speech, and what becomes of the microphone into the log."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from pipeline.clock import Clock
from pipeline.errors import MicrophoneLost
from pipeline.events import EventLog
from pipeline.listen.echo import Cleaned
from pipeline.listen.quiet import JOINT, Still, as_one
from pipeline.listen.segmenter import GAP, Segmenter, Speech
from pipeline.listen.transcriber import RATE
from pipeline.listen.wake import WakeWord, Woken
from pipeline.sources import Health, Lost, News, Tell, follow
from pipeline.types import AudioChunk, Samples

Clean = Callable[[AudioChunk], Cleaned]
"""Takes our own voice out of a piece of the microphone's sound."""


_BEFORE = round(0.6 * RATE)
"""Samples of before that are heard once there is sound again: the pre-roll of speech, and what voice activity needs to
know where it is. Of 40 orders in silence and over hiss 10 dB below each was found as without a rest: its end to a block
or two, its beginning a block earlier (median; at most 0.44 s), as Silero is slower after a long silence. With 1.2 s it
was the same."""


@dataclass(frozen=True, slots=True)
class Ears:
    """What a microphone's sound goes through."""

    segmenter: Segmenter
    wake: WakeWord | None = None
    clean: Clean | None = None
    rests: Callable[[], bool] = lambda: False  # whether speech of which nothing rises above the noise is of no use now


class Listener:
    """Follows one microphone."""

    def __init__(self, clock: Clock, log: EventLog, ears: Ears, tell: Tell) -> None:
        self._clock = clock
        self._log = log
        self._ears = ears
        self._health = Health(log, "microphone", tell)
        self._tell = tell
        self._gathered: list[AudioChunk] = []  # that lie end to end, and in which nothing can happen yet
        self._unheard: deque[tuple[AudioChunk, Samples]] = deque()  # that the segmenter was spared, and may want yet

    async def listen(self, microphone: Iterable[AudioChunk | News]) -> AsyncGenerator[Speech | Woken, None]:
        """What begins and ends, as it does, until the sound is over; a lost microphone is told once, and reopened.

        A wake word is no speech: what is left of the stretch that it was heard in may begin anew behind it.
        """
        t_next: float | None = None
        lost = False
        source = follow(self._clock, lambda: microphone, lambda chunk: chunk.t_end, _stalled)
        async with aclosing(source) as items:
            async for item in items:
                if isinstance(item, AudioChunk):
                    if t_next is not None and item.t - t_next > GAP:
                        self._log.emit("audio.gap", turn=0, t_start=t_next, t_end=item.t)
                    for heard in self._gather(item, t_next):
                        yield heard
                    t_next, lost = item.t_end, False
                    continue
                if isinstance(item, Lost):  # what the microphone broke off is taken as said
                    lost = True
                    for heard in self.finish():
                        yield heard
                await self._health.note(item)
        for heard in self.finish():
            yield heard
        if t_next is None and not lost:
            await self._tell("there was no sound at all", "There is no sound, so I can't hear a question.")

    def finish(self) -> Iterator[Speech | Woken]:
        """The sound is over, for now: what has begun ends."""
        yield from self._all_gathered()
        self._unheard.clear()
        yield from self._ears.segmenter.finish()

    def _gather(self, chunk: AudioChunk, t_next: float | None) -> Iterator[Speech | Woken]:
        """What is heard in a chunk, once it makes up a block with those before it: pieces of 10 ms take twice the work.

        `t_next` is when the chunk before it ended, seconds.
        """
        if t_next is not None and abs(chunk.t - t_next) > JOINT:
            yield from self._all_gathered()
        self._gathered.append(chunk)
        if sum(len(piece.samples) for piece in self._gathered) >= self._ears.segmenter.wanting:
            yield from self._all_gathered()

    def _all_gathered(self) -> Iterator[Speech | Woken]:
        still = bool(self._gathered) and isinstance(self._gathered[-1], Still)
        for chunk in as_one(self._gathered):
            yield from self._hear(chunk, still)

    def _hear(self, chunk: AudioChunk, still: bool) -> Iterator[Speech | Woken]:
        ears, judged = self._ears, chunk.samples
        if ears.clean:
            cleaned = ears.clean(chunk)
            chunk, judged = cleaned.words, cleaned.voice.samples
        self._unheard.append((chunk, judged))
        if still and ears.rests() and not ears.segmenter.begun:
            self._forget()
        else:
            while self._unheard:
                yield from ears.segmenter.feed(*self._unheard.popleft())
        for woken in ears.wake.feed(chunk) if ears.wake else ():
            yield woken
            yield from ears.segmenter.forget(woken.t_end)

    def _forget(self) -> None:
        """What the segmenter will not want any more, of what it was spared."""
        kept = sum(len(judged) for _, judged in self._unheard)
        while kept - len(self._unheard[0][1]) >= _BEFORE:
            kept -= len(self._unheard.popleft()[1])


def _stalled(why: str) -> MicrophoneLost:
    return MicrophoneLost(f"the microphone hangs: {why}")
