"""Where recordings and pictures lie on this machine: listed, deleted, and kept within limits."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from glasses.recordings.claim import Claim, is_claimed
from glasses.recordings.glance import glance
from glasses.recordings.names import check_name, free_name
from glasses.recordings.pictures import save_picture
from glasses.recordings.session_info import SessionInfo
from glasses.recordings.wall_clock import TIMESYNC, unset
from pipeline.errors import GlassesError, UsageError
from pipeline.types import VideoFrame

State = Literal["whole", "recording", "broken off", "damaged"]
"""Ended in order; being recorded now; its recorder was killed, and it can be played; or can't be."""

_OURS = ("session.mkv", "session.toml", "events.jsonl", "answer.wav", ".session.toml.new", ".recording")
"""What a recording and its replays consist of; a file of another name is somebody's own."""

_LITTLE = 200_000_000
"""Free bytes below which a recording is warned of: about ten minutes of 720p."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A recording as the list shows it."""

    name: str
    path: Path  # its folder
    title: str
    start: datetime  # wall-clock time of t = 0; of the last change where it isn't said
    seconds: float | None  # None while it is recorded, and where it can't be found out
    bytes: int  # on the disk
    has_video: bool
    has_sound: bool
    has_events: bool
    state: State
    start_unsure: bool = False  # it may be much younger: the clock had not been set
    damage: str = ""  # what is wrong with it


@dataclass(frozen=True, slots=True)
class Room:
    """What was done for a new recording."""

    deleted: tuple[Stored, ...]
    warning: str  # for people; empty where there is room enough, and nothing else to say


class Store:
    """The folders `recordings` and `pictures` in `folder`, or where the user's data lies (XDG) if that is empty.

    Nothing is made before something is kept.
    """

    def __init__(self, folder: str = "", timesync: Path = TIMESYNC) -> None:
        import platformdirs

        root = Path(folder).expanduser() if folder else platformdirs.user_data_path("glasses")
        self.recordings = root / "recordings"
        self.pictures = root / "pictures"
        self._timesync = timesync

    def folder_for(self, name: str) -> Path:
        """Where a new recording goes, which is not there yet; it is called by the time if `name` is empty.

        Raises UsageError if there can't be one of that name, or is one already.
        """
        if not name:
            return self.recordings / free_name(self.recordings, "", _now())
        check_name(name)
        if (self.recordings / name).exists():
            free = free_name(self.recordings, name, _now())
            raise UsageError(f"there is a recording called {name!r} already; how about {free!r}?")
        return self.recordings / name

    def find(self, name: str) -> Path:
        """The folder of a recording. Raises UsageError if there is none of that name."""
        every = {folder.name: folder for folder in self._folders()}
        if name in every:
            return every[name]
        close = difflib.get_close_matches(name, every, n=1)
        remedy = f"did you mean {close[0]!r}?" if close else "`glasses recordings` lists them"
        raise UsageError(f"there is no recording called {name!r} in {self.recordings}; {remedy}")

    def listing(self) -> list[Stored]:
        """All recordings, the oldest first. Raises GlassesError if the folder may not be read."""
        return sorted(map(_stored, self._folders()), key=lambda stored: (stored.start, stored.name))

    def delete(self, name: str) -> tuple[Path, ...]:
        """Delete a recording; files in its folder that are not its own are left, and returned.

        Raises UsageError if there is none of that name or it is being recorded, GlassesError if it can't be deleted.
        """
        folder = self.find(name)
        try:
            if folder.is_symlink():
                folder.unlink()
                return ()
            claim = Claim(folder)  # nobody may begin to record into it now
            try:
                for ours in _OURS[:-1]:
                    (folder / ours).unlink(missing_ok=True)
            finally:
                claim.release()
            left = tuple(sorted(folder.iterdir()))
            if not left:
                folder.rmdir()
            return left
        except FileExistsError:
            raise UsageError(f"{name!r} is being recorded now; end that first") from None
        except OSError as error:
            raise GlassesError(f"{folder}: can't be deleted ({error.strerror}); check its permissions") from error

    def too_much(self, keep_days: int, budget: float) -> list[Stored]:
        """What `prune` would delete, the oldest first: what is older than `keep_days` (0 for no limit), and then what
        lies over `budget` gigabytes (0 for no limit). Never what is being recorded, and nothing behind a link; nothing
        by age while the clock may be wrong, or where it may have been when it was recorded.
        """
        every = self.listing()
        here = [stored for stored in every if not stored.path.is_symlink()]
        mine = [stored for stored in here if stored.state != "recording"]
        oldest = _now() - timedelta(days=keep_days)
        by_age = keep_days and not self.clock_doubt(every)
        chosen = [stored for stored in mine if by_age and stored.start < oldest and not stored.start_unsure]
        total = sum(stored.bytes for stored in here) - sum(stored.bytes for stored in chosen)
        for stored in [stored for stored in mine if stored not in chosen]:
            if not budget or total <= budget * 1e9:
                break
            chosen.append(stored)
            total -= stored.bytes
        return chosen

    def clock_doubt(self, stored: Iterable[Stored]) -> str:
        """Why the clock may be wrong, so that nothing of `stored` is deleted by its age; empty where nothing says so.

        A board without a battery for its clock starts with some time of the past, one with a bad battery with any.
        """
        if unset(self._timesync):
            return "the clock has not been set by the network since the start"
        now = _now()
        if ahead := next((each.name for each in stored if each.start > now), ""):
            return f"{ahead!r} is from a time to come, so the clock is wrong or was"
        return ""

    def prune(self, keep_days: int, budget: float) -> list[Stored]:
        """Delete what is too much, and return it. Raises GlassesError if something can't be deleted."""
        chosen = self.too_much(keep_days, budget)
        for stored in chosen:
            with suppress(UsageError):  # somebody else has just deleted it, or has begun to record into it
                self.delete(stored.name)
        return chosen

    def make_room(self, keep_days: int = 0, budget: float = 0.0) -> Room:
        """To be called before a recording: prunes, and says if it can't by age, or if the disk is nearly full. Blocks.

        Raises GlassesError if something can't be deleted.
        """
        deleted = tuple(self.prune(keep_days, budget))
        there = next(path for path in (self.recordings, *self.recordings.parents) if path.exists())
        free = shutil.disk_usage(there).free
        warnings = []
        if free < _LITTLE:
            warnings.append(f"only {free / 1e6:.0f} MB are free at {there}; the recording will end when they are used")
        if keep_days and (doubt := self.clock_doubt(self.listing())):
            warnings.append(f"{doubt}: nothing is deleted by its age")
        return Room(deleted, "; ".join(warnings))

    def save_picture(self, frame: VideoFrame, started: datetime) -> Path:
        """Keep a picture; see `pictures.save_picture`."""
        return save_picture(self.pictures, frame, started)

    def _folders(self) -> Iterator[Path]:
        try:
            yield from filter(_is_recording, self.recordings.iterdir() if self.recordings.exists() else ())
        except OSError as error:
            raise GlassesError(
                f"{self.recordings}: can't be read ({error.strerror}); check record.folder and its permissions"
            ) from error


def _is_recording(folder: Path) -> bool:
    """A folder with the files of one. Whatever else lies there is never touched."""
    with suppress(OSError):
        return any((folder / name).is_file() for name in ("session.mkv", "session.toml"))
    return False


def _stored(folder: Path) -> Stored:
    """What is known of a recording at a glance; never raises for what is wrong with it."""
    info, faults = SessionInfo(), []
    state: State = "whole"
    try:
        if (folder / "session.toml").exists():
            info = SessionInfo.read(folder / "session.toml")
    except GlassesError as error:
        faults.append(str(error))
    seconds, has_video, has_sound = info.seconds, bool(info.frames), bool(info.sound_seconds)
    if is_claimed(folder):
        state = "recording"
    else:
        try:
            seen = glance(folder / "session.mkv", whole=info.seconds is not None)
        except GlassesError as error:
            faults.append(str(error))
        else:
            if seconds is None:
                state = "broken off" if info.start else "whole"  # without a start, it was not made by the recorder
                seconds, has_video, has_sound = seen.seconds, seen.has_video, seen.has_sound
    sizes, changed = _sizes(folder)
    return Stored(
        name=folder.name,
        path=folder,
        title=info.title,
        start=datetime.fromisoformat(info.start).astimezone() if info.start else changed,
        start_unsure=info.start_unsure,
        seconds=seconds,
        bytes=sizes,
        has_video=has_video,
        has_sound=has_sound,
        has_events=(folder / "events.jsonl").is_file(),
        state="damaged" if faults and state != "recording" else state,
        damage="; ".join(faults),
    )


def _sizes(folder: Path) -> tuple[int, datetime]:
    """Bytes of its files, and the last change of any."""
    total, changed = 0, 0.0
    for stat in _stats(folder / name for name in _OURS):
        total, changed = total + stat[0], max(changed, stat[1])
    return total, datetime.fromtimestamp(changed).astimezone()


def _stats(paths: Iterable[Path]) -> Iterator[tuple[int, float]]:
    for path in paths:
        with suppress(OSError):
            stat = path.stat()
            yield stat.st_size, stat.st_mtime


def _now() -> datetime:
    return datetime.now().astimezone()
