"""Lines of print as sentences to be spoken: sign by sign, and a long text by its largest print first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median

from pipeline.ask.ondevice.facts import TIME
from pipeline.see.layout import Line

LEGIBLE = 0.75
"""Confidence below which a line is left out: on the test labels, what was below it were broken words."""

SURE = 0.93
"""Confidence below which a line is called hard to read: there, single digits were wrong."""

GLIMPSE = 3
"""Lines that are read of a picture where nobody asked for them."""

AT_ONCE = 60
"""Words that are read without asking back: about 25 seconds of speech."""

_A_PAGE = 45
"""Words that are read on at once; a sentence is finished."""

_HEADLINE = 1.4
"""How many times the median height of the print a headline has."""

_HEADLINE_WORDS = 25

MORE = "Shall I read on?"


@dataclass(frozen=True, slots=True)
class Told:
    """What is said, and what is left to read on."""

    sentences: tuple[str, ...]
    left: tuple[Line, ...] = ()


def read_aloud(lines: Sequence[Line]) -> Told:
    """All of it, or of a long text the largest print, and whether to read on."""
    if _words(lines) <= AT_ONCE:
        return Told(tuple(signs(lines)))
    if large := _headlines(lines):
        left = tuple(line for line in lines if line not in large)
        return Told(("It is a long text.", *it_says(large, "The largest print says"), MORE), left)
    page, left = _page(lines)
    return Told(("It is a long text.", *it_says(page, "It begins"), MORE), left)


def read_on(lines: Sequence[Line]) -> Told:
    """The next part of what was left."""
    page, left = _page(lines)
    return Told((*sentences(page), *([MORE] if left else ["That is all."])), left)


def signs(lines: Sequence[Line]) -> Iterator[str]:
    """What each sign says, and where the next one is."""
    before: Line | None = None
    for _, group in groupby(lines, key=lambda line: line.sign):
        sign = list(group)
        yield from it_says(sign, f"{_from(before, sign[0])} it says" if before else "It says")
        before = sign[0]


def it_says(lines: Sequence[Line], opening: str = "It says") -> Iterator[str]:
    first, *others = sentences(lines)
    yield f"{opening}: {first}"
    yield from others


def glimpse(lines: Sequence[Line]) -> Iterator[str]:
    """The first lines only."""
    yield from it_says(lines[:GLIMPSE])
    if len(lines) > GLIMPSE:
        yield "And more."


def sentences(lines: Sequence[Line]) -> list[str]:
    """Lines as sentences to be spoken. Chinese or Japanese that stands together is one: a voice only names it."""
    made: list[str] = []
    for line in joined(lines):
        text = naturally(line.text)
        if made and _EAST_ASIAN.fullmatch(made[-1]) and _EAST_ASIAN.fullmatch(text):
            made[-1] += f"、{text}"
        else:
            made.append(text)
    return [text if text[-1] in ".!?:。" else f"{text.rstrip(' ,;-')}." for text in made]


def joined(lines: Sequence[Line]) -> list[Line]:
    """Lines of one sign put together where a sentence goes on in the next: in small letters, or after a word that
    never ends one."""
    made: list[Line] = []
    for line in lines:
        before = made[-1] if made else None
        if before and before.sign == line.sign and _goes_on(before.text, line.text):
            hyphen = _HYPHEN.search(before.text) and line.text[0].islower()
            text = before.text[:-1] + line.text if hyphen else f"{before.text} {line.text}"
            made[-1] = replace(before, text=text, confidence=min(before.confidence, line.confidence))
        else:
            made.append(line)
    return made


def _goes_on(text: str, following: str) -> bool:
    if text[-1] in ".!?:" or _ADDRESS.match(following):
        return False
    return following[0].islower() or bool(_HANGING.search(text))


def calmed(lines: Sequence[Line]) -> list[Line]:
    """What is legible, its capitals as names are written."""
    return [replace(line, text=speakable_case(line.text)) for line in lines if line.confidence >= LEGIBLE]


def speakable_case(text: str) -> str:
    """Words in capitals as names are written: many voices spell capitals. BBC, and WC among small letters, stay."""
    shouted = text.upper() == text

    def calm(match: re.Match[str]) -> str:
        word = match[0]
        is_word = word.isupper() and re.search("[AEIOUYÄÖÜÉÈ]", word) and (shouted or len(word) > 3)
        return word.capitalize() if is_word else word

    return re.sub(r"\b[^\W\d_]{2,}(['’][^\W\d_]+)?\b", calm, text)


def naturally(text: str) -> str:
    """Dates, times and prices in a form that the voice's own rules (pipeline/speak/speakable.py) know.

    A date with dots has its day first wherever it is written so; one with slashes only where a number over 12 tells.
    """
    text = re.sub(r"([$€£]) ?(\d+),(\d\d)(?!\d)", r"\1\2.\3", text)
    text = TIME.sub(lambda match: _CLOCK.sub(r"\1:\2", match[0]), text)
    text = _DOTTED.sub(lambda match: _date(match, match[1], match[2]), text)
    text = _OF_A_MONTH.sub(lambda match: f"{_MONTHS[int(match[1]) - 1]} {match[2]}", text)
    text = _NO_ZERO.sub("", text)
    return _SLASHED.sub(_slashed, text)


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\.?\d)")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_OF_A_MONTH = re.compile(r"(?<![\d./-])(0?[1-9]|1[0-2]) ?[.-] ?(20\d\d)(?![\d./-]*\d)")
_NO_ZERO = re.compile(rf"(?<!\d)0(?=[1-9] ?(?:{'|'.join(month[:3] for month in _MONTHS)}))", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2})[.h]([0-5]\d)")
_HYPHEN = re.compile(r"[^\W\d_]-$")
_ADDRESS = re.compile(r"www\.|https?:|\S+@|[\w-]+\.(?:com|org|net|info)\b|e-?mail\b|tel\b", re.IGNORECASE)
_HANGING = re.compile(
    r"\s(?:a|an|the|this|these|your|our|their|his|her|my|all|any|no|and|or|but|if|of|on|in|at|to|for|from|with|by|as|is"
    r"|are|be|will|not|than|that|which|who|since|until|before|after)$|\w\s.*,$",
    re.IGNORECASE,
)
"""A line that ends so goes on: it needs a word before it, since ON and OFF stand alone as well."""
_EAST_ASIAN = re.compile(r"[\u3000-\u30ff\u3400-\u9fff]+")


def _slashed(match: re.Match[str]) -> str:
    if int(match[1]) > 12:
        return _date(match, match[1], match[2])
    return _date(match, match[2], match[1]) if int(match[2]) > 12 else match[0]


def _date(match: re.Match[str], day: str, month: str) -> str:
    if not (1 <= int(day) <= 31 and 1 <= int(month) <= 12):
        return match[0]
    return f"{_MONTHS[int(month) - 1]} {int(day)}, {match[3]}"


def _words(lines: Sequence[Line]) -> int:
    return sum(len(line.text.split()) for line in lines)


def _headlines(lines: Sequence[Line]) -> list[Line]:
    """The lines of the largest print, in the order of reading; none if all are much alike."""
    typical = median(line.height for line in lines)
    large: list[Line] = []
    for line in sorted(lines, key=lambda line: -line.height):
        if line.height < _HEADLINE * typical or _words([*large, line]) > _HEADLINE_WORDS:
            break
        large.append(line)
    return [line for line in lines if line in large]


def _page(lines: Sequence[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """As much as is read at once, and the rest."""
    count = 0
    for number, line in enumerate(lines, start=1):
        count += len(line.text.split())
        if count >= _A_PAGE and (line.text[-1:] in ".!?:" or count >= 2 * _A_PAGE):
            return tuple(lines[:number]), tuple(lines[number:])
    return tuple(lines), ()


def _from(before: Line, line: Line) -> str:
    """Where `line` is, seen from `before`."""
    dx, dy = line.centre[0] - before.centre[0], line.centre[1] - before.centre[1]
    if abs(dx) > abs(dy):
        return "To the right" if dx > 0 else "To the left"
    return "Below" if dy > 0 else "Above"
