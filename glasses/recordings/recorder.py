"""Records a live session beside it: takes what the devices' threads give, and never makes them wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from pathlib import Path

from glasses.recordings import wall_clock
from glasses.recordings.claim import Claim
from glasses.recordings.durable import Durable, replace_info
from glasses.recordings.faults import NOT_BEGUN, cannot_write
from glasses.recordings.inbox import Inbox
from glasses.recordings.log import EventWriter, shifted
from glasses.recordings.reel import Reel
from glasses.recordings.session_info import SessionInfo
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.types import AudioChunk, Event, VideoFrame, read_only

_TICK = 0.1
"""Seconds between looks at whether the first picture is late."""

_ENDING = 0.3
"""Seconds after which the pictures that still wait are left out, so that the recording ends in time."""

_PATIENCE = 0.5
"""Seconds that `close` waits. What a slower disk still has to write goes on meanwhile: see `done` and `wait`."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a recording came to."""

    path: Path  # its folder
    seconds: float  # from its start to the end of its last picture or sound
    frames: int  # pictures in it
    frames_dropped: int  # pictures left out because encoding or the disk could not keep up
    bytes: int  # on the disk


class Recorder:
    """One recording, from the moment it is made until `close`; t = 0 of it is that moment.

    What was captured before is left out; pictures, sound and events carry their true times, less the start's.
    The file is opened with the first picture, in its size. If none comes within two seconds, it is opened for
    pictures of the announced `size`, and those of a camera that comes later are scaled to that.
    """

    def __init__(
        self,
        clock: Clock,
        folder: Path,
        info: SessionInfo,
        *,
        size: tuple[int, int] | None,
        rate: int | None,
        played: bool = False,
        on_fault: Callable[[GlassesError], None],
        on_drop: Callable[[], None] | None = None,
        clock_unset: Callable[[], bool] = wall_clock.unset,
    ) -> None:
        """Make `folder` with session.toml and events.jsonl; live only, on the session's loop.

        info: title, device, consent and licence; its start is filled in here.
        size: width and height that the pictures are announced to have; None for no pictures.
        rate: samples per second of the sound; None for no sound.
        played: whether what the speaker plays is kept with it.
        on_fault: called once, on the loop, if the recording had to stop; the file is whole up to there.
        on_drop: called once, on the loop, when the first picture is left out.
        clock_unset: whether the wall clock is not to be believed yet; asked at the beginning and at the end.

        Raises UsageError if there is something of that name already, GlassesError if it cannot be written.
        """
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._start = clock.now()
        self._folder = folder
        self._info = info
        self._on_fault = on_fault
        self._on_drop = on_drop
        self._clock_unset = clock_unset
        self._inbox = Inbox()
        self._end_by = float("inf")  # seconds of the session
        self._claim = _claimed(folder)
        try:
            self._info_now().write(folder / "session.toml")  # `_sync` brings it to the disk: the loop must not wait
            self._log = EventWriter(folder)
        except GlassesError:
            self._claim.release()
            _unmake(folder)
            raise
        self._reel = Reel(folder, size, rate, played=played, patient_until=2.0)
        self._durable = Durable(folder, clock.now)
        self._syncing = clock.background(self._sync, "recorder-sync")
        self._work = clock.background(self._record, "recorder")
        self._work.add_done_callback(self._ended)

    @property
    def path(self) -> Path:
        """The recording's folder."""
        return self._folder

    @property
    def start(self) -> float:
        """Where t = 0 of the recording lies, seconds of the session."""
        return self._start

    @property
    def backlog(self) -> int:
        """Bytes of pictures and sound that wait to be written."""
        return self._inbox.backlog

    def frame(self, frame: VideoFrame) -> None:
        """Take a picture, from any thread; it is left out if too many wait. Never blocks, never raises."""
        if frame.t < self._start or self._inbox.picture(frame):
            return
        if self._on_drop:
            tell, self._on_drop = self._on_drop, None
            with suppress(RuntimeError):  # the loop has closed
                self._loop.call_soon_threadsafe(tell)

    def sound(self, chunk: AudioChunk) -> None:
        """Take sound, or what was `Played`, from any thread. Never blocks, never raises."""
        early = ceil(round((self._start - chunk.t) * chunk.rate, 3))
        if early > 0:
            chunk = replace(chunk, t=chunk.t + early / chunk.rate, samples=read_only(chunk.samples[early:]))
        if len(chunk.samples):
            self._inbox.sound(chunk)

    def event(self, event: Event) -> None:
        """Take an event, as a subscriber of the log. Never blocks, never raises."""
        if event.t >= round(self._start, 4):
            self._inbox.event(event)

    async def close(self) -> Summary:
        """End it within half a second, with all that was posted before; pictures only as far as there is time.

        Never raises; a second call only tells the same.
        """
        self._end_by = min(self._end_by, self._clock.now() + _ENDING)
        self._inbox.end()
        await self.wait(_PATIENCE)
        return self._summary()

    @property
    def done(self) -> bool:
        """Whether all is written."""
        return self._work.done()

    async def wait(self, seconds: float) -> None:
        """Return when all is written, after `seconds` at the latest."""
        with suppress(TimeoutError, GlassesError):
            await self._clock.within(seconds, asyncio.shield(self._work))

    def _summary(self) -> Summary:
        reel = self._reel
        return Summary(self._folder, reel.seconds, reel.frames, self._inbox.dropped, _size(self._folder))

    def _ended(self, work: asyncio.Future[None]) -> None:
        if not work.cancelled() and isinstance(error := work.exception(), GlassesError):
            self._on_fault(error)

    def _record(self) -> None:
        """The recorder's own thread."""
        try:
            self._write_all()
        except GlassesError:
            raise
        except Exception as error:
            raise GlassesError(
                f"{self._folder}: the recording failed: {type(error).__name__}: {error}; record anew",
                told="Something went wrong, so I stopped recording.",
            ) from error
        finally:
            self._inbox.clear()
            self._durable.stop()
            for step in (self._reel.close, self._log.close, self._write_info, self._durable.sync):
                with suppress(GlassesError):  # on top of another fault
                    step()
            with suppress(OSError):
                self._claim.release()

    def _write_all(self) -> None:
        while True:
            if self._inbox.ended and self._clock.now() > self._end_by:
                self._inbox.drop_pictures()
            match self._inbox.take(_TICK):
                case VideoFrame() as frame:
                    self._reel.frame(replace(frame, t=frame.t - self._start))
                case AudioChunk() as chunk:
                    self._reel.sound(replace(chunk, t=chunk.t - self._start))
                case Event() as event:
                    self._log(shifted(event, self._start))
                case None if self._inbox.ended:
                    break
            self._reel.wait(self._clock.now() - self._start)
        self._reel.close()
        self._log.close()

    def _sync(self) -> None:
        try:
            self._durable.run()
        except GlassesError as error:
            self._inbox.fail(error)

    def _write_info(self) -> None:
        reel = self._reel
        held = replace(
            self._info_now(),
            seconds=round(reel.seconds, 3),
            frames=reel.frames,
            frames_dropped=self._inbox.dropped,
            sound_seconds=round(reel.sound_seconds, 3),
        )
        replace_info(held, self._folder)

    def _info_now(self) -> SessionInfo:
        """session.toml as far as it is known: at the start, for a recorder that is killed, and at the end."""
        start = self._clock.started() + timedelta(seconds=self._start)
        return replace(self._info, start=start.isoformat(timespec="milliseconds"), start_unsure=self._clock_unset())


def _claimed(folder: Path) -> Claim:
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder}: is there already; give the recording another name")
        folder.mkdir(parents=True, exist_ok=True)
        return Claim(folder)
    except OSError as error:
        raise cannot_write(folder, error, NOT_BEGUN) from error


def _unmake(folder: Path) -> None:
    """Leave nothing of a recording that could not begin."""
    with suppress(OSError):
        for name in ("session.toml", "events.jsonl"):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _size(folder: Path) -> int:
    """Bytes of the files in `folder`, as far as they can be seen."""
    total = 0
    with suppress(OSError):
        for path in folder.iterdir():
            total += path.stat().st_size
    return total
