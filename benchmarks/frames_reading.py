"""What can be read of a picture, and how much of a sign that is; readings are kept, since they take half a second."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from pipeline.see.text import Reader
from pipeline.types import VideoFrame


class Readings:
    """The project's reader, with a memory on disk: the same pixels are read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = Reader()
        self._known: dict[str, list[str]] = {}
        if path.exists():
            self._known = json.loads(path.read_text(encoding="utf-8"))

    def lines(self, frame: VideoFrame) -> list[str]:
        """The lines of print in `frame`."""
        key = hashlib.blake2b(frame.image.tobytes(), digest_size=12, key=version("rapidocr").encode()).hexdigest()
        if key not in self._known:
            self._known[key] = [line.text for line in self._reader.read(frame.image)]
        return self._known[key]

    def save(self) -> None:
        """Keep what is known."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._known, ensure_ascii=False), encoding="utf-8")


def readable(lines: Sequence[str], read: Sequence[str]) -> float:
    """The share of the characters of `lines` that `read` has right, 0 to 1: one minus the character error.

    Case and spaces don't count, nor what else was read, nor where the lines were broken.
    """
    text = _letters(" ".join(read))
    total = sum(len(_letters(line)) for line in lines)
    return sum(max(0, len(_letters(line)) - errors(_letters(line), text)) for line in lines) / total


def errors(line: str, text: str) -> int:
    """Edits (Levenshtein) between `line` and whatever part of `text` is nearest to it."""
    before = np.zeros(len(text) + 1, np.int64)  # may begin anywhere
    places = np.arange(len(text) + 1)
    letters = np.array(list(text), dtype="U1")
    for row, letter in enumerate(line, start=1):
        now = np.empty_like(before)
        now[0] = row
        now[1:] = np.minimum(before[1:] + 1, before[:-1] + (letters != letter))
        before = np.minimum.accumulate(now - places) + places  # insertions
    return int(before.min())  # may end anywhere


def _letters(text: str) -> str:
    return "".join(text.lower().split())
