"""Cameras on the network, played by a server on loopback that does whatever cameras do.

    with StreamServer(lambda: mjpeg(pictures(20.0))) as server:
        ...  # look at server.address

A script is asked anew for every connection. Of what it yields, bytes are sent as they are, a number is a reading of
the monotonic clock to wait for, STALL says nothing more until the client has gone; at its end the connection closes.
Each picture carries a number in broad bars, so that a test can tell when it was made.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
import cv2
import numpy as np

from devices.registry import Wanted, open_camera, open_light
from pipeline.clock import Clock
from pipeline.errors import CameraLost
from pipeline.types import Image, Opened, VideoFrame

STALL: Final = "stall"
Step = bytes | float | str
Script = Callable[[], Iterator[Step]]

_BITS, _BAR = 16, 20
_SIZE = (_BITS * _BAR, 240)

MULTIPART = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n"
PLAIN = b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"


def numbered(number: int) -> Image:
    """A picture of 320x240 that carries `number`, 0 to 32767, and is never of one colour."""
    bits = [number >> n & 1 for n in range(_BITS - 1)] + [1 - (number & 1)]
    row = np.repeat(np.array(bits, np.uint8) * 180 + 40, _BAR)
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (_SIZE[1], _SIZE[0], 3)))


def number_of(image: Image) -> int:
    """The number that `numbered` put into a picture."""
    bars = image[60:180, :, :].mean(axis=(0, 2)).reshape(_BITS, _BAR)[:, 5:15].mean(axis=1)
    return sum(1 << n for n in range(_BITS - 1) if bars[n] > 130)


def jpeg(image: Image) -> bytes:
    """`image` as a JPEG file."""
    return cv2.imencode(".jpg", image)[1].tobytes()


def part(data: bytes) -> bytes:
    """One JPEG of a multipart answer, as cameras and phones send it."""
    return b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(data), data)


def mjpeg(rate: float, count: int = 100_000, made: dict[int, float] | None = None) -> Iterator[Step]:
    """Pictures 0, 1, 2, ... as multipart JPEG, `rate` a second; notes in `made` when each was made."""
    yield MULTIPART
    start = time.monotonic()
    for number in range(count):
        yield start + number / rate
        if made is not None:
            made[number] = time.monotonic()
        yield part(jpeg(numbered(number)))


def transport_stream(count: int, rate: int = 30, first: int = 0) -> list[bytes]:
    """Pictures `first`, `first` + 1, ... as MPEG-TS with true times: the bytes of each.

    A reader knows that a picture is complete when the next begins, so it arrives one picture late.
    """
    file = io.BytesIO()
    pieces, position = [], 0
    with av.open(file, "w", format="mpegts", options={"flush_packets": "1"}) as container:
        video = container.add_stream("mpeg2video", rate=rate)
        video.width, video.height, video.pix_fmt, video.bit_rate = *_SIZE, "yuv420p", 2_000_000
        video.codec_context.max_b_frames = 0
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(numbered(first + number), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(video.encode(frame))
            pieces.append(file.getvalue()[position:])
            position = file.tell()
    return [piece for piece in pieces if piece]


class StreamServer:
    """Plays `script` to every client, from when it is entered until it is left."""

    def __init__(self, script: Script, port: int = 0) -> None:
        self._script = script
        self._closing = threading.Event()
        self._clients: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []

    @property
    def address(self) -> str:
        """As people type it."""
        return f"http://127.0.0.1:{self.port}/cam"

    def __enter__(self) -> StreamServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for gone in (self._listener, *self._clients):
            with contextlib.suppress(OSError):
                gone.shutdown(socket.SHUT_RDWR)
            gone.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._clients.append(client)
            threading.Thread(target=self._play, args=(client,), daemon=True).start()

    def _play(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            self.requests.append(client.recv(4096))
            for step in self._script():
                if isinstance(step, bytes):
                    client.sendall(step)
                elif isinstance(step, str):
                    while not self._closing.is_set() and not select.select([client], [], [], 0.02)[0]:
                        pass
                    return
                else:
                    self._closing.wait(max(0.0, step - time.monotonic()))
                if self._closing.is_set():
                    return


@dataclass
class Seen:
    """What a camera gave: its frames with the session times at which they came, and how it ended."""

    opened: list[Opened]
    frames: list[VideoFrame]
    came: list[float]
    zero: float  # the monotonic clock at the session's 0
    lost: CameraLost | None = None

    @property
    def ages(self) -> list[float]:
        """Seconds from when the light fell, as it was told, to when the frame came."""
        return [came - frame.t for frame, came in zip(self.frames, self.came, strict=True)]

    @property
    def numbers(self) -> list[int]:
        """Those that `numbered` put into the pictures."""
        return [number_of(frame.image) for frame in self.frames]


def see(address: str, count: int, wanted: Wanted) -> Seen:
    """The first `count` frames of a camera, or all until it is lost."""

    async def main() -> Seen:
        clock = Clock()
        seen = Seen([], [], [], time.monotonic() - clock.now())
        items = iter(open_camera(address, clock, wanted, open_light("none")))
        try:
            while len(seen.frames) < count:
                match next(items):
                    case Opened() as opened:
                        seen.opened.append(opened)
                    case VideoFrame() as frame:
                        seen.frames.append(frame)
                        seen.came.append(clock.now())
        except CameraLost as lost:
            seen.lost = lost
        finally:
            items.close()  # type: ignore[attr-defined]
            clock.close()
        return seen

    return asyncio.run(main())


def unused_port() -> int:
    """A port on loopback that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
