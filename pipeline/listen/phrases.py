"""Could somebody stop speaking after these words? English only; pure functions over a transcript's text.

Whisper writes a full stop behind nearly everything it is given, finished or not, so the words count, not the stop:
which of them can't end an order or a question, and in which company they can after all.
"""

from __future__ import annotations

import re
from typing import Literal

Ending = Literal["open", "unsure", "closed"]
"""`open`: something must follow. `closed`: a whole order or question. `unsure`: either."""

_NEVER_LAST = frozenset(
    {
        *("a", "an", "the", "my", "your", "our", "their", "its", "every", "each"),
        *("and", "or", "but", "nor", "plus", "because", "if", "than", "although", "unless", "whether", "while"),
        *("i", "we", "he", "she", "they"),
        *("i'd", "i'll", "i'm", "i've", "it's", "let's", "that's", "there's", "we'd", "we'll", "we're", "you'd"),
        *("what's", "who's", "where's", "how's", "he's", "she's", "they're", "you're", "here's", "gonna", "wanna"),
        *("very", "into", "onto", "without", "during", "between", "towards", "such", "quite", "rather", "also"),
        *("um", "uh", "uhm", "umm", "erm", "er", "hmm", "mm", "uh-huh"),
    }
)
"""Words after which English always goes on, and those that hold the floor."""

_PREPOSITIONS = frozenset({"about", "at", "by", "for", "from", "in", "like", "of", "on", "to", "with"})
"""They end a question ("what is it made of") and an order with a particle ("turn it on"), and nothing else."""

_PARTICLES = frozenset({"in", "on", "by"})
"""Of the prepositions, those that also follow a verb and its object: "turn it on"."""

_VERBS = frozenset(
    {
        *("am", "are", "be", "been", "can", "could", "did", "do", "does", "had", "has", "have", "is", "may", "might"),
        *("must", "shall", "should", "was", "were", "will", "would", "want", "need", "get", "give", "make", "put"),
        *("take", "add", "tell", "show", "bring", "find"),
    }
)
"""They want something after them, unless a question word before them has taken its place: "what do you need"."""

_QUESTION = frozenset(
    {"how", "what", "what's", "when", "where", "where's", "which", "who", "who's", "whom", "whose", "why"}
)

_GIVING = frozenset({"bring", "fetch", "get", "give", "let", "make", "show", "tell"})
"""Verbs after which "me" is only whom it is for."""

_AUXILIARY = frozenset({"can", "could", "did", "do", "does", "have", "may", "should", "will", "would"})
"""With "you" or "it" behind them, the beginning of a question: "could you"."""

_ADDRESSED = frozenset({"hey", "hi", "ok", "okay", "so", "well", "please", "and", "now", "but"})
"""What may stand in front of a question or an order."""

_GOING_ON = ("...", "\N{HORIZONTAL ELLIPSIS}", "-", "\N{EN DASH}", "\N{EM DASH}", ",", ":", ";")
"""Punctuation at the end with which Whisper says that it expects more."""


def ending(text: str) -> Ending:
    """Whether `text`, as a recogniser wrote it, can be all that somebody wanted to say."""
    text = text.strip()
    words = re.findall(r"[\w'-]*\w", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    while len(words) > 1 and words[0] in _ADDRESSED:
        words = words[1:]
    if not words:
        return "unsure"
    if _open(words):
        return "open"
    if text.endswith(_GOING_ON) or text[-1] not in ".?!":
        return "unsure"
    return "closed"


def _open(words: list[str]) -> bool:
    last, before = words[-1], words[:-1]
    asks = any(word in _QUESTION for word in before)
    if last in _NEVER_LAST:
        return True
    if last in _PREPOSITIONS:
        particle = last in _PARTICLES and bool(before) and before[-1] not in _VERBS
        return not (particle or (asks and len(words) > 3))
    if last in _VERBS:
        # "where it is" is whole, "where is" and "what kind is" are not
        return not (asks and before[-1] not in _QUESTION and len(words) > 2 and before[-1] in _SUBJECTS)
    if last in _QUESTION:
        return bool(before)
    if last == "me":
        return bool(before) and before[-1] in _GIVING
    if last in ("you", "it", "there"):
        return bool(before) and before[-1] in _AUXILIARY and not asks
    return False


_SUBJECTS = frozenset({"he", "i", "it", "one", "she", "that", "there", "these", "they", "this", "those", "we", "you"})
