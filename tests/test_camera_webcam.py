"""Webcams, played by a stand-in for OpenCV's VideoCapture: there is none on a machine that tests."""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from devices import camera_opencv, camera_reading, camera_v4l
from devices.camera_times import Spacing
from devices.registry import Wanted, open_camera, open_light
from pipeline.clock import Clock
from pipeline.errors import CameraLost, UsageError
from pipeline.types import Opened, VideoFrame
from tests import streams
from tests.streams import Seen

RATE = 100.0
NOISE = np.random.default_rng(7)

ALL = Wanted(width=64, height=48, rate=RATE, looked_at=200.0)


def scene() -> np.ndarray:
    """What a sensor sees of a wall: grey, with noise."""
    return NOISE.integers(90, 110, (48, 64, 3), np.uint8)


@dataclass
class Plugged:
    """A camera, and how it behaves: what stamps it gives, when it stops, and what it does then."""

    size: tuple[int, int] = (64, 48)
    picture: Callable[[], np.ndarray] = scene
    stamp: Callable[[float], float] = lambda taken: taken * 1000  # of POS_MSEC, from the monotonic clock
    good: int = 10_000  # pictures until it goes wrong
    then: str = "fails"  # or repeats, blanks, cannot decode
    opens: bool = True
    queue: float = 0.004  # seconds between the light and the arrival
    log: list[str] = field(default_factory=list)


class FakeCapture:
    """VideoCapture as a V4L2 camera gives it, 100 pictures a second."""

    plugged = Plugged()

    def __init__(self, name: str, backend: int) -> None:
        self._camera = self.plugged
        self._camera.log.append(f"open {name}")
        self._wanted: dict[int, float] = {}
        self._count = 0
        self._start = time.monotonic()
        self._taken = 0.0
        self._last = scene()

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._camera.opens

    def set(self, prop: int, value: float) -> bool:
        self._wanted[prop] = value
        return True

    def get(self, prop: int) -> float:
        width, height = self._camera.size
        given = {
            cv2.CAP_PROP_FRAME_WIDTH: width,
            cv2.CAP_PROP_FRAME_HEIGHT: height,
            cv2.CAP_PROP_FPS: self._wanted.get(cv2.CAP_PROP_FPS, 30.0),
            cv2.CAP_PROP_FOURCC: self._wanted.get(cv2.CAP_PROP_FOURCC, 0),
            cv2.CAP_PROP_POS_MSEC: self._camera.stamp(self._taken),
        }
        return float(given[prop])

    def grab(self) -> bool:
        if self._wrong and self._camera.then == "fails":
            return False
        self._count += 1
        if not self._wrong:
            self._taken = self._start + self._count / RATE
        time.sleep(max(0.0, self._start + self._count / RATE + self._camera.queue - time.monotonic()))
        return True

    def retrieve(self) -> tuple[bool, Any]:
        self._camera.log.append("decode")
        if self._wrong and self._camera.then == "blanks":
            return True, np.full_like(self._last, 0)
        if self._wrong and self._camera.then == "cannot decode":
            return False, None
        if not self._wrong:
            self._last = self._camera.picture()
        return True, self._last.copy()

    def release(self) -> None:
        self._camera.log.append("release")

    @property
    def _wrong(self) -> bool:
        return self._count >= self._camera.good


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Linux with one camera of two nodes, /dev/video0 and its metadata, under a folder."""
    monkeypatch.setattr(camera_v4l, "SYS", tmp_path / "sys")
    monkeypatch.setattr(camera_v4l, "DEV", tmp_path / "dev")
    monkeypatch.setattr(camera_v4l, "PROC", tmp_path / "proc")
    monkeypatch.setattr(camera_v4l, "capabilities", lambda path: 1 if path.name == "video0" else 0x800000)
    monkeypatch.setattr(camera_reading, "STALE", 0.2)
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    (tmp_path / "dev" / "v4l" / "by-id").mkdir(parents=True)
    for number in (0, 1):
        (tmp_path / "dev" / f"video{number}").touch()
        (tmp_path / "sys" / f"video{number}").mkdir(parents=True)
        (tmp_path / "sys" / f"video{number}" / "name").write_text("Loupe C1\n", encoding="utf-8")
        (tmp_path / "sys" / f"video{number}" / "index").write_text(f"{number}\n", encoding="utf-8")
    (tmp_path / "dev" / "v4l" / "by-id" / "usb-Loupe-index0").symlink_to(tmp_path / "dev" / "video0")
    return tmp_path


def see(camera: Plugged, count: int = 10_000, address: str = "webcam", wanted: Wanted = ALL) -> Seen:
    """The first `count` frames of a webcam, or all until it is lost."""
    FakeCapture.plugged = camera
    return streams.see(address, count, wanted)


def test_the_stand_in_has_the_interface_of_the_real_one() -> None:
    real = cv2.VideoCapture()
    ours = {name for name in vars(FakeCapture) if not name.startswith("_") and name != "plugged"}
    assert ours <= set(dir(real))
    assert real.grab() is False
    assert real.retrieve() == (False, None)
    assert real.isOpened() is False
    assert real.set(cv2.CAP_PROP_FPS, 30) is False
    assert isinstance(real.get(cv2.CAP_PROP_POS_MSEC), float)


# Pictures


def test_what_was_asked_and_what_is_given_comes_first(machine: Path) -> None:
    seen = see(Plugged(size=(32, 24)), 3)
    assert seen.opened == [
        Opened(
            "webcam",
            {"width": 64, "height": 48, "rate": RATE, "format": "MJPG"},
            {"width": 32, "height": 24, "rate": RATE, "format": "MJPG"},
        )
    ]


def test_times_are_the_drivers(machine: Path) -> None:
    seen = see(Plugged(queue=0.02), 20)
    assert min(seen.ages) >= 0.02
    assert [b.t - a.t for a, b in itertools.pairwise(seen.frames)] == pytest.approx([1 / RATE] * 19, abs=1e-4)


@pytest.mark.parametrize(
    "stamp",
    [
        lambda taken: 0.0,
        lambda taken: -1.0,
        lambda taken: 1234.5,
        lambda taken: (taken + 60) * 1000,
        lambda taken: (taken - 60) * 1000,
    ],
    ids=["none", "unsupported", "stuck", "in the future", "of another clock"],
)
def test_without_a_plausible_time_of_the_driver_it_is_the_arrival(
    machine: Path, stamp: Callable[[float], float]
) -> None:
    seen = see(Plugged(queue=0.02, stamp=stamp), 20)
    assert len(seen.frames) == 20
    assert 0 <= min(seen.ages) <= np.median(seen.ages) < 0.01
    assert all(a.t < b.t for a, b in itertools.pairwise(seen.frames))


def test_a_picture_that_waited_in_the_queue_keeps_its_time(machine: Path) -> None:
    FakeCapture.plugged = Plugged(queue=0.0)

    async def main() -> float:
        clock = Clock()
        items = iter(open_camera("webcam", clock, ALL, open_light("none")))
        for _ in range(5):
            next(items)
        time.sleep(1.5)  # noqa: ASYNC251 - nobody asks: longer than a first time may lie back
        frame = next(items)
        assert isinstance(frame, VideoFrame)
        clock.close()
        return clock.now() - frame.t

    assert asyncio.run(main()) > 1.4


def test_only_what_is_looked_at_is_decoded(machine: Path) -> None:
    camera = Plugged()
    seen = see(camera, 10, wanted=replace(ALL, looked_at=RATE / 2))
    assert [frame.seq for frame in seen.frames] == list(range(0, 20, 2))
    assert camera.log.count("decode") == 10


@pytest.mark.parametrize(
    ("rate", "step"), [(30, 2), (30.3, 2), (25, 2), (24, 2), (15, 1), (15.5, 1), (7.5, 1), (60, 4), (0.5, 1)]
)
def test_pictures_that_are_looked_at_are_evenly_spaced(rate: float, step: int) -> None:
    spacing = Spacing(rate, 15.0)
    taken = [n for n in range(300) if spacing.takes(n, n / rate)]
    assert {b - a for a, b in itertools.pairwise(taken)} == {step}


def test_a_camera_that_slows_down_in_the_dark_is_looked_at_more_often() -> None:
    spacing = Spacing(30.0, 15.0)
    assert sum(spacing.takes(n, n / 15) for n in range(150)) >= 130


def test_a_camera_that_fewer_pictures_will_do_of_decodes_fewer() -> None:
    spacing = Spacing(30.0, 15.0)
    assert [n for n in range(30) if spacing.takes(n, n / 30, pace=2.5)] == [0, 12, 24]


def test_once_more_pictures_are_wanted_the_next_is_not_waited_for() -> None:
    spacing = Spacing(30.0, 15.0)
    taken = [n for n in range(60) if spacing.takes(n, n / 30, pace=2.5 if n < 17 else math.inf)]
    assert taken[:5] == [0, 12, 17, 19, 21]


def test_the_pace_is_asked_for_before_each_picture(machine: Path) -> None:
    camera = Plugged()
    seen = see(camera, 3, wanted=replace(ALL, pace=lambda: RATE / 10))
    assert [frame.seq for frame in seen.frames] == [0, 10, 20]
    assert camera.log.count("decode") == 3


@pytest.mark.parametrize(
    "picture",
    [
        lambda: scene()[:, :, 0],
        lambda: scene()[:, :, :1],
        lambda: np.dstack([scene(), np.full((48, 64), 255, np.uint8)]),
        lambda: scene()[:, :, 0].astype(np.uint16) * 256,
        lambda: scene()[:, ::-1],
    ],
    ids=["grey", "one channel", "with alpha", "16 bit", "not contiguous"],
)
def test_pictures_are_read_only_bgr_whatever_the_backend_gives(
    machine: Path, picture: Callable[[], np.ndarray]
) -> None:
    image = see(Plugged(picture=picture), 1).frames[0].image
    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert not image.flags.writeable
    assert 85 < image.mean() < 115


def test_a_size_that_changes_goes_on(machine: Path) -> None:
    sizes = itertools.chain([(48, 64)] * 3, itertools.repeat((24, 32)))
    seen = see(Plugged(picture=lambda: NOISE.integers(0, 255, (*next(sizes), 3), np.uint8)), 6)
    assert [frame.image.shape[:2] for frame in seen.frames] == [(48, 64)] * 3 + [(24, 32)] * 3


# Trouble while it runs


@pytest.mark.parametrize("stamp", [Plugged.stamp, lambda taken: 0.0], ids=["with times", "without times"])
@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ("repeats", "repeats the same picture: unplug the camera"),
        ("blanks", "gives only blank pictures: take the cover off"),
        ("cannot decode", "gives only broken pictures: try another cable"),
        ("fails", "gives no more pictures: unplug the camera"),
    ],
)
def test_what_is_not_fresh_is_never_delivered(
    machine: Path, then: str, reason: str, stamp: Callable[[float], float]
) -> None:
    camera = Plugged(good=10, then=then, stamp=stamp)
    seen = see(camera)
    assert reason in str(seen.lost)
    assert seen.lost
    assert seen.lost.told == "I lost the camera."
    assert len(seen.frames) == 9 if then != "fails" else 10
    assert camera.log[-1] == "release"


def test_still_pictures_of_a_driver_whose_times_advance_are_fresh(machine: Path) -> None:
    still = scene()
    assert len(see(Plugged(picture=lambda: still), 40).frames) == 40


def test_a_camera_that_was_unplugged_is_said_to_be_gone(machine: Path) -> None:
    def unplug() -> np.ndarray:
        (machine / "dev" / "video0").unlink(missing_ok=True)
        return scene()

    assert f"{machine}/dev/video0 is gone: plug the camera in again" in str(see(Plugged(good=3, picture=unplug)).lost)


# Trouble from the start


def test_it_is_opened_anew_each_time(machine: Path) -> None:
    camera = Plugged(good=3)
    FakeCapture.plugged = camera

    async def main() -> None:
        source = open_camera("webcam", Clock(), ALL, open_light("none"))
        for _ in range(2):
            with pytest.raises(CameraLost):
                list(source)

    asyncio.run(main())
    assert [entry for entry in camera.log if entry != "decode"] == [f"open {machine}/dev/video0", "release"] * 2


def never(address: str = "webcam", camera: Plugged | None = None) -> str:
    """Why a webcam gave no picture."""
    seen = see(camera or Plugged(opens=False), address=address)
    assert not seen.opened
    assert seen.lost
    assert seen.lost.told == "I can't find the camera."
    return str(seen.lost)


def test_one_that_is_not_there(machine: Path) -> None:
    there = f"no camera at {machine}/dev/video7: there is webcam:0 (Loupe C1)"
    assert never("webcam:7") == there
    assert never(f"webcam:{machine}/dev/video7") == there
    for node in ("video0", "video1"):
        (machine / "dev" / node).unlink()
    assert never("webcam:7").endswith("no camera is plugged in")
    assert never() == "no camera is plugged in: plug one in, or name a stream"


def test_one_without_permission(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root, who tests, may do everything
    assert "no permission" in never()
    assert "sudo usermod -aG video $USER" in never()


@pytest.mark.parametrize("camera", [Plugged(opens=False), Plugged(good=0)], ids=["refuses", "opens and gives nothing"])
def test_one_that_another_program_uses(machine: Path, camera: Plugged) -> None:
    (machine / "proc" / "4711" / "fd").mkdir(parents=True)
    (machine / "proc" / "4711" / "fd" / "5").symlink_to(machine / "dev" / "video0")
    (machine / "proc" / "4711" / "comm").write_text("cheese\n", encoding="utf-8")
    assert never("webcam:0", camera) == f"{machine}/dev/video0 is in use by cheese (process 4711): close that first"


def test_one_that_just_gives_nothing(machine: Path) -> None:
    assert "opens, but gives no picture: unplug it" in never()


@pytest.mark.parametrize("address", ["webcam:front", "webcam:-1"])
def test_a_malformed_address_is_wrong_use(machine: Path, address: str) -> None:
    with pytest.raises(UsageError, match=r"it is webcam, webcam:1, webcam:/dev/video2"):
        see(Plugged(), address=address)


def test_cameras_are_listed_with_what_to_type(machine: Path) -> None:
    (found,) = camera_opencv.webcam.find()
    assert found.address == f"webcam:{machine}/dev/video0"
    assert found.description == f"Loupe C1, always webcam:{machine}/dev/v4l/by-id/usb-Loupe-index0"
    assert len(see(Plugged(), 1, f"webcam:{machine}/dev/v4l/by-id/usb-Loupe-index0").frames) == 1


def test_a_file_that_is_no_video_device_is_not_listed(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(camera_v4l, "SYS", machine / "sys")
    monkeypatch.setattr(camera_v4l, "DEV", machine / "dev")
    assert camera_v4l.cameras() == []  # the real question, asked of a plain file
