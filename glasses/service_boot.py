"""Configuration from the boot partition: what a Raspberry Pi without screen and keyboard is set up with.

The boot partition is the one that every computer can write when the card is in its reader. A file there is copied into
the user's configuration once, whenever its content is new; what the user changes there later stays, until the file on
the card changes again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from glasses import config as configuration
from pipeline.errors import UsageError

BOOT = Path("/boot/firmware")
"""Where Raspberry Pi OS has its boot partition since Bookworm."""

_SETTINGS, _KEYS = "glasses.toml", "glasses-keys.txt"


def take_over(boot: Path = BOOT) -> Iterator[str]:
    """Copy what is new on the boot partition into the user's configuration; gives what happened, a line each.

    A file that can't be used is left out, and the configuration that was there stays in force: glasses that don't start
    can't say what is wrong with them.
    """
    folder = configuration.folder()
    for source, target in ((boot / _SETTINGS, folder / "config.toml"), (boot / _KEYS, folder / "keys")):
        try:
            yield from _taken(source, target, folder / "boot.json")
        except (OSError, UsageError) as error:
            yield f"{source} is not taken over: {error}"


def _taken(source: Path, target: Path, record: Path) -> Iterator[str]:
    """`record` says which content was taken before: its digest, by name."""
    if not source.is_file():
        return
    content = source.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    taken = _read(record)
    if taken.get(source.name) == digest:
        return
    if source.name == _SETTINGS:
        configuration.check(source)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.exists() and target.read_bytes() != content:
        target.replace(target.with_name(f"{target.name}.before-boot"))
        yield f"what was in {target} is kept as {target.name}.before-boot"
    _write(target, content)
    _write(record, json.dumps({**taken, source.name: digest}).encode())
    yield f"{source} is taken over to {target}"
    if source.name == _KEYS:
        yield f"whoever holds the card can read {source}; run: sudo rm {source}"


def _read(record: Path) -> dict[str, str]:
    try:
        return dict(json.loads(record.read_text()))
    except (OSError, ValueError):  # not there, or cut by a loss of power: taken once more
        return {}


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, on the disk, and for nobody else to read."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
