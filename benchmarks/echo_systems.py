"""What `benchmarks.echo` compares: the product's echo cancellation, its halves, and what else is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from pipeline.listen.echo import Cleaned, EchoCanceller, FullDuplex
from pipeline.listen.transcriber import RATE
from pipeline.types import AudioChunk, Samples


class Alike:
    """One output for detector and recogniser, of a canceller that works on frames of 10 ms of microphone and played."""

    lead = FullDuplex.lead

    def __init__(self, process: Callable[[Samples, Samples], Samples]) -> None:
        self._process = process
        self._near = self._far = np.zeros(0, np.int16)

    def cancel(self, near: AudioChunk, far: Samples) -> Cleaned:
        t = near.t - len(self._near) / RATE
        self._near, self._far = np.concatenate([self._near, near.samples]), np.concatenate([self._far, far])
        done = [np.zeros(0, np.int16)]
        while len(self._near) >= 160:
            done.append(self._process(self._near[:160], self._far[:160]))
            self._near, self._far = self._near[160:], self._far[160:]
        chunk = AudioChunk(t, np.concatenate(done), RATE)
        return Cleaned(chunk, chunk)


class Half:
    """One of the product's two outputs for both."""

    lead = FullDuplex.lead

    def __init__(self, which: str) -> None:
        self._which, self._both = which, FullDuplex()

    def cancel(self, near: AudioChunk, far: Samples) -> Cleaned:
        cleaned = self._both.cancel(near, far)
        chunk = cleaned.voice if self._which == "voice" else cleaned.words
        return Cleaned(chunk, chunk)


def livekit() -> EchoCanceller:
    """WebRTC's audio processing as the LiveKit SDK brings it."""
    from livekit.rtc import AudioFrame, AudioProcessingModule

    module = AudioProcessingModule(echo_cancellation=True)

    def process(near: Samples, far: Samples) -> Samples:
        frame = AudioFrame(bytearray(near.tobytes()), RATE, 1, len(near))
        module.process_reverse_stream(AudioFrame(bytearray(far.tobytes()), RATE, 1, len(far)))
        module.set_stream_delay_ms(0)
        module.process_stream(frame)
        return np.frombuffer(bytes(frame._data), np.int16)

    return Alike(process)


def speex() -> EchoCanceller:
    """Speex's canceller and its suppression of what is left, half a second long as ours."""
    from pyaec import Aec

    canceller = Aec(160, RATE // 2, RATE, True)
    return Alike(lambda near, far: np.array(canceller.cancel_echo(near.tolist(), far.tolist()), np.int16))


SYSTEMS: dict[str, Callable[[], EchoCanceller]] = {
    "nothing": lambda: Alike(lambda near, far: near),
    "product": FullDuplex,
    "AEC3 for both": lambda: Half("voice"),
    "filter for both": lambda: Half("words"),
    **({"LiveKit": livekit} if find_spec("livekit") else {}),
    **({"Speex": speex} if find_spec("pyaec") else {}),
}
