"""Clauses cut from a stream of words, so that speech starts while the rest is still arriving."""

from __future__ import annotations

import re

# Wikimedia's segmenter: rules and abbreviations for some 300 languages, and it returns the text whole.
from sentencex import segment

_FIRST_WORDS = 3
"""Words before the first clause may end at a comma: speech starts soon, and two words alone sound torn off."""

_FIRST_PATIENCE = 12
"""Words after which a first clause without any punctuation is cut all the same: about four seconds of speech."""

_LATER_WORDS = 15
"""Words before a later clause may end at a comma: by now there is sound in hand, and whole sentences flow better."""

_LONGEST = 300
"""Characters. No clause is longer, so that nobody waits for the synthesis of a whole page."""

_CLOSERS = r"[*_~`'\"”’»)\]]*"
_WORD = re.compile(
    r"[\u3040-\u30ff\u4e00-\u9fff]|[^\s\u3040-\u30ff\u4e00-\u9fff]+"
)  # scripts without spaces: each character
_MARK = re.compile(rf"(?:[,;:…]|(?<=\s)[-–—]){_CLOSERS}(?=\s)|—(?=\w)|[，、；：]")
_JOINING = re.compile(r"\s(?=(?:and|but|or|because|which|where|when|while|if|with|from|for)\s)", re.IGNORECASE)
_SPACE = re.compile(r"\s")
_AFTER_SENTENCE = re.compile(rf"{_CLOSERS}(?:\s+|(?<=[。！？”’」』）])|$)")
_LIST_MARKER = re.compile(r"\s*(?:\d{1,3}[.)]|[-*+•])\s*")
_ABBREVIATION = re.compile(
    r"\b(?:approx|apt|ch|est|hrs|incl|max|mon|tue|sat|ste|str|tbsp|tel|tsp|vol)\.\s*$", re.IGNORECASE
)  # known to espeak-ng or to `speakable`, and missing in sentencex 1.0.32
_INITIALS = re.compile(r"\b[A-Z]\.\s+[A-Z]\.\s*$")
_OPEN_LINK = re.compile(r"\[[^\]\n]*$|\]\([^)\s]*$")


class Clauses:
    """Feed it the words as they arrive; it hands back each clause as soon as the clause is whole.

    The first clause is cut as early as it sounds natural: at a comma or the like after a few words, or
    without one before a joining word. Later ones are sentences, or long clauses of them. A line's end
    always ends a clause. Markdown is left in; `speakable` takes it out.

    Nothing is lost, doubled or changed but the whitespace between clauses, and the clauses are the same
    however the stream is split into packets, because each character is looked at on its own.
    """

    def __init__(self) -> None:
        self._pending = ""
        self._first = True

    def feed(self, text: str) -> list[str]:
        """The clauses that are whole now that `text` has arrived; often none."""
        clauses = []
        for character in text:
            self._pending += character
            if end := self._boundary():
                clauses.append(self._pending[:end].strip())
                self._pending = self._pending[end:]
                self._first = self._first and not _has_word(clauses[-1])
        return clauses

    def finish(self) -> list[str]:
        """The rest, as one clause or none. The next answer starts afresh."""
        rest = self._pending.strip()
        self._pending, self._first = "", True
        return [rest] if rest else []

    def _boundary(self) -> int:
        """Where the clause at the front of what is pending ends; 0 if that is not known yet."""
        text = self._pending
        if not text.strip():
            return 0
        if text.endswith("\n"):
            return len(text)
        if len(text) >= _LONGEST:
            return _last(_MARK, text) or _last(_SPACE, text) or len(text)
        end = _sentence_end(text) or self._pause(text)
        return 0 if _OPEN_LINK.search(text[:end]) else end

    def _pause(self, text: str) -> int:
        """Where a voice may pause inside the sentence; 0 if nowhere yet."""
        if not (text[-1].isspace() or text[-1] in "，、；：" or text[-2:-1] == "—"):
            return 0  # only now can a word or a mark have ended
        end = _last(_MARK, text)
        if _words(text[:end]) >= (_FIRST_WORDS if self._first else _LATER_WORDS):
            return end
        if self._first and _words(text) >= _FIRST_PATIENCE:
            return _last(_JOINING, text) or len(text)
        return 0


def _sentence_end(text: str) -> int:
    """Where the first sentence of `text` ends, closing quotes and Markdown included; 0 if it goes on."""
    end = 0
    for sentence in segment("en", text):
        end += len(sentence)
        closed = _AFTER_SENTENCE.match(text, end - len(sentence) + len(sentence.rstrip()))
        if closed is None or closed.end() >= len(text):
            continue
        head = text[: closed.end()]
        goes_on = _LIST_MARKER.fullmatch(head) or _ABBREVIATION.search(head) or _INITIALS.search(head)
        if _has_word(head) and not goes_on:
            return closed.end()
    return 0


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Where the last match of `pattern` in `text` ends; 0 if there is none."""
    return max((match.end() for match in pattern.finditer(text)), default=0)


def _words(text: str) -> int:
    return len(_WORD.findall(text))


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)
