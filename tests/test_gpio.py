"""A button and a light at a Raspberry Pi's pins: gpiozero's own mock pins, with contacts that bounce."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from devices.button_gpio import SETTLES, Contact
from devices.light import Light
from devices.registry import Wanted, open_button, open_camera, open_light, open_microphone
from pipeline import clock as clocks
from pipeline.buttons import ButtonEvent, ButtonPressed, ButtonReleased
from pipeline.clock import Clock
from pipeline.errors import CameraLost, MicrophoneLost, UsageError

gpiozero = pytest.importorskip("gpiozero")


@pytest.fixture
def pins() -> Iterator[Any]:
    from gpiozero.pins.mock import MockFactory

    gpiozero.Device.pin_factory = MockFactory()
    yield gpiozero.Device.pin_factory
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = None


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ([(0.0, True)], [ButtonPressed(0.0)]),
        ([(0.0, True), (0.002, False), (0.004, True)], [ButtonPressed(0.0)]),
        ([(0.0, True), (1.0, False), (1.003, True), (1.005, False)], [ButtonPressed(0.0), ButtonReleased(1.0)]),
        ([(0.0, True), (0.01, False)], [ButtonPressed(0.0), ButtonReleased(SETTLES)]),  # shorter than a bounce
    ],
)
def test_a_contact_counts_at_once_and_bounces_do_not(
    changes: list[tuple[float, bool]], counts: list[ButtonEvent]
) -> None:
    contact, counted = Contact(), []
    for t, down in changes:
        counted.append(contact.change(t, down))
    if contact.due is not None:
        counted.append(contact.settle(contact.due))
    assert [event for event in counted if event] == counts
    assert contact.down is changes[-1][1]


def test_a_button_at_a_pin_is_pressed_and_let_go_of(pins: Any) -> None:
    async def main(clock: Clock) -> None:
        button, pin = open_button("gpio:17", clock), pins.pin("GPIO17")
        for _ in range(2):  # each iteration opens it anew
            async with aclosing(aiter(button)) as events:
                for change, kind in ((pin.drive_low, ButtonPressed), (pin.drive_high, ButtonReleased)):
                    waiting = asyncio.ensure_future(anext(events))
                    await clock.sleep_until(clock.now() + SETTLES)
                    change()
                    event = await clock.within(1.0, waiting)
                    assert isinstance(event, kind)
                    assert event.t == pytest.approx(clock.now(), abs=0.1)

    clocks.run(main, virtual=False)


def test_a_button_at_a_pin_that_is_taken_is_wrong_use(pins: Any) -> None:
    async def main(clock: Clock) -> None:
        with (
            gpiozero.LED(17),
            pytest.raises(UsageError, match=r"gpio:17 can't be used .*close what else uses this pin"),
        ):
            open_button("gpio:17", clock)

    clocks.run(main, virtual=False)


def test_where_there_are_no_pins_that_is_said() -> None:
    code = (
        "from pipeline import clock as clocks\nfrom devices.registry import open_button\n"
        "async def main(clock): open_button('gpio:17', clock)\nclocks.run(main, virtual=False)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "GPIOZERO_PIN_FACTORY"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "UsageError: no button: gpio:17" in done.stderr
    assert "Raspberry Pi" in done.stderr or "glasses-companion[pi]" in done.stderr


# The light.


def live(work: Callable[[Clock], None]) -> None:
    async def main(clock: Clock) -> None:
        work(clock)

    clocks.run(main, virtual=False)


def test_the_light_shows_as_long_as_camera_or_microphone_is_open(pins: Any, tmp_path: Any) -> None:
    def work(clock: Clock) -> None:
        told: list[tuple[str, ...]] = []
        light, sign = open_light("gpio:27", told.append), "file:recordings/shop-sign"
        camera = iter(open_camera(sign, clock, Wanted(), light))
        microphone = iter(open_microphone(sign, clock, light))
        assert not pins.pin("GPIO27").state
        next(camera)
        assert pins.pin("GPIO27").state
        next(microphone)
        camera.close()  # type: ignore[attr-defined]
        assert pins.pin("GPIO27").state
        assert not light.dark(0.0)
        microphone.close()  # type: ignore[attr-defined]
        assert not pins.pin("GPIO27").state
        assert light.dark(0.0)
        assert told == [("camera",), ("camera", "microphone"), ("microphone",), ()]

    live(work)


def test_without_its_light_no_device_opens(pins: Any) -> None:
    def work(clock: Clock) -> None:
        light = open_light("gpio:27")
        with gpiozero.Button(27):
            with pytest.raises(CameraLost, match=r"light can't be lit, so the camera stays closed: gpio:27") as caught:
                next(iter(open_camera("file:recordings/shop-sign", clock, Wanted(), light)))
            assert caught.value.told == "The light can't be lit, so the camera stays closed."
            with pytest.raises(MicrophoneLost, match="the microphone stays closed"):
                next(iter(open_microphone("file:recordings/shop-sign", clock, light)))
        assert light.open == ()

    live(work)


def test_a_light_that_stays_dark_is_none(pins: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(clock: Clock) -> None:
        monkeypatch.setattr(type(pins.pin("GPIO27")), "_get_state", lambda pin: False)  # a short circuit
        with pytest.raises(CameraLost, match="gpio:27 stays dark"):
            next(iter(open_camera("file:recordings/shop-sign", clock, Wanted(), open_light("gpio:27"))))

    live(work)


def test_a_device_that_fails_to_open_puts_the_light_out(pins: Any) -> None:
    from devices.light import Shown

    def fails() -> Iterator[int]:
        assert pins.pin("GPIO27").state
        raise CameraLost("it is gone")
        yield 0

    def work(clock: Clock) -> None:
        light: Light = open_light("gpio:27")
        with pytest.raises(CameraLost, match="it is gone"):
            list(Shown(fails(), light, "camera", CameraLost))
        assert not pins.pin("GPIO27").state

    live(work)


def test_a_light_that_winks_keeps_its_pin_and_shines_again(pins: Any) -> None:
    def work(clock: Clock) -> None:
        light, pin = open_light("gpio:27"), pins.pin("GPIO27")
        with light.shown("microphone"):
            light.wink(True)
            assert not pin.state
            assert light.open == ("microphone",)
            with pytest.raises(gpiozero.GPIOPinInUse):
                gpiozero.Button(27)
            light.wink(False)
            assert pin.state
        assert not pin.state

    live(work)


def test_while_nothing_is_open_a_wink_is_a_flash_and_what_opens_meanwhile_is_shown(pins: Any) -> None:
    def work(clock: Clock) -> None:
        light, pin = open_light("gpio:27"), pins.pin("GPIO27")
        light.wink(True)
        assert pin.state
        assert light.dark(0.0)  # nothing captures
        with light.shown("camera"):
            assert pin.state
            light.wink(False)
            assert pin.state
        assert not pin.state
        light.wink(False)
        assert not pin.state

    live(work)


def test_a_wink_at_the_end_of_which_all_is_closed_leaves_it_dark(pins: Any) -> None:
    def work(clock: Clock) -> None:
        light, pin = open_light("gpio:27"), pins.pin("GPIO27")
        with light.shown("camera"):
            light.wink(True)
        light.wink(False)
        assert not pin.state

    live(work)


def test_a_light_that_can_only_be_on_or_off_does_not_wink_while_something_is_open() -> None:
    class Plain:
        def __init__(self) -> None:
            self.log: list[str] = []

        def on(self) -> None:
            self.log.append("on")

        def off(self) -> None:
            self.log.append("off")

    light = Light(lamp := Plain())
    with light.shown("camera"):
        light.wink(True)
        light.wink(False)
    assert lamp.log == ["on", "off"]
