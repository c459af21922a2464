"""How `benchmarks.hearing` judges a transcript: values found, repetitions, words. The same for every recogniser."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ONES = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

_SINGULAR = {"ounces": "ounce", "oz": "ounce", "shots": "shot", "roasts": "roast"}
"""What the same sound may be written as."""


def normal(text: str) -> str:
    """Lower-case words with one space between them; numbers up to 99 in words: "12-oz." is "twelve ounce"."""
    text = re.sub(r"(?<=\d)(?=[a-z])", " ", text.lower().replace("-", " "))
    words = re.sub(r"[^\w\s']", " ", text).replace("'", "").split()
    return " ".join(_SINGULAR.get(word, word) for word in " ".join(map(_spelled, words)).split())


def found(values: Mapping[str, str], text: str) -> int:
    """How many of `values` stand in `text` as whole words."""
    heard = f" {normal(text)} "
    return sum(f" {normal(value)} " in heard for value in values.values())


def repeats(text: str) -> bool:
    """Whether the recogniser stuttered.

    Directly after each other one word four times, two words three times or more words twice; or five words
    that come again anywhere ("a little bit of" does in one honest order).
    """
    words = normal(text).split()
    for size in range(1, len(words) // 2 + 1):
        times = {1: 4, 2: 3}.get(size, 2)
        for start in range(len(words) - size * times + 1):
            if len({tuple(words[start + n * size : start + (n + 1) * size]) for n in range(times)}) == 1:
                return True
    fives = [tuple(words[n : n + 5]) for n in range(len(words) - 4)]
    return len(set(fives)) < len(fives)


def _spelled(word: str) -> str:
    if not word.isascii() or not word.isdigit() or int(word) > 99:
        return word
    tens, ones = divmod(int(word), 10)
    if tens < 2:
        return _ONES[int(word)]
    return _TENS[tens - 2] + (f" {_ONES[ones]}" if ones else "")
