"""events.jsonl: the event log beside a recording or a replay, a line as it happens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from glasses.recordings.faults import NOT_BEGUN, cannot_write
from pipeline.events import to_line
from pipeline.types import Event

_TIMES = ("t", "t_start", "t_end", "t_audible", "start")
"""What in an event's data is a time on the session's clock; and `frames`, where it lists them."""


class EventWriter:
    """Writes events.jsonl into `folder`, which is made; what lies there already is written over.

    A process that is killed leaves what it did. Every method raises GlassesError if the file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise cannot_write(self.path, error, NOT_BEGUN) from error

    def __call__(self, event: Event) -> None:
        try:
            self._file.write(to_line(event) + "\n")
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def close(self) -> None:
        """Write what is left; a second time does nothing."""
        try:
            self._file.close()
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def shifted(event: Event, start: float) -> Event:
    """The event as it stands in the log of a recording whose t = 0 is `start` seconds into the session."""
    if not start:
        return event
    data: dict[str, Any] = dict(event.data)
    for key in _TIMES:
        if isinstance(data.get(key), int | float):
            data[key] = round(data[key] - start, 4)
    if isinstance(data.get("frames"), list):
        data["frames"] = [round(t - start, 4) for t in data["frames"]]
    return replace(event, t=round(event.t - start, 4), data=data)
