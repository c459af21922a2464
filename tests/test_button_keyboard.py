"""The keyboard as a button, in a real terminal: a pty."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass

import pytest
from rich.console import Console

from devices import button_keyboard
from devices.registry import open_button
from glasses import config as configuration
from glasses.live import Wish, _Live
from pipeline import clock as clocks
from pipeline.buttons import ButtonPressed, PrivacyPressed
from pipeline.clock import Clock
from pipeline.errors import UsageError

FOREVER = """
import asyncio, fcntl, signal, termios
from devices.registry import open_button
from pipeline import clock as clocks
async def main(clock):
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    async for press in open_button("keyboard", clock):
        print("pressed", flush=True)
        {then}
{before}
print("ready", flush=True)
clocks.run(main, virtual=False)
"""
OWN_TERMINAL = "fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
IN_THE_BACKGROUND = f"{OWN_TERMINAL}\nimport os\nif os.fork(): raise SystemExit(os.wait()[1] >> 8)\nos.setpgid(0, 0)"


@dataclass
class Terminal:
    """Two ends: who types, and what the program sees."""

    fingers: int
    screen: int

    def types(self, keys: bytes) -> None:
        os.write(self.fingers, keys)

    def state(self) -> list[object]:
        """What a program may change of it."""
        return list(termios.tcgetattr(self.screen))

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.screen)[3] & termios.ECHO)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    fingers, screen = pty.openpty()
    yield Terminal(fingers, screen)
    for end in (fingers, screen):
        with suppress(OSError):
            os.close(end)


@pytest.fixture
def ours(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """The terminal of this process."""
    with os.fdopen(os.dup(terminal.screen)) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield terminal


def presses(
    terminal: Terminal, typed: list[tuple[float, bytes]], seconds: float, kind: type = ButtonPressed
) -> list[int]:
    """Which of the keys that were typed, so many seconds after the start, came as presses, and at their time."""

    async def main(clock: Clock) -> list[int]:
        heard: list[float] = []
        times: list[float] = []

        async def listen() -> None:
            async for event in open_button("keyboard", clock):
                assert isinstance(event, kind)
                heard.append(event.t)

        listening = asyncio.ensure_future(listen())
        while terminal.echoes:
            await clock.sleep_until(clock.now() + 0.01)
        began = clock.now()
        for t, keys in typed:
            await clock.sleep_until(began + t)
            times.append(clock.now())
            terminal.types(keys)
        await clock.sleep_until(clock.now() + seconds)
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        came = [max(n for n, typed_at in enumerate(times) if typed_at <= t) for t in heard]
        assert heard == pytest.approx([times[n] for n in came], abs=0.2)
        return came

    return clocks.run(main, virtual=False)


@pytest.mark.parametrize("key", [b" ", b"\n", b"\r"])
def test_the_space_bar_and_enter_are_pressed_at_once_and_other_keys_are_not(ours: Terminal, key: bytes) -> None:
    assert presses(ours, [(0.0, b"x"), (0.1, key), (0.2, b"q")], 0.2) == [1]


def test_p_is_for_privacy_and_counts_once_while_it_is_held(ours: Terminal) -> None:
    assert presses(ours, [(0.0, b"p"), (0.3, b"p" * 10), (1.0, b"P")], 0.3, PrivacyPressed) == [0, 2]


def test_two_quick_presses_are_two(ours: Terminal) -> None:
    assert presses(ours, [(0.0, b" "), (0.3, b" ")], 0.4) == [0, 1]


def test_a_held_key_is_pressed_once_and_can_be_pressed_again(ours: Terminal) -> None:
    assert presses(ours, [(0.0, b" "), (0.3, b" " * 10), (1.0, b" ")], 0.3) == [0, 2]


def test_the_terminal_is_as_before_when_nobody_listens_any_more(ours: Terminal) -> None:
    before = ours.state()

    async def main(clock: Clock) -> None:
        button = open_button("keyboard", clock)
        for _ in range(2):  # each iteration opens it anew
            ours.types(b" ")
            async with aclosing(aiter(button)) as events:
                waiting = asyncio.ensure_future(anext(events))
                while ours.echoes:
                    await clock.sleep_until(clock.now() + 0.01)
                ours.types(b" ")
                await waiting
            assert ours.state() == before

    clocks.run(main, virtual=False)


def test_a_terminal_that_is_closed_is_the_end(ours: Terminal) -> None:
    async def main(clock: Clock) -> None:
        events = open_button("keyboard", clock)

        async def listen() -> None:
            async for _ in events:
                raise AssertionError("nobody pressed")

        listening = asyncio.ensure_future(listen())
        while ours.echoes:
            await clock.sleep_until(clock.now() + 0.01)
        os.close(ours.fingers)
        await clock.within(2.0, listening)

    clocks.run(main, virtual=False)


def started(terminal: Terminal, *, then: str = "pass", before: str = OWN_TERMINAL) -> subprocess.Popen[str]:
    """A process that listens for keys, in the terminal."""
    code = FOREVER.format(then=then, before=before)
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=terminal.screen,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("end", ["Ctrl-C", "SIGTERM", "an exception"])
def test_the_terminal_is_as_before_however_the_program_ends(terminal: Terminal, end: str) -> None:
    before = terminal.state()
    process = started(terminal, then="1 / 0" if end == "an exception" else "pass")
    while terminal.echoes:
        time.sleep(0.01)
    terminal.types(b" ")
    assert process.stdout
    assert process.stdout.readline() == "pressed\n"
    if end == "Ctrl-C":
        terminal.types(b"\x03")
    elif end == "SIGTERM":
        process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode != 0
    assert {"Ctrl-C": "KeyboardInterrupt", "SIGTERM": "CancelledError", "an exception": "ZeroDivision"}[end] in said
    assert terminal.state() == before


def test_in_the_background_it_is_said_that_no_keys_can_be_read(terminal: Terminal) -> None:
    _, said = started(terminal, before=IN_THE_BACKGROUND).communicate(timeout=20)
    assert "in the background no keys can be read" in said


def test_without_a_terminal_it_is_wrong_use() -> None:
    code = FOREVER.format(then="pass", before="")
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True
    )
    assert "UsageError: no terminal whose keys could be read: run it in one" in done.stderr


def test_a_button_that_is_none_is_never_pressed() -> None:
    async def main(clock: Clock) -> None:
        async for _ in open_button("none", clock):
            raise AssertionError("nobody pressed")
        with pytest.raises(UsageError, match="it is just 'none'"):
            open_button("none:1", clock)

    clocks.run(main, virtual=True)


@pytest.mark.parametrize("how", ["always", "key"])
def test_only_a_session_that_is_started_by_a_key_fails_without_one(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(button_keyboard, "_terminal", nobody_s)
    config = configuration.defaults({"start.how": how, "record.folder": "/nowhere"})

    async def main(clock: Clock) -> None:
        session = _Live(clock, config, Wish(console=Console(file=io.StringIO())), lambda event: None)
        assert session._button() is None

    if how == "key":
        with pytest.raises(UsageError, match="no terminal"):
            clocks.run(main, virtual=False)
    else:
        clocks.run(main, virtual=False)


def nobody_s() -> int:
    raise UsageError("no terminal whose keys could be read: run it in one")
