"""What every backend is: a question in, a stream of words out, ended by exactly one `Answer`.

Between the words there may be a `Notice`: what the wearer hears of the asking, and no part of the answer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from pipeline.types import Answer, AnswerDelta, Notice, Question


@dataclass(frozen=True, slots=True)
class PictureBudget:
    """How a backend wants its pictures."""

    long_edge: int | None  # pixels at most; None for as the camera gave it
    quality: int  # JPEG, 1 to 100


class Backend(Protocol):
    """A model that answers questions about pictures.

    Every wait goes through the session's clock. Failures are outcomes, not exceptions: the `Answer`
    at the end says what went wrong (`fault`) and what to tell the wearer (`told`).

    It may also have an attribute `reach` ("machine", "lan" or "hosted", reach.py): where its pictures go. One that does
    not say counts as hosted. And it may have the methods `warm`, see below, and `troubles`, see checking.py.
    """

    name: str
    """The address it was opened from, for the log; never a secret."""

    picture: PictureBudget

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages it can answer in; None for any."""
        ...

    def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Notice | Answer, None]:
        """The words as they come, then one Answer. Closing the iterator stops the work."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


async def warm(backend: Backend) -> bool:
    """A question may come soon: let `backend` open its connection, where it has such a method. No words are sent.

    False if there was nobody at the other end. Never raises for want of a network.
    """
    get_ready = getattr(backend, "warm", None)
    return not get_ready or await get_ready() is not False
