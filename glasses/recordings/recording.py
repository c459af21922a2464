"""A recorded session, or an ordinary clip, as the session hears and sees it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from glasses.recordings import clip
from glasses.recordings.session_info import SessionInfo
from glasses.recordings.track import PLAYED
from pipeline.errors import UsageError
from pipeline.events import from_lines
from pipeline.types import AudioChunk, Event, VideoFrame


@dataclass(frozen=True, slots=True)
class Recording:
    """What can be replayed. `frames`, `sound` and `played` each open the file anew, so that threads can read them."""

    path: Path  # the folder or the clip, as it was named
    media: Path  # the file with pictures and sound
    title: str
    has_video: bool
    has_sound: bool
    has_played: bool  # what the speaker played is known apart from the sound, in which its echo is
    duration: float  # seconds to the end of the last picture or sound; a truncated file may declare more than it has
    width: int  # pixels of the upright picture; 0 without pictures
    height: int  # pixels of the upright picture; 0 without pictures
    origin: float  # where t = 0 lies on the file's own clock, seconds
    info: SessionInfo | None = None  # session.toml
    events_path: Path | None = None  # events.jsonl

    def frames(self) -> Generator[VideoFrame, None, None]:
        """The pictures, upright; blocks. Close the iterator to release the file."""
        return clip.frames(self.media, self.origin)

    def sound(self) -> Generator[AudioChunk, None, None]:
        """The sound, mono at 16 kHz, 512 samples a chunk; blocks. Close the iterator to release the file."""
        return clip.sound(self.media, self.origin)

    def played(self) -> Generator[AudioChunk, None, None]:
        """What the speaker played, as `sound`, silence too; nothing where that was not kept."""
        if self.has_played:
            yield from clip.sound(self.media, self.origin, PLAYED)


def open_recording(path: Path) -> Recording:
    """Open a recording's folder or any video or sound file.

    In a clip t = 0 is its earliest picture or sound. In a recording it is the start of the session, as in
    its event log.

    Raises UsageError if there is no such thing, GlassesError if it cannot be read.
    """
    try:
        folder = path.is_dir()
        media = path / "session.mkv" if folder else path
        found = media.exists()
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise UsageError(f"{path}: cannot be opened ({error.strerror}); check the path") from error
    if not found:
        raise UsageError(f"{media}: no such file; name a folder with a session.mkv, or a video file")
    info_path, events_path = path / "session.toml", path / "events.jsonl"
    info = SessionInfo.read(info_path) if folder and info_path.exists() else None
    held = clip.probe(media)
    origin = min(held.start, 0.0) if folder else held.start
    width, height = held.size or (0, 0)
    return Recording(
        path=path,
        media=media,
        title=(info.title if info else "") or (path.resolve().name if folder else path.stem),
        has_video=held.size is not None,
        has_sound=held.has_sound,
        has_played=held.has_played,
        duration=held.end - origin,
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
    text = recording.events_path.read_text(encoding="utf-8", errors="replace")
    return from_lines(text.split("\n"), where=str(recording.events_path))
