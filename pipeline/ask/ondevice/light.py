"""What is said of the light. A camera evens it out, so that only very dark and glowing are certain."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.see.light import Light

_COVERED = 4.0
"""Mean grey level that only a covered lens gives: even at night a camera turns its noise up."""


def told(light: Light) -> Iterator[str]:
    """Whether a light is on, as far as one picture tells."""
    if light.dark:
        if light.lamp:
            yield f"It is dark, but something bright shines {_side(light.lamp)}."
        else:
            yield "It is dark: I see no light that is on."
        if light.level < _COVERED:
            yield "If that surprises you, the camera may be covered."
    elif light.even:
        yield "It is light, but I can't see anything in it: everything looks the same."
    elif light.lamp:
        yield f"It is light here, and something glows {_side(light.lamp)}, which may be a lamp."
    else:
        yield "It is light here. I can't tell whether that is a lamp or daylight."


def _side(place: tuple[float, float]) -> str:
    return "on the left" if place[0] < 0.36 else "on the right" if place[0] > 0.64 else "ahead"


def nothing_there(light: Light) -> Iterator[str]:
    """What is said of a picture in which all is alike, whatever was asked."""
    what = "dark" if light.dark else "the same bright colour" if light.level > 200 else "the same colour"
    yield f"I can't see anything: the whole picture is {what}."
    yield "The camera may be covered." if light.dark else "The camera may be too close, or dazzled."
