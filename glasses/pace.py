"""How much will do while nobody can ask: few pictures, and sound in longer pieces, to spare a small machine."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from glasses.situation import Situation
from pipeline.look.asking import Asking

RESTING = 2.5
"""Pictures a second while nobody speaks and no question can begin. Whoever calls is seen at the full rate 0.2 s after
they began to, long before the first word of a question; and of each second before, of which a question about what was
needs the best picture, there are still two."""

SLOW = 5.0
"""Pictures a second at most in slow mode: of a head at rest for half a second there are still two."""

_CALLED = ("wake", "key")
"""Ways to begin a question that take time before it: only with them may anybody rest."""


class Pace:
    """Is read in the threads that read the camera and the microphone."""

    def __init__(
        self, now: Callable[[], float], situation: Situation, asking: Asking, slow: Callable[[], bool] = lambda: False
    ) -> None:
        """`now` is the session's time in seconds; `situation` and `asking` follow it; `slow`: whether to do less."""
        self._now = now
        self._situation = situation
        self._asking = asking
        self._slow = slow

    def resting(self) -> bool:
        """Whether no question can begin, nobody speaks and nothing is recorded. From any thread, and never waits."""
        situation = self._situation
        if situation.recording or situation.start.how not in _CALLED:
            return False
        return situation.state(self._now()) == "idle" and not self._asking.now()

    def wanted(self) -> float:
        """Pictures a second that will do now; infinite for all there are. From any thread, and never waits."""
        if self._situation.recording:
            return inf
        return RESTING if self.resting() else SLOW if self._slow() else inf
