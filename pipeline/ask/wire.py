"""What all wire formats share: the question to be written down, and the answer that is being read.

A wire format is a module that satisfies `Format`: it knows how one kind of server wants to be asked and what its
events mean, and nothing of connections, deadlines or vendors.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.ask.failures import Failure, failed, one_line
from pipeline.ask.prompting import VOICE, prompt
from pipeline.ask.thoughts import Thoughts
from pipeline.languages import language_name
from pipeline.types import Outcome, Picture, Question

_NOT_WHOLE: dict[Outcome, tuple[str, str, str]] = {
    "truncated": (
        "the model reached its limit of tokens; raise ask.max_tokens in the configuration",
        "The answer was cut short.",
        "The model ran out of room before it could answer.",
    ),
    "filtered": (
        "the server's filter held the answer back; ask something else",
        "The rest of the answer was held back.",
        "The answer was held back.",
    ),
    "refused": (
        "the model refused; ask something else",
        "The model declined to say more.",
        "The model declined to answer that.",
    ),
}
"""For an answer that is not whole: the fault, what the wearer is told after words and without any."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way to a server."""

    question: Question
    model: str
    max_tokens: int  # of the answer, reasoning included
    cap: str  # what the service calls that limit, where the format leaves it open
    effort: str  # how hard to think, in the service's word; empty to leave it to the model

    @property
    def prompt(self) -> str:
        """The system prompt, with the language to answer in and what this question and its pictures need beside it."""
        language = language_name(self.question.language)
        images = enumerate(self.question.images, 1)
        notes = " ".join(f"Picture {number} of this question: {image.note}." for number, image in images if image.note)
        usual = f"{prompt(VOICE)}\nAnswer in {language}, whatever language the question is in."
        return "\n\n".join(filter(None, (usual, self.question.guidance, notes)))

    @property
    def exchanges(self) -> list[tuple[str, str]]:
        """Earlier turns as question and answer; without those that lack one: roles have to alternate."""
        return [
            (f"[{past.shown}]\n{past.question}" if past.shown else past.question, past.answer)
            for past in self.question.history
            if past.question and past.answer
        ]


class Heard:
    """What has come of one answer so far; a format writes into it what it reads."""

    def __init__(self, name: str, model: str) -> None:
        self.text = ""
        self.finish = ""  # why the server ended the answer, in its own word
        self.tokens: int | None = None
        self.asides: set[Any] = set()  # parts of the reply that are not the answer, by the format's own marks
        self._name = name
        self._model = model
        self.refusal = ""  # the model's own words of it
        self._half = ""  # of an emoji
        self._thoughts = Thoughts()

    def say(self, piece: str) -> str:
        """What of `piece` may be spoken now: no thoughts."""
        return self._add(self._thoughts.without(piece))

    def rest(self) -> str:
        """What was held back in case it began a tag."""
        return self._add(self._thoughts.rest())

    def refuse(self, piece: str) -> None:
        """The model's own words of refusal, which are told instead of an answer."""
        self.refusal += _whole(piece)[0]

    def count(self, tokens: Any) -> None:
        """How many tokens the answer took; anything but a whole number is no count."""
        self.tokens = tokens if isinstance(tokens, int) else self.tokens

    def failed(self, error: Any) -> Failure:
        """An error in the middle of the stream, as the server's JSON says it."""
        return failed(self._name, self._model, 0, json.dumps({"error": error}))

    def ending(self, ends: Mapping[str, Outcome]) -> Failure | None:
        """What is wrong with the answer now that its stream has ended; `ends` are the finish reasons that we know."""
        if self.refusal:
            message = f"{self._name}: the model refused: {one_line(self.refusal)}"
            return Failure(message, told=self.refusal, outcome="refused")
        outcome = ends.get(self.finish)
        if outcome is None:
            how = f"with '{one_line(self.finish)}'" if self.finish else "without a finish reason"
            message = f"{self._name}: the stream ended {how}; ask again"
            return Failure(message, told="The answer broke off.", outcome="interrupted", again=not self.finish)
        if outcome == "ok":
            empty = Failure(f"{self._name}: an empty answer; ask again", told="The model gave an empty answer.")
            return None if self.text else empty
        fault, told, told_of_nothing = _NOT_WHOLE[outcome]
        return Failure(f"{self._name}: {fault}", told=told if self.text else told_of_nothing, outcome=outcome)

    def _add(self, piece: str) -> str:
        piece, self._half = _whole(self._half + piece)
        piece = piece if self.text else piece.lstrip()
        self.text += piece
        return piece


class Format(Protocol):
    """A wire format; each module that satisfies it names the sources of what it knows."""

    @property
    def ENDS(self) -> Mapping[str, Outcome]:  # noqa: N802 - a constant of the module
        """The finish reasons that it knows: everything else is an answer broken off."""
        ...

    def path(self, model: str) -> str:
        """What follows the base address."""
        ...

    def headers(self, key: str) -> dict[str, str]:
        """Those that carry `key`, which may be empty."""
        ...

    def body(self, asked: Asked) -> dict[str, Any]:
        """The request, to be sent as JSON; pictures before the words, since prompt caches need an equal beginning."""
        ...

    def read(self, event: Any, heard: Heard) -> str:
        """What an event, parsed from JSON, adds to the spoken answer.

        Raises Failure if it is an error; ValueError, TypeError, AttributeError or LookupError if it makes no sense.
        """
        ...


def bearer(key: str) -> dict[str, str]:
    """The header that most services take their key in; none without a key."""
    return {"authorization": f"Bearer {key}"} if key else {}


def base64_of(picture: Picture) -> str:
    """The JPEG file as JSON can carry it."""
    return base64.b64encode(picture.data).decode()


def _whole(piece: str) -> tuple[str, str]:
    """Words without half emoji, and the half that may be made whole by the next piece.

    Servers that count as JavaScript does split emoji in two, and a half can't be printed, logged or spoken.
    """
    half = piece[-1:] if "\ud800" <= piece[-1:] <= "\udbff" else ""
    units = piece.removesuffix(half).encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "ignore"), half
