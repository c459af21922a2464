"""aimock, a server of npm's that speaks the formats of many vendors: installed once, pinned, outside the repository."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import platformdirs
import pytest

PACKAGE, VERSION = "@copilotkit/aimock", "1.43.0"


def installed() -> Path:
    """Its program. Skips the test, saying why, where node or npm is missing or the package can't be had."""
    if not (shutil.which("node") and (npm := shutil.which("npm"))):
        pytest.skip("aimock needs node and npm")
    cache = platformdirs.user_cache_path("glasses-tests")
    program = cache / f"aimock-{VERSION}" / "node_modules" / PACKAGE / "dist" / "cli.js"
    if not program.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=cache))
        try:
            # Its test plug-ins want whole test frameworks beside it, which the server does without.
            options = ["--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps", "--engine-strict"]
            patience = ["--fetch-retries=1", "--fetch-timeout=30000"]
            command = [npm, "install", *options, *patience, "--prefix", str(folder), f"{PACKAGE}@{VERSION}"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
            if done.returncode:
                pytest.skip(f"npm can't install {PACKAGE}: {done.stderr.strip()[-200:]}")
            with suppress(OSError):  # another worker was faster
                folder.rename(cache / f"aimock-{VERSION}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return program


@contextmanager
def serving(folder: Path, fixtures: Sequence[dict[str, Any]], chunk: int = 3) -> Iterator[str]:
    """Its root address, while it answers by `fixtures` in pieces of `chunk` characters."""
    program = installed()
    (folder / "fixtures.json").write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
    port = _free_port()
    command = ["node", str(program), "--port", str(port), "--fixtures", str(folder / "fixtures.json")]
    options = ["--chunk-size", str(chunk), "--strict", "--log-level", "silent"]
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            root = f"http://127.0.0.1:{port}"
            for _ in range(200):
                try:
                    journal(root)
                    break
                except urllib.error.URLError:
                    time.sleep(0.05)
            else:
                pytest.fail("aimock did not start")
            yield root
        finally:
            process.kill()


def journal(root: str) -> list[Any]:
    """The requests that it got, oldest first."""
    with urllib.request.urlopen(f"{root}/__aimock/journal", timeout=5) as reply:
        entries: list[Any] = json.load(reply)
    return entries


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
