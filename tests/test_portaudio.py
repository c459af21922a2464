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


def test_a_stream_that_cannot_be_closed_keeps_nobody_else_out(sound_system: SoundSystem) -> None:
    stuck = Stuck()

    async def main(clock: Clock) -> None:
        device = portaudio.default("output")
        stream = portaudio.Stream(stuck, device, 48_000, 1, lambda urgent: True, clock)
        portaudio._streams.add(stream)
        began = clock.now()
        portaudio.close(stream)
        assert clock.now() - began < 5
        assert not portaudio.rescan(), "ending the library would wait for it for ever"
        other = portaudio.open_stream("output", device, 48_000, lambda urgent: True, clock=clock, latency=0.1)
        assert other.alive
        portaudio.close(other)
        stuck.released.set()
        while portaudio._closing:
            await clock.sleep_until(clock.now() + 0.01)
        assert portaudio.rescan()

    clocks.run(main, virtual=False)
