"""A live session for `benchmarks.idle` that keeps account of where its processor time goes.

    python -m benchmarks.idle_session PICTURES MODEL RATE

PICTURES is a folder of JPEGs: what a USB camera of 30 pictures a second gives, as OpenCV's V4L2 does. Only those that
are looked at are decoded. Otherwise it is what `glasses run --start wake --json` is, but that each line it reads is
answered by one with the seconds of processor time so far: of the process, and of each part by the clock of the thread
that it runs in.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import devices.camera_reading
import pipeline.look.quality
from devices import camera_opencv
from glasses import config as configuration
from glasses.live import Wish, live
from glasses.memory import frugal
from pipeline.listen.echo import FullDuplex
from pipeline.listen.voice_activity import SileroVad
from pipeline.listen.wake import MicroWakeWord
from pipeline.types import Event

_PARTS: dict[str, list[tuple[Any, str]]] = {
    "reading and decoding": [(devices.camera_reading, "_done"), (devices.camera_reading, "_picture")],
    "scoring": [(pipeline.look.quality, "score")],
    "echo": [(FullDuplex, "cancel")],
    "voice activity": [(SileroVad, "probability")],
    "wake word": [(MicroWakeWord, "feed")],
}
"""What is counted under which name: where each is found."""


CAMERA_RATE = 30.0
"""Pictures a second."""


class UsbCamera:
    """A cv2.VideoCapture as V4L2 gives it: `grab` waits for a JPEG and copies it, `retrieve` decodes it.

    They are in memory, as the kernel has them: to open a file for each, as no camera does, took 0.1 ms more.
    """

    def __init__(self, folder: Path, *_: object) -> None:
        self._jpegs = [np.fromfile(path, np.uint8) for path in sorted(folder.glob("*.jpg"))]
        self._zero = time.monotonic()
        self._count = 0
        self._grabbed = np.zeros(0, np.uint8)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, prop: int, value: float) -> bool:
        return True

    def get(self, prop: int) -> float:
        if prop == cv2.CAP_PROP_POS_MSEC:
            return 1000 * self._taken
        return CAMERA_RATE if prop == cv2.CAP_PROP_FPS else 0.0

    def grab(self) -> bool:
        self._count += 1
        time.sleep(max(0.0, self._taken - time.monotonic()))
        self._grabbed = self._jpegs[self._count % len(self._jpegs)].copy()
        return True

    def retrieve(self) -> tuple[bool, Any]:
        picture = cv2.imdecode(self._grabbed, cv2.IMREAD_COLOR)
        return picture is not None, picture

    def release(self) -> None:
        pass

    @property
    def _taken(self) -> float:
        return self._zero + self._count / CAMERA_RATE


def counted(seconds: dict[str, float], part: str, function: Callable[..., Any], *, lazy: bool) -> Callable[..., Any]:
    """`function`, whose processor time is added to that of its part; `lazy` if it gives its results one by one."""

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        began = time.thread_time()
        try:
            result = function(*arguments, **named)
            return [*result] if lazy else result
        finally:
            seconds[part] += time.thread_time() - began

    return call


def answer(seconds: dict[str, float]) -> None:
    """Say how much was used, for each line that is read."""
    for _ in sys.stdin:
        _print(used=dict(seconds), process=time.process_time())


def _show(event: Event) -> None:
    _print(event=[event.t, event.seq, event.turn, event.kind, event.data])


def _print(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    folder, model, rate = sys.argv[1:]
    cv2.VideoCapture = partial(UsbCamera, Path(folder))  # type: ignore[assignment, misc]
    setattr(camera_opencv._WebcamLink, "_there", lambda link: Path("/dev/null"))  # noqa: B010 - mypy knows it as it was
    seconds: dict[str, float] = defaultdict(float)
    for part, places in _PARTS.items():
        for owner, name in places:
            setattr(owner, name, counted(seconds, part, getattr(owner, name), lazy=name == "feed"))
    config = configuration.defaults(
        {"camera.address": "webcam", "listen.model": model, "start.how": "wake", "look.rate": float(rate)}
    )
    frugal()  # as `glasses run`, which has no thread of its own before it does that: this one would get its own heap
    threading.Thread(target=answer, args=(seconds,), daemon=True).start()
    live(config, Wish(), _show)
    os._exit(0)  # as `glasses run` ends


if __name__ == "__main__":
    main()
