"""Where the devices' threads leave what is to be written, without ever waiting for the disk."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from pipeline.errors import GlassesError
from pipeline.types import AudioChunk, Event, VideoFrame

PICTURES = 96_000_000
"""Bytes of pictures that wait at most: about a second of 720p at 30 frames a second."""

SOUND = 32_000_000
"""Bytes of sound that wait at most: eight minutes at 16 kHz with what is played, so only a disk that hangs so long."""

_EVENTS = 100_000
"""Events that wait at most, for the same disk."""


@dataclass(frozen=True, slots=True)
class Played(AudioChunk):
    """What the speaker played, of which the microphone heard an echo."""


Item = VideoFrame | AudioChunk | Event


class Inbox:
    """Sound and events before pictures, each in order; bounded. Any thread may post, one takes.

    Where work can't keep up, pictures are left out and counted, never sound.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sound: deque[AudioChunk] = deque()
        self._events: deque[Event] = deque()
        self._pictures: deque[VideoFrame] = deque()
        self._picture_bytes = 0
        self._sound_bytes = 0
        self._dropped = 0
        self._ended = False
        self._fault: GlassesError | None = None

    @property
    def dropped(self) -> int:
        """Pictures left out."""
        return self._dropped

    @property
    def backlog(self) -> int:
        """Bytes of pictures and sound that wait."""
        return self._picture_bytes + self._sound_bytes

    @property
    def ended(self) -> bool:
        """Nothing more is posted."""
        return self._ended

    def picture(self, frame: VideoFrame) -> bool:
        """Post a picture; False if it is left out because too many wait."""
        with self._changed:
            if self._ended:
                return True
            size = frame.image.nbytes
            if self._pictures and self._picture_bytes + size > PICTURES:
                self._dropped += 1
                return False
            self._pictures.append(frame)
            self._picture_bytes += size
            self._changed.notify()
            return True

    def sound(self, chunk: AudioChunk) -> None:
        """Post sound."""
        with self._changed:
            if self._ended:
                return
            self._sound.append(chunk)
            self._sound_bytes += chunk.samples.nbytes
            if self._sound_bytes > SOUND:
                self._fail(_too_slow())
            self._changed.notify()

    def event(self, event: Event) -> None:
        """Post an event."""
        with self._changed:
            if self._ended:
                return
            self._events.append(event)
            if len(self._events) > _EVENTS:
                self._fail(_too_slow())
            self._changed.notify()

    def end(self) -> None:
        """Whatever is posted from here on is passed over."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def fail(self, fault: GlassesError) -> None:
        """The next `take` raises `fault`, and nothing more is posted."""
        with self._changed:
            self._fail(fault)
            self._changed.notify()

    def take(self, timeout: float) -> Item | None:
        """The next item; None if nothing came within `timeout` seconds, or at once if nothing will come any more."""
        with self._changed:
            self._changed.wait_for(self._anything, timeout)
            if self._fault:
                raise self._fault
            if self._events:
                return self._events.popleft()
            if self._sound:
                chunk = self._sound.popleft()
                self._sound_bytes -= chunk.samples.nbytes
                return chunk
            if self._pictures:
                frame = self._pictures.popleft()
                self._picture_bytes -= frame.image.nbytes
                return frame
            return None

    def drop_pictures(self) -> None:
        """Leave out the pictures that still wait."""
        with self._changed:
            self._dropped += len(self._pictures)
            self._pictures.clear()
            self._picture_bytes = 0

    def clear(self) -> None:
        """Let go of everything."""
        with self._changed:
            self._ended = True
            self._events.clear()
            self._sound.clear()
            self._pictures.clear()
            self._sound_bytes = self._picture_bytes = 0

    def _anything(self) -> bool:
        return bool(self._events or self._sound or self._pictures or self._ended or self._fault)

    def _fail(self, fault: GlassesError) -> None:
        self._fault = self._fault or fault
        self._ended = True


def _too_slow() -> GlassesError:
    return GlassesError(
        "the recording's disk takes nothing any more; record to another folder",
        told="The disk is too slow, so I stopped recording.",
    )
