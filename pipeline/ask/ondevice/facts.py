"""Picking out of read lines what a question asks for, by plain rules: pure functions of words.

A line is picked whole or not at all, so that nothing is said that is not written there. A kind of fact is a
pattern in the question and a pattern in the line; where several lines have it, the line with the question's own
words (the oranges, Sunday) is meant, else the one with the word that usually stands beside such a fact (EXP, Tel.).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.see.layout import Line


def _any(*alternatives: str) -> re.Pattern[str]:
    """One of these patterns, from the beginning of a word on."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that print often says and people often ask for."""

    name: str  # as it is spoken in "I don't see ..."
    asked: re.Pattern[str]  # in the question
    written: re.Pattern[str]  # in the line
    beside: re.Pattern[str]  # what usually stands before it, in the line or the line above
    several: bool = False  # many lines together are the answer
    named: bool = False  # only where that stands before it, since any number looks like one

    def subject(self, question: str) -> str:
        """What is asked about: "which bus goes to the airport" is about the airport."""
        return self.beside.sub(" ", question)


_NUMBERED = (
    "lot",
    "batch",
    "serial",
    "model",
    "part",
    "order",
    "invoice",
    "account",
    "flight",
    "tracking",
    "reference",
)
"""What has a number that looks like any other."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
TIME = re.compile(
    r"(?<![\w:.,$€£])(?:\d{1,2}[:h][0-5]\d\b|\d{1,2}(?:\.[0-5]\d)? ?[ap]\.?m\b"
    # With a dot it might be a price: only where there are two of them with a dash between.
    r"|\d{1,2}\.[0-5]\d(?= ?(?:[-–—]|to|until|till) ?\d{1,2}\.[0-5]\d\b)"
    r"|(?:(?<=[-–—])|(?<=[-–—] )|(?<=to )|(?<=until )|(?<=till ))\d{1,2}\.[0-5]\d\b)",
    re.IGNORECASE,
)

FACTS = (
    Fact(
        "a date",
        _any(
            "expir",
            r"date\b",
            "best before",
            "use by",
            "sell by",
            "(?:go(?:es)?|gone) (?:off|bad)",
            "still (?:good|fresh)",
            r"until when\b.*\b(?:good|fresh)",
            r"packed\b",
        ),
        _any(
            r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b",
            r"\d{1,2}[./-]\d{4}\b",
            r"\d{4}-\d\d\b",
            rf"(?:\d{{1,2}} ?)?{_MONTH}\.? ?\d{{2,4}}\b",
        ),
        _any("exp", "best before", "use by", "sell by", r"bbe?\b"),
    ),
    Fact(
        "a phone number",
        _any(r"telephone\b", r"phone n(?:umber|o)\b", r"number\b.*\b(?:call|ring)\b", r"(?:call|ring)\b.*\bnumber\b"),
        _any(r"\+?\(?\d(?:[ ()/.-]{0,2}\d){6,}"),
        _any(r"tel\b", r"(?:tele)?phone\b", r"call\b", r"mobile\b"),
    ),
    Fact(
        "a dose",
        _any(r"dos(?:es?|age)\b", r"(?:how (?:much|many|often)|when)\b.*\btake\b", "how many (?:tablets|pills|drops)"),
        _any(r"take\b", r"dos(?:e|age)\b", r"every\b", r"daily\b", r"times a day\b", r"(?:a|per) day\b"),
        _any("adults?", "children", "directions"),
        several=True,
    ),
    Fact(
        "how strong it is",
        _any("how strong", "strength"),
        _any(r"\d+(?:[.,]\d+)? ?(?:[mµμ]g|mcg|%|i\.?u\.?)(?!\w)"),
        _any("strength", "contains", "each", "per"),
    ),
    Fact(
        "an amount",
        _any(
            r"how (?:much|many) (?:m?[lg]|grams?|milli\w+|kilos?|lit\w+|ounces|pints|gallons)\b",
            "how heavy",
            r"(?:how much|what)\b.*\bweighs?\b",
        ),
        _any(
            r"\d+(?:[.,]\d+)? ?(?:[mcd]?l|[mµμk]?g|mcg|%|lit(?:er|re)s?|(?:fl\.? ?)?oz|ounces?|lbs?|pints?"
            r"|gal(?:lons?)?)(?!\w)"
        ),
        _any("net", "contents?", "weight"),
    ),
    Fact(
        "how much energy it has",
        _any(r"calor\w+", r"kcal\b", r"energy\b"),
        _any(r"\d+(?:[.,]\d+)? ?(?:k?cal(?:ories)?|kj)(?!\w)"),
        _any("energy", "calories"),
        several=True,
    ),
    Fact(
        "a height, a width or a size",
        _any(r"how (?:wide|tall|high|deep|low)\b", "what size", "dimensions?", "clearance", r"(?:height|width)\b"),
        _any(r"\d+(?:[.,]\d+)? ?(?:[mcd]?m|inch(?:es)?|feet|ft)(?!\w)", r"\d+ ?['′] ?\d+", r"size:? ?[\dSMLX]+\b"),
        _any("height", "width", "size", "clearance", r"max\b"),
    ),
    Fact(
        "a time",
        _any(r"opens?\b", r"opening\b", r"clos(?:e|es|ed|ing)\b", r"shuts?\b", r"hours\b", "what time", r"when\b"),
        _any(TIME.pattern, r"closed\b", "24 hours", "24/7"),
        _any("open", "hours"),
        several=True,
    ),
    *(
        Fact(
            f"{'an' if name[0] in 'aio' else 'a'} {name} number",
            _any(rf"{name} (?:number|no\b|code)"),
            _any(r"(?=\w*\d)[\w/-]{3,}"),
            _any(rf"{name}\b"),
            named=True,
        )
        for name in _NUMBERED
    ),
    Fact(
        "a number of a bus or line",
        _any(
            r"(?:which|what)\b.*\b(?:bus|tram|line|route)\b",
            r"(?:bus|tram|line|route) number\b",
            r"number of (?:the|this|that) (?:bus|tram|line|route)\b",
        ),
        _any(r"(?:^|(?<=\s))\d{1,3}[A-Z]?(?= [^\W\d])", r"^\d{1,3}[A-Z]?$", r"(?:bus|tram|line|route) ?\d+"),
        _any("bus", "tram", "line", "route"),
    ),
    Fact(
        "which platform, gate or room it is",
        _any(r"(?:which|what)\b.*\b(?:platform|track|gate|room|floor|seat|aisle)\b"),
        _any(r"(?:platform|track|gate|room|floor|seat|aisle):? ?[A-Z]?\d+"),
        _any("platform", "track", "gate", "room", "floor", "seat", "aisle"),
    ),
    Fact(
        "an address on the web",
        _any(r"web ?(?:site|page|address)", r"e-?mail", r"url\b"),
        _any(r"[\w.+-]+@[\w-]+\.\w+", r"www\.", r"[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|io|eu|de|fr|uk)(?!\w)"),
        _any("web", "mail", "visit"),
    ),
    Fact(
        "a temperature",
        _any("temperature", "how (?:hot|cold|warm)"),
        _any(r"[-−]?\d+ ?°", r"\d+ ?degrees"),
        _any("temp", "store", "below", "keep"),
    ),
    Fact(
        "a price",
        _any(r"prices?\b", r"costs?\b", r"total\b", "how (?:much|expensive)"),
        _any(r"[$€£¥] ?\d", r"\d+[.,]\d\d\b", r"\d+ ?(?:euros?|dollars?|pounds?|cents?|p)\b"),
        _any("price", "only", "total"),
    ),
)
"""The first that is asked for counts: "how much" is about a dose where something is taken, else about a price."""


def asked_for(question: str) -> Fact | None:
    """The kind of fact that `question` asks for, None for anything else."""
    return next((fact for fact in FACTS if fact.asked.search(question)), None)


def find(fact: Fact, question: str, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines that may be meant: one if it is clear, several if not, none if there is no such fact."""
    found = [
        line if fact.several else _introduced(fact, above, line)
        for above, line in zip((None, *lines), lines, strict=False)
        if fact.written.search(line.text)
    ]
    if meant := telling_of(fact.subject(question), found):
        return tuple(meant)
    if not fact.several:
        found = [line for line in found if fact.beside.search(line.text)] or ([] if fact.named else found)
    return tuple(found)


def time_of(question: str, line: str) -> str:
    """When it opens or closes, if `line` names exactly two times and `question` asks for one of them; else empty."""
    times = [match[0] for match in TIME.finditer(line)]
    if len(times) != 2:
        return ""
    if _CLOSING.search(question):
        return times[1]
    return times[0] if _OPENING.search(question) else ""


def about(question: str) -> str:
    """What follows "about" in a question; empty if it has none."""
    match = re.search(r"\babout\b(.*)", question, re.IGNORECASE)
    return match[1] if match else ""


def telling_of(subject: str, lines: Sequence[Line]) -> list[Line]:
    """The lines in which a word of `subject` stands that carries meaning; a plural's s does not matter."""
    words = _words(subject)
    return [line for line in lines if words & _words(line.text)]


def missing(question: str, lines: Sequence[Line]) -> str:
    """The name in `question` after "to" or "for" ("the flight to Paris") of which no line tells; empty if none is."""
    for name in re.findall(r"\b(?:to|for|from) ([A-Z][a-z]{2,})\b", question):
        if _words(name) and not telling_of(name, lines):
            return str(name)
    return ""


def _introduced(fact: Fact, above: Line | None, line: Line) -> Line:
    """`line` behind the one above it, if that only says what it is."""
    if above is None or fact.beside.search(line.text):
        return line
    if not fact.beside.search(above.text) or fact.written.search(above.text):
        return line
    return Line(f"{above.text} {line.text}", min(above.confidence, line.confidence))


_CLOSING = _any(r"clos(?:e|es|ing)\b", r"shuts?\b", "until when", "how (?:late|long)")
_OPENING = _any(r"what time\b.*\bopens?\b", r"when\b.*\bopens?\b")

_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        about and any are can could does for from get give has have how its let long many may much need not now off
        one out please see should some tell that the them then there these they thing this those time today tomorrow
        until was what when where which who why will with would you your
        read say says said sign label text word written here look
        open opens opening close closes closing closed shut hours late number phone call price cost
        date expire expires best before use take dose
        """,
    )
)
"""Words that every question has, or every line of a kind: they don't tell one line from another."""


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|r|rs|ur)?(?:day)?s?"
_DAYS_NAMED = re.compile(rf"\b{_DAY}\b(?:\.? ?(?:-|–|—|to|until|till|through) ?{_DAY}\b)?")
_SEVERAL_DAYS = {"weekday": _DAYS[:5], "weekend": _DAYS[5:], "daily": _DAYS, "every day": _DAYS}


def _words(text: str) -> set[str]:
    """The words of `text` that carry meaning, without a plural's s; days by their full names, each of a range."""
    text = text.casefold()
    words = re.findall(r"[^\W\d_]{3,}", text)
    return {word.removesuffix("s") for word in words if word not in _COMMON} | _days(text)


def _days(text: str) -> set[str]:
    """The days that `text`, in small letters, names: "mon-fri" are five."""
    found = {day for name, days in _SEVERAL_DAYS.items() if name in text for day in days}
    for match in _DAYS_NAMED.finditer(text):
        first, last = (
            next(n for n, day in enumerate(_DAYS) if day.startswith(one or match[1])) for one in match.groups()
        )
        found |= {_DAYS[n % 7] for n in range(first, first + (last - first) % 7 + 1)}
    return found
