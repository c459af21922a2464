"""A stand-in for Picamera2 with the part of its interface that our driver uses; tests/test_picamera.py checks it.

Pictures show a number; metadata is what a Pi's pipeline handler tells.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

EXPOSURE = 8000
"""Microseconds."""


class CompletedRequest:
    def __init__(self, request: Any, picam2: Picamera2) -> None:
        self.request = request
        self.picam2 = picam2
        self.released = 0

    def release(self) -> None:
        self.released += 1

    def get_metadata(self) -> dict[str, Any]:
        return dict(self.request)

    def make_array(self, name: str) -> NDArray[np.uint8]:
        width, height = self.picam2.config[name]["size"]
        if self.picam2.config[name]["format"] == "RGB888":
            image = np.full((height, width, 3), 40, np.uint8)
            image[:, : width // 2] = (200, 60, 20)  # blue, in the memory of RGB888
            return image
        stride = -(-width // 64) * 64
        planes = np.full((height * 3 // 2, stride), 128, np.uint8)
        planes[:height, :width] = 90
        planes[:height, width:] = 255
        return planes


class Picamera2:
    """One sensor of 4608 x 2592; a class for each test, so that what is there can be set on it."""

    cameras: ClassVar[list[dict[str, Any]]] = [
        {"Model": "imx708", "Location": 2, "Rotation": 180, "Id": "/i2c", "Num": 0}
    ]
    refuses: ClassVar[str] = ""
    gives: ClassVar[int] = 1_000_000
    made: ClassVar[list[Picamera2]] = []
    states: ClassVar[list[int]] = []
    slept: ClassVar[float] = 0.0
    lens: ClassVar[bool] = True

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return Picamera2.cameras

    def __init__(
        self, camera_num: int = 0, verbose_console: Any = None, tuning: Any = None, allocator: Any = None
    ) -> None:
        if self.refuses:
            raise RuntimeError("Camera __init__ sequence did not complete.") from RuntimeError(self.refuses)
        self.sensor_resolution = (4608, 2592)
        self.config: dict[str, Any] = {}
        self.requests: list[CompletedRequest] = []
        self.controls: list[dict[str, Any]] = []
        self.past = ["opened"]
        self.made.append(self)

    @property
    def camera_controls(self) -> dict[str, tuple[Any, Any, Any]]:
        lens = {"AfMode": (0, 2, 0), "AfPause": (0, 2, 0), "AfRange": (0, 2, 0), "AfSpeed": (0, 1, 0)}
        focus = {**lens, "AfTrigger": (0, 1, 0)} if self.lens else {}
        return {"AeExposureMode": (0, 3, 0), "AeMeteringMode": (0, 3, 0), **focus}

    def create_video_configuration(
        self,
        main: Any = {},  # noqa: B006 - as it is there
        lores: Any = None,
        raw: Any = {},  # noqa: B006
        transform: Any = None,
        colour_space: Any = None,
        buffer_count: int = 6,
        controls: Any = {},  # noqa: B006
        display: Any = "main",
        encode: Any = "main",
        queue: bool = True,
        sensor: Any = {},  # noqa: B006
        use_case: str = "video",
    ) -> dict[str, Any]:
        return {"main": main, "lores": lores, "controls": controls, "buffer_count": buffer_count}

    def configure(self, camera_config: Any = None) -> None:
        assert all(side % 2 == 0 for side in camera_config["main"]["size"])
        self.config = camera_config

    def stream_configuration(self, name: str = "main") -> dict[str, Any]:
        return dict(self.config[name])

    def start(self, config: Any = None, show_preview: Any = False) -> None:
        self.past.append("started")

    def set_controls(self, controls: Any) -> None:
        assert controls.keys() <= self.camera_controls.keys()
        self.controls.append(controls)

    def capture_request(self, wait: Any = None, signal_function: Any = None, flush: Any = None) -> CompletedRequest:
        if len(self.requests) >= self.gives:
            raise TimeoutError
        time.sleep(0.01)
        about = {
            "SensorTimestamp": time.monotonic_ns() - 20_000_000 + round(self.slept * 1e9),
            "ExposureTime": EXPOSURE,
            "FrameDuration": 33_333,
        }
        if self.states:
            about["AfState"] = self.states[min(len(self.requests), len(self.states) - 1)]
        self.requests.append(CompletedRequest(about, self))
        return self.requests[-1]

    def cancel_all_and_flush(self) -> None:
        self.past.append("flushed")

    def close(self) -> None:
        self.past.append("closed")
