"""One stream of sound in a file: lossless FLAC that keeps its true times, gaps included."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from pipeline.listen.segmenter import GAP
from pipeline.types import AudioChunk

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

PLAYED = "played"
"""Title of the stream with what the speaker played."""

_BLOCK = 0.032
"""Seconds of sound that wait in memory for a FLAC frame to be whole; FFmpeg's own choice would be 0.07 to 0.1."""


class Track:
    """Encodes the sound of one stream. A gap stays a gap, and sound that comes a little faster or slower than its rate
    says is stamped with its true times.
    """

    def __init__(self, container: OutputContainer, rate: int, title: str = "") -> None:
        """Add it to a file that is not begun yet; `rate` in samples per second."""
        self._stream: AudioStream = container.add_stream(
            "flac", rate=rate, layout="mono", format="s16", options=_flac(rate)
        )
        if title:
            self._stream.metadata["title"] = title
        self._encoder: AudioCodecContext | None = None
        self._pts = 0  # where the sound so far ends, in samples, counted from where its stretch began
        self._stray = 0  # samples by which its true time is later than that

    @property
    def rate(self) -> int:
        """Samples per second."""
        return int(self._stream.rate)

    def add(self, chunk: AudioChunk) -> Iterator[Packet[AudioStream]]:
        """The packets that are whole with `chunk`, at the rate of the track. Raises OSError and FFmpegError."""
        import av

        pts = round(chunk.t * chunk.rate)
        off = pts - self._pts - self._stray
        if self._encoder is None or off > GAP * chunk.rate:
            # FLAC's frames have one size, but for the last of an encoder: so each stretch has its own.
            yield from self.end()
            self._pts, self._stray = max(pts, self._pts + self._stray), 0
            self._encoder = av.CodecContext.create("flac", "w")
            self._encoder.rate = chunk.rate
            self._encoder.layout = "mono"
            self._encoder.format = "s16"
            self._encoder.options = _flac(chunk.rate)
        elif off >= -GAP * chunk.rate:
            self._stray += max(off, -len(chunk.samples) // 2)  # times must rise
        piece = av.AudioFrame.from_ndarray(chunk.samples[np.newaxis], format="s16", layout="mono")
        piece.rate, piece.pts, piece.time_base = chunk.rate, self._pts, Fraction(1, chunk.rate)
        self._pts += len(chunk.samples)
        yield from self._packets(self._encoder, piece)

    def end(self) -> Iterator[Packet[AudioStream]]:
        """The packets that are held back; more sound may follow, behind a gap."""
        encoder, self._encoder = self._encoder, None
        if encoder is not None:
            yield from self._packets(encoder, None)

    def _packets(self, encoder: AudioCodecContext, piece: AudioFrame | None) -> Iterator[Packet[AudioStream]]:
        for packet in encoder.encode(piece):
            if packet.pts is not None:
                packet.pts = packet.dts = packet.pts + self._stray
            packet.stream = self._stream
            yield packet


def _flac(rate: int) -> dict[str, str]:
    return {"frame_size": str(round(_BLOCK * rate))}
