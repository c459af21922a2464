"""How many pictures a second will do: few while nobody can ask about them, to spare a small machine."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from glasses.settings import Start
from glasses.situation import Situation
from pipeline.look.asking import Asking
from pipeline.types import Event

RESTING = 2.5
"""Pictures a second while nobody speaks and no question can begin. Whoever calls is seen at the full rate 0.2 s after
they began to, long before the first word of a question; and of each second before, of which a question about what was
needs the best picture, there are still two."""

SLOW = 5.0
"""Pictures a second at most in slow mode: of a head at rest for half a second there are still two."""

_CALLED = ("wake", "key")
"""Ways to begin a question that take time before it: only with them may anybody rest."""


class Pace:
    """Follows the session's events, and is read in the thread that reads the camera."""

    def __init__(
        self, now: Callable[[], float], start: Start, asking: Asking, slow: Callable[[], bool] = lambda: False
    ) -> None:
        """`now` is the session's time in seconds; `asking` follows the same events; `slow`: whether to do less."""
        self._now = now
        self._called = start.how in _CALLED
        self._asking = asking
        self._slow = slow
        self._situation = Situation(start)

    def event(self, event: Event) -> None:
        """A subscriber of the event log."""
        self._situation(event)

    def wanted(self) -> float:
        """Pictures a second that will do now; infinite for all there are. From any thread, and never waits."""
        situation = self._situation
        idle = self._called and situation.state(self._now()) == "idle" and not self._asking.now()
        if situation.recording:
            return inf
        return RESTING if idle else SLOW if self._slow() else inf
