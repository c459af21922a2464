"""Which encoder records the pictures: the cheapest that this machine has.

A Raspberry Pi 4 encodes H.264 in hardware, a Pi 5 does not; x264 at its quickest takes 0.6 of the time that it takes on
a computer. MJPEG beside it takes more time still, and 25 times the bytes of an SD card (measured on x86_64 by
`python -m benchmarks.recording`).
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext

MILLISECOND = Fraction(1, 1000)
"""The time base of Matroska."""

_HARDWARE_RATE = 4_000_000
"""Bits a second at 1280 x 720, of an encoder that knows no constant quality; in proportion at other sizes."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """How pictures are encoded."""

    name: str  # as FFmpeg calls it
    pixels: str  # the format that it takes, of FFmpeg's
    options: Mapping[str, str]  # of FFmpeg's
    bits: int = 0  # a second, at 1280 x 720; 0 where its options say how good it is to be


HARDWARE = Encoder("h264_v4l2m2m", "yuv420p", {}, _HARDWARE_RATE)
STRONG = Encoder("libx264", "yuv420p", {"preset": "veryfast", "tune": "zerolatency", "crf": "23"})
MODEST = replace(STRONG, options={**STRONG.options, "preset": "ultrafast"})


def chosen(width: int, height: int) -> Encoder:
    """The encoder for pictures of that size on this machine."""
    import av

    try:
        opened(HARDWARE, width, height)
    except (OSError, ValueError, av.FFmpegError):  # FFmpeg may be built without it, the machine may have none
        return MODEST if platform.machine().startswith(("aarch64", "arm")) else STRONG
    return HARDWARE


def opened(encoder: Encoder, width: int, height: int) -> VideoCodecContext:
    """An encoder that is ready for pictures. Raises av.FFmpegError or ValueError where there is none."""
    import av

    context: VideoCodecContext = av.CodecContext.create(encoder.name, "w")
    prepare(context, encoder, width, height)
    context.options = dict(encoder.options)
    context.open()
    return context


def prepare(context: VideoCodecContext, encoder: Encoder, width: int, height: int) -> None:
    """Set it up, all but its options."""
    context.time_base, context.pix_fmt = MILLISECOND, encoder.pixels
    context.width, context.height = width, height
    if encoder.bits:
        context.bit_rate = encoder.bits * width * height // (1280 * 720)
