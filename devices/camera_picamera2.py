"""`picamera`: a camera module of a Raspberry Pi, through Picamera2, which comes with the system (python3-picamera2).

Two streams of one sensor at once, so that nothing stops for a question: a small one that is looked at all the time, and
a large one, given instead while somebody asks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices import camera_v4l
from devices.camera_reading import NEVER, STALE
from devices.camera_times import DriverTimes, Spacing
from devices.registry import Found, Wanted
from pipeline.clock import Clock
from pipeline.errors import CameraLost, GlassesError, UsageError
from pipeline.types import Image, Opened, VideoFrame, read_only

BOOT = Path("/boot/firmware/config.txt")
"""What the firmware reads at the start: which camera there is, or that it is to be detected."""

_LARGER = 1.8
"""Of the wanted width and height, what the large stream has if the sensor does: 2304 x 1296 at 1280 x 720, which is the
binned mode of Camera Module 3, full in view and fast. A picture of it takes 9 MB."""

_ASKING = {"AeExposureMode": 1, "AeMeteringMode": 0}
_NOT_ASKING = {"AeExposureMode": 0, "AfPause": 2, "AfMode": 2}
_HELD = {"AfPause": 1}
_FOCUS = {"AfMode": 1, "AfRange": 2, "AfSpeed": 1, "AfTrigger": 0}
_FOCUSED = 2
"""As libcamera numbers them (control_ids_core.yaml). Exposure 1 is short: a head that has just turned is never at rest;
metering 0 is of the middle. Focus modes are 1 once and 2 continuous, pauses 1 deferred and 2 over, range 2 full, speed
1 fast, trigger 0 start; state 2 is focused."""

_SENSOR = re.compile(r"^\s*dtoverlay=((?:imx|ov|arducam)[\w-]*)", re.MULTILINE)
_NO_DETECTION = re.compile(r"^\s*camera_auto_detect=0", re.MULTILINE)


class _Driver:
    forms = ("picamera", "picamera:1")

    def find(self) -> Iterable[Found]:
        with suppress(GlassesError):
            for number, info in enumerate(_library().global_camera_info()):
                yield Found(f"picamera:{number}", str(info["Model"]))

    def open(self, address: str, clock: Clock, wanted: Wanted) -> Camera:
        number = address.partition(":")[2]
        if number and not number.isdecimal():
            raise UsageError(f"no camera '{address}': it is {', '.join(self.forms)}")
        return Camera(address, int(number or 0), clock, wanted)


@dataclass(frozen=True, slots=True)
class Camera:
    """The pictures of one module: a source as in pipeline/sources.py."""

    address: str
    number: int
    clock: Clock
    wanted: Wanted

    def __iter__(self) -> Iterator[VideoFrame | Opened]:
        """Raises CameraLost if it can't be opened or gives nothing. Closing the iterator lets the camera go."""
        camera = self._opened()
        try:
            yield from self._frames(camera, _configured(camera, self.wanted))
        finally:
            with suppress(Exception):  # whatever libcamera raises of a camera that is gone
                camera.close()

    def _opened(self) -> Any:
        library = _library()
        there = library.global_camera_info()
        if self.number >= len(there):
            raise CameraLost(_missing(self.address, [str(info["Model"]) for info in there]), told=NEVER)
        try:
            return library(self.number)
        except Exception as error:
            raise CameraLost(_refused(self.address, error), told=NEVER) from error

    def _frames(self, camera: Any, streams: _Streams) -> Iterator[VideoFrame | Opened]:
        times, spacing = DriverTimes(self.clock), Spacing(self.wanted.rate, self.wanted.looked_at)
        hints = _Hints(camera)
        seq = 0
        while True:
            asking = self.wanted.asking()
            hints.follow(asking)
            began = self.clock.now()
            try:
                request = camera.capture_request(wait=STALE)
            except Exception as error:
                with suppress(Exception):
                    camera.cancel_all_and_flush()  # or closing it would wait for the picture that doesn't come
                raise CameraLost(
                    f"{self.address} gives no {'more ' if seq else ''}pictures ({error or type(error).__name__}): "
                    "check both ends of its ribbon cable, with the power off",
                    told="I lost the camera." if seq else NEVER,
                ) from error
            try:
                arrived = self.clock.now()
                about = request.get_metadata()
                if seq == 0:
                    yield self._told(streams, about)
                hints.state = about.get("AfState")
                t = times.of(_taken(about, self.clock, arrived), arrived, arrived - began)
                image = streams.picture(request, large=asking) if spacing.takes(seq, t, self.wanted.pace()) else None
            finally:
                request.release()
            if image is not None:
                yield VideoFrame(t, seq, image)
            seq += 1

    def _told(self, streams: _Streams, about: dict[str, Any]) -> Opened:
        asked = {"width": self.wanted.width, "height": self.wanted.height, "rate": self.wanted.rate}
        duration = about.get("FrameDuration")  # microseconds
        given = {
            "width": streams.small[0],
            "height": streams.small[1],
            "rate": round(1e6 / duration, 1) if duration else self.wanted.rate,
            "asking": f"{streams.large[0]}x{streams.large[1]} while somebody asks",
        }
        return Opened(self.address, asked, given)


@dataclass(frozen=True, slots=True)
class _Streams:
    """What a camera was configured to give; both sizes are width and height in pixels."""

    small: tuple[int, int]
    large: tuple[int, int]
    lores: bool  # the small one is a stream of its own

    def picture(self, request: Any, *, large: bool) -> Image:
        """The picture of a request, in memory of its own, BGR."""
        if large or not self.lores:
            return read_only(request.make_array("main"))  # libcamera's RGB888 lies in memory as B, G, R
        import cv2

        width, height = self.small
        planes = request.make_array("lores")  # (height * 3 / 2) x stride: a Pi 4 gives the small stream only so
        image = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)[:height, :width]
        return read_only(image if image.flags.c_contiguous else image.copy())


def _configured(camera: Any, wanted: Wanted) -> _Streams:
    """Configure and start. Raises CameraLost."""
    small = wanted.width // 2 * 2, wanted.height // 2 * 2
    scale = min(_LARGER, *(has / side for has, side in zip(camera.sensor_resolution, small, strict=True)))
    large = (round(small[0] * scale) // 2 * 2, round(small[1] * scale) // 2 * 2) if scale > 1 else small
    lores = {"format": "YUV420", "size": small} if large != small else None
    # Up to the time that is there for a picture, so that little light is made the most of.
    limits = round(1e6 / wanted.rate), round(1e6 / min(wanted.rate, wanted.looked_at))
    try:
        configuration = camera.create_video_configuration(
            main={"format": "RGB888", "size": large},
            lores=lores,
            buffer_count=4,
            controls={"FrameDurationLimits": limits},
        )
        camera.configure(configuration)
        camera.start()
    except Exception as error:
        raise CameraLost(f"the camera can't be set to {large[0]}x{large[1]}: {error}", told=NEVER) from error
    main = tuple(camera.stream_configuration("main")["size"])
    return _Streams(tuple(camera.stream_configuration("lores")["size"]) if lores else main, main, lores is not None)


class _Hints:
    """Tells a camera what the wearer needs of it now: a lens that is sharp is left where it is while they ask."""

    def __init__(self, camera: Any) -> None:
        self._camera = camera
        self._asking: bool | None = None
        self.state: int | None = None  # of the focus, as libcamera numbers it

    def follow(self, asking: bool) -> None:
        """Only a change counts."""
        if asking is self._asking:
            return
        self._asking = asking
        if asking:
            self._set(_ASKING | (_HELD if self.state == _FOCUSED else _FOCUS))
        else:
            self._set(_NOT_ASKING)

    def _set(self, controls: dict[str, int]) -> None:
        known = self._camera.camera_controls  # modules without a lens motor know no AfMode
        with suppress(Exception):  # what it doesn't take is not worth a lost camera
            self._camera.set_controls({name: value for name, value in controls.items() if name in known})


def _taken(about: dict[str, Any], clock: Clock, arrived: float) -> float | None:
    """The middle of the exposure, seconds of the monotonic clock; None if nobody tells.

    SensorTimestamp (ns) is when the first row had been exposed, ExposureTime (µs) for how long. libcamera documents
    CLOCK_BOOTTIME, the kernel's drivers for a Pi stamp CLOCK_MONOTONIC: they differ by what the machine has slept.
    """
    stamp = about.get("SensorTimestamp")
    if not stamp:
        return None
    seconds = float(stamp) / 1e9 - float(about.get("ExposureTime", 0)) / 2e6
    return seconds - clock.asleep if clock.from_monotonic(seconds) > arrived else seconds


def _library() -> Any:
    """The class Picamera2. Raises GlassesError, with the remedy, where it isn't."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:FATAL")  # our own errors say it
    try:
        from picamera2 import Picamera2
    except Exception as error:  # ImportError, and what its parts raise where they don't fit together
        raise GlassesError(
            f"Picamera2 can't be loaded ({type(error).__name__}: {error}): sudo apt install python3-picamera2, and "
            "make the environment with python3 -m venv --system-site-packages"
        ) from error
    return Picamera2


def _missing(address: str, models: list[str]) -> str:
    if models:
        there = ", ".join(f"picamera:{number} ({model})" for number, model in enumerate(models))
        return f"no camera module {address}: there is {there}"
    try:
        boot = BOOT.read_text(encoding="utf-8", errors="replace")
    except OSError:
        boot = ""
    if sensor := _SENSOR.search(boot):
        remedy = f"{BOOT} says dtoverlay={sensor[1]}: put your sensor's name there, or camera_auto_detect=1 instead"
    elif _NO_DETECTION.search(boot):
        remedy = f"{BOOT} says camera_auto_detect=0: make it 1, or name your sensor with dtoverlay="
    else:
        remedy = "power off and check both ends of its ribbon cable"
    return f"no camera module is found: {remedy}; it is looked for when the machine starts"


def _refused(address: str, error: BaseException) -> str:
    causes: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        causes.append(str(cause))
        cause = cause.__cause__
    if not re.search(r"busy|acquire", " ".join(causes), re.IGNORECASE):
        return f"{address} can't be opened ({'; '.join(causes)}): check its cable, then sudo reboot"
    holders = {pid: name for path in camera_v4l.DEV.glob("media*") for pid, name in camera_v4l.holders(path).items()}
    names = ", ".join(f"{name} (process {pid})" for pid, name in sorted(holders.items()) if pid != os.getpid())
    return f"{address} is in use by {names or 'another program'}: close that first"


driver = _Driver()
