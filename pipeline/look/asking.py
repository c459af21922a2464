"""Whether somebody is asking something just now: for a camera that can meter and focus for a question."""

from __future__ import annotations

from pipeline.types import Event


class Asking:
    """Follows the session's events, and is read in the thread that reads the camera, before each of its pictures.

    Speech is noticed 0.2 s after its first sound; a question goes on for one second or three.
    """

    def __init__(self) -> None:
        self._now = False

    def event(self, event: Event) -> None:
        """A subscriber of the event log."""
        if event.kind in ("speech.started", "speech.ended", "wake"):  # a wake word ends the stretch that it was said in
            self._now = event.kind == "speech.started"

    def now(self) -> bool:
        """From when speech is noticed until its end is. From any thread, and never waits."""
        return self._now
