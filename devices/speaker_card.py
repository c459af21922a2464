"""`default` and `card:NAME`: a sound card's speaker, through PortAudio."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import wave
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np

from devices import portaudio
from devices.registry import Found
from devices.resampling import resampled
from devices.speaker_feed import DEPTH, SOON, Feed, Playing
from devices.speaker_none import AHEAD
from pipeline.clock import Clock
from pipeline.errors import GlassesError, SpeakerLost, UsageError
from pipeline.types import SpeechChunk

_PATIENCE = 2.0
"""Seconds without progress after which a sound card counts as lost."""

_OPENING = 6.0
"""Seconds that opening may take, and a card that was opened until it first takes sound. Bluetooth takes a few."""

_CLOSING = 0.3
"""Seconds that closing waits for the card, which takes a few milliseconds: nobody waits for a server that hangs."""

_TAIL = 0.25
"""Seconds of silence behind a file: PortAudio ends a stream with what the device still holds unheard."""

_POLL, _GLANCE = 0.01, 0.25
"""Seconds between looks at a card that is late, and at most between looks at whether it is still there."""

_INSTEAD = "or use --speaker none or wav:FILE"


class SoundCard:
    """A sound card that plays: the system's default, or the one with `name` in its name.

    It is opened for sound at `rate` samples per second, or at its own rate. When it is lost, `play` and `drain` raise
    SpeakerLost, and the next `play` opens it anew. The card is real: it plays in real time and has no place in a
    replay that jumps.

    Raises GlassesError at once where PortAudio or the card is missing; if `patient`, `play` says that as SpeakerLost.
    """

    def __init__(self, clock: Clock, rate: int, name: str = "", *, patient: bool = False) -> None:
        self._clock = clock
        self._wanted = rate
        self._name = name
        self._gate = threading.Lock()  # between `play` and a rescan in another thread; held for a moment only
        self._busy = False  # sound is queued or about to be: the stream may not be taken away
        self._feed: Feed | None = None  # of the open stream
        self._failed = False  # the stream takes nothing, and is to be opened anew
        self._rescan = False  # the devices may have changed since the last scan
        self._trouble = ""  # of the last opening
        self._work: set[asyncio.Future[None]] = set()  # what goes on in threads: with a sound server, it may hang
        self._rate = rate
        self._playing = Playing()
        self._running = asyncio.Event()  # not paused
        self._running.set()
        if patient:
            self._start(self._open)
            return
        self._open()
        if self._trouble:
            raise GlassesError(f"{self._trouble}, {_INSTEAD}")

    async def play(self, chunk: SpeechChunk) -> float:
        """As in pipeline.speak.speaker. Raises SpeakerLost if the card can't be opened or takes no more sound."""
        feed = await self._ready()
        playing = self._playing
        position = playing.put(resampled(chunk.samples, chunk.rate, self._rate))
        feed.wake()
        first = playing.handed == position  # nothing is ahead of it: when it is heard is known once the card has it
        needed = min(position + 1, playing.queued) if first else position - round(AHEAD * self._rate)
        await self._until_handed(feed, playing, needed)
        return playing.time(position, self._clock.now() + SOON, self._rate)

    async def drain(self) -> None:
        """As in pipeline.speak.speaker. Raises SpeakerLost if the card takes no more sound."""
        playing, feed = self._playing, self._feed
        while True:
            await self._running.wait()
            if feed is not None:
                await self._until_handed(feed, playing, playing.queued)
            end = playing.silent_from
            await self._clock.sleep_until(end)
            if not playing.paused and playing.silent_from == end:
                break
        playing.accounted = playing.handed
        self._busy = False

    def pause(self) -> float:
        """As in pipeline.speak.speaker. Never raises."""
        playing = self._playing
        self._running.clear()
        if playing.pause(self._clock.now(), self._rate) and self._feed is not None:
            self._feed.drop()
        return (playing.handed - playing.accounted) / self._rate

    def resume(self) -> float:
        """As in pipeline.speak.speaker. Of a card that is lost, `play` and `drain` tell."""
        self._playing.paused = False
        self._running.set()
        if self._feed is not None:
            self._feed.wake()
        return self._playing.time(self._playing.handed, self._clock.now() + SOON, self._rate)

    def flush(self) -> float:
        """As in pipeline.speak.speaker. Never raises: a card that is lost has played what it has played."""
        played, self._playing = self._playing, Playing()
        played.end()
        heard = played.heard(self._clock.now(), self._rate)
        if heard < played.handed and self._feed is not None:
            self._feed.drop()
        self._running.set()
        self._busy = False
        return max(0, heard - played.accounted) / self._rate

    async def close(self) -> None:
        """As in pipeline.speak.speaker."""
        self._playing.end()
        self._playing = Playing()
        self._running.set()
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.stop()
            self._start(lambda: portaudio.close(feed.stream))
            self._work.add(feed.ended)
        await self._worked(_CLOSING)

    async def _ready(self) -> Feed:
        """The feed of the open stream. From here to the end of a drain or a flush, a rescan leaves it alone."""
        with self._gate:
            self._busy = True
        free = await self._worked(_OPENING)
        if free and (self._feed is None or self._failed or not self._feed.alive):
            self._rescan = self._rescan or self._feed is not None
            self._start(partial(self._open, urgent=True))
            free = await self._worked(_OPENING)
        if not free:
            raise _lost("the sound system hangs")
        if self._feed is None:
            raise SpeakerLost(f"{self._trouble}, {_INSTEAD}")
        return self._feed

    async def _until_handed(self, feed: Feed, playing: Playing, position: int) -> None:
        """Return when the device has taken `position` of the samples, and nothing is paused."""
        handed, since = playing.handed, self._clock.now()
        patience = _PATIENCE if handed else _OPENING
        while playing.paused or position > playing.handed:
            if playing.paused:
                await self._running.wait()
                since = self._clock.now()
                continue
            now, left = self._clock.now(), position - playing.handed
            if playing.handed != handed:
                handed, since, patience = playing.handed, now, _PATIENCE
            if not feed.alive:
                raise _lost("it broke off")
            if now > since + patience:
                self._failed = True
                raise _lost(f"{left} samples are still waiting")
            await self._clock.sleep_until(now + min(max(left / self._rate, _POLL), _GLANCE))

    def _start(self, work: Callable[[], None]) -> None:
        """Do in a thread what a sound server may keep waiting."""

        def quietly() -> None:
            with contextlib.suppress(GlassesError):  # it hangs: the next `play` finds that too
                work()

        self._work.add(self._clock.background(quietly, "speaker"))

    async def _worked(self, patience: float) -> bool:
        """Wait `patience` seconds at most for what goes on in threads; whether all is done."""
        self._work = {work for work in self._work if not work.done()}
        if self._work:
            with contextlib.suppress(TimeoutError):
                await self._clock.within(patience, asyncio.wait(self._work))
        return all(work.done() for work in self._work)

    def _open(self, *, urgent: bool = False) -> None:
        """Open the card anew; `_trouble` says why not. If `urgent`, a microphone may be asked to let go for it."""
        former, self._feed, self._trouble = self._feed, None, ""
        try:
            if former is not None:
                former.stop()
                portaudio.close(former.stream)
            if self._rescan:
                self._rescan = not portaudio.rescan()
            try:
                stream = self._opened()
            except GlassesError:
                if not (urgent and self._rescan and portaudio.rescan(urgent=True)):
                    raise
                stream = self._opened()
                self._rescan = False
        except GlassesError as error:
            self._trouble, self._rescan = str(error), True
            return
        self._rate, self._failed = stream.rate, False
        self._feed = Feed(stream, lambda: self._playing, self._clock)

    def _opened(self) -> portaudio.Stream:
        device = portaudio.named("output", self._name) if self._name else portaudio.default("output")
        return portaudio.open_stream("output", device, self._wanted, self._let_go, clock=self._clock, latency=DEPTH)

    def _let_go(self, urgent: bool) -> bool:
        """As portaudio.LetGo: an idle card. The next `play` opens it."""
        with self._gate:
            if not self._busy and self._feed is not None:
                self._feed.stop()
                self._feed = None
            return not self._busy


def play_file(path: Path) -> None:
    """Play a 16-bit WAV file on the default sound card; returns when it has ended.

    Raises GlassesError where there is no such file, PortAudio or card.
    """
    sounddevice = portaudio.library()
    try:
        with wave.open(str(path)) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
            rate = file.getframerate()
        own, channels = portaudio.negotiated("output", portaudio.default("output"), rate)
        samples = np.concatenate([resampled(sound[:, 0], rate, own), np.zeros(round(_TAIL * own), np.int16)])
        sounddevice.play(np.tile(samples[:, np.newaxis], channels), own, blocking=True, latency=_TAIL)
    except (OSError, EOFError, ValueError, wave.Error) as error:
        raise GlassesError(f"can't play {path}: {error}; it must be a 16-bit WAV file") from error
    except sounddevice.PortAudioError as error:
        raise GlassesError(f"no sound card that plays ({error}): plug one in, {_INSTEAD}") from error


def _lost(reason: object) -> SpeakerLost:
    return SpeakerLost(f"the sound card takes no more sound ({reason}): plug it in again, {_INSTEAD}")


class _Default:
    forms = ("default",)

    def find(self) -> Iterable[Found]:
        if portaudio.devices("output"):
            yield Found("default", portaudio.default("output").name)

    def open(self, address: str, clock: Clock, rate: int, *, patient: bool = False) -> SoundCard:
        return SoundCard(clock, rate, patient=patient)


class _Named:
    forms = ("card:NAME",)

    def find(self) -> Iterable[Found]:
        for device in portaudio.devices("output"):
            yield Found(f"card:{device.name}", f"{device.channels} channels, {device.rate} Hz")

    def open(self, address: str, clock: Clock, rate: int, *, patient: bool = False) -> SoundCard:
        name = address.partition(":")[2]
        if not name.strip():
            raise UsageError("the speaker 'card' needs a name, or part of one: card:USB; see `glasses devices`")
        return SoundCard(clock, rate, name, patient=patient)


default = _Default()
named = _Named()
