"""What is written reaches the disk: a power cut takes a second at the most, and never half a session.toml."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from glasses.recordings.faults import cannot_write
from glasses.recordings.session_info import SessionInfo

_EVERY = 0.6
"""Seconds from one sync to the next: with what waits in memory, less than one is lost."""

_RESERVE = 16_000_000
"""Bytes that are left free: enough to end the file in order, and for the machine to go on."""


class Durable:
    """Brings the files of a recording to the disk while others write them; `run` in a thread of its own."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        """`now` gives seconds of any clock."""
        self._folder = folder
        self._now = now
        self._stopped = threading.Event()
        self._known: dict[str, int] = {}  # files whose names are on the disk, and their bytes there

    def run(self) -> None:
        """Sync about once a second until `stop`. Raises GlassesError if the disk is full or a file is gone."""
        while not self._stopped.is_set():
            begun = self._now()
            self.sync()
            self._stopped.wait(begun + _EVERY - self._now())  # a slow disk takes part of it

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._stopped.set()

    def sync(self) -> None:
        """Bring everything to the disk that has been written. Raises GlassesError as `run`."""
        try:
            if shutil.disk_usage(self._folder).free < _RESERVE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sizes = {name: (self._folder / name).stat().st_size for name in self._names()}
            for name, size in sizes.items():
                if size != self._known.get(name):
                    sync_file(self._folder / name)
            if sizes.keys() != self._known.keys():
                sync_folder(self._folder)
                if not self._known:
                    sync_folder(self._folder.parent)
            self._known = sizes
        except OSError as error:
            raise cannot_write(self._folder, error) from error

    def _names(self) -> list[str]:
        """The recording's files, the largest first; those that were there must be."""
        there = {path.name for path in self._folder.iterdir()}
        return [
            name for name in ("session.mkv", "events.jsonl", "session.toml") if name in there or name in self._known
        ]


def replace_info(info: SessionInfo, folder: Path) -> None:
    """Write session.toml so that there is always a whole one. Raises GlassesError if it cannot be written."""
    path = folder / "session.toml"
    new = folder / ".session.toml.new"
    try:
        info.write(new)
        sync_file(new)
        new.replace(path)
        sync_folder(folder)
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
