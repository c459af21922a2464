"""What the conversation remembers, and what of it goes along with the next question.

Words of the last turns go along, as far as they fit. The pictures of earlier turns do not: a line of what each showed
stands for it, and the picture itself goes along again only where the question refers back to it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, takewhile
from typing import Any

from pipeline.ask.modes import AUTO, mode_of
from pipeline.ask.prompting import prompt, topic_of
from pipeline.types import Exchange, Picture, Question
from pipeline.words import plain

_TURNS = 6
"""Turns of which the words are kept."""

_PICTURED = 3
"""Turns of which the picture is kept too, in case a question refers back to it."""

_LETTERS = 4000
"""Of earlier questions and answers in one request; the oldest are left out beyond it."""

_LINE = 120
"""Letters of the line that stands for a picture."""

_MOST_BYTES = 4_000_000
"""Of the pictures in one request; those beyond it are left out, the first never: servers take from 5 MB on."""

_THING = r"(one|picture|photo|image|sign|label|page|thing|screen|text|menu|letter|object)"

_BACK: tuple[tuple[int, str], ...] = (
    (2, rf"(the )?{_THING} before that|two ({_THING}s|questions) ago"),
    (
        1,
        rf"the {_THING} before( it| this| or.*| and.*)?$|(the )?previous( {_THING})?|the (earlier|last) (picture|photo)"
        rf"|that {_THING} again|(the )?same {_THING} (again|as before)|go back to (the|that)|the last one (i|you) \w+"
        rf"|you (just )?(said|told me|read|saw|described)|i (just )?showed you|what was (on )?(it|the {_THING})"
        rf"|(than|as|with|to|like) (the )?(one )?before$|(the )?{_THING} from before"
        rf"|what did (it|that|the {_THING}) say",
    ),
)
"""What a question says to refer back, and how many pictures back it goes; the farther back is looked for first."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A question as it is asked, and what the log says of it."""

    question: Question
    why: str  # its mode was chosen
    topic: str  # the name of its prompt
    again: tuple[float, ...]  # when the light fell on the pictures of earlier turns that go along, seconds
    left_out: int = 0  # pictures for which there was no room

    @property
    def about(self) -> dict[str, Any]:
        """What the log says of it: how it is asked and how much of everything goes along, and none of its words."""
        question = self.question
        return {
            "mode": question.mode,
            "why": self.why,
            "prompt": self.topic,
            "images": [
                {"width": image.width, "height": image.height, "bytes": len(image.data)} for image in question.images
            ],
            "again": self.again,
            "left_out": self.left_out,
            "history": len(question.history),
            "bytes": self.size,
        }

    @property
    def size(self) -> int:
        """Bytes of all that goes along, without what a wire format and the prompt add."""
        question = self.question
        words = [
            question.text,
            *(text for past in question.history for text in (past.question, past.shown, past.answer)),
        ]
        return sum(len(image.data) for image in question.images) + sum(len(text.encode()) for text in words)


@dataclass(slots=True)
class Conversation:
    """The turns so far."""

    past: deque[Exchange] = field(default_factory=lambda: deque(maxlen=_TURNS))
    _pictures: deque[Picture] = field(default_factory=lambda: deque(maxlen=_PICTURED))
    _topic: str = ""

    @property
    def last(self) -> str:
        """The last answer, as far as it was heard; empty if there is none."""
        return self.past[-1].answer if self.past else ""

    def compose(
        self,
        turn: int,
        t: float,
        text: str,
        images: Sequence[Picture],
        *,
        setting: str = AUTO,
        language: str = "en",
    ) -> Composed:
        """The question `text` about `images`, with what it needs of the turns before. `setting` is as in modes.py.

        Of the images as many go along as there is room for, best first.
        """
        mode, why = mode_of(text, setting)
        topic = topic_of(text, self._topic)
        own = _within(images)
        again = self._again(text, own)
        question = Question(
            turn,
            t,
            text,
            (*own, *again),
            fitting(self.past),
            mode=mode,
            language=language,
            guidance=prompt(topic),
        )
        left_out = len(images) - len(own)
        return Composed(question, why, topic, tuple(picture.t for picture in again), left_out)

    def add(self, text: str, heard: str, composed: Composed | None = None) -> None:
        """Remember a turn: the question, and what the wearer really heard of the answer. `composed` if it was asked."""
        own: list[Picture] = []
        if composed:
            self._topic = composed.topic
            own = [image for image in composed.question.images if image.t not in composed.again]
        self._pictures.extend(own[:1])
        self.past.append(Exchange(text, heard, shown=_line(own[0].t, heard) if own else ""))

    def _again(self, text: str, images: Sequence[Picture]) -> tuple[Picture, ...]:
        """The picture that `text` refers back to, where it is kept and there is room."""
        back = refers_back(text)
        earlier = [picture for picture in self._pictures if all(picture.t != image.t for image in images)]
        if not 0 < back <= len(earlier):
            return ()
        picture = earlier[-back]
        if sum(len(image.data) for image in (*images, picture)) > _MOST_BYTES:
            return ()
        ago = f"{images[0].t - picture.t:.0f} s earlier than the first picture, " if images else ""
        return (replace(picture, note=f"{ago}of an earlier question, sent again because this one refers to it"),)


def refers_back(question: str) -> int:
    """How many pictures back a question refers, 0 for not at all."""
    words = plain(question)
    return next((back for back, pattern in _BACK if re.search(rf"\b({pattern})", words)), 0)


def _within(images: Sequence[Picture]) -> tuple[Picture, ...]:
    """The first of `images`, and those behind it up to one for which there is no room: a part follows its whole."""
    sizes = accumulate(len(image.data) for image in images)
    room = takewhile(lambda size: size <= _MOST_BYTES, sizes)
    return tuple(images[: max(1, len(list(room)))])


def fitting(past: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """The latest of the turns, as many as fit into a request."""
    kept: list[Exchange] = []
    room = _LETTERS
    for exchange in reversed(past):
        room -= len(exchange.question) + len(exchange.shown) + len(exchange.answer)
        if room < 0:
            break
        kept.append(exchange)
    return tuple(reversed(kept))


def _line(t: float, heard: str) -> str:
    """What stands for a picture that is not sent again. What it showed is known by what was said of it."""
    plain = " ".join(heard.translate({ord("["): "(", ord("]"): ")"}).split())
    first = re.split(r"(?<=[.!?])\s", plain, maxsplit=1)[0]
    about = first if len(first) <= _LINE else first[: _LINE - 3] + "..."
    return f"a picture taken at {t:.0f} s" + (f"; it showed: {about}" if about else "")
