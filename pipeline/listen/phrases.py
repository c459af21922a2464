"""Could somebody stop speaking after these words? English only; pure functions over a transcript's text.

Whisper writes a full stop behind nearly everything it is given, finished or not. So the words count more than the
stop: which of them can't end an order or a question, and in which company they can after all.
"""

from __future__ import annotations

from typing import Literal

from pipeline.words import plain

Ending = Literal["open", "hanging", "unsure", "closed", "whole"]
"""`open`: something must follow. `hanging`: a noun most likely does. `unsure`: Whisper itself expects more, or there
are no words. `closed`: can be a whole order or question. `whole`: one of the few words that stand for one alone."""

_BEFORE_NOUNS = frozenset(
    {
        *("a", "an", "the", "my", "your", "our", "their", "its", "every", "each", "any", "some", "no", "another"),
        *("with", "of"),
    }
)
"""Words between which and a noun there may be adjectives."""

_NEVER_LAST = frozenset(
    {
        *("a", "an", "the", "my", "your", "our", "their", "its", "every", "each", "another"),
        *("and", "or", "but", "nor", "plus", "because", "if", "than", "although", "unless", "whether", "while"),
        *(
            "i",
            "we",
            "he",
            "she",
            "they",
            "i'd",
            "i'll",
            "i'm",
            "i've",
            "we'd",
            "we'll",
            "we're",
            "we've",
            "he's",
            "she's",
        ),
        *("it's", "let's", "that's", "there's", "here's", "they're", "you'd", "you'll", "you're", "you've"),
        *(
            "what's",
            "who's",
            "where's",
            "how's",
            "gonna",
            "wanna",
            "very",
            "into",
            "onto",
            "without",
            "during",
            "between",
        ),
        *("towards", "such", "quite", "rather", "also", "um", "uh", "uhm", "umm", "uhh", "erm", "er", "hmm", "mm"),
    }
)
"""Words after which English goes on, and those that only hold the floor."""

_QUANTIFIERS = frozenset({"any", "no", "some", "both", "only", "just", "extra"})
"""They want a noun, except alone: "no"."""

_PREPOSITIONS = frozenset({"about", "as", "at", "by", "for", "from", "in", "like", "of", "on", "to", "with"})
"""They end a question ("what is it made of") and an order with a particle ("turn it on"), and little else."""

_PARTICLES = frozenset({"in", "on", "by"})
"""Of the prepositions, those that also follow a verb and its object: "turn it on"."""

_VERBS = frozenset(
    {
        *("am", "are", "be", "been", "can", "could", "did", "do", "does", "had", "has", "have", "is", "may", "might"),
        *("must", "shall", "should", "was", "were", "will", "would", "want", "need", "get", "give", "make", "put"),
        *("take", "add", "tell", "show", "bring", "find"),
    }
)
"""They want something after them, unless a question word has taken its place: "what do you need"."""

_SUBJECTS = frozenset({"he", "i", "it", "one", "she", "that", "there", "these", "they", "this", "those", "we", "you"})

_BEING = frozenset({"am", "is", "are", "was", "were"})

_QUESTION = frozenset(
    {"how", "what", "what's", "when", "where", "where's", "which", "who", "who's", "whom", "whose", "why"}
)

_GIVING = frozenset({"bring", "fetch", "get", "give", "let", "make", "show", "tell"})
"""Verbs after which "me" is only whom it is for."""

_MISHEARD = frozenset({"it", "up", "us", "her", "ma"})
"""What Whisper makes of "a" with nothing behind it: nobody says "give me it" or "make me up"."""

_AUXILIARY = frozenset({"can", "could", "did", "do", "does", "have", "may", "should", "will", "would", "is", "are"})
"""With "you", "it" or "there" behind them, the beginning of a question: "could you"."""

_ADDRESSED = frozenset({"hey", "hi", "ok", "okay", "so", "well", "please", "and", "now", "but", "glasses"})
"""What may stand in front of a question or an order."""

_ADJECTIVES = frozenset(
    {
        *("big", "small", "large", "medium", "little", "long", "short", "tall", "high", "low", "old", "new", "young"),
        *("black", "white", "red", "green", "blue", "yellow", "orange", "brown", "pink", "purple", "grey", "gray"),
        *("light", "dark", "bright", "hot", "cold", "warm", "iced", "fresh", "dry", "wet", "clean", "dirty", "whole"),
        *(
            "good",
            "bad",
            "nice",
            "great",
            "single",
            "double",
            "triple",
            "few",
            "extra",
            "different",
            "local",
            "plain",
            "real",
        ),
        *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "sixteen"),
        *("twenty", "thirty", "forty", "fifty", "hundred", "thousand", "many", "several"),
    }
)
"""Common words that stand before a noun and seldom for one: sizes, colours, numbers."""

_ALONE = frozenset(
    {
        *(
            "stop",
            "cancel",
            "never mind",
            "nevermind",
            "quiet",
            "enough",
            "go on",
            "continue",
            "again",
            "repeat",
            "help",
        ),
        *(
            "louder",
            "quieter",
            "slower",
            "faster",
            "yes",
            "yeah",
            "yep",
            "no",
            "nope",
            "thanks",
            "thank you",
            "say again",
        ),
        *("say that again", "stop it", "stop that", "that's it", "that's all", "that's enough", "be quiet", "shut up"),
    }
)
"""What is said to a device in a word or two, which a recogniser is never as sure of as of a sentence."""

_GOING_ON = ("...", "\N{HORIZONTAL ELLIPSIS}", "-", "\N{EN DASH}", "\N{EM DASH}", ",", ":", ";")
"""Punctuation with which Whisper says that it expects more."""


def ending(text: str) -> Ending:
    """Whether `text`, as a recogniser wrote it, can be all that somebody wanted to say."""
    text = text.strip()
    words = [bare for word in plain(text).split() if (bare := word.lstrip("'"))]
    while len(words) > 1 and words[0] in _ADDRESSED:
        words = words[1:]
    if not words:
        return "unsure"
    if " ".join(words).removesuffix(" please") in _ALONE:
        return "whole"
    if _open(words):
        return "open"
    if _hanging(words):
        return "hanging"
    if text.endswith(_GOING_ON) or text[-1] not in ".?!":
        return "unsure"
    return "closed"


def _open(words: list[str]) -> bool:
    """Whether the last word can't be the last."""
    last, before = words[-1], words[:-1]
    asks = any(word in _QUESTION for word in before)
    if last in _NEVER_LAST:  # "where am I" and "who are they" are whole
        return not (last in _SUBJECTS and asks and before[-1] in _BEING)
    if last in _PREPOSITIONS:
        particle = last in _PARTICLES and bool(before) and before[-1] not in _VERBS
        return not (particle or (asks and len(words) > 3))
    if not before:
        return last in _VERBS
    if last in _QUANTIFIERS:
        return True
    if last in _VERBS:  # "where it is" is whole, "where is" and "what kind is" are not
        return not (asks and before[-1] in _SUBJECTS)
    if last in _QUESTION:
        return True
    if last == "me":
        return before[-1] in _GIVING
    if before[-1] == "me" and len(words) > 2 and before[-2] in _GIVING:
        return last in _MISHEARD
    if last in ("you", "it", "there"):
        return before[-1] in _AUXILIARY and not asks
    return False


def _hanging(words: list[str]) -> bool:
    """Whether there is an article and an adjective or a number, but no noun yet."""
    kept = len(words)
    while kept and (words[kept - 1] in _ADJECTIVES or words[kept - 1].isdigit()):
        kept -= 1
    return 0 < kept < len(words) and words[kept - 1] in _BEFORE_NOUNS
