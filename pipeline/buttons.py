"""Buttons: what they say, what every one of them is, and what is meant by pressing one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """The wearer pressed it."""

    t: float  # seconds of the session
    ends: bool = True  # it will be said when it is let go of, which a terminal doesn't know of its keys


@dataclass(frozen=True, slots=True)
class ButtonReleased:
    """The wearer let go of it. Held, tapped or tapped twice: the times of both tell."""

    t: float  # seconds of the session


@dataclass(frozen=True, slots=True)
class PrivacyPressed:
    """The wearer pressed what does just that: it means what a long press means."""

    t: float  # seconds of the session


ButtonEvent = ButtonPressed | ButtonReleased | PrivacyPressed

HELD = 0.4
"""Seconds from which a button is held and not tapped."""

TWICE = 0.5
"""Seconds between two presses that are a double tap, at most: as a double click is by default on Windows."""

LONG = 2.0
"""Seconds of a long press. Who holds it to ask has begun to speak by then."""

LONGEST = 10.0
"""Seconds of a long press whatever is heard meanwhile: a room full of voices must not keep the microphone open."""

Gesture = Literal["tap", "hold", "stop", "privacy"]


@dataclass(frozen=True, slots=True)
class Press:
    """Once down, and perhaps up again."""

    down: float  # seconds of the session
    up: float | None = None  # the same; None while it is still held


def meant(press: Press, before: Press | None, t: float, *, spoken: bool) -> Gesture:
    """What `press` means as far as it is known at `t`, behind the press `before`; `spoken`: somebody began to, since.

    A tap or a hold is to ask, a double tap is to stop, a long press is for privacy.
    """
    end = t if press.up is None else press.up
    if end >= press.down + (LONGEST if spoken else LONG):
        return "privacy"
    if before and before.up is not None and before.up < before.down + HELD and press.down <= before.down + TWICE:
        return "stop"
    return "hold" if end >= press.down + HELD else "tap"


class Button(Protocol):
    """Something to press: each iteration opens it anew, and lets go of it at its end (`contextlib.aclosing`).

    It speaks only when it is pressed, so unlike a camera it is not read in a thread: that would end with its next
    item only. An iteration that ends by itself says that there is nothing to press any more.
    """

    def __aiter__(self) -> AsyncGenerator[ButtonEvent, None]: ...
