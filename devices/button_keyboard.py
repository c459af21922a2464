"""`keyboard`: the space bar or Enter of the terminal that the session runs in, and p for privacy."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import replace

from devices.registry import Found
from pipeline.buttons import ButtonEvent, ButtonPressed, PrivacyPressed
from pipeline.clock import Clock
from pipeline.errors import UsageError

_KEYS: dict[int, ButtonPressed | PrivacyPressed] = {
    **dict.fromkeys(b" \r\n", ButtonPressed(0.0, ends=False)),
    **dict.fromkeys(b"pP", PrivacyPressed(0.0)),
}
"""What each key means. There is no long press of one, so privacy has its own."""

_REPEAT_DELAY = 0.75
"""Seconds after a press in which the next may be the key's own repetition, since it is held. X waits 0.66 s by default,
GNOME and KDE 0.5 or 0.6, a Linux console 0.25."""

_REPEAT_PERIOD = 0.12
"""Seconds within which a held key comes again: 0.04 in X, 0.03 in GNOME, 0.09 on a Linux console."""


class Keyboard:
    """Presses of a key, as they come; a terminal doesn't tell when one is let go, and a held one counts once.

    While it is iterated the terminal doesn't echo and hands over each key at once (cbreak); Ctrl-C stays what it is.
    Afterwards it is as before. Iterate it live only.

    Raises UsageError where there is no terminal to read.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        os.close(_terminal())

    async def __aiter__(self) -> AsyncGenerator[ButtonEvent, None]:
        with _keys(self._clock) as keys:
            t_pressed = -_REPEAT_DELAY
            while (pressed := await keys.get()) is not None:
                if pressed.t < t_pressed + _REPEAT_DELAY and await self._held(keys):
                    continue
                t_pressed = pressed.t
                yield pressed

    async def _held(self, keys: asyncio.Queue[ButtonEvent | None]) -> bool:
        """Whether the key comes again and again; if so, returns when it is let go."""
        held = False
        with contextlib.suppress(TimeoutError):
            while (await self._clock.within(_REPEAT_PERIOD, keys.get())) is not None:
                held = True
            keys.put_nowait(None)
        return held


@contextlib.contextmanager
def _keys(clock: Clock) -> Iterator[asyncio.Queue[ButtonEvent | None]]:
    """The keys that are pressed, when they are; None when the terminal is gone."""
    loop = asyncio.get_running_loop()
    keys: asyncio.Queue[ButtonEvent | None] = asyncio.Queue()
    terminal = _terminal()

    def read() -> None:
        try:
            typed = os.read(terminal, 1024)
        except OSError:
            typed = b""
        if not typed:
            loop.remove_reader(terminal)
            keys.put_nowait(None)
        for key in typed:
            if key in _KEYS:
                keys.put_nowait(replace(_KEYS[key], t=clock.now()))

    try:
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal)
            loop.add_reader(terminal, read)
            yield keys
        finally:
            loop.remove_reader(terminal)
            with contextlib.suppress(termios.error):  # it is gone
                termios.tcsetattr(terminal, termios.TCSANOW, before)
    finally:
        os.close(terminal)


def _terminal() -> int:
    """A descriptor of the terminal that people type into: standard input, or else the one that controls the process."""
    try:
        if sys.stdin is not None and sys.stdin.isatty():
            terminal = os.dup(sys.stdin.fileno())
        else:
            terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        raise UsageError("no terminal whose keys could be read: run it in one, or use --button none") from error
    with contextlib.suppress(OSError):
        if os.tcgetpgrp(terminal) != os.getpgrp():
            os.close(terminal)
            raise UsageError("in the background no keys can be read: run it in front (fg), or use --button none")
    return terminal


class _Driver:
    forms = ("keyboard",)

    def find(self) -> Iterable[Found]:
        try:
            os.close(_terminal())
        except UsageError:
            return
        yield Found("keyboard", "the space bar or Enter, and p for privacy, in this terminal")

    def open(self, address: str, clock: Clock) -> Keyboard:
        return Keyboard(clock)


driver = _Driver()
