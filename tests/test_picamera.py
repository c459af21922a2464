"""A Raspberry Pi's camera module, through a stand-in for Picamera2 that has the real one's interface."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from devices import camera_picamera2
from devices.registry import Wanted, open_camera, open_light
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import CameraLost, GlassesError, UsageError
from pipeline.types import Opened, VideoFrame
from tests import picamera2 as stand_in


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> type[stand_in.Picamera2]:
    """The stand-in in the place of Picamera2, as if it were new."""
    module = ModuleType("picamera2")
    module.Picamera2 = stand_in.Picamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    monkeypatch.setattr(stand_in.Picamera2, "made", [])
    return stand_in.Picamera2


def seen(count: int, wanted: Wanted | None = None, address: str = "picamera") -> list[VideoFrame | Opened | float]:
    """What the camera gives at first, and what the clock shows then."""

    async def main(clock: Clock) -> list[VideoFrame | Opened | float]:
        items = iter(open_camera(address, clock, wanted or Wanted(rate=30.0, looked_at=30.0), open_light("none")))
        try:
            got: list[Any] = [next(items) for _ in range(count)]
        finally:
            items.close()  # type: ignore[attr-defined]
        return [*got, clock.now()]

    return clocks.run(main, virtual=False)


def frames(items: list[VideoFrame | Opened | float]) -> list[VideoFrame]:
    return [item for item in items if isinstance(item, VideoFrame)]


def lost(address: str = "picamera") -> CameraLost:
    with pytest.raises(CameraLost) as caught:
        seen(1000, address=address)
    return caught.value


@pytest.mark.usefixtures("library")
def test_the_time_of_a_picture_is_the_middle_of_its_exposure() -> None:
    *items, now = seen(6)
    assert isinstance(now, float)
    newest = frames(items)[-1]
    assert now - newest.t == pytest.approx(0.020 + stand_in.EXPOSURE / 2e6, abs=0.015)


def test_a_stamp_that_counts_the_time_asleep_is_told_from_one_that_does_not(
    library: type[stand_in.Picamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "slept", 3600.0)
    monkeypatch.setattr(Clock, "asleep", 3600.0)
    *items, now = seen(6)
    assert isinstance(now, float)
    assert now - frames(items)[-1].t == pytest.approx(0.024, abs=0.015)


def test_small_pictures_are_looked_at_and_large_ones_given_while_somebody_asks(
    library: type[stand_in.Picamera2],
) -> None:
    asking = iter([False, False, False, True, True, False])
    items = seen(7, Wanted(640, 360, 30.0, 30.0, asking=lambda: next(asking)))
    sizes = [frame.image.shape[1::-1] for frame in frames(items)]
    assert sizes == [(640, 360)] * 3 + [(1152, 648)] * 2 + [(640, 360)]
    assert isinstance(items[0], Opened)
    assert items[0].given["asking"] == "1152x648 while somebody asks"
    (camera,) = library.made
    assert all(request.released == 1 for request in camera.requests)
    assert camera.past == ["opened", "started", "closed"]


@pytest.mark.usefixtures("library")
def test_pictures_are_bgr_and_without_what_pads_their_rows() -> None:
    asking = iter([False, True])
    small, large = frames(seen(3, Wanted(600, 360, 30.0, 30.0, asking=lambda: next(asking))))
    assert small.image.max() < 120
    assert small.image.flags.c_contiguous
    assert large.image[0, 0].tolist() == [200, 60, 20]
    assert not large.image.flags.writeable


def test_a_sharp_lens_is_held_while_somebody_asks_and_another_focuses_once(
    library: type[stand_in.Picamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    for states, focus in (([2], {"AfPause": 1}), ([1], {"AfMode": 1, "AfRange": 2, "AfSpeed": 1, "AfTrigger": 0})):
        monkeypatch.setattr(library, "states", states)
        asking = iter([False, True, True, False])
        seen(5, Wanted(looked_at=30.0, asking=lambda asking=asking: next(asking)))  # type: ignore[misc]
        normal = {"AeExposureMode": 0, "AfPause": 2, "AfMode": 2}
        assert library.made[-1].controls == [normal, {"AeExposureMode": 1, "AeMeteringMode": 0, **focus}, normal]


def test_a_module_without_a_lens_motor_is_not_told_to_focus(
    library: type[stand_in.Picamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "lens", False)
    seen(2)
    assert library.made[-1].controls == [{"AeExposureMode": 0}]


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(("degrees", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_pictures_of_a_camera_that_is_worn_on_its_side_are_turned_upright(
    degrees: int, corner: tuple[int, int]
) -> None:
    items = seen(2, Wanted(640, 360, 30.0, 30.0, degrees, asking=lambda: True))
    (frame,) = frames(items)
    assert frame.image[corner].tolist() == [200, 60, 20]
    assert np.count_nonzero(frame.image[:, :, 0] == 200) == 1152 * 648 // 2


def test_another_angle_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="turned by 0, 90, 180, 270 degrees, not by 45"):
        seen(1, Wanted(rotation=45), address="none")


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (
            "dtoverlay=vc4-kms-v3d\ndtoverlay=imx219,rotation=0\n",
            r"says dtoverlay=imx219: put your sensor's name there",
        ),
        ("camera_auto_detect=0\n", r"says camera_auto_detect=0: make it 1"),
        ("camera_auto_detect=1\n", r"check both ends of its ribbon cable"),
    ],
)
def test_a_camera_that_is_not_found_is_told_with_what_the_firmware_was_told(
    library: type[stand_in.Picamera2], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: str, says: str
) -> None:
    monkeypatch.setattr(library, "cameras", [])
    monkeypatch.setattr(camera_picamera2, "BOOT", tmp_path / "config.txt")
    (tmp_path / "config.txt").write_text(config)
    error = lost()
    assert error.told == "I can't find the camera."
    with pytest.raises(CameraLost, match=says):
        raise error


@pytest.mark.usefixtures("library")
def test_which_modules_there_are_is_said_of_a_second_one_that_is_not() -> None:
    assert str(lost("picamera:1")) == "no camera module picamera:1: there is picamera:0 (imx708)"


def test_a_camera_that_another_program_uses_is_told(
    library: type[stand_in.Picamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "refuses", "Failed to acquire camera: Device or resource busy")
    assert str(lost()) == "picamera is in use by another program: close that first"
    monkeypatch.setattr(library, "refuses", "Initialization failed.")
    assert "picamera can't be opened (Camera __init__ sequence did not complete.; Initialization failed.)" in str(
        lost()
    )


def test_a_cable_that_comes_loose_is_told_and_the_camera_let_go_of(
    library: type[stand_in.Picamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "gives", 3)
    error = lost()
    assert "gives no more pictures" in str(error)
    assert error.told == "I lost the camera."
    assert library.made[-1].past == ["opened", "started", "flushed", "closed"]


def test_without_picamera2_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(GlassesError, match="sudo apt install python3-picamera2"):
        seen(1)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ast.ClassDef]:
    """The classes of the real package, from its source: to import it takes libcamera."""
    folder = tmp_path_factory.mktemp("picamera2")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "picamera2==0.3.38"]
    try:
        subprocess.run([*command, "-d", folder], check=True, capture_output=True, timeout=60, env=os.environ)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("the package index can't be reached: Picamera2's interface can't be compared")
    (wheel,) = folder.glob("*.whl")
    classes = {}
    with zipfile.ZipFile(wheel) as package:
        for name in ("picamera2/picamera2.py", "picamera2/request.py"):
            tree = ast.parse(package.read(name))
            classes.update({node.name: node for node in tree.body if isinstance(node, ast.ClassDef)})
    return classes


@pytest.mark.parametrize("kind", [stand_in.Picamera2, stand_in.CompletedRequest])
def test_the_stand_in_has_the_interface_of_the_real_one(real: dict[str, ast.ClassDef], kind: type) -> None:
    methods = {node.name: node for node in real[kind.__name__].body if isinstance(node, ast.FunctionDef)}
    ours = {name: method for name, method in vars(kind).items() if inspect.isroutine(method)}
    assert {"release", "capture_request"} & ours.keys()
    for name, method in ours.items():
        parameters = inspect.signature(getattr(method, "__func__", method)).parameters
        arguments = methods[name].args
        assert [argument.arg for argument in arguments.args] == list(parameters), name
        optional = [p for p in parameters.values() if p.default is not inspect.Parameter.empty]
        assert len(arguments.defaults) == len(optional), name


def test_what_the_driver_reads_of_the_real_one_is_there(real: dict[str, ast.ClassDef]) -> None:
    attributes = {
        node.attr
        for node in ast.walk(real["Picamera2"])
        if isinstance(node, ast.Attribute) and node.attr.isidentifier()
    }
    assert "sensor_resolution" in attributes
    assert "camera_controls" in {node.name for node in real["Picamera2"].body if isinstance(node, ast.FunctionDef)}
