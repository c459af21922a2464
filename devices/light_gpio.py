"""`gpio:27`: a light-emitting diode between a pin and ground, with a resistor."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from devices.gpio import opened, pin_of
from devices.registry import Found
from pipeline.errors import GlassesError


class Lamp:
    """As in devices/light.py; holds its pin only while it shines."""

    def __init__(self, address: str) -> None:
        pin_of(address)
        self._address = address
        self._led: Any = None

    def on(self) -> None:
        """Raises GlassesError where there are no pins, or another program has this one, or it stays dark."""
        self._led = opened(self._address, "LED", initial_value=True)
        if not self._led.is_lit:  # as the pin itself says: a short circuit pulls it down
            self.off()
            raise GlassesError(f"{self._address} stays dark: look for a short circuit at the diode and its resistor")

    def dim(self, dark: bool) -> None:
        with suppress(Exception):  # as below
            (self._led.off if dark else self._led.on)()

    def off(self) -> None:
        led, self._led = self._led, None
        with suppress(Exception):  # whatever a chip that is gone raises: it shines no more
            led.off()
            led.close()


class _Driver:
    forms = ("gpio:27",)

    def find(self) -> Iterable[Found]:
        return ()

    def open(self, address: str) -> Lamp:
        return Lamp(address)


driver = _Driver()
