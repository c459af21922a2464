"""`default` and `card:NAME`: a sound card's microphone, through PortAudio."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from devices import portaudio
from devices.registry import Found
from devices.sound_clock import RATE, SoundClock, Steered, Verdict
from pipeline.clock import Clock
from pipeline.errors import GlassesError, MicrophoneLost, UsageError
from pipeline.sources import Back, Lost, News
from pipeline.types import AudioChunk, Opened, Samples, read_only

_LATENCY = 0.1
"""Seconds of sound that the card keeps while Python is busy; it delivers a quarter of it at a time."""

_BACKLOG = 60
"""Seconds of sound that wait for a session that is busy; then the oldest are dropped."""

_AT_ONCE = 0.1
"""Seconds of sound that are worked on at once where they are there already."""

_STARTING, _PATIENCE = 5.0, 2.0
"""Seconds without sound, at first and later, after which the microphone counts as lost. Bluetooth takes a few to
change its profile; later, it is less than what pipeline/sources.py waits, to say more than it can."""

_REST, _LONGEST_REST = 5.0, 60.0
"""Seconds in which a microphone that let go for a speaker does not again, doubled each time: it hears nothing for a
tenth of a second then, and for 0.3 s where two cores had work for fifteen."""

_MUTED, _GATED = 10.0, 60.0
"""Seconds of nothing but zeros after which a microphone counts as muted: since it was opened, and after sound. Some
give zeros between two words."""

_REMEDY = "is it plugged in, and the sound server running?"


class CardMicrophone:
    """A microphone that is opened anew, in the reading thread, each time it is iterated.

    `name` is part of a device's name, or its number, or empty for the system's default. Yields `Opened`, and then
    AudioChunks of 10 ms, mono int16 at 16 kHz, in step with the session's clock; lost sound is a jump of `t`,
    with a shorter chunk before it. While they hold nothing but zeros for long, it counts as Lost and stays open, and is
    Back with the first sound. Raises MicrophoneLost with the remedy.
    """

    def __init__(self, address: str, name: str, clock: Clock) -> None:
        self._address = address
        self._name = name
        self._clock = clock
        self._opened = False  # before, with whatever success
        self._rescan = False  # the devices may have changed since the last scan
        self._rest, self._rested_at = 0.0, 0.0  # after it let go for a rescan; until when, session seconds
        self._t_free = 0.0  # where what was delivered ends
        self._hung: list[portaudio.Stream] = []  # those that give nothing, and may hang when they are closed

    def __iter__(self) -> Iterator[AudioChunk | News]:
        again, self._opened = self._opened, True
        try:
            yield from self._listen(again)
        except MicrophoneLost:
            self._rescan = True
            raise
        except GlassesError as error:
            self._rescan = True
            raise MicrophoneLost(str(error)) from error

    def _listen(self, again: bool) -> Iterator[AudioChunk | News]:
        while self._hung:
            portaudio.close(self._hung[-1])
            self._hung.pop()
        if self._rescan:
            self._rescan = not portaudio.rescan()
        hearing = _Hearing(self._address, known=again)
        while True:
            device = portaudio.named("input", self._name) if self._name else portaudio.default("input")
            inbox = _Inbox(self._clock)
            stream = portaudio.open_stream(
                "input",
                device,
                RATE,
                partial(self._let_go, inbox),
                clock=self._clock,
                latency=_LATENCY,
                callback=inbox.take,
                finished_callback=inbox.end,
            )
            try:
                asked = {"rate": RATE, "channels": 1}
                latency = round(float(stream.raw.latency), 4)
                given = {"name": device.name, "rate": stream.rate, "channels": stream.channels, "latency": latency}
                yield Opened(self._address, asked, given)
                yield from self._chunks(stream.rate, inbox, device.name, hearing)
            except MicrophoneLost:  # said first: a sound server that hangs would keep it back
                inbox.close()
                self._hung.append(stream)
                raise
            finally:
                if stream not in self._hung:
                    portaudio.close(stream)

    def _let_go(self, inbox: _Inbox, urgent: bool) -> bool:
        """As portaudio.LetGo: for a speaker that is wanted, at growing pauses; the reading thread opens it at once."""
        now = self._clock.now()
        if not urgent or now < self._rested_at:
            return False
        self._rest = min(2 * self._rest, _LONGEST_REST) if self._rest else _REST
        self._rested_at = now + self._rest
        inbox.let_go()
        return True

    def _chunks(self, rate: int, inbox: _Inbox, name: str, hearing: _Hearing) -> Iterator[AudioChunk | News]:
        """The sound, until it is let go, and that it is nothing but silence, or no longer."""
        clock, steered = SoundClock(rate), Steered(rate, self._t_free)
        waiting: list[_Block] = []
        lost: MicrophoneLost | None = None
        try:
            for block in inbox.sound(rate, name):
                waiting.append(block)
                verdict = clock.arrived(block.t, block.position, len(block.samples))
                gathers = verdict == "on" and inbox.more and block.position - waiting[0].position < _AT_ONCE * rate
                if verdict != "wait" and not gathers:
                    yield from _placed(waiting, verdict, clock, steered, hearing)
                    waiting.clear()
        except MicrophoneLost as error:
            lost = error
        yield from _placed(waiting, clock.settled(), clock, steered, hearing)  # what came before the loss is whole
        yield from steered.finish()
        self._t_free = steered.t_free
        if lost:
            raise lost


def _placed(
    blocks: list[_Block], verdict: Verdict, clock: SoundClock, steered: Steered, hearing: _Hearing
) -> Iterator[AudioChunk | News]:
    """The sound of `blocks` at its time, and what is new of it."""
    for block in _whole(blocks, clock.gap if verdict == "gap" else None, round(_AT_ONCE * steered.rate)):
        begins = block.position - len(block.samples)
        if block.broken or (verdict == "gap" and begins == clock.gap):
            yield from steered.finish()
        yield from hearing.news(block.samples, steered.rate)
        yield from steered.feed(block.samples, clock.time(begins))


def _whole(blocks: list[_Block], gap: int | None, most: int) -> Iterator[_Block]:
    """Those that follow each other as one, up to `most` samples or a gap at that position: as much work as each."""
    begun: list[_Block] = []
    for block, after in zip_longest(blocks, blocks[1:]):
        begun.append(block)
        size = sum(len(part.samples) for part in begun)
        if after is None or after.broken or block.position == gap or size + len(after.samples) > most:
            samples = read_only(np.concatenate([part.samples for part in begun]))
            yield _Block(block.t, block.position, samples, begun[0].broken)
            begun.clear()


class _Hearing:
    """Whether there is sound in what a microphone gives, or nothing but zeros.

    The wearer is told of those since it was opened, unless it is `known` that it was lost. A microphone that was heard
    and is silent may be a headset between two words.
    """

    def __init__(self, address: str, *, known: bool = False) -> None:
        self._address = address
        self._known = known
        self._heard = False
        self._zeros = 0.0  # seconds, up to now
        self._lost = False

    def news(self, samples: Samples, rate: int) -> Iterator[News]:
        """What is to be said before the next `samples`, `rate` of them a second."""
        if samples.any():
            if self._lost:
                yield Back()
            self._heard, self._zeros, self._lost = True, 0.0, False
            return
        self._zeros += len(samples) / rate
        if not self._lost and self._zeros > (_GATED if self._heard else _MUTED):
            self._lost = True
            what = f"the microphone '{self._address}' gives only silence: is it muted? Unmute it, on itself and in the "
            what += "system's sound settings, or choose another from `glasses devices`"
            yield Lost(MicrophoneLost(what), again=self._heard or self._known)


@dataclass(frozen=True, slots=True)
class _Block:
    """What one callback of PortAudio brought."""

    t: float  # arrival, session seconds
    position: int  # samples since the stream was opened, these included
    samples: Samples  # mono
    broken: bool  # what came before has been dropped


class _Inbox:
    """Where PortAudio's callback leaves what it gets, for the reading thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: SimpleQueue[tuple[float, int, Any] | None] = SimpleQueue()
        self._given = 0  # samples since the stream was opened; the callback writes it
        self._taken = 0  # of those, up to where they have been read
        self._room = 1 << 62  # samples that may wait; then the oldest are dropped
        self._let_go = False  # it ends because it was let go

    def take(self, data: Any, frames: int, times: Any, status: Any) -> None:
        """PortAudio's callback, in its own thread: copies and posts."""
        t = self._clock.now()
        self._given += frames
        self._queue.put((t, self._given, data.copy()))
        if self._given - self._taken > self._room:
            with contextlib.suppress(Empty):
                self._queue.get_nowait()

    def close(self) -> None:
        """Take nothing more."""
        self._room = 0

    def let_go(self) -> None:
        """The stream is about to be closed, and to be opened anew: the sound ends here."""
        self._let_go = True
        self.end()

    def end(self) -> None:
        """PortAudio has given the stream up."""
        self._queue.put(None)

    @property
    def more(self) -> bool:
        """Whether `sound` need not wait for the next."""
        return not self._queue.empty()

    def sound(self, rate: int, name: str) -> Iterator[_Block]:
        """What came, as it comes, until it is let go. Raises MicrophoneLost when it ends or nothing comes."""
        self._room = _BACKLOG * rate
        patience = _STARTING
        while True:
            try:
                item = self._queue.get(timeout=patience)
            except Empty:
                raise MicrophoneLost(f"the microphone '{name}' gave nothing for {patience:.0f} s: {_REMEDY}") from None
            if item is None and self._let_go:
                return
            if item is None:
                raise MicrophoneLost(f"the microphone '{name}' broke off: {_REMEDY}")
            t, position, data = item
            mono = data[:, 0] if data.shape[1] == 1 else data.mean(axis=1).round().astype(np.int16)
            broken = position - len(mono) != self._taken
            self._taken, patience = position, _PATIENCE
            yield _Block(t, position, read_only(mono), broken)


class _Default:
    forms = ("default",)

    def find(self) -> Iterable[Found]:
        if portaudio.devices("input"):
            yield Found("default", portaudio.default("input").name)

    def open(self, address: str, clock: Clock) -> CardMicrophone:
        return CardMicrophone(address, "", clock)


class _Named:
    forms = ("card:NAME",)

    def find(self) -> Iterable[Found]:
        for device in portaudio.devices("input"):
            yield Found(f"card:{device.name}", f"{device.channels} channels, {device.rate} Hz")

    def open(self, address: str, clock: Clock) -> CardMicrophone:
        name = address.partition(":")[2]
        if not name.strip():
            raise UsageError("the microphone 'card' needs a name, or part of one: card:USB; see `glasses devices`")
        return CardMicrophone(address, name, clock)


default = _Default()
named = _Named()
