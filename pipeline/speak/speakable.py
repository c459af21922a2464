"""What models write, made into what a voice can say. For languages but English that is only what is no words.

Only what espeak-ng (Piper's phonemiser) says wrongly is mended here: it reads plain numbers, percentages,
"9:30", "7 p.m." and words in capitals well by itself. Checked by the phonemes of Piper's en_US voices.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_Match = re.Match[str]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = {day[:3]: day for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")}
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
_MAGNITUDES = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "bn": "billion", "B": "billion"}
_FRACTIONS = {
    **{"1/2": "a half", "1/3": "a third", "2/3": "two thirds", "1/4": "a quarter", "3/4": "three quarters"},
    **{"1/8": "an eighth", "3/8": "three eighths", "½": "a half", "⅓": "a third", "⅔": "two thirds"},
    **{"¼": "a quarter", "¾": "three quarters", "⅛": "an eighth"},
}
_UNITS = {
    **{"km": "kilometre", "m": "metre", "cm": "centimetre", "mm": "millimetre", "m²": "square metre"},
    **{"kg": "kilogram", "g": "gram", "mg": "milligram", "µg": "microgram", "μg": "microgram", "mcg": "microgram"},
    **{"t": "tonne"},
    **{"l": "litre", "L": "litre", "cl": "centilitre", "dl": "decilitre", "ml": "millilitre", "mL": "millilitre"},
    **{"h": "hour", "hr": "hour", "hrs": "hour", "min": "minute", "mins": "minute", "sec": "second"},
    **{"kWh": "kilowatt hour", "kW": "kilowatt", "kcal": "kilocalorie", "kJ": "kilojoule"},
    **{"GB": "gigabyte", "MB": "megabyte", "kB": "kilobyte", "TB": "terabyte", "MHz": "megahertz", "kHz": "kilohertz"},
    **{"mi": "mile", "mph": "mile per hour", "ft": "foot", "yd": "yard", "lb": "pound", "lbs": "pound", "oz": "ounce"},
    **{"tsp": "teaspoon", "tbsp": "tablespoon", "°C": "degree Celsius", "°F": "degree Fahrenheit"},
}
_IMPERIAL = frozenset({"mi", "mph", "ft", "yd", "lb", "lbs", "oz", "°F"})
_PLURALS = {"foot": "feet", "yen": "yen", "megahertz": "megahertz", "kilohertz": "kilohertz"}
_ABBREVIATIONS = {
    **{"Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missis", "Ms.": "Miz", "Prof.": "Professor", "Mt.": "Mount"},
    **{"Ave.": "Avenue", "Blvd.": "Boulevard", "Rd.": "Road", "Tel.": "telephone", "tel.": "telephone"},
    **{"approx.": "approximately", "ca.": "about", "vs.": "versus", "vs": "versus", "incl.": "including"},
    **{"max.": "maximum", "w/o": "without", "w/": "with", "CO₂": "C O 2", "CO2": "C O 2"},
}

_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_DAY = "|".join(_DAYS)
_FRACTION = "|".join(_FRACTIONS)

_DOMAIN = r"(?:[\w-]+\.)+[a-z]{2,}"
_URL = re.compile(
    rf"(?:https?://(?:www\.)?|\bwww\.)([\w.-]*\w)\S*?(?=[.,;:!?)\]\"'”’>]*(?:\s|$))|\b({_DOMAIN})/[\w/#?=&%.-]*\w/?"
)
_ELSEWHERE = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af][\u3001-\u30ff\u3400-\u9fff\uac00-\ud7af！-｝\s]*(?<!\s)"
    # A single letter is a unit or a variable: 25 μg, and the voice knows it.
    r"|\b[Ͱ-Ͽἀ-῿]{2,}(?:[\s,.;:-]+[Ͱ-Ͽἀ-῿]+\b)*|\b[Ѐ-ӿ]{2,}(?:[\s,.;:-]+[Ѐ-ӿ]+\b)*"
)


def speakable(text: str, language: str = "en") -> str:
    """`text`, one clause or more, as words for a voice of `language` (ISO 639-1); empty where there is nothing to say.

    Markdown goes (also where a clause's end has cut it in two) and emoji. For an English voice emoji are named
    where there is nothing else, a URL becomes its host, and numbers, units, times and abbreviations are written out.
    """
    lines = [_without_markdown(line) for line in text.splitlines()]
    english = language == "en"
    text = _without_emoji(_LINE_END.sub(". ", "\n".join(line for line in lines if line)), named=english)
    for pattern, replacement in [*_MARKS, *(_ENGLISH if english else []), *_LEFT_OVER]:
        text = pattern.sub(replacement, text)
    return text if _has_word(text) else ""


def _without_markdown(line: str) -> str:
    """The words of one line. Lines stand alone, since clauses end with them."""
    line = _MULTIPLIED.sub(r"\1 × ", _BLOCK_MARK.sub("", line))
    spans = (span for token in _markdown().parseInline(line) for span in token.children or [])
    return "".join(" " if span.type == "html_inline" else span.content for span in spans).strip()


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("strikethrough")


def _without_emoji(text: str, *, named: bool) -> str:
    import emoji

    plain = emoji.replace_emoji(text, lambda symbol, _: " " + "".join(c for c in symbol if c.isascii()) + " ")
    if _has_word(plain) or not named:
        return plain
    return emoji.demojize(_SKIN_TONE.sub("", text), delimiters=(" ", " "))


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _host(match: _Match) -> str:
    return str(match[1] or match[2]).replace(".", " dot ")


def _plural(word: str, number: str) -> str:
    if number == "1":
        return word
    head, per, rest = word.partition(" per ")
    head, of, degree = head.partition(" ") if head.startswith("degree") else (head, "", "")
    return _PLURALS.get(head, head + "s") + of + degree + per + rest


def _money(match: _Match) -> str:
    symbol, whole, cents, magnitude = match["symbol"], match["whole"], match["cents"], match["magnitude"]
    word = _CURRENCIES[symbol]
    if magnitude or (cents and len(cents) != 2):
        amount = f"{whole}.{cents}" if cents else whole
        return " ".join(filter(None, (amount, _MAGNITUDES.get(magnitude, magnitude), _plural(word, "2"))))
    if not cents or not int(cents):
        return f"{whole} {_plural(word, whole)}"
    small = f"{int(cents)} " + ("pence" if symbol == "£" else _plural("cent", str(int(cents))))
    if whole == "0":
        return small
    return f"{whole} {_plural(word, whole)} " + (cents if int(cents) >= 10 else f"and {small}")


def _measure(match: _Match) -> str:
    number, unit, per_number, per_unit = match.groups()
    said = f"{number} {_plural(_UNITS[unit], number)}"
    if per_number and ({unit, per_unit} == {"kJ", "kcal"} or (unit in _IMPERIAL) != (per_unit in _IMPERIAL)):
        return f"{said}, {per_number} {_plural(_UNITS[per_unit], per_number)}"  # the same, measured otherwise
    if per_unit:
        per = f"{per_number} {_plural(_UNITS[per_unit], per_number)}" if per_number else _UNITS[per_unit]
        said += f" per {per}"
    return said


def _time(match: _Match) -> str:
    hour, minute = int(match[1]), int(match[2])
    half_day = match[3] or ""
    if minute:
        return f"{hour} oh {minute}{half_day}" if minute < 10 else f"{hour} {minute}{half_day}"
    if half_day:
        return f"{hour}{half_day}"
    return "midnight" if hour in (0, 24) else f"{hour} o'clock" if hour <= 12 else f"{hour} hundred"


def _fraction(match: _Match) -> str:
    whole, fraction = match[1], _FRACTIONS[match[2]]
    return f"{whole} and {fraction}" if whole else fraction


def _month(year: str, month: str, day: str = "") -> str:
    return f"{_MONTHS[int(month) - 1]} {day and str(int(day)) + ', '}{year}"


def _digits(match: _Match) -> str:
    """One by one, as telephone and serial numbers are read, with a pause where the groups part."""
    return ", ".join(" ".join(group) for group in re.findall(r"\d+", match[0]))


def _foreign(match: _Match) -> str:
    """An English voice says "Chinese letter" for each of them, or spells: once is enough."""
    if re.match(r"[Ͱ-Ͽἀ-῿Ѐ-ӿ]", match[0]):
        return " Cyrillic writing " if re.match(r"[Ѐ-ӿ]", match[0]) else " Greek writing "
    if re.search(r"[\u3040-\u30ff]", match[0]):
        return " Japanese writing "
    return " Korean writing " if re.search(r"[\uac00-\ud7af]", match[0]) else " Chinese writing "


_BLOCK_MARK = re.compile(r"^\s*(?:(?:#{1,6}(?:\s|$)|>+\s?(?=\D)|[-*+]\s+)+|(?:```|~~~).*)")
_MULTIPLIED = re.compile(r"(\d)\s?\*\s?(?=\d)")  # before Markdown takes 2*3*4 for emphasis
_LINE_END = re.compile(r"(?<![.,;:!?…])\n")  # a voice needs a full stop where the eye sees a new line
_SKIN_TONE = re.compile("[\U0001f3fb-\U0001f3ff]")

# In this order: what a rule has written, later ones leave alone.
_Rules = list[tuple[re.Pattern[str], str | Callable[[_Match], str]]]

_MARKS: _Rules = [
    # What is left of Markdown that a clause's end has cut in two.
    (re.compile(r"\]\([^)\s]*\)?|(?<=\w)\s?\[\^?\d+\]|[\[\]*`]|~~"), ""),
    (re.compile(r"^\W*\|\s*|\s*\|\s*$"), ""),
    (re.compile(r"\s*\|\s*"), ", "),
    (re.compile(r"[•·▪■©®™]"), " "),
]
_ENGLISH: _Rules = [
    (_URL, _host),
    (re.compile(r"_+"), " "),
    (re.compile(r"\s*(?:->|→|⇒)\s*"), " to "),
    (_ELSEWHERE, _foreign),
    # Numbers that stand for something.
    (
        re.compile(
            r"(?:\b1[ -])?\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b|\b\d{3}-\d{4}\b|\+\d(?:[ ()-]{0,2}\d){7,}"
            # Outside America they begin with a zero, in groups of any length: 020 7946 0123, 01 23 45 67 89.
            r"|(?<![.,\d])\(?0(?:[ ()-]{0,2}\d){8,12}(?!\d)|(?<![.,\d])\d{7,}\b"
        ),
        _digits,
    ),
    (re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])-(\d\d)\b"), lambda m: _month(m[1], m[2], m[3])),
    (re.compile(r"(?<![\d/])(0?[1-9]|1[0-2])/(\d{4})\b"), lambda m: _month(m[2], m[1])),
    (
        re.compile(
            r"(?P<symbol>[$€£¥])\s?(?P<whole>\d+(?:,\d{3})*)(?:\.(?P<cents>\d+))?"
            r"(?:\s?(?P<magnitude>thousand|million|billion|bn|[kKmMB])\b)?"
        ),
        _money,
    ),
    (
        re.compile(r"(?P<whole>\d+(?:,\d{3})*)(?:[.,](?P<cents>\d\d))?\s?(?P<symbol>[€£¥])(?P<magnitude>)"),
        _money,
    ),
    (re.compile(r"\b24/7\b"), "24 7"),
    (re.compile(rf"(?<![\d/])(?:(\d+)[ -]?)?({_FRACTION})(?![\d/])"), _fraction),
    (re.compile(r"(?<=\d)\s?[x×]\s?(?=\d)"), " times "),
    (re.compile(r"\b(\d+)['′]\s?(\d+)[\"″]"), r"\1 foot \2"),
    # Ranges, then what they range over.
    (re.compile(rf"\b({_DAY})\.?\s?[-–—]\s?({_DAY})\b"), lambda m: f"{_DAYS[m[1]]} to {_DAYS[m[2]]}"),
    (re.compile(rf"\b({_DAY})\b\.?(?=:?,? (?:\d|closed\b))"), lambda m: _DAYS[m[1]]),
    (re.compile(r"(\d(?:\s?[ap]\.?m\.?)?|o'clock|%|°C?|cents)\s?[–—〜～]\s?(?=[$€£]?\d)", re.IGNORECASE), r"\1 to "),
    (re.compile(r"(?<![\d-])(\d[\d.,:]*(?:\s?[ap]\.?m\.?|%)?)\s?-\s?(?=[\d.,:]+(?![\d-]))", re.IGNORECASE), r"\1 to "),
    (re.compile(r"(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])(\s?[ap]\.?m\b\.?)?", re.IGNORECASE), _time),
    (re.compile(rf"({_NUMBER})\s?({_UNIT})(?:\s?/\s?(\d+)?\s?({_UNIT}))?(?![\w²³/])"), _measure),
    (re.compile(r"(?:\bN(?:o|r)\.|\bno\.|#)\s?(?=\d)"), "number "),
    (re.compile(r"[~≈]\s?(?=[$€£]?\d)"), "about "),
    (re.compile(r"<\s?(?=[$€£]?\d)"), "less than "),
    (re.compile(r">\s?(?=[$€£]?\d)"), "more than "),
    (re.compile(r"≤\s?(?=\d)"), "at most "),
    (re.compile(r"≥\s?(?=\d)"), "at least "),
    # Words. A full stop after an abbreviation would be a pause.
    (re.compile(r"\bSt\.(?= [A-Z])"), "Saint"),
    (re.compile(r"(?<=[a-z\d] )St\b(?:\.(?!$))?"), "Street"),
    (re.compile(r"\bmin\.(?= \d)"), "minimum"),
    (re.compile(r"\b(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:t?\.|(?= \d))(?=\W|$)"), lambda m: _named(m[1])),
    (
        re.compile(rf"(?<!\w)({'|'.join(map(re.escape, _ABBREVIATIONS))})(?!\w)"),
        lambda m: _ABBREVIATIONS[m[1]] + ("." if m[1].endswith(".") and m.end() == len(m.string) else ""),
    ),
    (re.compile(r"\b(?:IT|US)\b(?= [A-Z]{2})|(?<=[A-Z]{2} )(?:IT|US)\b"), lambda m: m[0].lower()),  # not I.T., U.S.
    (re.compile(r"(?<=\w)/(?=[^\W\d])"), " "),
]
_LEFT_OVER: _Rules = [
    (re.compile(r"_+"), " "),
    (re.compile(r"\(\s*\)"), ""),
    (re.compile(r"\s+(?=[.,;:!?](?:\s|$))"), ""),
    (re.compile(r"\s+"), " "),
    (re.compile(r"^[\s.,;:!?–—]+|\s+$"), ""),
]


def _named(month: str) -> str:
    return next(name for name in _MONTHS if name.startswith(month))
