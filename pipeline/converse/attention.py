"""Who is meant: whether what was said is for the assistant, by how a turn is to be started."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from pipeline.converse.addressed import addressed, named

Start = Literal["always", "wake", "name", "key"]

STARTS: tuple[Start, ...] = ("always", "wake", "name", "key")
"""Ways to start a turn: whatever is said, behind a wake word, behind a spoken name, or at the press of a key."""


@dataclass(frozen=True, slots=True)
class AttentionSettings:
    """How a turn is started."""

    start: Start = "always"
    name: str = "glasses"  # that is to be said, where it is started by name
    awake: float = 8.0  # seconds after a wake word, its name alone or a key, in which a question may begin
    follow_up: float = 6.0  # seconds after an answer in which the next question may begin without any of them


class Attention:
    """Open or not, until when, and to what. Times are session seconds."""

    def __init__(self, settings: AttentionSettings) -> None:
        self._settings = settings
        self._since = self._until = -inf  # a question may begin from and until then
        self._called = False  # a wake word or a key opened it: whatever comes is meant
        self._asked_back = False  # the answer was a question

    @property
    def until(self) -> float:
        """Seconds. Until when a question may begin; minus infinity if it may not."""
        return inf if self._settings.start == "always" else self._until

    def call(self, t: float, *, since: float = -inf) -> None:
        """The wearer called: whatever is said next is meant, if it began after `since`."""
        self._since, self._until, self._called = since, t + self._settings.awake, True

    def follow_up(self, t: float, *, asked_back: bool = False) -> None:
        """The wearer was answered, perhaps with a question: what is said next may be meant."""
        self._since, self._until = -inf, t + self._settings.follow_up
        self._called, self._asked_back = False, asked_back

    def close(self) -> None:
        """Nothing more is wanted."""
        self._until, self._called = -inf, False

    def meant(self, text: str, confidence: float, t_start: float, *, answering: bool) -> str | None:
        """What of `text`, said from `t_start` on, is for the assistant: empty if only its name; None if nothing is.

        Whoever is being answered (`answering`) may say more without being called again.
        """
        start = self._settings.start
        if start in ("always", "name") and (question := named(text, self._settings.name)) is not None:
            return question
        if start == "always":
            return text
        within = self._since <= t_start <= self._until
        if within and self._called:
            return text
        if not (within or answering):
            return None
        return text if addressed(text, confidence, after_question=self._asked_back) else None
