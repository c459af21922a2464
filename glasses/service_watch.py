"""How a session stands, for systemd and for whoever wears no screen: ready, what it waits for, and that it goes on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from glasses.service_notify import Notify
from glasses.service_power import HWMON, undervoltage
from pipeline.clock import Clock
from pipeline.sources import Tell
from pipeline.types import AudioChunk, Event, VideoFrame

_PATIENCE = 20.0
"""Seconds without an item of a device that isn't lost after which the session hangs. `follow` (pipeline/sources.py)
gives up on a device that opens after 15 s and on one that stalls after 3, so it would have said so."""

_LOOK = 2.0
"""Seconds between two looks at how it stands, far less than the unit's WatchdogSec."""


_KINDS = {
    *("camera", "fault", "helper", "light", "microphone", "picture", "privacy", "recording", "session", "slow"),
    "speaker",
}
"""What the journal is told of: the first word of an event's kind."""


class Watch:
    """Follows one session: a subscriber of its log, and a tap of its camera and microphone.

    `devices` are those that the session has, of "camera" and "microphone".
    """

    def __init__(
        self, clock: Clock, devices: Collection[str], notify: Notify | None = None, hwmon: Path = HWMON
    ) -> None:
        self._clock = clock
        self._notify = notify or Notify(os.environ)
        self._last = dict.fromkeys(devices, 0.0)  # when each gave something last, or was opened or lost, seconds
        self._known: set[str] = set()  # those that were opened or found missing
        self._missing: dict[str, str] = {}  # what is lost, and why
        self._private = False  # the wearer has closed camera and microphone
        self._hwmon = hwmon
        self._status = ""
        self._ready = asyncio.Event()

    def event(self, event: Event) -> None:
        """What happened."""
        if event.kind == "privacy":
            self._private = event.data["state"] == "on"
            for name in self._last:  # as if just opened: what was lost is not wanted now, or will be opened anew
                self._last[name] = self._clock.now()
                self._missing.pop(name, None)
            return
        device, _, change = event.kind.partition(".")
        if device not in (*self._last, "speaker") or change not in ("opened", "lost", "back"):
            return
        if device in self._last:
            self._last[device] = self._clock.now()
            # A camera is opened, and only then found to give nothing: `back` is what ends a loss.
            self._known.add(device)
        if change == "lost":
            self._missing[device] = str(event.data["what"])
        elif change == "back":
            self._missing.pop(device, None)
        if self._known >= self._last.keys() and "microphone" not in self._missing:
            self._ready.set()

    def frame(self, frame: VideoFrame) -> None:
        """The camera's next picture; from any thread."""
        self._last["camera"] = self._clock.now()

    def sound(self, chunk: AudioChunk) -> None:
        """The microphone's next sound; from any thread."""
        self._last["microphone"] = self._clock.now()

    def loading(self) -> None:
        """The models are being loaded."""
        self._say("loading the models")

    @asynccontextmanager
    async def going(self, tell: Tell) -> AsyncIterator[None]:
        """The session goes on inside; `tell` says to the wearer that it is ready to be asked."""
        self._last = dict.fromkeys(self._last, self._clock.now())
        tasks = [asyncio.ensure_future(work) for work in (self._look(), self._tell_ready(tell), self._tell_power(tell))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            self._notify(STOPPING=1, STATUS="ending")

    @property
    def hanging(self) -> list[str]:
        """The devices that give nothing and aren't lost either: the session waits for them without knowing it."""
        if self._private:
            return []
        now = self._clock.now()
        return [name for name, t in self._last.items() if name not in self._missing and now - t > _PATIENCE]

    async def _look(self) -> None:
        """Say how it stands, and that it goes on, as long as it does: this very task shows that the loop does."""
        while not (self._known >= self._last.keys() or self._private):
            self._say("opening the devices")
            await self._clock.sleep_until(self._clock.now() + _LOOK)
        self._notify(READY=1)  # whatever is missing: it may come, and that is no reason to be started anew
        while True:
            missing = "; ".join(f"{name} ({why})" for name, why in sorted(self._missing.items()))
            if hanging := self.hanging:
                self._say(f"hangs: nothing comes from the {' and the '.join(hanging)}")
            else:
                self._notify(WATCHDOG=1)
                waiting = f"waiting for: {missing}" if missing else "ready"
                self._say("privacy: camera and microphone are closed" if self._private else waiting)
            await self._clock.sleep_until(self._clock.now() + _LOOK)

    async def _tell_ready(self, tell: Tell) -> None:
        await self._ready.wait()
        await tell("", "Ready.")

    async def _tell_power(self, tell: Tell) -> None:
        """Once a session: a weak battery would have it said all the time."""
        while not undervoltage(self._hwmon):
            await self._clock.sleep_until(self._clock.now() + _LOOK)
        await tell(
            "undervoltage: the power supply or its cable is too weak; use one made for this board",
            "The power is too weak. Please check the battery.",
        )

    def _say(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self._notify(STATUS=status)


def journal(show: Callable[[str], None]) -> Callable[[Event], None]:
    """Shows what becomes of the session and its devices; never what was heard or answered, which is the wearer's."""
    from glasses.view import described, printable

    def line(event: Event) -> None:
        kind = event.kind
        if kind.partition(".")[0] in _KINDS and (text := printable(described(event))):
            # <4>: a warning, by which journalctl -p finds it (sd-daemon(3)).
            mark = "<4>" if kind == "fault" or kind.endswith(".lost") else ""
            show(f"{mark}{kind}: {' '.join(text.split())}")

    return line
