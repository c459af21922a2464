"""The egress log: a line for every request that leaves, with when, where to, how many bytes, what, and which frames.

Never words and never pictures. It lies in the user's state folder, is readable by nobody else, and outlives sessions.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import GlassesError

if TYPE_CHECKING:
    from pipeline.ask.sent import Sent
    from pipeline.clock import Clock
    from pipeline.events import EventLog

_LARGEST = 5_000_000
"""Bytes of one file, about 25,000 requests; then it becomes the older one, and the one before that goes."""


@dataclass(frozen=True, slots=True)
class Egress:
    """One request that left."""

    when: str  # ISO 8601 with the zone
    backend: str  # its address
    host: str  # where it went
    reach: str  # machine, lan or hosted; empty for a name that was not looked up for this
    bytes: int  # of the body
    frames: tuple[float, ...]  # when the light fell on each picture that went along, seconds into its session
    session: str  # when that session began, ISO 8601 with the zone
    what: str = "question"  # or words that were to be spoken, sound that was to be understood; contact: neither


def path() -> Path:
    """Where the log is, by the XDG rules on Linux."""
    import platformdirs

    return platformdirs.user_state_path("glasses") / "egress.jsonl"


class EgressLog:
    """Writes down what one session sends, as events `sent` and on the disk; call it with each request."""

    def __init__(self, clock: Clock, log: EventLog) -> None:
        self._clock = clock
        self._log = log
        self._complained = False

    def __call__(self, sent: Sent) -> None:
        """Note one request. A disk that takes no line is a fault in the log, once; the wearer is still answered."""
        from pipeline.ask.addresses import known_reach

        self._log.emit(
            "sent", backend=sent.backend, host=sent.host, bytes=sent.size, frames=sent.pictures, what=sent.what
        )
        began = self._clock.started()
        line = Egress(
            (began + timedelta(seconds=sent.t)).isoformat(timespec="milliseconds"),
            sent.backend,
            sent.host,
            known_reach(sent.backend) or "",
            sent.size,
            tuple(round(t, 3) for t in sent.pictures),
            began.isoformat(timespec="seconds"),
            sent.what,
        )
        try:
            _append(path(), json.dumps(asdict(line)) + "\n")
        except OSError as error:
            if not self._complained:
                what = f"the egress log can't be written ({error}); make room, or mend the rights of {path().parent}"
                self._log.emit("fault", what=what, told="")
            self._complained = True


def read() -> Iterator[Egress]:
    """Everything in the log, the oldest first. Raises GlassesError if it can't be read; a damaged line is left out."""
    for file in (_older(path()), path()):
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise GlassesError(f"{file}: {error.strerror}; see who may read it") from error
        for line in lines:
            try:
                fields = json.loads(line)
                yield Egress(**{**fields, "frames": tuple(fields["frames"])})
            except (ValueError, TypeError, KeyError):  # cut by a crash, or by hand
                continue


def _append(file: Path, line: str) -> None:
    """Add a line in one write, so that several sessions may do it at once."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if file.exists() and file.stat().st_size > _LARGEST:
        file.replace(_older(file))
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def _older(file: Path) -> Path:
    return file.with_name("egress.1.jsonl")
