"""What the wearer's fingers want, as it becomes certain: a press counts at once, a long one when it has been long."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from pipeline.buttons import HELD, LONG, LONGEST, Button, ButtonEvent, ButtonPressed, ButtonReleased, Press, meant
from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.privacy import CLOSING, Privacy

_OFF = "Camera and microphone are off."
_ON = "Camera and microphone are on."
_STILL_OFF = "Camera and microphone are off. A long press turns them on."
_NOT_CLOSED = "I could not turn off the camera or the microphone. Please unplug them."


class Conducts(Protocol):
    """Whom presses are for: a conductor, or what stands for it where nothing is answered."""

    spoken: float  # when somebody last began to speak, seconds

    def ask(self, t: float) -> None:
        """A tap, at `t`."""
        ...

    def hold(self, t: float) -> None:
        """It has been held since `t`."""
        ...

    def finished(self) -> None:
        """It was held, and is no more."""
        ...

    def stop(self) -> None:
        """A double tap, or privacy is wanted."""
        ...

    def say(self, text: str) -> None:
        """What the wearer just did."""
        ...

    async def tell(self, what: str, told: str) -> None:
        """As `pipeline.sources.Tell`."""
        ...


class Pressing:
    """Reacts for one session; its tasks belong to `group`."""

    def __init__(
        self, clock: Clock, log: EventLog, conductor: Conducts, privacy: Privacy, group: asyncio.TaskGroup
    ) -> None:
        self._clock = clock
        self._log = log
        self._conductor = conductor
        self._privacy = privacy
        self._group = group
        self._press: Press | None = None
        self._before: Press | None = None
        self._waiting: asyncio.Task[None] | None = None  # for a press to become a long one
        self._following: asyncio.Task[None] | None = None

    def follow(self, button: Button) -> None:
        """React to `button` from now on, beside others; what it raises ends the group."""
        self._following = self._group.create_task(self._follow(button))

    def finish(self) -> None:
        """React to no press any more."""
        self._wait_no_more()
        if self._following:
            self._following.cancel()

    async def _follow(self, button: Button) -> None:
        async with aclosing(aiter(button)) as events:
            async for event in events:
                self._react(event)

    def _react(self, event: ButtonEvent) -> None:
        match event:
            case ButtonPressed(t, ends):
                self._pressed(Press(t, None if ends else t))
            case ButtonReleased(t):
                self._released(t)
            case _:
                self._switch()

    def _wait_no_more(self) -> None:
        if self._waiting:
            self._waiting.cancel()

    def _pressed(self, press: Press) -> None:
        self._before, self._press = self._press, press
        self._wait_no_more()
        if press.up is None:
            self._waiting = self._group.create_task(self._wait(press))
        if self._privacy.wanted:
            if press.up is not None:
                self._conductor.say(_STILL_OFF)
        elif meant(press, self._before, press.down, spoken=False) == "stop":
            self._conductor.stop()
        else:
            self._conductor.ask(press.down)

    def _released(self, t: float) -> None:
        self._wait_no_more()
        if self._press is None or self._press.up is not None:
            return
        spoken = self._conductor.spoken >= self._press.down
        self._press = replace(self._press, up=t)
        gesture = meant(self._press, self._before, t, spoken=spoken)
        if self._privacy.wanted and gesture != "privacy":
            self._conductor.say(_STILL_OFF)
        elif gesture == "hold":
            self._conductor.finished()

    async def _wait(self, press: Press) -> None:
        """What a press becomes while it lasts."""
        for seconds in (HELD, LONG, LONGEST):
            t = press.down + seconds
            await self._clock.sleep_until(t)
            gesture = meant(press, self._before, t, spoken=self._conductor.spoken >= press.down)
            if gesture == "privacy":
                self._switch()
                return
            if gesture == "hold" and not self._privacy.wanted:
                self._conductor.hold(press.down)

    def _switch(self) -> None:
        if self._privacy.switch():
            self._conductor.stop()
            self._group.create_task(self._close())
        else:
            self._log.emit("privacy", turn=0, state="off")
            self._conductor.say(_ON)

    async def _close(self) -> None:
        """Say that all is closed once that is true, and not if the wearer wants it otherwise by then."""
        closed = await self._privacy.closed()
        if not self._privacy.wanted:
            return
        if closed:
            self._log.emit("privacy", turn=0, state="on")
            self._conductor.say(_OFF)
        else:
            what = f"camera or microphone hang, and are still open after {CLOSING:g} s: unplug them"
            await self._conductor.tell(what, _NOT_CLOSED)
