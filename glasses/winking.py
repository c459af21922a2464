"""The light says what is missing: it winks once for the camera, twice for the microphone, thrice for the speaker."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.clock import Clock

_WINKS = {"camera": 1, "microphone": 2, "speaker": 3}

_EVERY = 4.0
"""Seconds from one thing that is missing to the next, and until it begins anew."""

_MOMENT, _BETWEEN = 0.12, 0.25
"""Seconds of a wink, and to the next of the same thing: they can be counted, and the light is hardly ever dark."""


async def wink(clock: Clock, light: Callable[[bool], None], missing: Callable[[], Sequence[str]]) -> None:
    """Wink until it is cancelled. `light` begins a wink or ends it; `missing` names what is missing now."""
    turn = 0
    try:
        while True:
            await clock.sleep_until(clock.now() + _EVERY)
            if not (names := [name for name in _WINKS if name in missing()]):
                continue
            for _ in range(_WINKS[names[turn % len(names)]]):
                light(True)
                await clock.sleep_until(clock.now() + _MOMENT)
                light(False)
                await clock.sleep_until(clock.now() + _BETWEEN)
            turn += 1
    finally:
        light(False)
