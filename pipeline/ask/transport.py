"""One request to a model's server and the events of its reply: limits, and failures in plain words.

Imported only where an address names a server: httpx is slow to load.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import cache
from typing import Any, Generic, TypeVar

import httpx
from httpx_sse import EventSource

from pipeline.ask.failures import Failure, failed, one_line
from pipeline.ask.reach import reach_of_host
from pipeline.ask.sent import Sent as Sent
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.types import Outcome, Picture

_LARGEST_REPLY = 8_000_000
"""Bytes. No answer for the ear comes near it, reasoning included; beyond it a server has gone wrong."""

_LAST_WORDS = 4096
"""Bytes at the end of a stream that are looked through for an error that is no event."""

_KEPT_OPEN = 120.0
"""Seconds that an idle connection is kept: the next question then needs no handshake."""

_COLD = 30.0
"""Seconds without a request after which a connection may be gone: servers close theirs after a minute or so."""

_HANDSHAKE = 5.0
"""Seconds that opening one beforehand may take."""

_NOBODY = frozenset({500, 502, 503, 504, 529})
"""Statuses of a server that can't work now. Others, such as 404 or 501 for a HEAD, come from one that can."""

_SOUND = 16_384
"""Bytes of sound that are given on at once: a third of a second at 24 kHz, as pieces of our own voices are long."""

_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})

_BYTES = frozenset({"application/octet-stream", "application/x-wav", ""})
"""What sound is sent as where it is not said to be sound."""

T = TypeVar("T")


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are good, as httpx has it; loaded once, since it takes as long as a question."""
    return httpx.create_ssl_context()


class Server:
    """A model's server: one base address, one set of headers, connections kept open between questions.

    `on_sent` is called with every request before it is sent. `stages` are what the first event of a reply, and each
    further one, are charged as. Raises UsageError if `base_url` can't be one.
    """

    def __init__(
        self,
        clock: Clock,
        name: str,
        base_url: str,
        headers: dict[str, str],
        on_sent: Callable[[Sent], None] | None = None,
        *,
        stages: tuple[str, str] = ("ask.first", "ask.next"),
    ) -> None:
        self.clock = clock
        self.name = name
        self.stages = stages
        self._base = base_url.rstrip("/")
        self._on_sent = on_sent
        self._used = -_COLD  # when it was last asked for something, session seconds
        try:
            url = httpx.URL(self._base)
            near = reach_of_host(url.host) in ("machine", "lan")
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UsageError(f"backend '{name}': not an address ({one_line(str(error))})") from error
        # The clock keeps every deadline. Redirects are not followed: a key is for the host that it was given for.
        # Compression would hold words back.
        self._client = httpx.AsyncClient(
            timeout=None,
            limits=httpx.Limits(keepalive_expiry=_KEPT_OPEN),
            follow_redirects=False,
            verify=_trusted(),
            headers={"accept": "*/*", "accept-encoding": "identity", **headers},
            # What is asked of a near machine must not leave by way of a proxy.
            mounts={f"all://{url.netloc.decode()}": None} if near else None,
        )

    def post(self, path: str, model: str, body: dict[str, Any], pictures: tuple[Picture, ...] = ()) -> Reply:
        """Send `body` as JSON when the first event is asked for."""
        return Reply(self, model, self._json(path, body), _events_of, tuple(picture.t for picture in pictures))

    def get(self, path: str) -> Reply:
        """Ask for what lies at `path`, when the first event is asked for."""
        return Reply(self, "", self._client.build_request("GET", self._base + path), _events_of, what="contact")

    def upload(self, path: str, model: str, fields: Mapping[str, str], sound: bytes) -> Reply:
        """Send `fields` and a WAV file as a form, when the first event is asked for."""
        files = {"file": ("speech.wav", sound, "audio/wav")}
        request = self._client.build_request("POST", self._base + path, data=dict(fields), files=files)
        request.read()
        return Reply(self, model, request, _events_of, what="sound")

    def sound(self, path: str, model: str, body: dict[str, Any]) -> Incoming[bytes]:
        """Send `body` as JSON when the first bytes of sound are asked for."""
        return Incoming(self, model, self._json(path, body), _sound_of, what="words")

    def _json(self, path: str, body: dict[str, Any]) -> httpx.Request:
        # Plain ASCII, so that whatever bytes a question came from can be sent.
        content = json.dumps(body, separators=(",", ":")).encode("ascii")
        headers = {"content-type": "application/json"}
        return self._client.build_request("POST", self._base + path, content=content, headers=headers)

    async def send(self, request: httpx.Request, pictures: tuple[float, ...], what: str) -> httpx.Response:
        """The head of the reply to `request`."""
        if self._on_sent:
            size = len(request.content)
            self._on_sent(Sent(self.clock.now(), self.name, request.url.host, size, pictures, what))
        response = await self._client.send(request, stream=True)
        if response.status_code not in _NOBODY:
            self._used = self.clock.now()
        return response

    async def warm(self) -> bool:
        """Open a connection if there may be none, so that the next request needs no handshake. It sends no words.

        False if there was none to open, or nobody behind the one that answered.
        """
        if self.clock.now() - self._used < _COLD:
            return True
        request = self._client.build_request("HEAD", self._base)
        try:
            response = await self.clock.wait("ask.warm", self.send(request, (), "contact"), _HANDSHAKE)
        except (httpx.HTTPError, TimeoutError):  # the question itself will say what is wrong
            return False
        await response.aclose()
        return response.status_code not in _NOBODY

    def lost(self) -> None:
        """Whether it is still there is to be seen anew."""
        self._used = self.clock.now() - _COLD

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


class Incoming(Generic[T]):
    """The events of one reply, or its sound. Close it, however it ended: that also stops the server's work."""

    def __init__(
        self,
        server: Server,
        model: str,
        request: httpx.Request,
        parts: Callable[[httpx.Response, _Limited], AsyncIterator[T] | None],
        pictures: tuple[float, ...] = (),
        what: str = "question",
    ) -> None:
        """`parts` gives the parts of a good response; None if it is of another kind."""
        self._server = server
        self._model = model
        self._request = request
        self._parts = parts
        self._pictures = pictures
        self._what = what
        self._response: httpx.Response | None = None
        self._events: AsyncIterator[T] | None = None
        self._begun = False

    async def next(self, within: float) -> T | None:
        """The data of the next event, or the next sound; None at the end.

        Raises TimeoutError after `within` seconds, Failure if there is no connection, an error status, no stream or
        a cut.
        """
        stage = self._server.stages[self._begun]
        try:
            data = await self._server.clock.wait(stage, self._advance(), within)
        except httpx.HTTPError as error:
            self._server.lost()
            raise self._broken(error) from error
        except TimeoutError:
            self._server.lost()
            raise
        self._begun = True
        return data

    async def close(self) -> None:
        """Close the stream; a connection that is not at its end is dropped."""
        if self._response:
            await self._response.aclose()

    async def _advance(self) -> T | None:
        if self._events is None:
            self._response = await self._server.send(self._request, self._pictures, self._what)
            assert isinstance(self._response.stream, httpx.AsyncByteStream)
            body = _Limited(self._response.stream)
            self._response.stream = body
            self._events = await self._open(self._response, body)
        return await anext(self._events, None)

    async def _open(self, response: httpx.Response, body: _Limited) -> AsyncIterator[T]:
        if response.status_code != httpx.codes.OK:
            text = (await response.aread()).decode("utf-8", "replace")
            raise failed(self._server.name, self._model, response.status_code, text, response.headers)
        if parts := self._parts(response, body):
            return parts
        kind, wanted = _kind(response) or "no content type", "sound" if self._what == "words" else "a stream of events"
        message = f"{self._server.name}: it answered with {kind}, not with {wanted}"
        raise Failure(f"{message}; check the address, it often ends with /v1", told="I found no model at its address.")

    def _broken(self, error: httpx.HTTPError) -> Failure:
        name, url, host = self._server.name, self._request.url, self._request.url.host
        # A server that hangs up, perhaps on a connection that was kept open too long, may do better on a new one.
        again = isinstance(error, httpx.RemoteProtocolError | httpx.ReadError)
        causes = list(_causes(error))
        if self._response:
            message = f"{name}: the stream was cut ({one_line(str(error)) or type(error).__name__}); ask again"
            outcome: Outcome = "interrupted" if self._begun else "error"
            return Failure(message, told="The answer broke off.", outcome=outcome, again=again)
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            message = f"no host is known as '{host}'; check the address and the network"
        elif fault := next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None):
            message = f"no safe connection to {host} ({one_line(str(fault))}); check its certificate and http or https"
            return Failure(f"{name}: {message}", told="I can't make a safe connection to the model.")
        elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            port = f" port {url.port}" if url.port else ""
            message = f"nothing listens at {host}{port}; start the server or check its address"
        else:
            message = f"no connection to {host} ({one_line(str(error)) or type(error).__name__}); check the network"
        return Failure(f"{name}: {message}", told="I can't reach the model.", again=again)


Reply = Incoming[str]
"""The events of one reply."""


class _Limited(httpx.AsyncByteStream):
    """The body of a response up to `_LARGEST_REPLY`: a line without an end must not fill the memory."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream
        self.end = b""  # the last of it so far

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _LARGEST_REPLY
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise httpx.DecodingError(f"more than {_LARGEST_REPLY // 1_000_000} MB")
            self.end = (self.end + chunk)[-_LAST_WORDS:]
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def _kind(response: httpx.Response) -> str:
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower()


def _events_of(response: httpx.Response, body: _Limited) -> AsyncIterator[str] | None:
    """The events of a stream, or a whole reply in JSON as its only event."""
    kind = _kind(response)
    if kind == "text/event-stream":
        return _events(response, body)
    if kind in _LINES:
        return _lines(response)
    return _whole(response) if kind == "application/json" else None


def _sound_of(response: httpx.Response, body: _Limited) -> AsyncIterator[bytes] | None:
    kind = _kind(response)
    return response.aiter_bytes(_SOUND) if kind.startswith("audio/") or kind in _BYTES else None


async def _events(response: httpx.Response, body: _Limited) -> AsyncIterator[str]:
    async for event in EventSource(response).aiter_sse():
        if event.data:
            yield event.data
    # Gemini, for one, may end a stream with an error that is no event: just lines of JSON.
    last = body.end.decode("utf-8", "replace").replace("\r\n", "\n").strip().rpartition("\n\n")[2]
    if last.startswith(("{", "[")):
        yield last


async def _lines(response: httpx.Response) -> AsyncIterator[str]:
    """Lines of JSON, split at line feeds and nothing else: other breaks may stand inside."""
    rest = b""
    async for chunk in response.aiter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line.decode("utf-8", "replace")
    if rest.strip():
        yield rest.decode("utf-8", "replace")


async def _whole(response: httpx.Response) -> AsyncIterator[str]:
    yield (await response.aread()).decode("utf-8", "replace")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and everything that led to it."""
    yield error
    for cause in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        if cause:
            yield from _causes(cause)
