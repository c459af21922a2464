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

    The file appears at once, with its folder, and is a valid WAV file after each drain and flush.
    Raises GlassesError where it can't be written.
    """

    def __init__(self, speaker: Speaker, path: Path, rate: int) -> None:
        self._speaker = speaker
        self._file = _WavFile(path, rate)
        self._rate = rate
        self._playing: list[Samples] = []  # since the last drain or flush
        self._turn: int | None = None  # of the sound that is playing or was written last

    async def play(self, chunk: SpeechChunk) -> float:
        """As in pipeline.speak.speaker."""
        if self._turn not in (None, chunk.turn) and not self._playing:
            self._file.append(np.zeros(round(_BETWEEN_TURNS * self._rate), np.int16))
        self._turn = chunk.turn
        self._playing.append(resampled(chunk.samples, chunk.rate, self._rate))
        return await self._speaker.play(chunk)

    async def drain(self) -> None:
        """As in pipeline.speak.speaker."""
        await self._speaker.drain()
        self._keep(None)

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

    def _keep(self, seconds: float | None) -> None:
        """Write what was heard of what has been playing: `seconds` of it, or all."""
        playing, self._playing = self._playing, []
        if playing:
            sound = np.concatenate(playing)
            self._file.append(sound if seconds is None else sound[: round(seconds * self._rate)])


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
