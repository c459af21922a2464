"""`file:CLIP` as a camera or a microphone: a recording at the speed of life, where a device would be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from devices.registry import Found, Wanted
from glasses.recordings.recording import Recording, open_recording
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.types import AudioChunk, VideoFrame

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Anew(Generic[T]):
    """Opens the recording each time it is iterated."""

    open: Callable[[], Iterator[T]]

    def __iter__(self) -> Iterator[T]:
        return self.open()


class _Camera:
    forms = ("file:CLIP",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock, wanted: Wanted) -> Iterable[VideoFrame]:
        recording = _recording(address)
        if not recording.has_video:
            raise UsageError(f"{address}: has no pictures; name a clip that has, or use --camera none")
        return _Anew(recording.frames)


class _Microphone:
    forms = ("file:CLIP",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock) -> Iterable[AudioChunk]:
        recording = _recording(address)
        if not recording.has_sound:
            raise UsageError(f"{address}: has no sound; name a clip that has")
        return _Anew(recording.sound)


def _recording(address: str) -> Recording:
    return open_recording(Path(address.partition(":")[2]))


camera = _Camera()
microphone = _Microphone()
