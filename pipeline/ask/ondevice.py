"""Answers without a network: reads the print in the picture, and says plainly what it can't answer.

It understands little and pretends nothing. "What does it say" reads all; "when", "how much", "until when" and
the like pick the line that says so (facts.py); a question that needs eyes for more than print is turned down, with the
print that is there. Print is content: what stands on a sign is spoken, never obeyed.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Sequence

from pipeline.ask.backend import PictureBudget
from pipeline.ask.facts import Fact, asked_for, find, shares_words, time_of
from pipeline.ask.reader import Line, Reader
from pipeline.clock import Clock
from pipeline.errors import GlassesError
from pipeline.types import Answer, AnswerDelta, Question

_LEGIBLE = 0.75
"""Confidence below which a line is left out: on the test labels, what was below it were broken words."""

_SURE = 0.93
"""Confidence below which a line is called hard to read: there, single digits were wrong."""

_GLIMPSE = 3
"""Lines that are read of a picture where nobody asked for them."""

_READ = re.compile(r"\b(read|reads|say|says|said|written|text|words?|letters|spell)\b", re.IGNORECASE)
_ABOUT = re.compile(r"\babout\b(.*)", re.IGNORECASE)
_FOLLOWS = re.compile(r"\s*(and|what about|how about|or)\b", re.IGNORECASE)


class OnDevice:
    """A backend that only reads."""

    name = "ondevice"
    picture = PictureBudget(long_edge=None, quality=95)
    languages = frozenset({"en"})

    def __init__(self, clock: Clock, reader: Reader) -> None:
        self._clock = clock
        self._reader = reader

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Answer, None]:
        """As `Backend.stream`: a delta a sentence."""
        if not question.images:
            text = "I have no picture to read from."
            yield AnswerDelta(question.turn, self._clock.now(), text)
            yield Answer(question.turn, text, "ok")
            return
        try:
            lines = await self._clock.run("read", lambda: self._reader.read(question.images[0]))
        except GlassesError as error:
            yield Answer(question.turn, "", "error", f"{self.name}: {error}", error.told)
            return
        text = ""
        for sentence in answer(question, lines):
            piece = f" {sentence}" if text else sentence
            text += piece
            yield AnswerDelta(question.turn, self._clock.now(), piece)
        yield Answer(question.turn, text, "ok")

    async def close(self) -> None:
        """There is nothing to let go of."""


def answer(question: Question, lines: Sequence[Line]) -> Iterator[str]:
    """The answer's sentences, from the lines in the picture and nothing else."""
    legible = [Line(speakable_case(line.text), line.confidence) for line in lines if line.confidence >= _LEGIBLE]
    asked = question.text
    fact = asked_for(asked)
    if not fact and question.history and _FOLLOWS.match(asked):
        fact = asked_for(question.history[-1].question)
    if not legible:
        yield from _nothing(bool(lines), needs_model=not (fact or _READ.search(asked)))
    elif _READ.search(asked) and not fact:
        yield from _read(asked, legible, left_out=len(legible) < len(lines))
    elif fact:
        yield from _fact(fact, asked, legible)
    else:
        yield from _without_model(asked, legible)


def _nothing(blurred: bool, needs_model: bool) -> Iterator[str]:
    if needs_model:
        yield "I can't answer that without a model: I can only read text."
    if blurred:
        yield "There is some text in view, but I can't make it out."
        yield "Try going closer, or holding still."
    else:
        yield "I can't read any text in view."


def _read(asked: str, lines: Sequence[Line], left_out: bool) -> Iterator[str]:
    about = _ABOUT.search(asked)
    told = [line for line in lines if about and shares_words(about[1], line.text)] or lines
    if about and told is lines:
        yield "I don't see anything about that."
    yield from _it_says(told)
    if left_out or any(line.confidence < _SURE for line in told):
        yield "Some of it is hard to read."


def _fact(fact: Fact, asked: str, lines: Sequence[Line]) -> Iterator[str]:
    found = find(fact, asked, lines)
    unsure = any(line.confidence < _SURE for line in found)
    if not found:
        yield f"I don't see {fact.name}."
        yield from _glimpse(lines)
        return
    if unsure:
        yield "It is hard to read, so don't rely on it."
    elif len(found) == 1 and (time := time_of(asked, found[0].text)):
        yield f"{time}."
    if len(found) > 1 and not fact.several:
        yield "I can't tell which."
    yield from _it_says(found)


def _without_model(asked: str, lines: Sequence[Line]) -> Iterator[str]:
    yield "I can't answer that without a model: I can only read text."
    matching = [line for line in lines if shares_words(asked, line.text)]
    yield from _glimpse(matching or lines)


def _glimpse(lines: Sequence[Line]) -> Iterator[str]:
    yield from _it_says(lines[:_GLIMPSE])
    if len(lines) > _GLIMPSE:
        yield "And more."


def _it_says(lines: Sequence[Line]) -> Iterator[str]:
    first, *others = sentences(lines)
    yield f"It says: {first}"
    yield from others


def sentences(lines: Sequence[Line]) -> list[str]:
    """Lines as sentences to be spoken: one that goes on in the next line in small letters is put together."""
    made: list[str] = []
    for line in lines:
        if made and made[-1][-1] not in ".!?" and line.text[0].islower():
            made[-1] += f" {line.text}"
        else:
            made.append(line.text)
    return [text if text[-1] in ".!?:" else f"{text.rstrip(' ,;-')}." for text in made]


def speakable_case(text: str) -> str:
    """Words in capitals as names are written: many voices spell capitals. BBC, and WC among small letters, stay."""
    shouted = text.upper() == text

    def calm(match: re.Match[str]) -> str:
        word = match[0]
        is_word = word.isupper() and re.search("[AEIOUYÄÖÜÉÈ]", word) and (shouted or len(word) > 3)
        return word.capitalize() if is_word else word

    return re.sub(r"\b[^\W\d_]{2,}(['’][^\W\d_]+)?\b", calm, text)
