"""A recorded session, or an ordinary clip, as the session hears and sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glasses.recordings import clip
from glasses.recordings.session_info import SessionInfo
from pipeline.errors import UsageError
from pipeline.events import from_lines
from pipeline.types import AudioChunk, Event, VideoFrame


@dataclass(frozen=True, slots=True)
class Recording:
    """What can be replayed. `frames` and `sound` each open the file anew, so that two threads can read them."""

    path: Path  # the folder or the clip, as it was named
    media: Path  # the file with pictures and sound
    title: str
    has_video: bool
    has_sound: bool
    duration: float  # seconds, as the file declares it: a truncated one ends earlier
    width: int  # pixels of the upright picture; 0 without pictures
    height: int  # pixels of the upright picture; 0 without pictures
    origin: float  # where t = 0 lies on the file's own clock, seconds
    info: SessionInfo | None = None  # session.toml
    events_path: Path | None = None  # events.jsonl

    def frames(self) -> Iterator[VideoFrame]:
        """The pictures, upright; blocks. Close the iterator to release the file."""
        return clip.frames(self.media, self.origin)

    def sound(self) -> Iterator[AudioChunk]:
        """The sound, mono at 16 kHz, 512 samples a chunk; blocks. Close the iterator to release the file."""
        return clip.sound(self.media, self.origin)


def open_recording(path: Path) -> Recording:
    """Open a recording's folder or any video or sound file.

    In a clip t = 0 is its earliest picture or sound. In a recording it is the start of the session, as in
    its event log.

    Raises UsageError if there is no such thing, GlassesError if it cannot be read.
    """
    folder = path.is_dir()
    media = path / "session.mkv" if folder else path
    if not media.exists():
        remedy = "name a folder with a session.mkv, or a video file" if folder else "check the path"
        raise UsageError(f"{media}: no such file; {remedy}")
    info_path, events_path = path / "session.toml", path / "events.jsonl"
    info = SessionInfo.read(info_path) if folder and info_path.exists() else None
    found = clip.probe(media)
    origin = min(found.start, 0.0) if folder else found.start
    width, height = found.size or (0, 0)
    return Recording(
        path=path,
        media=media,
        title=(info.title if info else "") or path.resolve().stem,
        has_video=found.size is not None,
        has_sound=found.has_sound,
        duration=found.end - origin,
        width=width,
        height=height,
        origin=origin,
        info=info,
        events_path=events_path if folder and events_path.exists() else None,
    )


def read_events(recording: Recording) -> Iterator[Event]:
    """The events of a recorded session. Raises UsageError if it has none, GlassesError if a line is not an event."""
    if recording.events_path is None:
        raise UsageError(
            f"{recording.path}: has no events.jsonl; replay it without recorded costs, or keep one with --out"
        )
    with recording.events_path.open(encoding="utf-8") as lines:
        yield from from_lines(lines, where=str(recording.events_path))
