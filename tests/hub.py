"""A hub on loopback, as huggingface_hub asks one: what a repository has, with digests, and its files, also in part."""

from __future__ import annotations

import hashlib
import http.server
import json
import re
import threading
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import unquote

COMMIT = "c" * 40

_GATED = (403, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."})


@dataclass
class Hub:
    """One repository, `files` by name. What goes wrong is set on it; what was asked for is noted."""

    repository: str
    files: dict[str, bytes]
    gated: bool = False  # its files want terms accepted; what it has is public
    status: int = 0  # with which all else is answered
    digests: bool = True  # whether it tells them
    cut: int = 0  # bytes after which the next file's connection is cut, once
    damaged: bool = False  # it gives other bytes than it says
    asked: list[tuple[str, str]] = field(default_factory=list)  # path and Range of each GET
    tokens: list[str] = field(default_factory=list)

    def __enter__(self) -> Hub:
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def ranges(self) -> list[str]:
        """The Range of each file that was asked for, empty for all of it."""
        return [ranged for path, ranged in self.asked if "/resolve/" in path]


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        hub, path = self.hub, unquote(self.path.partition("?")[0])
        hub.asked.append((path, self.headers.get("Range", "")))
        hub.tokens.append(self.headers.get("Authorization", ""))
        api, file = f"/api/models/{hub.repository}", f"/{hub.repository}/resolve/{COMMIT}/"
        if hub.status:
            self._answer(hub.status)
        elif path in (api, f"{api}/revision/main", f"{api}/revision/{COMMIT}"):
            self._answer(200, json.dumps(self._about()).encode())
        elif path.startswith(f"{api}/revision/"):
            self._answer(404, headers={"X-Error-Code": "RevisionNotFound"})
        elif not path.startswith(file):
            self._answer(401 if path.startswith("/api/") else 404, headers={"X-Error-Code": "RepoNotFound"})
        elif hub.gated:
            self._answer(_GATED[0], headers=_GATED[1])
        else:
            self._file(hub.files[path.removeprefix(file)])

    def _about(self) -> dict[str, object]:
        hub, siblings = self.hub, []
        for name, data in hub.files.items():
            lfs = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
            row = {"rfilename": name, "blobId": "b" * 40, "size": len(data)}
            siblings.append(row | {"lfs": lfs} if hub.digests else row)
        return {
            "id": hub.repository,
            "sha": COMMIT,
            "siblings": siblings,
            "cardData": {"license": "apache-2.0"},
            "tags": [],
            "private": False,
            "downloads": 1,
        }

    def _file(self, data: bytes) -> None:
        hub, whole = self.hub, len(data)
        if hub.damaged:
            data = data[:-1] + bytes([data[-1] ^ 1])
        begin = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(begin[1]) if begin else 0
        headers = {"Content-Range": f"bytes {first}-{whole - 1}/{whole}"} if begin else {}
        body = data[first:]
        if hub.cut:
            cut, hub.cut = hub.cut, 0
            self._answer(206 if begin else 200, body, headers, only=cut)
            self.close_connection = True
            return
        self._answer(206 if begin else 200, body, headers)

    def _answer(
        self, status: int, body: bytes = b"", headers: dict[str, str] | None = None, only: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if only is None else body[:only])
