"""Pictures and sound out of any video file, with the container's own times.

What is damaged is passed over and logged; what can be read is delivered. A time is never made up from
a count of frames, and silence is never made up for a gap.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glasses.recordings.track import PLAYED
from pipeline.errors import GlassesError
from pipeline.listen.segmenter import GAP
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import BLOCK
from pipeline.types import AudioChunk, Image, Samples, VideoFrame, read_only

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame as CodedFrame

_FORMATS = "mov,matroska,webm,avi,mpegts,wav,mp3,ogg,flac,aac"
"""Demuxers that may open a file. FFmpeg's others would take a text for a video, or a playlist to the network."""

_THREADS = min(4, os.cpu_count() or 1)
"""Of the decoder. Each holds a picture of its own, so many cores would cost much memory at 4K."""

_SLACK = 0.01
"""Seconds that sound may stray from the file's times: containers round them, and recorders stamp late."""

_SLEW = 0.125
"""Of a piece of sound's length, the most that its time is moved towards the file's: times must go on rising."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file holds, found by decoding the beginning of each stream. Times are on the file's own clock."""

    start: float  # the earliest picture or sound, seconds
    end: float  # of the last, seconds
    size: tuple[int, int] | None  # width and height of the upright picture; None without pictures
    has_sound: bool
    has_played: bool  # with what a speaker played, apart from the sound


def probe(media: Path) -> Probe:
    """Look into a file. Raises GlassesError if neither picture nor sound can be read from it."""
    with _opened(media) as container:
        picture = next(_decoded(container, "video", media), None)
    with _opened(media) as container:
        sound = next(_decoded(container, "audio", media), None)
        if picture is None and sound is None:
            raise GlassesError(
                f"{media}: has neither pictures nor sound that can be decoded; convert it to mp4 (H.264)"
            )
        start = min(first[0] for first in (picture, sound) if first is not None)
        end = _end(container)
        size = None if picture is None else _upright_size(picture[1])
        return Probe(start, end, size, sound is not None, _stream(container, "audio", PLAYED) is not None)


def frames(media: Path, origin: float) -> Generator[VideoFrame, None, None]:
    """The pictures in order, upright BGR; blocks. Closing the iterator releases the file.

    Raises GlassesError if the file cannot be opened.
    """
    with _opened(media) as container:
        for seq, (t, frame) in enumerate(_decoded(container, "video", media)):
            if seq == 0:
                orientation = _orientation(frame)
            # One thread: swscale's own threads cost more than they give while the decoder has the other cores.
            image = frame.to_ndarray(format="bgr24", threads=1)
            yield VideoFrame(t - origin, seq, read_only(_upright(image, orientation)))


def sound(media: Path, origin: float, title: str = "") -> Generator[AudioChunk, None, None]:
    """The sound in order, all channels mixed down to mono at 16 kHz, 512 samples a chunk; blocks.

    It is the first stream of sound, or the first of that `title`. The last chunk, and the last before a gap, may be
    shorter. Closing the iterator releases the file. Raises GlassesError if the file cannot be opened.
    """
    with _opened(media) as container:
        stretch: _Stretch | None = None
        for t, frame in _decoded(container, "audio", media, title):
            if stretch is None:
                stretch = _Stretch(frame, t - origin)
            elif not stretch.goes_on(frame, t - origin):
                yield from stretch.end()
                stretch = _Stretch(frame, max(t - origin, stretch.t_end))
            else:
                stretch.follow(frame, t - origin)
            yield from stretch.add(frame)
        if stretch is not None:
            yield from stretch.end()


class _Stretch:
    """Sound without a gap and in one sample format, resampled and cut into chunks."""

    def __init__(self, first: AudioFrame, t: float) -> None:
        from av import AudioResampler

        self._t = t
        self._setup = _setup(first)
        self._heard = 0  # samples in, at the file's rate
        self._given = 0  # samples out, at 16 kHz
        self._rest: Samples = np.empty(0, np.int16)
        self._resampler = AudioResampler(format="s16", layout="mono", rate=RATE)

    @property
    def t_end(self) -> float:
        """When the sound that has been added ends, seconds."""
        return self._t + self._heard / int(self._setup[0])

    def goes_on(self, frame: AudioFrame, t: float) -> bool:
        return _setup(frame) == self._setup and t - self.t_end <= GAP

    def follow(self, frame: AudioFrame, t: float) -> None:
        """Keep to the file's times, little by little: the clock that counts its samples may run fast or slow."""
        off = t - self.t_end
        if abs(off) <= GAP:
            beyond = off - min(max(off, -_SLACK), _SLACK)
            most = _SLEW * frame.samples / frame.sample_rate
            self._t += min(max(beyond, -most), most)

    def add(self, frame: AudioFrame) -> Iterator[AudioChunk]:
        self._heard += frame.samples
        frame.pts = None  # the samples are counted here
        yield from self._cut(frame, BLOCK)

    def end(self) -> Iterator[AudioChunk]:
        yield from self._cut(None, 1)

    def _cut(self, frame: AudioFrame | None, at_least: int) -> Iterator[AudioChunk]:
        """Resample (None empties the resampler), and cut off chunks while `at_least` so many samples are left."""
        import av

        resampled: list[AudioFrame | None] = []
        with suppress(av.FFmpegError):  # damage that claims dozens of channels
            resampled = self._resampler.resample(frame)
        self._rest = np.concatenate([self._rest, *(piece.to_ndarray()[0] for piece in resampled if piece)])
        while len(self._rest) >= at_least:
            samples, self._rest = self._rest[:BLOCK], self._rest[BLOCK:]
            yield AudioChunk(self._t + self._given / RATE, read_only(samples), RATE)
            self._given += len(samples)


def _setup(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.format.name, frame.layout.name


@contextmanager
def _opened(media: Path) -> Iterator[InputContainer]:
    import av

    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
    # PyAV 19 takes metadata as bytes may come; before it, a title that is no UTF-8 was an error unless told otherwise.
    lenient = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
    try:
        # "file:" keeps a colon in the name from being read as a protocol.
        container = av.open(f"file:{media}", options=options, **lenient)
    except av.FFmpegError as error:
        if isinstance(error, PermissionError):
            raise GlassesError(f"{media}: may not be read; change its permissions") from error
        fault = "is empty" if media.is_file() and not media.stat().st_size else "is not a video, or was cut off"
        raise GlassesError(f"{media}: {fault}; give a whole mp4, mov, mkv, webm or sound file") from error
    with container:
        yield container


def _stream(container: InputContainer, kind: str, title: str = "") -> Any:
    """The first stream of that kind, and `title` if any, that can be decoded and is no album's cover; None without."""
    from av.stream import Disposition

    for stream in container.streams:
        named = not title or stream.metadata.get("title") == title
        if stream.type == kind and named and not stream.disposition & Disposition.attached_pic:
            if stream.codec_context is not None:
                return stream
            _log.warning("%s: %s stream %d is in a codec unknown here", container.name, kind, stream.index)
    return None


def _decoded(container: InputContainer, kind: str, media: Path, title: str = "") -> Iterator[tuple[float, Any]]:
    """Every frame that can be decoded and has a time, seconds on the file's own clock; damage is logged at the end."""
    import av

    stream = _stream(container, kind, title)
    if stream is None:
        return
    if kind == "video":
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = _THREADS
    damaged = 0
    for packet in _packets(container, stream):
        try:
            decoded = stream.decode(packet)
        except (av.FFmpegError, ValueError):  # PyAV 19 says ValueError of a codec that damage made up
            damaged += 1
            continue
        for frame in decoded:
            pts = frame.dts if frame.pts is None else frame.pts  # AVI has decoding times only
            if frame.is_corrupt or pts is None:
                damaged += 1
            else:
                yield float(pts * stream.time_base), frame
    if damaged:
        _log.warning("%s: passed over %d damaged pieces of %s", media, damaged, kind)


def _packets(container: InputContainer, stream: Stream) -> Iterator[Packet[Any] | None]:
    """The packets of a stream as far as the file can be read, then None, which empties the decoder."""
    import av

    with suppress(av.FFmpegError):
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    yield None


def _end(container: InputContainer) -> float:
    """Where the last packet ends, seconds on the file's own clock; reads from the last key frame on.

    What the file declares is missing if its recorder was killed, too short if its frame rate varies, and
    counts from 0 or from the first packet, as the format likes. It serves only where the end cannot be read.
    """
    import av

    declared = (container.start_time or 0) + (container.duration or 0)
    ends = []
    with suppress(av.FFmpegError):
        container.seek(declared if container.duration else 0)
    with suppress(av.FFmpegError):
        for packet in container.demux([*container.streams.video, *container.streams.audio]):
            if packet.pts is not None and packet.time_base is not None:
                ends.append(float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return max(ends, default=declared / 1e6)


def _orientation(frame: Any) -> NDArray[np.int8]:
    """The signs of the display matrix, 2 x 2: where a picture's right and down must point to stand upright.

    FFmpeg, libavutil/display.h: nine 32-bit numbers, row by row; (x, y) of the picture goes to
    (a x + c y, b x + d y) for [[a, b, u], [c, d, v], [x, y, w]].

    Look at one frame only: PyAV's side data and its frame hold each other, so that frames would pile up
    until the garbage collector comes (hundreds of MB at 720p).
    """
    if "DISPLAYMATRIX" not in frame.side_data:
        return np.eye(2, dtype=np.int8)
    linear = np.frombuffer(frame.side_data["DISPLAYMATRIX"], np.int32).reshape(3, 3)[:2, :2]
    return np.sign(np.round(linear / 65536)).astype(np.int8)


def _upright_size(frame: CodedFrame) -> tuple[int, int]:
    return (frame.height, frame.width) if _orientation(frame)[0, 0] == 0 else (frame.width, frame.height)


def _upright(image: Image, orientation: NDArray[np.int8]) -> Image:
    """The picture turned and mirrored as its orientation says, in memory of its own."""
    import cv2

    (a, b), (c, d) = orientation
    if a == 0:
        image, a, d = cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE), -c, b  # eight times as fast as numpy's copy
    if a < 0:
        image = cv2.flip(image, 1)
    if d < 0:
        image = cv2.flip(image, 0)
    return np.ascontiguousarray(image)
