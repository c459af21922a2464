"""Writes session.mkv so that a process that is killed loses little of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from glasses.recordings.encoders import MILLISECOND, STRONG, Encoder, prepare
from glasses.recordings.faults import cannot_write
from pipeline.listen.segmenter import GAP
from pipeline.types import AudioChunk, Image, VideoFrame

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

_MUXER = {"cluster_time_limit": "50", "flush_packets": "1", "max_interleave_delta": "50000"}
"""What waits in memory for its cluster to be whole, ms, and for the other stream (which may have stopped), µs."""

_BLOCK = 0.032
"""Seconds of sound that wait in memory for a FLAC frame to be whole; FFmpeg's own choice would be 0.07 to 0.1."""


_CROOKED = 0.02
"""Of its width, by which a picture may be distorted: sides made even, and cameras that round."""


class RecordingWriter:
    """Pictures as zero-latency H.264 with the times they were taken, sound as lossless FLAC, in one file.

    Times are the session's and rise within each stream. A gap in the sound stays a gap, and sound that comes
    a little faster or slower than its rate says is stamped with its true times. Pictures of another size are
    scaled to that of the file, with black bars if need be. A session.mkv that is there already is replaced.

    Every method raises GlassesError if the disk is full or the file cannot be written.
    """

    def __init__(
        self, folder: Path, *, size: tuple[int, int] | None, rate: int | None, crf: int = 23, encoder: Encoder = STRONG
    ) -> None:
        """Make the folder and the file.

        size: width and height of the pictures, made even; None for no pictures.
        rate: samples per second of the sound; None for no sound.
        crf: x264's constant rate factor; 18 looks like the original, 28 is small. Encoders without one pass it over.
        encoder: of the pictures.
        """
        import av

        self.path = folder / "session.mkv"
        self._pictures: VideoStream | None = None
        self._picture_pts = -1  # of the last picture, milliseconds
        self._sound: AudioStream | None = None
        self._sound_encoder: AudioCodecContext | None = None
        self._sound_pts = 0  # where the sound so far ends, in samples, counted from where its stretch began
        self._stray = 0  # samples by which its true time is later than that
        self._done = False
        with self._faults():
            folder.mkdir(parents=True, exist_ok=True)
            self._container = av.open(f"file:{self.path}", "w", format="matroska", options=_MUXER)
            if size is not None:
                options = {name: str(crf) if name == "crf" else value for name, value in encoder.options.items()}
                self._pictures = self._container.add_stream(encoder.name, rate=30, options=options)
                # One colour for two by two pixels: the sides must be even.
                prepare(self._pictures.codec_context, encoder, size[0] - size[0] % 2, size[1] - size[1] % 2)
            if rate is not None:
                options = _flac(rate)
                self._sound = self._container.add_stream(
                    "flac", rate=rate, layout="mono", format="s16", options=options
                )
            self._container.start_encoding()

    def frame(self, frame: VideoFrame) -> None:
        """Add a picture; two in the same millisecond are written a millisecond apart."""
        import av

        stream = self._pictures
        if stream is None:
            raise ValueError("this recording was opened without pictures")
        picture = av.VideoFrame.from_ndarray(_framed(frame.image, stream.width, stream.height), format="bgr24")
        picture = picture.reformat(stream.width, stream.height, stream.pix_fmt, threads=1)
        self._picture_pts = max(round(frame.t * 1000), self._picture_pts + 1)
        picture.pts, picture.time_base = self._picture_pts, MILLISECOND
        self._encode(stream, stream.codec_context, picture)

    def sound(self, chunk: AudioChunk) -> None:
        """Add sound, at the rate that the file was opened with."""
        import av

        stream = self._sound
        if stream is None or stream.rate != chunk.rate:
            raise ValueError(f"this recording was opened without sound at {chunk.rate} samples per second")
        pts = round(chunk.t * chunk.rate)
        off = pts - self._sound_pts - self._stray
        if self._sound_encoder is None or off > GAP * chunk.rate:
            # FLAC's frames have one size, but for the last of an encoder: so each stretch has its own.
            self._end_stretch()
            self._sound_pts, self._stray = max(pts, self._sound_pts + self._stray), 0
            self._sound_encoder = av.CodecContext.create("flac", "w")
            self._sound_encoder.rate = chunk.rate
            self._sound_encoder.layout = "mono"
            self._sound_encoder.format = "s16"
            self._sound_encoder.options = _flac(chunk.rate)
        elif off >= -GAP * chunk.rate:
            self._stray += max(off, -len(chunk.samples) // 2)  # times must rise
        piece = av.AudioFrame.from_ndarray(chunk.samples[np.newaxis], format="s16", layout="mono")
        piece.rate, piece.pts, piece.time_base = chunk.rate, self._sound_pts, Fraction(1, chunk.rate)
        self._sound_pts += len(chunk.samples)
        self._encode(stream, self._sound_encoder, piece)

    def close(self) -> None:
        """Write what is held back and the end of the file; after a fault, or a second time, do nothing."""
        if self._done:
            return
        if self._pictures is not None:
            self._encode(self._pictures, self._pictures.codec_context, None)
        self._end_stretch()
        self._done = True
        with self._faults():
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end_stretch(self) -> None:
        if self._sound is not None and self._sound_encoder is not None:
            self._encode(self._sound, self._sound_encoder, None)

    def _encode(
        self, stream: VideoStream | AudioStream, encoder: VideoCodecContext | AudioCodecContext, frame: Any
    ) -> None:
        """Encode a frame, or with None what the encoder holds back, and write it."""
        with self._faults():
            for packet in encoder.encode(frame):
                if packet.size:  # FLAC's last packet is empty: a digest of one stretch, wrong for the whole
                    if stream is self._sound and packet.pts is not None:
                        packet.pts = packet.dts = packet.pts + self._stray
                    packet.stream = stream
                    self._container.mux(packet)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        import av

        try:
            yield
        except (OSError, av.FFmpegError) as error:
            self._done = True
            with suppress(AttributeError, av.FFmpegError):  # it may not even be open
                self._container.close()
            raise cannot_write(self.path, error) from error


def _framed(image: Image, width: int, height: int) -> Image:
    """The picture with black bars where it is not as wide or as high as `width` to `height`: nothing is distorted."""
    high, wide = image.shape[:2]
    if abs(wide * height - high * width) <= _CROOKED * wide * height:
        return image
    whole = np.zeros((max(high, round(wide * height / width)), max(wide, round(high * width / height)), 3), np.uint8)
    top, left = (whole.shape[0] - high) // 2, (whole.shape[1] - wide) // 2
    whole[top : top + high, left : left + wide] = image
    return whole


def _flac(rate: int) -> dict[str, str]:
    return {"frame_size": str(round(_BLOCK * rate))}
