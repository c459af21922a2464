"""What is written reaches the disk: a power cut takes a second at the most, and never half a session.toml."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from glasses.recordings.faults import cannot_write
from glasses.recordings.session_info import SessionInfo

_EVERY = 0.7
"""Seconds between two syncs; with what one takes, about a second."""


class Durable:
    """Brings the files of a recording to the disk while others write them; `run` in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stopped = threading.Event()
        self._known: set[str] = set()  # files whose names are on the disk

    def run(self) -> None:
        """Sync about once a second until `stop`. Raises GlassesError if the disk fails or the folder is gone."""
        self.sync()
        while not self._stopped.wait(_EVERY):
            self.sync()

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._stopped.set()

    def sync(self) -> None:
        """Bring everything to the disk that has been written. Raises GlassesError as `run`."""
        try:
            names = {path.name for path in self._folder.iterdir()}
            for name in names & {"session.mkv", "events.jsonl", "session.toml"}:
                sync_file(self._folder / name)
            if names != self._known:
                sync_folder(self._folder)
                if not self._known:
                    sync_folder(self._folder.parent)
                self._known = names
        except OSError as error:
            raise cannot_write(self._folder, error) from error


def replace_info(info: SessionInfo, folder: Path) -> None:
    """Write session.toml so that there is always a whole one. Raises GlassesError if it cannot be written."""
    path = folder / "session.toml"
    new = folder / ".session.toml.new"
    try:
        info.write(new)
        sync_file(new)
        new.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error


def sync_file(path: Path) -> None:
    """What any process wrote into the file is on the disk when this returns. Raises OSError."""
    handle = os.open(path, os.O_RDWR)  # Windows syncs no file that is open for reading only
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """The names in the folder are on the disk when this returns; where the system can't, they are not."""
    with suppress(PermissionError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
