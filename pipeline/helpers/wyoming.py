"""Helpers that speak Wyoming, the protocol of Home Assistant's speech servers: wyoming-faster-whisper, wyoming-piper.

Each request has a connection of its own, as Home Assistant does it. The protocol knows neither a key nor encryption,
no confidence of what was heard, and no speed of speech.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from wyoming.asr import Transcribe
from wyoming.asr import Transcript as Heard
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable, async_read_event, async_write_event
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize, SynthesizeVoice

from pipeline.ask.failures import one_line
from pipeline.ask.reach import Reach
from pipeline.ask.sent import Sent
from pipeline.clock import Clock
from pipeline.helpers.helper import (
    CONNECT,
    PATIENCE,
    PIECE,
    HelperLost,
    Sound,
    believed,
    found,
    mono,
    patience_for,
    sane_rate,
)
from pipeline.languages import language_code
from pipeline.listen.transcriber import RATE, Transcript
from pipeline.types import Samples

_LARGEST_REPLY = 8_000_000
"""Bytes: three minutes of a voice at 22 050 samples per second; beyond that a server has gone wrong."""

_CHUNK = 16_384
"""Bytes of sound in one event, half a second."""

_SENSELESS = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What is raised by events that are none, or not those that they say."""


@dataclass(frozen=True, slots=True)
class WyomingServer:
    """A server, and how far what is sent to it may go. `on_sent` is called with every request before it leaves."""

    clock: Clock
    name: str  # its address
    host: str
    port: int
    limit: Reach
    on_sent: Callable[[Sent], None] | None = None

    async def there(self) -> bool:
        """Whether a server answers that says what it is."""
        line = _Line(self)
        try:
            with _faults(self.name):
                await line.open()
                line.sends("contact", 0)
                await self.clock.wait("helper.connect", line.ask([Describe()], Info), CONNECT)
        except HelperLost:
            return False
        finally:
            line.close()
        return True


class WyomingEars:
    """Speech recognition by a server; `language` is ISO 639-1, or None to have it detected."""

    def __init__(self, server: WyomingServer, language: str | None, hot_words: Sequence[str] = ()) -> None:
        self.name = server.name
        self.warm = server.there
        self._server = server
        self._language = language
        self._hot_words = list(hot_words)

    async def transcribe(self, samples: Samples) -> Transcript:
        """As `HearingHelper.transcribe`."""
        line, pcm = _Line(self._server), samples.astype("<i2").tobytes()
        chunks = [AudioChunk(RATE, 2, 1, pcm[at : at + _CHUNK]) for at in range(0, len(pcm), _CHUNK)]
        request = Transcribe(language=self._language, transcript_names=self._hot_words or None)
        asked: list[Eventable] = [request, AudioStart(RATE, 2, 1), *chunks, AudioStop()]
        try:
            with _faults(self.name):
                await line.open()
                line.sends("sound", len(pcm))
                answer = line.ask(asked, Heard)
                event = await self._server.clock.wait("helper.transcribe", answer, patience_for(samples))
                heard = Heard.from_event(event)
                language = self._language or language_code(str(heard.language or ""))
                return believed(str(heard.text), samples, language)
        finally:
            line.close()

    async def close(self) -> None:
        """There is nothing to let go of."""


class WyomingVoice:
    """A voice of a server, which is its own usual one if `voice` is empty."""

    paced = False

    def __init__(self, server: WyomingServer, voice: str = "") -> None:
        self.name = server.name
        self.warm = server.there
        self._server = server
        self._voice = SynthesizeVoice(name=voice) if voice else None

    async def speak(self, words: str, speed: float) -> AsyncGenerator[Sound, None]:
        """As `VoiceHelper.speak`; `speed` is of no effect."""
        line, clock = _Line(self._server), self._server.clock
        try:
            with _faults(self.name):
                await line.open()
                line.sends("words", len(words.encode()))
                stage, asked = "helper.synthesise", [Synthesize(words, self._voice)]
                while not line.over:
                    sound = await clock.wait(stage, line.sound(asked), PATIENCE)
                    stage, asked = "helper.sound", []
                    if len(sound.samples):
                        yield sound
        finally:
            line.close()

    async def close(self) -> None:
        """There is nothing to let go of."""


class _Line:
    """One connection. Close it, however it ended."""

    def __init__(self, server: WyomingServer) -> None:
        self._server = server
        self._reader = _Bounded()
        self._writer: asyncio.StreamWriter | None = None
        self.over = False  # whether the sound is at its end

    async def open(self) -> None:
        await self._server.clock.wait("helper.connect", self._open(), CONNECT)

    async def _open(self) -> None:
        server, loop = self._server, asyncio.get_running_loop()
        addresses = await found(server.name, server.host, server.port, server.limit)
        protocol = asyncio.StreamReaderProtocol(self._reader, loop=loop)
        for address in addresses:
            try:
                transport, _ = await loop.create_connection(lambda: protocol, address, server.port)
            except OSError:
                if address == addresses[-1]:
                    raise
            else:
                self._writer = asyncio.StreamWriter(transport, protocol, self._reader, loop)
                return

    def sends(self, what: str, size: int) -> None:
        server = self._server
        if server.on_sent:
            server.on_sent(Sent(server.clock.now(), server.name, server.host, size, (), what))

    async def ask(self, events: Sequence[Eventable], answer: type[Eventable]) -> Event:
        """Send `events`; the first event of type `answer` that comes back."""
        await self._send(events)
        while not answer.is_type((event := await self._next()).type):
            pass
        return event

    async def sound(self, events: Sequence[Eventable]) -> Sound:
        """Send `events`; the next piece of sound, or what is left where it ends before."""
        await self._send(events)
        chunks: list[Samples] = []
        rate, seconds = RATE, 0.0
        while not self.over and seconds < PIECE:
            event = await self._next()
            if AudioChunk.is_type(event.type):
                chunk = AudioChunk.from_event(event)
                chunks.append(mono(chunk.audio, chunk.width, chunk.channels))
                rate = sane_rate(chunk.rate)
                seconds += len(chunks[-1]) / rate
            self.over = AudioStop.is_type(event.type)
        return Sound(np.concatenate([np.zeros(0, np.int16), *chunks]), rate)

    async def _send(self, events: Sequence[Eventable]) -> None:
        assert self._writer
        for event in events:
            await async_write_event(event.event(), self._writer)

    async def _next(self) -> Event:
        event = await async_read_event(self._reader)
        if event is None:
            raise EOFError("it hung up, or what it said is no Wyoming")
        if Error.is_type(event.type):
            raise HelperLost(f"{self._server.name}: {one_line(Error.from_event(event).text)}; see the server's log")
        return event

    def close(self) -> None:
        if self._writer:
            self._writer.transport.abort()


class _Bounded(asyncio.StreamReader):
    """Reads so much and no more: lengths are what a server says."""

    def __init__(self) -> None:
        super().__init__()
        self._left = _LARGEST_REPLY

    async def readexactly(self, n: int) -> bytes:
        self._left -= n
        if self._left < 0:
            raise ValueError(f"more than {_LARGEST_REPLY // 1_000_000} MB")
        return await super().readexactly(n)


@contextmanager
def _faults(name: str) -> Iterator[None]:
    """Raises HelperLost for what goes wrong inside."""
    try:
        yield
    except TimeoutError as error:
        raise HelperLost(f"{name}: {error}; see whether it is overloaded, or the network is slow") from error
    except ConnectionRefusedError as error:
        raise HelperLost(f"{name}: nothing listens there; start the server or check its address") from error
    except (OSError, EOFError) as error:
        what = one_line(str(error)) or type(error).__name__
        raise HelperLost(f"{name}: the connection broke ({what}); check the server and the network") from error
    except _SENSELESS as error:
        raise HelperLost(f"{name}: it answered with what is no Wyoming ({one_line(str(error))})") from error
