"""What several agents say, held against each other: which answers are the same, and which of them most give.

Plain functions of words. Two answers are the same if their short forms are, or if one's words and numbers are all in
the other: "14:00" and "at 14:00", but neither "Saturday 14:00" and "Sunday 14:00" nor "safe" and "not safe".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.words import plain

SHORT = "In short:"
"""How the line begins that agents are asked to end with."""

_EMPTY = re.compile(
    "an?|the|its?|is|this|that|these|those|there|are|was|were|be|at|in|on|of|to|and|you|your|i|my|about|around|"
    "says?|reads|shows|looks|like|seems|with|for|by"
)
"""Words that say nothing of an answer."""

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_NOT = frozenset({"not", "no", "none", "never", "neither", "nor", "without", "cannot"})

_UNSURE = re.compile(r"(?i)\b(can't|can not|cannot|could not|couldn't|unable to) (see|read|tell|make|say|answer|know)")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one agent has found."""

    agent: int  # from 1
    spoken: str  # the words for the ear
    short: str  # the answer in as few words as possible

    @property
    def unsure(self) -> bool:
        """Whether it says that it can't tell, which agrees with nobody's answer."""
        return bool(_UNSURE.search(self.short.replace("’", "'")))


def found(agent: int, text: str) -> Finding:
    """What an agent's answer says: its last line "In short: ..." and the words before; one stands in for the other."""
    before, mark, after = text.rpartition(SHORT)
    if not mark:
        before, mark, after = _by_case(text)
    short = " ".join(after.split()).strip(" *.\"'“”") if mark else ""
    spoken = " ".join((before if mark else text).split()).rstrip("* ")
    return Finding(agent, spoken or short, short or spoken)


def same(one: str, other: str) -> bool:
    """Whether two short answers say the same."""
    first, second = _content(one), _content(other)
    if not first or not second:
        return one.strip().lower() == other.strip().lower()
    if _negations(one) != _negations(other) or _numbers(first) != _numbers(second):
        return False
    return first <= second or second <= first


def groups(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Those that say the same together, the largest group first; those that can't tell come last, one by one."""
    grouped: list[list[Finding]] = []
    for finding in findings:
        for group in grouped:
            if not finding.unsure and not group[0].unsure and all(same(finding.short, one.short) for one in group):
                group.append(finding)
                break
        else:
            grouped.append([finding])
    return sorted(grouped, key=lambda group: (group[0].unsure, -len(group)))


def majority(findings: Sequence[Finding], agents: int) -> list[Finding]:
    """The group that more than half of all `agents` are in; nobody who is still thinking could change it."""
    largest = next(iter(groups(findings)), [])
    return largest if 2 * len(largest) > agents and not largest[0].unsure else []


def _by_case(text: str) -> tuple[str, str, str]:
    """`text` around the last line that begins with the mark, however it is written."""
    places = list(re.finditer(rf"(?im)^\W*{SHORT[:-1]}\W*:?", text))
    return (text[: places[-1].start()], SHORT, text[places[-1].end() :]) if places else (text, "", "")


def _content(text: str) -> frozenset[str]:
    words = re.findall(r"\d+(?:[.:,]\d+)*|[^\W\d_]+(?:'[a-z]+)?", text.lower().replace("’", "'"))
    return frozenset(
        str(_NUMBERS.index(word)) if word in _NUMBERS else word for word in words if not _EMPTY.fullmatch(word)
    )


def _negations(text: str) -> bool:
    return any(word in _NOT or word.endswith("n't") for word in plain(text).split())


def _numbers(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word[0].isdigit())
