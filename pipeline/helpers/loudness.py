"""A helper's voice as loud as our own voices are, by what has been heard of it so far: no sound waits for that.

What a server says is as loud as whoever made its voice wanted it. Where our own voice goes on in the middle of an
answer, or has said the words before, that would be a jump.
"""

from __future__ import annotations

import numpy as np

from pipeline.speak.voice import LOUDNESS
from pipeline.types import Samples, read_only

_DOUBT = 0.5
"""Seconds of sound for which it is taken to be as loud as ours before it is heard: single clauses are up to 4 dB louder
or quieter than all of them (ten of wyoming-piper's joe: -15.4 to -22.2 LUFS, -19.4 in all)."""

_FARTHEST = 12.0
"""Decibels by which it is made louder or quieter at most. More would be noise that the server takes for a voice."""

_FORGOTTEN = 3.0
"""Decibels a second by which a peak counts for less: a click keeps it quiet for seconds, and not for a session."""

_NOTHING = -70.0
"""LUFS from which on anything counts (the absolute gate of BS.1770), and what the measure says where nothing did."""


class Evened:
    """One voice of a helper, for all that it says in a session; `rate` in samples per second."""

    def __init__(self, rate: int) -> None:
        self._meter = Meter(rate)
        self._rate = rate
        self._seconds = 0.0  # heard
        self._peak = 1.0  # that has to be expected, so that nothing that is made louder is cut off
        self._gain = 1.0  # of the last sample

    def evened(self, samples: Samples) -> Samples:
        """The next of its sound, mono int16, as loud as it should be; from the last piece it gets there bit by bit."""
        seconds = len(samples) / self._rate
        self._seconds += seconds
        expected = self._peak * 10 ** (-_FORGOTTEN * seconds / 20)
        self._peak = max(1.0, expected, float(np.abs(samples.astype(np.int32)).max(initial=0)))
        loudness = self._meter.after(samples)
        missing = 0.0
        if loudness > _NOTHING:
            missing = (LOUDNESS - loudness) * self._seconds / (self._seconds + _DOUBT)
        most = 32767 / self._peak
        gain = min(10 ** (min(max(missing, -_FARTHEST), _FARTHEST) / 20), most)
        gains = np.linspace(min(self._gain, most), gain, len(samples))
        self._gain = gain
        return read_only(np.round(samples * gains).astype(np.int16))


class Meter:
    """Loudness after ITU-R BS.1770-4, gated, of all sound so far: FFmpeg's filter `ebur128`."""

    def __init__(self, rate: int) -> None:
        from av.filter import Graph

        self._rate = rate
        self._samples = 0
        self._loudness = _NOTHING
        self._graph = graph = Graph()
        about = f"sample_rate={rate}:sample_fmt=s16:channel_layout=mono:time_base=1/{rate}"
        graph.link_nodes(
            graph.add("abuffer", about), graph.add("ebur128", "metadata=1:framelog=quiet"), graph.add("abuffersink")
        ).configure()

    def after(self, samples: Samples) -> float:
        """LUFS of all so far, these among them; it is known anew every tenth of a second."""
        from av import AudioFrame

        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples)[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = self._rate, self._samples
        self._samples += len(samples)
        self._graph.push(frame)
        while True:
            try:
                measured = self._graph.pull()
            except BlockingIOError:  # there is no more so far
                return self._loudness
            self._loudness = float(measured.metadata["lavfi.r128.I"])
