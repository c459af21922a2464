"""`none`: no camera, no microphone, no button, no light but the screen."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

from devices.registry import Found, Wanted
from pipeline.buttons import ButtonEvent
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


class _NeverPressed:
    async def __aiter__(self) -> AsyncGenerator[ButtonEvent, None]:
        never: tuple[ButtonEvent, ...] = ()
        for event in never:
            yield event


class _NoButton:
    forms = ("none",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock) -> _NeverPressed:
        return _NeverPressed()


class _NoLamp:
    def on(self) -> None:
        pass

    def off(self) -> None:
        pass


class _NoLight:
    forms = ("none",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str) -> _NoLamp:
        return _NoLamp()


camera = _NoCamera()
microphone = _NoMicrophone()
button = _NoButton()
light = _NoLight()
