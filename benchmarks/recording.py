"""What recording pictures costs, by encoder: processor time and bytes a picture.

    python -m benchmarks.recording

Encodes a 720p picture of a sign that moves as a head does, with a sensor's noise, by every encoder that the recorder
may choose and that opens here, one after another in one run, and by MJPEG beside them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from glasses.recordings import open_recording
from glasses.recordings.encoders import HARDWARE, MODEST, STRONG, Encoder, opened
from pipeline.types import Image

SIZE = (1280, 720)
RATE = 15
"""Pictures a second, as many as are looked at by default."""

PICTURES = 90
SHARP = 4.25
"""Seconds into the recording, from where the sign is sharp and fills the view."""

NOISE = 6.0
"""Levels of standard deviation: of a small sensor in a lit room."""

MJPEG = Encoder("mjpeg", "yuvj420p", {"qmin": "4", "qmax": "4"})


def pictures() -> Iterator[Image]:
    """The same each time."""
    noise = np.random.default_rng(0)
    frames = open_recording(Path("recordings/shop-sign")).frames()
    sign = next(frame.image for frame in frames if frame.t >= SHARP)
    wide = cv2.resize(sign, (SIZE[0] + 64, SIZE[1] + 64))
    grain = [noise.normal(0.0, NOISE, (SIZE[1], SIZE[0], 3)) for _ in range(8)]
    for n in range(PICTURES):
        x, y = (round(32 + 24 * wave(n / 20)) for wave in (np.sin, np.cos))
        piece = wide[y : y + SIZE[1], x : x + SIZE[0]]
        yield np.clip(piece + grain[n % len(grain)], 0, 255).astype(np.uint8)


def measured(encoder: Encoder, frames: list[Image]) -> tuple[float, float]:
    """Milliseconds of processor time a picture, all threads and the conversion from BGR included, and kilobytes."""
    import av

    context, sent = opened(encoder, *SIZE), 0
    began = time.process_time()
    for n, image in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(*SIZE, encoder.pixels, threads=1)
        picture.pts, picture.time_base = round(n * 1000 / RATE), context.time_base
        sent += sum(packet.size for packet in context.encode(picture))
    sent += sum(packet.size for packet in context.encode(None))
    return 1000 * (time.process_time() - began) / len(frames), sent / len(frames) / 1000


def main() -> None:
    import av

    frames = list(pictures())
    for encoder in (
        HARDWARE,
        STRONG,
        replace(STRONG, options={**STRONG.options, "preset": "superfast"}),
        MODEST,
        MJPEG,
    ):
        name = " ".join([encoder.name, encoder.options.get("preset", "")]).strip()
        try:
            milliseconds, kilobytes = measured(encoder, frames)
        except av.FFmpegError as error:
            print(f"{name}: does not open here ({error.strerror})")
            continue
        print(
            f"{name}: {milliseconds:.1f} ms and {kilobytes:.0f} kB a picture; at {RATE} a second "
            f"{milliseconds * RATE / 10:.0f} % of a core and {kilobytes * RATE * 3.6:.0f} MB an hour"
        )


if __name__ == "__main__":
    main()
