"""Is what was heard our own voice, or somebody who only nods? By words alone. Pure.

The second guard against our own echo, behind the one that works on sound: a recogniser that hears an echo writes down
what we are saying, more or less. Of 170 pieces of ten answers in a Piper voice, cut anywhere and heard by Whisper base
and tiny through a loudspeaker, with nothing to cancel the echo, 159 were found to be our own; of 475 pairs of an answer
and an order or question of somebody else, 2 ("and the pasta", of a menu with pasta).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from pipeline.converse.orders import order_in

_ALIKE = 0.6
"""From how alike two words are (difflib's ratio of letters) one may be the other misheard: "shop" and "ship"."""

_SURE = 0.75
"""The same where there are only one or two words to judge by."""

_OURS = 0.7
"""Share of the letters that must be ours for the whole to be ours: the rest is misheard."""

_MISHEARD = 2
"""Words in a row that a recogniser may get wrong in an echo. Three that are not ours are somebody's own."""

_IN_PLACE = 0.55
"""The same for words that fit nowhere and what we said in their place: "amber glaze at ten" for "Hamburg leaves at
ten". It is less because letters run on."""

_SKIPPED = 2.5
"""What a word left out, on either side, costs an alignment, in letters that fit."""

_HOLD = re.compile(
    r"(?:(?:no|okay|ok|please|just|hey|oh|but|glasses|bitte|nein|por favor|non) )*"
    r"(?:(?:wait|hold on|hang on|one (?:moment|second|sec)|just a (?:moment|second|sec|minute)|pause"
    r"|warte(?: mal)?|moment(?: mal)?|espera|un momento|attends|attendez|un moment)"
    r"(?: (?:a (?:bit|moment|second|sec|minute)|please|now|bitte|por favor))* )+"
)
"""What holds an answer up without being an order to end it."""

_HUM = r"(?:h*m+(?:h+m+)*|u+h+(?: ?h+u+h+)?|u+m+|e+h*m*|a+h+(?:a+h+)*a*|ah ha|aja|o+h+|hum)"
"""Sounds that are no words: mm-hm, uh-huh, ah."""

_NOD = re.compile(
    rf"(?:(?:{_HUM}"
    r"|yeah|yea|yes|yep|yup|okay|ok|right|all right|alright|sure|i see|got it|gotcha|of course|(?:that )?makes sense"
    r"|exactly|good|great|nice|cool|fine|wow|interesting"
    r"|ja|jaja|genau|stimmt|ach ?so|ach|klar|alles klar|na klar|gut|sehr gut|(?:ich )?verstehe|richtig"
    r"|si|vale|ya|ya veo|claro|bueno|muy bien|bien|de acuerdo|entiendo|entendido|exacto"
    r"|oui|ouais|daccord|je vois|cest ca|exactement|bon|voila|tres bien|bien sur) )+"
)
"""What listeners say to show that they listen, in English, German, Spanish and French, without accents."""

_NUMBERS = {
    **{"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"},
    **{"eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14"},
    **{"fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20"},
    **{"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"},
    **{"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7"},
    **{"eighth": "8", "ninth": "9", "tenth": "10", "eleventh": "11", "twelfth": "12", "thirteenth": "13"},
    **{"fourteenth": "14", "fifteenth": "15", "sixteenth": "16", "seventeenth": "17", "eighteenth": "18"},
    **{"nineteenth": "19", "twentieth": "20", "thirtieth": "30"},
}
"""A recogniser writes numbers as it likes."""


def backchannel(text: str) -> bool:
    """Whether `text` is nothing but "mm-hm", "yeah", "okay", "I see": whoever says that wants to hear more."""
    return _NOD.fullmatch(_flat(text)) is not None


def own(heard: str, spoken: str) -> bool:
    """Whether `heard`, as a recogniser wrote it down, is `spoken` or a part of it: our own voice come back.

    `spoken` is what may just be sounding: words of ours that are long over only make mistakes likelier. It may be cut
    anywhere, and misheard here and there. A bare "stop", "cancel", "never mind" or "wait" is never ours, whatever we
    are saying, and neither is what has an order or three words in a row that we don't say. Takes up to 0.08 s for
    70 words on either side.
    """
    if _commands(heard):
        return False
    theirs, ours = _words(heard), _words(spoken)
    fits = _alignment(theirs, ours)
    if not any(fits):
        return False
    for start, end in _gaps(fits):
        alike = _alike_in_place(theirs, ours, fits, start, end)
        if alike >= _IN_PLACE and not _commands(" ".join(theirs[start:end])):
            fits[start:end] = [_Fit(0, 0, alike)] * (end - start)
    rest = [(word, fit) for word, fit in zip(theirs, fits, strict=True) if fit or not backchannel(word)]
    for start, end in _gaps([fit for _, fit in rest]):
        if end - start > _MISHEARD or _commands(" ".join(word for word, _ in rest[start:end])):
            return False
    if len(rest) <= 2:
        return all(fit and fit.alike >= _SURE for _, fit in rest)
    letters = sum(len(word) for word, _ in rest)
    return sum(len(word) for word, fit in rest if fit) >= _OURS * letters


def _commands(text: str) -> bool:
    """Whether this, as a whole, ends an answer or holds it up."""
    return order_in(text) == "stop" or _HOLD.fullmatch(_flat(text)) is not None


def _flat(text: str) -> str:
    """Small letters without accents, hyphens, apostrophes or punctuation; a space behind each word."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("%", " percent "))
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’")
    cardinal = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", letters)
    return "".join(f"{word} " for word in re.findall(r"\d+|[^\W\d_]+", cardinal))


def _words(text: str) -> list[str]:
    return [_NUMBERS.get(word, word) for word in _flat(text).split()]


@dataclass(frozen=True, slots=True)
class _Fit:
    """Where a word heard belongs among those spoken."""

    start: int
    end: int
    alike: float  # 0 to 1


def _gaps(fits: Sequence[_Fit | None]) -> Iterator[tuple[int, int]]:
    """The stretches of words that fit nowhere, first and behind the last."""
    start = 0
    for fits_not, run in groupby(fits, lambda fit: fit is None):
        end = start + len(list(run))
        if fits_not:
            yield start, end
        start = end


def _alike_in_place(
    heard: Sequence[str], spoken: Sequence[str], fits: Sequence[_Fit | None], start: int, end: int
) -> float:
    """How like, 0 to 1, words heard that fit nowhere are to what was spoken where they stand."""
    before, after = (fits[start - 1] if start else None), (fits[end] if end < len(fits) else None)
    first = before.end if before else max(0, after.start - (end - start)) if after else 0
    last = after.start if after else first + end - start
    return _ratio("".join(heard[start:end]), "".join(spoken[first:last]))


def _alignment(heard: Sequence[str], spoken: Sequence[str]) -> list[_Fit | None]:
    """For each word heard, the one spoken in its place, or None.

    The best local alignment (Smith and Waterman, 1981) of words, which count by their letters. Two words may be one:
    "ice cream", "icecream".
    """
    rows, columns = len(heard), len(spoken)
    orders = [_commands(word) for word in heard]  # never a word of ours misheard
    scores = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    steps: dict[tuple[int, int], tuple[int, int, float]] = {}  # words heard, words spoken, how alike
    best = (0, 0)
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            choices = [(0.0, 0, 0, 0.0)]
            choices.append((scores[i - 1][j] - _SKIPPED, 1, 0, 0.0))
            choices.append((scores[i][j - 1] - _SKIPPED, 0, 1, 0.0))
            for m, n in ((1, 1), (2, 1), (1, 2)):
                if m <= i and n <= j:
                    theirs, ours = "".join(heard[i - m : i]), "".join(spoken[j - n : j])
                    exact = m + n > 2 or orders[i - 1]
                    alike = _alike(theirs, ours, begins=i == m, ends=i == rows, exact=exact)
                    if alike:
                        choices.append((scores[i - m][j - n] + alike * len(theirs), m, n, alike))
            scores[i][j], m, n, alike = max(choices, key=lambda choice: choice[0])
            if scores[i][j] > 0:
                steps[i, j] = m, n, alike
                if scores[i][j] > scores[best[0]][best[1]]:
                    best = i, j
    fits: list[_Fit | None] = [None] * rows
    i, j = best
    while (i, j) in steps:
        m, n, alike = steps[i, j]
        if alike:
            fits[i - m : i] = [_Fit(j - n, j, alike)] * m
        i, j = i - m, j - n
    return fits


def _alike(heard: str, spoken: str, *, begins: bool, ends: bool, exact: bool) -> float:
    """How likely `heard` is `spoken`, 0 to 1; 0 for what is too unlike. The first and the last word may be cut."""
    if heard == spoken:
        return 1.0
    if exact or heard.isdigit():
        return 0.0
    if len(heard) >= 3 and ((ends and spoken.startswith(heard)) or (begins and spoken.endswith(heard))):
        return 0.9
    ratio = _ratio(heard, spoken) if 2 * min(len(heard), len(spoken)) >= _ALIKE * len(heard + spoken) else 0.0
    return ratio if ratio >= _ALIKE else 0.0


def _ratio(heard: str, spoken: str) -> float:
    """How like the letters of two words are, 0 to 1."""
    return SequenceMatcher(None, heard, spoken, autojunk=False).ratio()
