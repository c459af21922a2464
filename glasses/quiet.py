"""Keeps away from the terminal what native libraries print: ALSA, PortAudio, libjpeg and FFmpeg complain at will."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def libraries_quiet() -> Iterator[None]:
    """While inside, what is written to file descriptor 2 by others than Python goes to `log_path()` instead.

    Where Python's own stderr is no such descriptor (tests), nothing changes.
    """
    try:
        ours = sys.stderr.fileno() == 2
    except (OSError, ValueError, AttributeError):
        ours = False
    if not ours:
        yield
        return
    sys.stderr.flush()
    terminal, before = os.dup(2), sys.stderr
    log = _log()
    try:
        os.dup2(log, 2)
        sys.stderr = os.fdopen(terminal, "w", 1, before.encoding, before.errors, closefd=False)
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = before
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(log)


def log_path() -> Path:
    """Where the libraries' complaints of the last session are."""
    import platformdirs

    return platformdirs.user_state_path("glasses") / "libraries.log"


def _log() -> int:
    path = log_path()
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
