"""One place owns PortAudio: a stream that can't be closed keeps nobody else out for long."""

from __future__ import annotations

import threading

from devices import portaudio
from pipeline import clock as clocks
from pipeline.clock import Clock
from tests.sound import SoundSystem, sound_system

__all__ = ["sound_system"]


class Stuck:
    """A stream whose server died in a bad moment."""

    closed = False

    def __init__(self) -> None:
        self.released = threading.Event()

    def close(self, ignore_errors: bool = True) -> None:
        self.released.wait(30)


def test_the_last_stream_in_use_is_asked_to_let_go_when_the_idle_ones_have(sound_system: SoundSystem) -> None:
    async def main(clock: Clock) -> None:
        device = portaudio.default("output")
        asked: list[bool] = []

        def in_use(urgent: bool) -> bool:
            asked.append(urgent)
            return urgent

        def idle(urgent: bool) -> bool:
            return True

        for let_go in (in_use, idle, idle, idle):
            portaudio.open_stream("output", device, 48_000, let_go, clock=clock, latency=0.1)
        assert portaudio.rescan(urgent=True)
        assert asked == [False, True]
        for _ in range(2):
            portaudio.open_stream("output", device, 48_000, in_use, clock=clock, latency=0.1)
        asked.clear()
        assert not portaudio.rescan(urgent=True), "one would be disturbed in vain"
        assert asked == [False, False]
        for stream in list(portaudio._streams):
            portaudio.close(stream)

    clocks.run(main, virtual=False)


def test_a_stream_that_cannot_be_closed_keeps_nobody_else_out(sound_system: SoundSystem) -> None:
    stuck = Stuck()

    async def main(clock: Clock) -> None:
        device = portaudio.default("output")
        stream = portaudio.Stream(stuck, device, 48_000, 1, lambda urgent: True, clock)
        portaudio._streams.add(stream)
        began = clock.now()
        portaudio.close(stream)
        assert clock.now() - began < 5
        other = portaudio.open_stream("output", device, 48_000, lambda urgent: True, clock=clock, latency=0.1)
        assert other.alive
        assert not portaudio.rescan(), "what can't be closed would find the library ended when it returns"
        stuck.released.set()
        while portaudio._closing:
            await clock.sleep_until(clock.now() + 0.01)
        assert portaudio.rescan()

    clocks.run(main, virtual=False)
