"""`wav:FILE`: what is heard is also written to a file."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from devices.registry import Found
from devices.resampling import resampled
from devices.speaker_none import NoSpeaker
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.speak.speaker import Speaker
from pipeline.types import Samples, SpeechChunk

_BETWEEN_TURNS = 0.4
"""Seconds of silence in the file, so that one answer does not run into the next."""


class WavSpeaker:
    """Writes what another `speaker` lets be heard: mono, 16 bits, chunks back to back, a short silence between turns.

    Where it was paused in its sound, the file is silent for as long.

    The file appears at once, with its folder, and is a valid WAV file after each drain and flush.
    Raises GlassesError where it can't be written.
    """

    def __init__(self, speaker: Speaker, path: Path, rate: int) -> None:
        self._speaker = speaker
        self._file = _WavFile(path, rate)
        self._rate = rate
        self._playing: list[Samples] = []  # since the last drain or flush
        self._began: float | None = None  # when the first of these was heard or would have been, but for later pauses
        self._paused: float | None = None  # seconds of sound heard before the pause, if it goes on after it
        self._pauses: list[tuple[float, float]] = []  # seconds of sound heard before each, and its length
        self._turn: int | None = None  # of the sound that is playing or was written last

    async def play(self, chunk: SpeechChunk) -> float:
        """As in pipeline.speak.speaker."""
        if self._turn not in (None, chunk.turn) and not self._playing:
            self._file.append(np.zeros(round(_BETWEEN_TURNS * self._rate), np.int16))
        self._turn = chunk.turn
        earlier = self._samples() / self._rate
        self._playing.append(resampled(chunk.samples, chunk.rate, self._rate))
        start = await self._speaker.play(chunk)
        self._began = start - earlier
        return start

    async def drain(self) -> None:
        """As in pipeline.speak.speaker."""
        await self._speaker.drain()
        self._keep(None)

    def pause(self) -> float:
        """As in pipeline.speak.speaker."""
        heard = self._speaker.pause()
        if self._paused is None and self._began is not None and round(heard * self._rate) < self._samples():
            self._paused = heard
        return heard

    def resume(self) -> float:
        """As in pipeline.speak.speaker."""
        goes_on = self._speaker.resume()
        if self._paused is not None and self._began is not None:
            self._pauses.append((self._paused, max(0.0, goes_on - (self._began + self._paused))))
            self._began = goes_on - self._paused
        self._paused = None
        return goes_on

    def flush(self) -> float:
        """As in pipeline.speak.speaker."""
        heard = self._speaker.flush()
        self._keep(heard)
        return heard

    async def close(self) -> None:
        """As in pipeline.speak.speaker."""
        try:
            self.flush()
        finally:
            self._file.close()
            await self._speaker.close()

    def _samples(self) -> int:
        return sum(map(len, self._playing))

    def _keep(self, seconds: float | None) -> None:
        """Write what was heard of what has been playing: `seconds` of it, or all."""
        playing, pauses = self._playing, self._pauses
        self._playing, self._pauses, self._began, self._paused = [], [], None, None
        if not playing:
            return
        sound = np.concatenate(playing)
        if seconds is not None:
            sound = sound[: round(seconds * self._rate)]
        for before, length in reversed(pauses):
            if (at := round(before * self._rate)) < len(sound):
                sound = np.insert(sound, at, np.zeros(round(length * self._rate), np.int16))
        self._file.append(sound)


class _WavFile:
    """A growing WAV file. The standard library's writer can't be let go of after a write that failed."""

    def __init__(self, path: Path, rate: int) -> None:
        self._path = path
        self._rate = rate
        self._bytes = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self.append(np.zeros(0, np.int16))
        except GlassesError:
            self.close()
            raise

    def append(self, samples: Samples) -> None:
        """Write `samples` behind the others, and the header that counts them in."""
        data = samples.astype("<i2").tobytes()
        try:
            self._write(44 + self._bytes, data)
            self._bytes += len(data)
            self._write(0, self._header())
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        self._file.close()

    def _write(self, at: int, data: bytes) -> None:
        self._file.seek(at)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]

    def _header(self) -> bytes:
        """RIFF and WAVE, as in Microsoft's "Multimedia Programming Interface and Data Specifications 1.0"."""
        form = struct.pack("<HHIIHH", 1, 1, self._rate, 2 * self._rate, 2, 16)  # PCM, mono, 16 bits
        return struct.pack(
            "<4sI4s4sI16s4sI", b"RIFF", 36 + self._bytes, b"WAVE", b"fmt ", 16, form, b"data", self._bytes
        )

    def _unwritable(self, error: OSError) -> GlassesError:
        return GlassesError(
            f"can't write the answer's sound to {self._path}: {error.strerror}; make room there or choose another file",
            told="I can't keep a recording of my answer.",
        )


class _Driver:
    forms = ("wav:FILE",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock, rate: int, *, patient: bool = False) -> WavSpeaker:
        path = address.partition(":")[2]
        if not path:
            raise UsageError("the speaker 'wav' needs a file: wav:answer.wav")
        return WavSpeaker(NoSpeaker(clock), Path(path), rate)


driver = _Driver()
