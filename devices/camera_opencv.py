"""`webcam` and streams (`rtsp://…`, `http://…`, `https://…`), through OpenCV.

How they are read is in `camera_reading.py`; why one can't be, in `camera_v4l.py` and `camera_address.py`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from devices import camera_address, camera_v4l
from devices.camera_reading import NEVER, Camera, size_and_rate
from devices.camera_times import DriverTimes, StreamTimes, Times
from devices.registry import Found, Wanted, shown
from pipeline.clock import Clock
from pipeline.errors import CameraLost, UsageError

OPENING, READING = 8.0, 2.5
"""Seconds that FFmpeg may take to open a stream (it looks at up to 5 s of one to know its format), and to read on."""

_FORMAT = "MJPG"
"""What is asked of a webcam: uncompressed, a USB 2 port carries only a few pictures of this size a second."""


class _Webcam:
    forms = ("webcam", "webcam:1", "webcam:/dev/video2")

    def find(self) -> Iterable[Found]:
        for node in camera_v4l.cameras():
            always = f", always webcam:{node.stable}" if node.stable else ""
            yield Found(f"webcam:{node.path}", node.name + always)

    def open(self, address: str, clock: Clock, wanted: Wanted) -> Camera:
        name = address.partition(":")[2]
        if name and not (name.isdecimal() or (name.startswith("/") and sys.platform == "linux")):
            raise UsageError(f"no webcam '{address}': it is {', '.join(self.forms)}")
        _hush()
        return Camera(_WebcamLink(address, name, wanted), clock, wanted)


class _WebcamLink:
    cut_short = False

    def __init__(self, address: str, name: str, wanted: Wanted) -> None:
        self.shown = address
        self.asked = {"width": wanted.width, "height": wanted.height, "rate": wanted.rate, "format": _FORMAT}
        self._wanted = wanted
        self._name = name
        self._path: Path | None = None  # of what was opened, on Linux

    def capture(self) -> Any:
        import cv2

        if sys.platform == "linux":
            self._path = self._there()
            capture = cv2.VideoCapture(str(self._path), cv2.CAP_V4L2)
        else:
            capture = cv2.VideoCapture(int(self._name or 0), cv2.CAP_ANY)
        if capture.isOpened():
            # The format first: it decides which sizes and rates there are.
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*_FORMAT))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._wanted.width)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._wanted.height)
            capture.set(cv2.CAP_PROP_FPS, self._wanted.rate)
        return capture

    def times(self, clock: Clock) -> Times:
        return DriverTimes(clock)

    def raw(self, capture: Any) -> float | None:
        import cv2

        # cap_v4l.cpp: v4l2_buffer.timestamp in milliseconds; 0 before the first, -1 where a backend has none.
        milliseconds = capture.get(cv2.CAP_PROP_POS_MSEC)
        return milliseconds / 1000 if milliseconds > 0 else None

    def given(self, capture: Any) -> dict[str, object]:
        import cv2

        code = int(capture.get(cv2.CAP_PROP_FOURCC))
        name = bytes(code >> shift & 0xFF for shift in (0, 8, 16, 24)) if code > 0 else b""
        return {**size_and_rate(capture), "format": name.decode("ascii", "replace").strip("\0 ") or None}

    def never(self) -> str:
        if self._path is None:
            return f"{self.shown} can't be opened: plug the camera in, close what else uses it, and allow its use"
        why = camera_v4l.why_not(self._path) or camera_v4l.why_busy(self._path)
        return why or f"{self._path} opens, but gives no picture: unplug it and plug it in again, or use another"

    def lost(self, waited: float) -> str:
        if self._path and not self._path.exists():
            return f"{self._path} is gone: plug the camera in again"
        return f"{self._path or self.shown} gives no more pictures: unplug the camera and plug it in again"

    def _there(self) -> Path:
        """The device file to open: of the first camera if none was named. Raises CameraLost."""
        if not self._name:
            nodes = camera_v4l.cameras()
            if not nodes:
                raise CameraLost("no camera is plugged in: plug one in, or name a stream", told=NEVER)
            path = nodes[0].path
        else:
            path = Path(self._name) if self._name.startswith("/") else camera_v4l.DEV / f"video{self._name}"
        if why := camera_v4l.why_not(path):
            raise CameraLost(why, told=NEVER)
        return path


class _Stream:
    forms = ("rtsp://HOST/PATH", "http://HOST/PATH", "https://HOST/PATH")

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str, clock: Clock, wanted: Wanted) -> Camera:
        camera_address.checked(address)
        _hush()
        return Camera(_StreamLink(address), clock, wanted)


class _StreamLink:
    """RTSP goes over TCP, OpenCV's own choice where OPENCV_FFMPEG_CAPTURE_OPTIONS does not say otherwise."""

    asked: Mapping[str, object] = {}  # a stream is as it is
    cut_short = True  # FFmpeg fills the rest of a JPEG that breaks off with grey, or with the picture before

    def __init__(self, address: str) -> None:
        self.shown = shown(address)
        self._address = address

    def capture(self) -> Any:
        import cv2

        options = {
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: round(OPENING * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC: round(READING * 1000),
            # With more, FFmpeg decodes as many frames side by side, and gives each as many frames later.
            cv2.CAP_PROP_N_THREADS: 1,
        }
        return cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, [number for pair in options.items() for number in pair])

    def times(self, clock: Clock) -> Times:
        return StreamTimes()

    def raw(self, capture: Any) -> float | None:
        import cv2

        # Without a time in the stream, POS_MSEC counts frames at a rate that is made up; PTS is the least number then.
        return capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 if capture.get(cv2.CAP_PROP_PTS) > -1e18 else None

    def given(self, capture: Any) -> dict[str, object]:
        given = size_and_rate(capture)
        return given if self.raw(capture) is not None else {**given, "rate": None}

    def never(self) -> str:
        return f"{self.shown}: {camera_address.why_not(self._address)}"

    def lost(self, waited: float) -> str:
        how = f"sent nothing for {waited:.1f} s" if waited > READING * 0.9 else "ended or was cut off"
        return f"{self.shown}: the stream {how}: check that the camera is on and in reach of the network"


def _hush() -> None:
    """Keep what OpenCV and FFmpeg print by themselves off the terminal: our own errors say it, without passwords.

    Both levels belong to the whole process, and stay as they are where the environment sets them.
    """
    import cv2

    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET; OpenCV reads it at every opening


webcam = _Webcam()
stream = _Stream()
