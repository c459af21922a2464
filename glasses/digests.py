"""SHA-256 digests of large files, remembered between starts, and the progress bar that both need."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

_BLOCK = 1 << 20


def blocks(path: Path) -> Iterator[bytes]:
    """The content of a file, a megabyte at a time."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def sha256(path: Path) -> str:
    """The digest of a file, read now."""
    hashing = hashlib.sha256()
    with progress(f"checking {path.name}", path.stat().st_size) as advance:
        for block in blocks(path):
            hashing.update(block)
            advance(len(block))
    return hashing.hexdigest()


class Digests:
    """Digests by path, believed for as long as the file keeps its size and its time of change.

    They are kept in `folder`; if that cannot be written, files are read again at every start.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "digests.json"

    def known(self, path: Path) -> str | None:
        """The digest of `path` if it has been read since it last changed."""
        if not path.is_file():
            return None
        size, changed, digest = self._load().get(str(path.absolute()), (None, None, None))
        status = path.stat()
        return digest if (size, changed) == (status.st_size, status.st_mtime_ns) else None

    def of(self, path: Path) -> str:
        """The digest of `path`, read now if need be."""
        digest = self.known(path)
        if not digest:
            digest = sha256(path)
            self.remember(path, digest)
        return digest

    def remember(self, path: Path, digest: str) -> None:
        """Believe that `path` has this digest until it changes."""
        status = path.stat()
        digests = {name: entry for name, entry in self._load().items() if Path(name).is_file()}
        digests[str(path.absolute())] = (status.st_size, status.st_mtime_ns, digest)
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._file.parent, delete=False, encoding="utf-8") as temporary:
                json.dump(digests, temporary)
            Path(temporary.name).replace(self._file)

    def _load(self) -> dict[str, tuple[int, int, str]]:
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
            return {
                str(name): (int(size), int(changed), str(digest)) for name, (size, changed, digest) in content.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


_QUICK = 20_000_000
"""Bytes that are read and hashed in the blink of an eye."""


@contextlib.contextmanager
def progress(task: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar over `total` bytes on stderr; gives a function to advance it by bytes.

    On a terminal only, and only for what takes long enough to be seen.
    """
    if not sys.stderr.isatty() or total < _QUICK:
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        number = bar.add_task(task, total=total)
        yield lambda count: bar.advance(number, count)
