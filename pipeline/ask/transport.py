"""One request to a model's server and the events of its reply: deadlines, limits, and failures in plain words.

Imported only where an address names a server: httpx is slow to load.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from httpx_sse import EventSource

from pipeline.ask.failures import Failure, failed, one_line
from pipeline.clock import Clock

_LARGEST_REPLY = 8_000_000
"""Bytes. No answer for the ear comes near it, reasoning included; beyond it a server has gone wrong."""

_KEPT_OPEN = 120.0
"""Seconds that an idle connection is kept: the next question then needs no handshake."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may keep the wearer waiting."""

    first: float = 20.0  # seconds to the first event: a small computer takes long to look at a picture
    next: float = 10.0  # seconds from one event to the next


class Server:
    """A model's server: one address, one set of headers, connections kept open between questions."""

    def __init__(
        self, clock: Clock, name: str, model: str, url: str, headers: dict[str, str], patience: Patience
    ) -> None:
        self.clock = clock
        self.name = name
        self.model = model
        self.patience = patience
        self._url = url
        self._headers = {"accept": "text/event-stream", "accept-encoding": "identity", **headers}
        # The clock keeps every deadline. Redirects are not followed: a key is for the host that it was given for.
        pool = httpx.Limits(keepalive_expiry=_KEPT_OPEN)
        self._client = httpx.AsyncClient(timeout=None, limits=pool, follow_redirects=False)

    def post(self, body: dict[str, Any]) -> Reply:
        """Send `body` as JSON when the first event is asked for."""
        # Plain ASCII, so that whatever bytes a question came from can be sent.
        content = json.dumps(body, separators=(",", ":")).encode("ascii")
        headers = {"content-type": "application/json", **self._headers}
        request = self._client.build_request("POST", self._url, content=content, headers=headers)
        return Reply(self, self._client, request)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


class Reply:
    """The events of one reply. Close it, however it ended: that also stops the server's work."""

    def __init__(self, server: Server, client: httpx.AsyncClient, request: httpx.Request) -> None:
        self._server = server
        self._client = client
        self._request = request
        self._response: httpx.Response | None = None
        self._events: AsyncIterator[str] | None = None
        self._begun = False

    async def next(self, within: float | None = None) -> str | None:
        """The data of the next event, None at the end; waits `within` seconds, or as long as the server's patience.

        Raises Failure if it does not come: no connection, an error status, no stream, a deadline, a cut.
        """
        name, patience = self._server.name, self._server.patience
        stage, limit = ("ask.next", patience.next) if self._begun else ("ask.first", patience.first)
        limit = limit if within is None else within
        try:
            data = await self._server.clock.wait(stage, self._advance(), limit)
        except TimeoutError:
            if self._begun:
                message = f"{name}: the stream stood still for {limit:g} s; see what the server is doing"
                raise Failure(message, told="The answer stopped in the middle.", outcome="interrupted") from None
            message = f"{name}: nothing came within {limit:g} s; see whether the server is loading or overloaded"
            raise Failure(message, told="The model did not answer in time.") from None
        except httpx.HTTPError as error:
            raise self._broken(error) from error
        self._begun = True
        return data

    async def close(self) -> None:
        """Close the stream; a connection that is not at its end is dropped."""
        if self._response:
            await self._response.aclose()

    async def _advance(self) -> str | None:
        if self._events is None:
            self._response = await self._client.send(self._request, stream=True)
            assert isinstance(self._response.stream, httpx.AsyncByteStream)
            self._response.stream = _Limited(self._response.stream)
            self._events = await self._open(self._response)
        return await anext(self._events, None)

    async def _open(self, response: httpx.Response) -> AsyncIterator[str]:
        """The events of a stream, or a whole reply in JSON as its only event."""
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code == httpx.codes.OK and kind == "text/event-stream":
            return _data(response)
        body = (await response.aread()).decode("utf-8", "replace")
        if response.status_code != httpx.codes.OK:
            raise failed(self._server.name, self._server.model, response.status_code, body, response.headers)
        if kind == "application/json":
            return _once(body)
        message = f"{self._server.name}: it answered with {kind or 'no content type'}, not with a stream of events"
        raise Failure(f"{message}; check the address, it often ends with /v1", told="I found no model at its address.")

    def _broken(self, error: httpx.HTTPError) -> Failure:
        name, url, host = self._server.name, self._request.url, self._request.url.host
        causes = list(_causes(error))
        if self._response:
            message = f"{name}: the stream was cut ({one_line(str(error)) or type(error).__name__}); ask again"
            return Failure(message, told="The answer broke off.", outcome="interrupted" if self._begun else "error")
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
        return Failure(f"{name}: {message}", told="I can't reach the model.")


class _Limited(httpx.AsyncByteStream):
    """The body of a response up to `_LARGEST_REPLY`: a line without an end must not fill the memory."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _LARGEST_REPLY
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise httpx.ReadError(f"more than {_LARGEST_REPLY // 1_000_000} MB")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _data(response: httpx.Response) -> AsyncIterator[str]:
    async for event in EventSource(response).aiter_sse():
        if event.data:
            yield event.data


async def _once(body: str) -> AsyncIterator[str]:
    yield body


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and everything that led to it."""
    yield error
    for cause in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        if cause:
            yield from _causes(cause)
