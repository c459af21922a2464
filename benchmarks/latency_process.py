"""The other end of `benchmarks.latency_session`: a setting's process, its events, its processor time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

from benchmarks import processes
from benchmarks.latency_score import Stamped
from pipeline.types import Event

_LOADING, _OPENING = 60.0, 20.0
"""Seconds that loading the models, and opening or closing a session, may take."""


class Process:
    """A process that holds one setting's models; it runs while it is entered.

    Where it does not do what it is told to, it ends the program.
    """

    def __init__(self, kind: str, model: str, backend: str) -> None:
        self._command = [sys.executable, "-m", "benchmarks.latency_session", kind]
        self._command += ["--model", model, "--backend", backend]
        self.events: list[Stamped] = []  # of the session that runs, or of the last
        self._others: list[dict[str, Any]] = []  # lines that are no events

    def __enter__(self) -> Process:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reading.join()

    def ready(self) -> None:
        """Return when its models are loaded."""
        self._line("ready", _LOADING)

    def begin(self) -> None:
        """Begin a session."""
        self.events = []
        self._tell("begin")

    def end(self) -> tuple[list[float], float | None]:
        """End the session: how late each chunk of its microphone came, and when it heard the click (monotonic)."""
        self._tell("end")
        ended = self._line("ended", _OPENING)
        return ended["late"], ended["click"]

    def until(self, kind: str) -> None:
        """Return when the session has had such an event."""
        end = time.monotonic() + _OPENING
        while not any(one.event.kind == kind for one in self.events):
            self._wait(end, kind)

    def check(self) -> None:
        """End the program if the process has ended."""
        if self._process.poll() is not None:
            sys.exit(f"{' '.join(self._command)} ended with {self._process.returncode}")

    def cpu(self) -> float:
        """Seconds of processor time so far, all threads."""
        return processes.used(self._process.pid)

    def peak(self) -> float:
        """The largest resident set so far, megabytes."""
        return processes.peak(self._process.pid)

    def _tell(self, what: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()

    def _line(self, name: str, patience: float) -> Any:
        end = time.monotonic() + patience
        while not (self._others and name in self._others[0]):
            self._wait(end, name)
        return self._others.pop(0)[name]

    def _wait(self, end: float, what: str) -> None:
        self.check()
        if time.monotonic() > end:
            sys.exit(f"{' '.join(self._command)}: no {what}")
        time.sleep(0.02)

    def _read(self) -> None:
        assert self._process.stdout
        for text in self._process.stdout:
            line = json.loads(text)
            if "event" in line:
                self.events.append(Stamped(Event(*line["event"]), line["zero"]))
            else:
                self._others.append(line)
