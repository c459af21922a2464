"""Keeps what the wearer wants kept of a live session: a recording from the start, recordings and pictures by voice."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from math import inf

from devices.registry import shown
from glasses.recordings.inbox import Played
from glasses.recordings.recorder import Recorder, Summary
from glasses.recordings.session_info import SessionInfo
from glasses.recordings.store import Store
from glasses.settings import Config
from pipeline.clock import Clock
from pipeline.converse.orders import KeepingOrder
from pipeline.errors import GlassesError
from pipeline.events import EventLog
from pipeline.listen.transcriber import RATE
from pipeline.sources import Tell
from pipeline.speak.reference import Reference
from pipeline.types import AudioChunk, Event, FrameChoice, VideoFrame

_SLOW_DISK = 20.0
"""Seconds more that a disk which does not keep up gets at the end: nothing recorded is lost to impatience."""

_KNOWN = 0.5
"""Seconds after which it is known what was played, however busy the session is: it is told when it is to be heard."""

_NOTHING_SEEN = "I can't see anything right now, so I took no picture."


class Keeping:
    """At most one recording at a time; what is seen, heard and logged goes to it while there is one.

    `frame`, `sound` and `event` may be called at any time and from any thread.
    """

    def __init__(self, clock: Clock, log: EventLog, config: Config) -> None:
        self._clock = clock
        self._log = log
        self._config = config
        self._store = Store(config.record.folder)
        self._recorder: Recorder | None = None
        self._tell: Tell | None = None
        self.played: Reference | None = None
        """What the speaker plays, if the microphone may hear it: kept with the sound, since replay would answer it."""
        self._heard: deque[AudioChunk] = deque()  # of which it is not kept yet what was played with it
        self._telling: set[asyncio.Task[None]] = set()
        self._over = False
        self.failed = asyncio.Event()
        """A recording had to stop."""
        self.fault: GlassesError | None = None
        """Why."""

    def frame(self, frame: VideoFrame) -> None:
        """The camera's next picture."""
        if recorder := self._recorder:
            recorder.frame(frame)

    def sound(self, chunk: AudioChunk) -> None:
        """The microphone's next sound."""
        if recorder := self._recorder:
            recorder.sound(chunk)
            if self.played:
                self._heard.append(chunk)
                self._keep_played(recorder, chunk.t_end - _KNOWN)

    def event(self, event: Event) -> None:
        """What happened."""
        if recorder := self._recorder:
            recorder.event(event)

    def check(self, name: str) -> None:
        """Raises UsageError for a name that no recording can have, or that one has already."""
        self._store.folder_for(name)

    async def begin(self, name: str | None, tell: Tell) -> None:
        """The session begins: record it as `name` (empty for the time), or not if None; `tell` tells of faults.

        Raises UsageError for a name that can't be or is there already, GlassesError if it can't be written.
        """
        self._tell = tell
        if name is not None:
            await self._start(name)

    async def obey(self, order: KeepingOrder, choice: FrameChoice) -> str:
        """As `pipeline.converse.orders.Keeper`."""
        match order:
            case "take picture":
                return await self._take_picture(choice)
            case "start recording":
                if self._recorder:
                    return "I am recording already."
                await self._start("")
                return "Recording."
            case "stop recording":
                summary = await self._stop()
                return f"Recorded {_spoken(summary.seconds)}." if summary else "I am not recording."

    async def close(self) -> None:
        """The session is over: end the recording, within half a second where the disk keeps up."""
        self._over = True
        recorder = self._recorder
        summary = await self._stop(quietly=True)
        if recorder and summary:
            if not recorder.done:
                self._log.emit("fault", turn=0, what="the disk is slow: the recording is still being written", told="")
                await recorder.wait(_SLOW_DISK)
                summary = await recorder.close()
            self._ended(summary)

    async def _take_picture(self, choice: FrameChoice) -> str:
        if not choice.frames:
            return _NOTHING_SEEN
        frame = choice.frames[0]
        path = await self._clock.run("keep", lambda: self._store.save_picture(frame, self._clock.started()))
        self._log.emit("picture.taken", path=str(path), t=frame.t)
        return "Picture taken."

    async def _start(self, name: str) -> None:
        camera, limits = self._config.camera, self._config.record
        folder = self._store.folder_for(name)
        room = await self._clock.run("keep", lambda: self._store.make_room(limits.keep_days, limits.budget))
        if room.deleted:
            names = ", ".join(stored.name for stored in room.deleted)
            self._log.emit("fault", turn=0, what=f"deleted to keep within the limits of [record]: {names}", told="")
        if room.warning:
            self._log.emit("fault", turn=0, what=room.warning, told="")
        self._heard.clear()
        self._recorder = Recorder(
            self._clock,
            folder,
            SessionInfo(
                title=name, device=f"camera {shown(camera.address)}, microphone {self._config.microphone.address}"
            ),
            size=None if camera.address == "none" else (camera.width, camera.height),
            rate=None if self._config.microphone.address == "none" else RATE,
            played=self.played is not None,
            on_fault=self._failed,
            on_drop=self._fell_behind,
        )
        self._log.emit("recording.started", path=str(self._recorder.path))

    def _keep_played(self, recorder: Recorder, until: float) -> None:
        """What was played while the microphone heard what has ended by `until`."""
        with suppress(IndexError):
            while self.played and self._heard[0].t_end <= until:
                chunk = self._heard.popleft()
                recorder.sound(Played(chunk.t, self.played.between(chunk.t, len(chunk.samples)), chunk.rate))

    async def _stop(self, *, quietly: bool = False) -> Summary | None:
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return None
        self._keep_played(recorder, inf)
        summary = await recorder.close()
        if not quietly:
            self._ended(summary)
        return summary

    def _ended(self, summary: Summary) -> None:
        self._log.emit(
            "recording.ended",
            path=str(summary.path),
            seconds=summary.seconds,
            frames=summary.frames,
            frames_dropped=summary.frames_dropped,
            bytes=summary.bytes,
        )

    def _failed(self, error: GlassesError) -> None:
        """The recording had to stop; the session goes on."""

        self.fault = error
        self.failed.set()

        async def tell() -> None:
            await self._stop()
            if self._tell and not self._over:
                await self._tell(str(error), error.told)
            else:
                self._log.emit("fault", turn=0, what=str(error), told="")

        task = asyncio.ensure_future(tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def _fell_behind(self) -> None:
        self._log.emit("fault", turn=0, what="recording can't keep up, pictures are left out of it", told="")


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    parts = [(minutes, "minute"), (rest, "second")]
    return " and ".join(f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n) or "less than a second"
