"""What the words of a question say about where in time its picture lies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.types import Utterance, Word

_POINTING = {
    **dict.fromkeys(("this", "these", "here"), 1.0),
    **dict.fromkeys(("sign", "label", "that", "those", "there"), 0.8),
    **dict.fromkeys(("say", "says", "read", "written"), 0.6),
}
"""How surely the wearer looks at it while saying the word. English: other languages have the whole question instead."""

_NOT_POINTING = {("is", "there"), ("are", "there"), ("was", "there"), ("so", "that"), ("know", "that")}
"""Words before which it points at nothing."""

_ABOUT_TIME = re.compile(
    r"\b(?:ha(?:s|ve)|what|anything|something|it) (?:\w+ )?changed\b|\bany changes?\b|\bdifferent (?:now|than before)\b"
    r"|\b(?:did|have) (?:i|we) just\b|\bjust (?:passed|now|happened|went|drove|walked|saw)\b|\bwalked past\b"
    r"|\bwhat (?:just )?happened\b|\bwhat was (?:that|it|there)\b|\ba (?:moment|second|minute) ago\b|\bbefore that\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pointer:
    """A word that points at something seen."""

    text: str  # in small letters, without punctuation
    t_start: float  # seconds
    t_end: float  # seconds
    sureness: float  # 0 to 1, that the head pointed there too
    timed: bool  # False where its time was only guessed from its place in the sentence


def pointers(utterance: Utterance) -> tuple[Pointer, ...]:
    """The words that point, in their order.

    Without word times, a word is taken to lie where it would if every letter took as long to say.
    """
    words = utterance.words or spread(utterance)
    timed = bool(utterance.words)
    plain = ["".join(re.findall(r"[\w']+", word.text.lower())) for word in words]
    return tuple(
        Pointer(text, word.t_start, word.t_end, _POINTING[text], timed)
        for before, text, word in zip(["", *plain], plain, words, strict=False)
        if text in _POINTING and (before, text) not in _NOT_POINTING
    )


def spread(utterance: Utterance) -> tuple[Word, ...]:
    """The words of the text over the time in which they were said: a letter or a space takes as long as another."""
    texts = utterance.text.split()
    whole = sum(len(text) + 1 for text in texts) - 1
    words, place = [], 0
    for text in texts:
        start, end = (
            utterance.t_start + (utterance.t_end - utterance.t_start) * at / whole for at in (place, place + len(text))
        )
        words.append(Word(text, start, end))
        place += len(text) + 1
    return tuple(words)


def about_time(text: str) -> bool:
    """Whether it asks what was, or what became different: one picture can't answer that."""
    return bool(_ABOUT_TIME.search(text))
