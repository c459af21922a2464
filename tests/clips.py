"""Makes small clips of every kind that a camera, a phone or a broken copy may give, with PyAV alone.

A picture is four coloured quadrants, so that its orientation and the order of its colours show. Its
sound is a tone, so that a level and a length show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.types import Image

BLUE, GREEN, RED, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)

QUADRANTS = (BLUE, GREEN, RED, WHITE)
"""Top left, top right, bottom left, bottom right; BGR."""

TEN_FRAMES = tuple(n / 10 for n in range(10))


@dataclass(frozen=True, slots=True)
class Video:
    """A picture track."""

    times: Sequence[float] = TEN_FRAMES  # seconds
    size: tuple[int, int] = (96, 64)  # width, height
    codec: str = "libx264"
    pixels: str = "yuv420p"
    options: dict[str, str] = field(default_factory=dict)
    turned: int = 0  # degrees counter-clockwise that a player must turn it
    mirrored: bool = False  # a player must mirror it left to right


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound track: a tone of 440 Hz at half of full scale in every channel."""

    seconds: float = 1.0
    start: float = 0.0  # seconds
    rate: int = 48_000
    layout: str = "mono"
    codec: str = "aac"
    gap: tuple[float, float] | None = None  # nothing was recorded between these two times, seconds


def quadrants(width: int, height: int) -> Image:
    image = np.zeros((height, width, 3), np.uint8)
    for number, colour in enumerate(QUADRANTS):
        rows = slice(0, height // 2) if number < 2 else slice(height // 2, None)
        columns = slice(0, width // 2) if number % 2 == 0 else slice(width // 2, None)
        image[rows, columns] = colour
    return image


def colours(image: Image) -> tuple[tuple[int, ...], ...]:
    """The nearest pure colours in the middle of the four quadrants, as in QUADRANTS."""
    height, width, _ = image.shape
    points = [(y, x) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return tuple(tuple(255 if value > 127 else 0 for value in image[point].tolist()) for point in points)


def tone(seconds: float, rate: int) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def make(path: Path, video: Video | None = None, sound: Sound | None = None, **muxer: str) -> Path:
    """Write a clip, in the format that the name's ending says."""
    with av.open(str(path), "w", options=muxer) as container:
        tracks: list[tuple[Any, Iterator[Any]]] = []
        if video is not None:
            tracks.append(_pictures(container, video))
        if sound is not None:
            tracks.append(_tone(container, sound))
        packets = [
            packet for stream, frames in tracks for frame in chain(frames, [None]) for packet in stream.encode(frame)
        ]
        container.start_encoding()
        for packet in sorted((p for p in packets if p.size), key=lambda p: float(p.dts * p.time_base)):
            container.mux(packet)
    return path


def _pictures(container: Any, video: Video) -> tuple[Any, Iterator[Any]]:
    quiet = {"x265-params": "log-level=none"} if video.codec == "libx265" else {}
    stream = container.add_stream(video.codec, rate=30, options={**quiet, **video.options})
    stream.width, stream.height = video.size
    stream.pix_fmt = video.pixels
    stream.codec_context.time_base = Fraction(1, 1000)
    if video.turned or video.mirrored:
        stream.set_display_rotation(video.turned, hflip=video.mirrored)
    return stream, _taken(video)


def _taken(video: Video) -> Iterator[av.VideoFrame]:
    picture = av.VideoFrame.from_ndarray(quadrants(*video.size), format="bgr24")
    for t in video.times:
        frame = picture.reformat(format=video.pixels)
        frame.pts, frame.time_base = round(t * 1000), Fraction(1, 1000)
        yield frame


def _tone(container: Any, sound: Sound) -> tuple[Any, Iterator[Any]]:
    stream = container.add_stream(sound.codec, rate=sound.rate, layout=sound.layout)
    return stream, _heard(sound, stream.codec_context.layout.nb_channels)


def _heard(sound: Sound, channels: int) -> Iterator[av.AudioFrame]:
    step = round(sound.rate / 50)
    wave = tone(sound.seconds, sound.rate)
    for begin in range(0, len(wave), step):
        t = sound.start + begin / sound.rate
        if sound.gap and sound.gap[0] <= t < sound.gap[1]:
            continue
        piece = np.tile(wave[begin : begin + step], (channels, 1))
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=sound.layout)
        frame.rate, frame.pts, frame.time_base = sound.rate, round(t * sound.rate), Fraction(1, sound.rate)
        yield frame
