"""Writes session.mkv so that a process that is killed loses little of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from glasses.recordings.encoders import MILLISECOND, STRONG, Encoder, prepare
from glasses.recordings.faults import cannot_write
from glasses.recordings.track import PLAYED, Track
from pipeline.types import AudioChunk, Image, VideoFrame

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

_MUXER = {"cluster_time_limit": "50", "flush_packets": "1", "max_interleave_delta": "50000"}
"""What waits in memory for its cluster to be whole, ms, and for the other stream (which may have stopped), µs."""

_CROOKED = 0.02
"""Of its width, by which a picture may be distorted: sides made even, and cameras that round."""


class RecordingWriter:
    """Pictures as zero-latency H.264 with the times they were taken, sound as lossless FLAC, in one file.

    Times are the session's and rise within each stream; for sound see `Track`. Pictures of another size are scaled to
    that of the file, with black bars if need be. A session.mkv that is there already is replaced.

    Every method raises GlassesError if the disk is full or the file cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        size: tuple[int, int] | None,
        rate: int | None,
        played: bool = False,
        crf: int = 23,
        encoder: Encoder = STRONG,
    ) -> None:
        """Make the folder and the file.

        size: width and height of the pictures, made even; None for no pictures.
        rate: samples per second of the sound; None for no sound.
        played: whether what the speaker plays is kept beside the sound, as a stream of that title.
        crf: x264's constant rate factor; 18 looks like the original, 28 is small. Encoders without one pass it over.
        encoder: of the pictures.
        """
        import av

        self.path = folder / "session.mkv"
        self._pictures: VideoStream | None = None
        self._picture_pts = -1  # of the last picture, milliseconds
        self._sound: Track | None = None
        self._played: Track | None = None
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
                self._sound = Track(self._container, rate)
                self._played = Track(self._container, rate, PLAYED) if played else None
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
        self._write(self._encoded(stream, picture))

    def sound(self, chunk: AudioChunk) -> None:
        """Add sound, at the rate that the file was opened with."""
        if self._sound is None or self._sound.rate != chunk.rate:
            raise ValueError(f"this recording was opened without sound at {chunk.rate} samples per second")
        self._write(self._sound.add(chunk))

    def played(self, chunk: AudioChunk) -> None:
        """Add what the speaker played at that time, silence too, at the rate of the sound."""
        if self._played is None or self._played.rate != chunk.rate:
            raise ValueError(f"this recording was opened without what is played at {chunk.rate} samples per second")
        self._write(self._played.add(chunk))

    def close(self) -> None:
        """Write what is held back and the end of the file; after a fault, or a second time, do nothing."""
        if self._done:
            return
        if self._pictures is not None:
            self._write(self._encoded(self._pictures, None))
        for track in (self._sound, self._played):
            if track is not None:
                self._write(track.end())
        self._done = True
        with self._faults():
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _encoded(self, stream: VideoStream, picture: Any) -> Iterator[Packet[Any]]:
        """A picture, or with None what the encoder holds back."""
        for packet in stream.codec_context.encode(picture):
            packet.stream = stream
            yield packet

    def _write(self, packets: Iterator[Packet[Any]]) -> None:
        with self._faults():
            for packet in packets:
                if packet.size:  # FLAC's last one is empty: a digest of one stretch, wrong for the whole
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
