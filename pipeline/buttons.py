"""Buttons: what they say, and what every one of them is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """The wearer pressed it."""

    t: float  # seconds of the session


@dataclass(frozen=True, slots=True)
class ButtonReleased:
    """The wearer let go of it. Held, tapped or tapped twice: the times of both tell."""

    t: float  # seconds of the session


ButtonEvent = ButtonPressed | ButtonReleased


class Button(Protocol):
    """Something to press: each iteration opens it anew, and lets go of it at its end (`contextlib.aclosing`).

    It speaks only when it is pressed, so unlike a camera it is not read in a thread: that would end with its next
    item only. An iteration that ends by itself says that there is nothing to press any more.
    """

    def __aiter__(self) -> AsyncGenerator[ButtonEvent, None]: ...
