"""Servers that hear and speak, as people have them on their network: wyoming-faster-whisper and wyoming-piper, here on
loopback in processes of their own with the weights of installed packages; and one that does what no server should."""

from __future__ import annotations

import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glasses import weights

_START = 60.0
"""Seconds for a server to load its model, on a machine that has much to do."""

HANG: Final = b"hang"


class Process:
    """A server in a process of its own, at the same port each time that it is started."""

    def __init__(self, *command: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.address = f"wyoming://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", command[0], "--uri", f"tcp://127.0.0.1:{self.port}", *command[1:]]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once it listens."""
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        self._process = subprocess.Popen(
            self._command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + _START
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"it does not start: {' '.join(self._command)}")

    def kill(self) -> None:
        """As when somebody pulls its plug, but that the network says so."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Process:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def whisper() -> Process:
    """wyoming-faster-whisper with tiny. Skips the test where its libraries don't go together."""
    if int(version("av").partition(".")[0]) >= 19 and version("faster-whisper").startswith("1.2."):
        pytest.skip("faster-whisper 1.2 opens no sound files with PyAV 19, so its server hears nothing")
    model = str(weights.whisper("tiny"))
    options = ("--model", model, "--stt-library", "faster-whisper", "--local-files-only", "--language", "en")
    return Process("wyoming_faster_whisper", *options, "--data-dir", str(Path(model).parent), "--cpu-threads", "1")


def piper() -> Process:
    """wyoming-piper with joe, without its noise: it says everything the same way each time."""
    voice, silent = weights.piper("en_US-joe-medium"), ("--noise-scale", "0", "--noise-w-scale", "0")
    return Process("wyoming_piper", "--voice", voice.stem, "--data-dir", str(voice.parent), *silent)


class SpeechServer:
    """Answers the OpenAI-compatible speech endpoints: Starlette under uvicorn, which reads forms as servers do.

    `reply` makes the reply to a request: its path behind /v1, and its fields, with the bytes of a file among them.
    """

    def __init__(self, reply: Callable[[str, dict[str, Any]], Response]) -> None:
        self.requests: list[tuple[dict[str, Any], Mapping[str, str]]] = []  # fields and headers
        self._reply = reply
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        routes = [Route("/v1/{path:path}", self._answer, methods=["POST"])]
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), lifespan="off", log_config=None))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    async def _answer(self, request: Request) -> Response:
        fields: dict[str, Any] = {}
        if request.headers.get("content-type", "").startswith("multipart/"):
            async with request.form() as form:
                for name, value in form.items():
                    fields[name] = value if isinstance(value, str) else await value.read()
        else:
            fields = await request.json()
        self.requests.append((fields, request.headers))
        return self._reply(request.path_params["path"], fields)

    def __enter__(self) -> SpeechServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
        self._socket.close()


class Rude:
    """Says these bytes to whoever connects, one after the other; HANG stays silent until they leave. Then it hangs up.

    A number waits that many seconds.
    """

    def __init__(self, *says: bytes | float) -> None:
        self.connections = 0
        self._says = says
        self._over = threading.Event()
        rude = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                rude.connections += 1
                with suppress(OSError):
                    rude._play(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"wyoming://127.0.0.1:{self._server.server_address[1]}"

    def _play(self, connection: socket.socket) -> None:
        connection.settimeout(0.02)
        for say in self._says:
            if say == HANG:
                while not self._over.is_set():
                    with suppress(TimeoutError):
                        if not connection.recv(65536):
                            return
            elif isinstance(say, bytes):
                connection.sendall(say)
            else:
                time.sleep(say)
        with suppress(TimeoutError):  # what it was sent is read, or the network would say that it was not
            while connection.recv(65536):
                pass

    def __enter__(self) -> Rude:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
