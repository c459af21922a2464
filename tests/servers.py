"""A real server on loopback that says what a script tells it to, and can do everything that servers do wrong.

    with ChatServer([*words("It says ", "open."), finish("stop"), DONE]) as server:
        ...  # ask server.base_url
    assert server.requests[0].body["model"] == "m"

A script is a list of steps: text and bytes are sent as they are, each a chunk of its own; a number waits that many
seconds, STALL waits until the client has gone, CUT closes the connection in the middle of the stream. What servers of
other wire formats say is in `tests/dialects.py`.
"""

from __future__ import annotations

import http.server
import json
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

STALL: Final = "stall"
CUT: Final = "cut"
Step = str | bytes | float


def event(data: Any) -> str:
    """One server-sent event."""
    return f"data: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}\n\n"


def chunk(finish: str | None = None, **delta: Any) -> str:
    """One chunk of a chat completion."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "c", "object": "chat.completion.chunk", "choices": [choice]})


def words(*pieces: str) -> list[str]:
    """One chunk for each piece of the answer."""
    return [chunk(role="assistant", content=""), *(chunk(content=piece) for piece in pieces)]


def finish(reason: str) -> str:
    """The chunk that says why the answer ended."""
    return chunk(finish=reason)


def usage(tokens: int) -> str:
    """The chunk after the last that counts tokens."""
    return event(
        {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}}
    )


DONE: Final = event("[DONE]")


@dataclass(frozen=True, slots=True)
class Received:
    """One request as the server got it."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: Any


def no_reader() -> Any:
    """Stands in for text recognition where nothing is to be read."""
    return None


class ChatServer:
    """Answers every POST with `script`; keeps the requests, and says when a client has left early.

    `models` are those that it lists where it is asked for them, with the status `listing`; at each other path there
    is what `at` says, or the list again.
    """

    def __init__(
        self,
        script: Sequence[Step],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        kind: str = "text/event-stream",
        certificate: Path | None = None,
        models: Sequence[str] = (),
        listing: int = 200,
        at: Mapping[str, tuple[int, str]] | None = None,
    ) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.left = threading.Event()
        self._script = script
        self._status = status
        self._models = models
        self._listing = listing
        self._at = at or {}
        self._headers = {"content-type": kind, **(headers or {})}
        self._closing = threading.Event()
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
            self._scheme = "https"

    @property
    def base_url(self) -> str:
        """What goes before /chat/completions."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> ChatServer:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                try:
                    if server._models == STALL:
                        server._stall(self.connection)
                except OSError:
                    self.close_connection = True
                    return
                listed = json.dumps({"object": "list", "data": [{"id": name} for name in server._models]})
                status, text = server._at.get(self.path, (server._listing, listed))
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def do_HEAD(self) -> None:
                self.send_response(404)
                self.send_header("content-length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append(Received(self.path, headers, json.loads(body)))
                try:
                    server._play(self)
                except OSError:
                    server.left.set()
                    self.close_connection = True

        return Handler

    def _play(self, client: http.server.BaseHTTPRequestHandler) -> None:
        if self._script[:1] == [STALL]:
            self._stall(client.connection)
        client.send_response(self._status)
        for name, value in {**self._headers, "transfer-encoding": "chunked"}.items():
            client.send_header(name, value)
        client.end_headers()
        for step in self._script:
            if step == CUT:
                client.close_connection = True
                return
            if step == STALL:
                self._stall(client.connection)
            elif isinstance(step, str | bytes):
                data = step.encode() if isinstance(step, str) else step
                client.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            else:
                time.sleep(step)
        client.wfile.write(b"0\r\n\r\n")

    def _stall(self, connection: socket.socket) -> None:
        """Say nothing more until the client has gone; raises OSError then."""
        while not self._closing.is_set():
            readable, _, _ = select.select([connection], [], [], 0.02)
            if readable and not connection.recv(1):
                break
        raise ConnectionAbortedError
