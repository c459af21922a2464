"""Drivers by address: ours and anybody's, listed with what they find, or with the reason why they can't be used."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from devices import registry
from devices.registry import (
    Found,
    Listed,
    Wanted,
    listing,
    open_button,
    open_camera,
    open_light,
    open_microphone,
    open_speaker,
)
from glasses import cli
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.types import VideoFrame
from tests.packages import install

DRIVER = """
class Driver:
    forms = ("lamp", "lamp:COLOUR")
    def find(self):
        from devices.registry import Found
        return [Found("lamp:red", "a red lamp")]
    def open(self, address, clock, wanted):
        return ()
camera = Driver()
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's package with a camera driver, and another that lacks a library."""
    modules = {"lamps": DRIVER, "broken": "import a_library_that_is_missing"}
    points = {"lamp": "lamps:camera", "broken": "broken:camera"}
    install(tmp_path, monkeypatch, modules, "glasses.cameras", points)


def opened(kind: str, address: str) -> object:
    async def main(clock: Clock) -> object:
        match kind:
            case "camera":
                return open_camera(address, clock, Wanted(), open_light("none"))
            case "microphone":
                return open_microphone(address, clock, open_light("none"))
            case "button":
                return open_button(address, clock)
            case "light":
                return open_light(address)
            case _:
                return open_speaker(address, clock, 22_050)

    return clocks.run(main, virtual=True)


@pytest.mark.usefixtures("package")
def test_a_package_of_anybodys_adds_a_driver() -> None:
    lamp = opened("camera", "lamp:red")
    assert isinstance(lamp, Iterable)
    assert list(lamp) == []
    drivers = {driver.name: driver for driver in listing() if driver.kind == "camera"}
    assert drivers["lamp"].found == (Found("lamp:red", "a red lamp"),)


@pytest.mark.usefixtures("package")
def test_a_driver_that_cannot_be_loaded_is_listed_with_the_reason_and_breaks_no_other() -> None:
    drivers = {driver.name: driver for driver in listing() if driver.kind == "camera"}
    assert "a_library_that_is_missing" in drivers["broken"].trouble
    assert drivers["none"].trouble == ""
    with pytest.raises(GlassesError, match=r"'broken' can't be loaded.*a_library_that_is_missing"):
        opened("camera", "broken:1")


@pytest.mark.parametrize(
    ("kind", "address", "says"),
    [
        ("camera", "foo", "no camera 'foo': an address begins with .*webcam"),
        ("camera", "bob:secret@cam/live", "no camera '…@cam/live'"),
        ("camera", "file:/home/me@work/clip.mp4", "/home/me@work/clip.mp4: no such file"),
        ("camera", "none:1", "it is just 'none'"),
        ("camera", "file:missing.mp4", "no such file"),
        ("microphone", "", "no microphone ''"),
        ("microphone", "file:", "no such file|session.mkv"),
        ("speaker", "wav:", "needs a file"),
        ("button", "bell", "no button 'bell': an address begins with gpio, keyboard, none"),
        ("button", "keyboard:F1", "it is just 'keyboard'"),
        ("button", "gpio:28", "no pin 'gpio:28': it is gpio:17, with the number of a GPIO from 0 to 27"),
        ("light", "gpio", "no pin 'gpio'"),
        ("light", "candle", "no light 'candle': an address begins with gpio, none"),
    ],
)
def test_a_wrong_address_is_wrong_use(kind: str, address: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        opened(kind, address)


def test_a_recording_stands_in_for_a_camera_and_is_opened_anew_each_time() -> None:
    sign = Path(__file__).parents[1] / "recordings" / "shop-sign"
    camera = opened("camera", f"file:{sign}")
    assert isinstance(camera, Iterable)
    first, again = next(iter(camera)), next(iter(camera))
    assert isinstance(first, VideoFrame)
    assert first.t == again.t


def listed(*drivers: Listed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines that `glasses devices` prints where these drivers are."""
    monkeypatch.setattr(registry, "listing", lambda: iter(drivers))
    assert cli.run(["devices"]) == 0
    return capsys.readouterr().out.splitlines()


FILE, NONE = Listed("camera", "file", ("file:CLIP",)), Listed("camera", "none", ("none",))
NO_WEBCAM = Listed("camera", "webcam", ("webcam", "webcam:1"))


def test_what_is_there_stands_first_and_what_can_only_be_named_on_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lamp = Listed("camera", "lamp", ("lamp",), (Found("lamp:red", "a red lamp"),))
    assert listed(FILE, NO_WEBCAM, NONE, lamp, monkeypatch=monkeypatch, capsys=capsys) == [
        "cameras",
        "  lamp:red                 a red lamp",
        "  also: file:CLIP, none",
    ]


def test_that_nothing_is_plugged_in_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    microphones = Listed("microphone", "card", ("card:NAME",)), Listed("microphone", "default", ("default",))
    assert listed(FILE, NO_WEBCAM, *microphones, monkeypatch=monkeypatch, capsys=capsys) == [
        "cameras",
        "  nothing plugged in",
        "  also: file:CLIP",
        "microphones",
        "  nothing plugged in",
    ]


def test_where_drivers_cannot_look_it_is_said_once_why_and_not_that_nothing_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = [Listed("speaker", name, trouble="no PortAudio library") for name in ("card", "default")]
    none = Listed("speaker", "none", ("none",))
    assert listed(*silent, none, monkeypatch=monkeypatch, capsys=capsys) == [
        "speakers",
        "  also: none",
        "  card, default            no PortAudio library",
    ]


def test_one_stream_driver_under_three_names_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["devices"]) == 0
    out = capsys.readouterr().out
    assert [word in out for word in ("cameras\n", "microphones\n", "speakers\n", "buttons\n", "lights\n")] == [True] * 5
    assert out.count("https://HOST/PATH") == 1


def test_devices_are_listed_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["devices", "--json"]) == 0
    drivers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {driver["kind"] for driver in drivers} == {"camera", "microphone", "speaker", "button", "light"}
    assert {tuple(driver) for driver in drivers} == {("kind", "name", "forms", "found", "trouble")}


def test_naming_a_driver_loads_no_other() -> None:
    code = (
        "import sys\nfrom pipeline import clock\nfrom devices.registry import Wanted, open_camera, open_light\n"
        "async def main(c): open_camera('none', c, Wanted(), open_light('none'))\nclock.run(main, virtual=True)\n"
        "assert not {'cv2', 'sounddevice', 'av'} & set(sys.modules), sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
