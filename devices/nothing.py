"""`none`: no camera, no microphone."""

from __future__ import annotations

from collections.abc import Iterable

from devices.registry import Found, Wanted
from pipeline.clock import Clock
from pipeline.types import AudioChunk, VideoFrame


class _NoCamera:
    forms = ("none",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock, wanted: Wanted) -> Iterable[VideoFrame]:
        return ()


class _NoMicrophone:
    forms = ("none",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock) -> Iterable[AudioChunk]:
        return ()


camera = _NoCamera()
microphone = _NoMicrophone()
