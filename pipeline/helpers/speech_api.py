"""Helpers that speak the OpenAI-compatible speech endpoints: /audio/transcriptions and /audio/speech.

Imported only where an address names such a server: httpx is slow to load.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipeline.ask.failures import Failure, one_line
from pipeline.ask.reach import Reach, known_reach_of_url, reach_of_url
from pipeline.ask.sent import Sent
from pipeline.ask.transport import Incoming, Server
from pipeline.clock import Clock
from pipeline.helpers.helper import CONNECT, PATIENCE, HelperLost, Sound, believed, mono, near, patience_for, sane_rate
from pipeline.languages import language_code
from pipeline.listen.transcriber import RATE, Transcript
from pipeline.types import Samples

_SENSELESS = (ValueError, TypeError, AttributeError, LookupError, RecursionError, EOFError, wave.Error)
"""What is raised by replies that make no sense."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one model of a server is asked, and how far what is sent to it may go.

    `on_sent` is called with every request before it leaves.
    """

    clock: Clock
    name: str  # its address
    base_url: str
    model: str
    limit: Reach
    key: str = ""
    on_sent: Callable[[Sent], None] | None = None

    def server(self, first: str, following: str) -> Server:
        """The server; a reply is charged as the stage `first`, and what follows of it as the other.

        Raises UsageError if `base_url` can't be one.
        """
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        return Server(self.clock, self.name, self.base_url, headers, self.on_sent, stages=(first, following))

    async def next(self, reply: Incoming[Any], within: float) -> Any:
        """The next part of a reply, None at the end. Raises HelperLost."""
        try:
            return await reply.next(within)
        except Failure as error:
            what = str(error).replace(self.key, "***") if self.key else str(error)  # servers quote what they get
            raise _Refused(what, error.status) from error
        except TimeoutError as error:
            what = f"{self.name}: {error}; see whether it is overloaded, or the network is slow"
            raise HelperLost(what) from error

    async def allow(self) -> None:
        """Raises HelperLost if its host can't be found, or lies beyond the limit: a name may lead anywhere."""
        reach = known_reach_of_url(self.base_url)
        if reach is None:
            with suppress(TimeoutError):
                resolving = self.clock.run("resolve", lambda: reach_of_url(self.base_url))
                reach = await self.clock.within(CONNECT, resolving)
        if reach is None:
            raise HelperLost(f"{self.name}: no host is known by its name; check the address and the network")
        near(self.name, reach, self.limit)

    def senseless(self, error: Exception) -> HelperLost:
        """For a reply that makes no sense."""
        return HelperLost(f"{self.name}: its answer makes no sense ({one_line(str(error))})")


class _Refused(HelperLost):
    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status  # HTTP's, 0 without one


class ApiEars:
    """Speech recognition by a server; `language` is ISO 639-1, or None to have it detected."""

    def __init__(self, endpoint: Endpoint, language: str | None, hot_words: Sequence[str] = ()) -> None:
        self.name = endpoint.name
        self._endpoint = endpoint
        self._server = endpoint.server("helper.transcribe", "helper.transcribe")
        self.warm = self._server.warm
        self.close = self._server.close
        self._language = language
        self._fields = {"model": endpoint.model, "temperature": "0"}
        if language:
            self._fields["language"] = language
        if hot_words:
            self._fields["prompt"] = ", ".join(hot_words)
        self._form = "verbose_json"

    async def transcribe(self, samples: Samples) -> Transcript:
        """As `HearingHelper.transcribe`."""
        await self._endpoint.allow()
        patience, sound = patience_for(samples), _wav(samples)
        try:
            told = await self._ask(sound, patience)
        except _Refused as error:
            if error.status != 400 or self._form == "json":
                raise
            self._form = "json"  # some models of OpenAI give no more than words
            told = await self._ask(sound, patience)
        try:
            return _understood(json.loads(told), samples, self._language)
        except _SENSELESS as error:
            raise self._endpoint.senseless(error) from error

    async def _ask(self, sound: bytes, patience: float) -> str:
        fields = {**self._fields, "response_format": self._form}
        reply = self._server.upload("/audio/transcriptions", self._endpoint.model, fields, sound)
        try:
            return await self._endpoint.next(reply, patience) or ""
        finally:
            await reply.close()


class ApiVoice:
    """A voice of a server, which speaks `speed` times as fast as by itself."""

    paced = True

    def __init__(self, endpoint: Endpoint, voice: str, speed: float = 1.0) -> None:
        self.name = endpoint.name
        self._endpoint = endpoint
        self._server = endpoint.server("helper.synthesise", "helper.sound")
        self.warm = self._server.warm
        self.close = self._server.close
        self._voice = voice
        self._speed = speed

    async def speak(self, words: str, speed: float) -> AsyncGenerator[Sound, None]:
        """As `VoiceHelper.speak`."""
        await self._endpoint.allow()
        pace = min(max(self._speed * speed, 0.25), 4.0)  # OpenAI's limits
        model = self._endpoint.model
        body = {"model": model, "voice": self._voice, "input": words, "response_format": "wav", "speed": pace}
        reply = self._server.sound("/audio/speech", model, body)
        try:
            head = await self._endpoint.next(reply, PATIENCE) or b""
            try:
                pcm, rate, width, channels = _opened(head)
                while True:
                    whole = len(pcm) - len(pcm) % (width * channels)
                    if whole:
                        yield Sound(mono(pcm[:whole], width, channels), rate)
                    if (more := await self._endpoint.next(reply, PATIENCE)) is None:
                        return
                    pcm = pcm[whole:] + more
            except _SENSELESS as error:
                raise self._endpoint.senseless(error) from error
        finally:
            await reply.close()


def _understood(told: Any, samples: Samples, language: str | None) -> Transcript:
    """What a server says that it heard; of how sure it is, as far as it says that."""
    spoken = language or language_code(str(told.get("language") or ""))
    segments = told.get("segments") or []
    lengths = [max(len(str(segment["text"])), 1) for segment in segments]
    sure = [(segment.get("avg_logprob"), segment.get("no_speech_prob")) for segment in segments]
    if not sure or any(value is None for pair in sure for value in pair):
        return believed(str(told["text"]), samples, spoken)
    log_probability = sum(length * float(one) for length, (one, _) in zip(lengths, sure, strict=True)) / sum(lengths)
    return believed(str(told["text"]), samples, spoken, log_probability, min(float(one) for _, one in sure))


def _wav(samples: Samples) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def _opened(head: bytes) -> tuple[bytes, int, int, int]:
    """The sound behind the header that `head` begins with, its rate, bytes a sample and channels."""
    buffer = io.BytesIO(head)
    with wave.open(buffer, "rb") as file:
        rate, width, channels = sane_rate(file.getframerate()), file.getsampwidth(), file.getnchannels()
        return head[buffer.tell() :], rate, width, channels
