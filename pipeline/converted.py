"""What is made of a model's file once, and kept among the user's cached files."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

T = TypeVar("T")


def converted(model: Path, kind: str, conversion: str, make: Callable[[Path], object], load: Callable[[Path], T]) -> T:
    """What `load` makes of the folder that `make` has filled, now or before, from this very file.

    kind: name of the folder in the cache for models of this kind.
    conversion: which way `make` goes: what was made another way is of no use.

    Where nothing can be kept it is made anew each time. What is loaded must outlast its folder. Raises what `make` and
    `load` raise.
    """
    kept = _kept(model, kind, conversion)
    # Not there, or broken off by a loss of power: onnxruntime's errors have no class in common.
    with suppress(Exception):
        return load(kept)
    try:
        with _beside(kept) as folder:
            make(folder)
            loaded = load(folder)  # before it is moved: another process may do the same, and put its own in its place
            with suppress(OSError):
                _forget(kept)
                folder.replace(kept)
            return loaded
    except OSError:  # a disk that is full, or can't be written
        with TemporaryDirectory(prefix="glasses-") as name:
            make(Path(name))
            return load(Path(name))


def _kept(model: Path, kind: str, conversion: str) -> Path:
    """Raises OSError if there is no such file."""
    import platformdirs

    about = model.stat()
    key = f"{conversion} {model.absolute()} {about.st_size} {about.st_mtime_ns}"
    folder = platformdirs.user_cache_path("glasses") / kind
    return folder / f"{model.stem}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


@contextmanager
def _beside(kept: Path) -> Iterator[Path]:
    """A folder in which it is made, of which nothing is left that was not moved away. Raises OSError."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".new-", dir=kept.parent, ignore_cleanup_errors=True) as name:
        folder = Path(name) / kept.name
        folder.mkdir()
        yield folder


def _forget(kept: Path) -> None:
    """What was made of a file of that name before, in another state or broken."""
    for other in kept.parent.glob(f"{kept.name.rpartition('-')[0]}-*"):
        shutil.rmtree(other, ignore_errors=True)
