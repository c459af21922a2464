"""One session.mkv that is opened late: when the size of its pictures is known."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from glasses.recordings.encoders import STRONG, chosen
from glasses.recordings.faults import cannot_write
from glasses.recordings.inbox import Played
from glasses.recordings.writer import RecordingWriter
from pipeline.errors import GlassesError
from pipeline.types import AudioChunk, VideoFrame


class Reel:
    """Holds sound back until the first picture has come, or is late. Times are the recording's.

    Every method raises GlassesError if the file cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        size: tuple[int, int] | None,
        rate: int | None,
        *,
        played: bool = False,
        patient_until: float,
    ) -> None:
        """size and rate as announced, None for none; `played`: with what the speaker plays.

        `patient_until` seconds the first picture is waited for.
        """
        self._folder = folder
        self._size = size
        self._rate = rate
        self._played = played
        self._patient_until = patient_until
        self._early: list[AudioChunk] = []
        self._writer: RecordingWriter | None = None
        self.frames = 0  # pictures written
        self.sound_seconds = 0.0  # of sound written
        self.seconds = 0.0  # to the end of the last picture or sound written

    def frame(self, frame: VideoFrame) -> None:
        """Write a picture; passed over where none were announced."""
        if self._size is None:
            return
        height, width = frame.image.shape[:2]
        self._opened((width, height)).frame(frame)
        self.frames += 1
        self.seconds = max(self.seconds, frame.t)

    def sound(self, chunk: AudioChunk) -> None:
        """Write sound or what was played, or hold it back; passed over where none was announced."""
        if self._rate is None:
            return
        if self._writer is None and self._size is not None:
            self._early.append(chunk)
        else:
            self._write(self._opened(self._size), chunk)

    def wait(self, now: float) -> None:
        """Give up on the first picture if it is late `now`."""
        if self._early and now >= self._patient_until:
            self._opened(self._size)

    def close(self) -> None:
        """End the file; a second time does nothing."""
        if self._early:
            self._opened(self._size)
        if self._writer:
            self._writer.close()

    def _opened(self, size: tuple[int, int] | None) -> RecordingWriter:
        if self._writer is None:
            if not self._folder.is_dir():  # the writer would make it anew
                raise cannot_write(self._folder, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
            if self._early:
                self._rate = self._early[0].rate
            encoder = chosen(*size) if size else STRONG
            self._writer = RecordingWriter(
                self._folder, size=size, rate=self._rate, played=self._played, encoder=encoder
            )
            early, self._early = self._early, []
            for chunk in early:
                self._write(self._writer, chunk)
        return self._writer

    def _write(self, writer: RecordingWriter, chunk: AudioChunk) -> None:
        if chunk.rate != self._rate:
            raise GlassesError(
                f"{self._folder}: the microphone went from {self._rate} to {chunk.rate} samples a second; record anew",
                told="The microphone changed, so I stopped recording.",
            )
        if isinstance(chunk, Played):
            writer.played(chunk)
            return
        writer.sound(chunk)
        self.sound_seconds += len(chunk.samples) / chunk.rate
        self.seconds = max(self.seconds, chunk.t_end)
