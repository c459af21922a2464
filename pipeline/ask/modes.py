"""How hard to think about a question: what the wearer says goes before the configuration, and that before a rule.

All of it is plain functions of words, so that anybody can see why a question was thought about; the log says it too.
The words are English ones; a question in another language goes by the configuration, or is answered at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pipeline.words import plain

Mode = Literal["instant", "thinking", "contemplating"]

MODES: tuple[Mode, ...] = ("instant", "thinking", "contemplating")
"""The fastest first."""

AUTO = "auto"
"""The setting that leaves it to the question."""

_ORDERS: dict[Mode, str] = {
    "contemplating": r"contemplate|think (it|this|that) (over|through)|think (long and hard|really hard|twice)"
    r"|ask (several|a few|more than one)( models?| times)?|(get|take) a second opinion|be absolutely (sure|certain)",
    "thinking": r"think (about|on) (it|this|that)|think (hard|harder|carefully|first|again)|take your time"
    r"|reason (it|this)? ?(out|through)|step by step|work (it|this|that) out",
    "instant": r"^(quick|quickly|real quick)\b|\b(quick|quickly|real quick)$|quick (question|answer|look)|be quick"
    r"|(just|only) quickly|don't think|no need to think|in a hurry|short answer",
}
"""What the wearer may say to choose, the weightiest first."""

_HARD = (
    ("asks why", r"\bwhy\b(?! not\b)"),
    ("asks to calculate", r"\b(calculate|compute|solve|equation|percent(age)?|convert|in total|altogether|add up)\b"),
    ("asks to compare", r"\b(compare|cheaper|cheapest|better value|best value|which (one )?is (better|best))\b"),
    ("asks to explain", r"\b(explain|prove|derive|how does .* work|what does .* mean)\b"),
    ("asks what is wrong", r"\b(what('s| is) wrong|doesn't work|not working|won't|how (do|can) i (fix|repair|mend))\b"),
    ("asks about time left", r"\bhow (long|many (days|hours|minutes)) (until|till|before|left)\b"),
    ("asks whether it is safe", r"\b(is|are|was) (it|this|that|these|they) (still )?(safe|poisonous|dangerous)\b"),
)
"""Questions that are seldom right at first sight."""


def mode_of(question: str, setting: str = AUTO) -> tuple[Mode, str]:
    """The mode for `question` and in a few words why. `setting` is a mode, or "auto"."""
    words = plain(question)
    for mode, pattern in _ORDERS.items():
        if found := re.search(pattern, words):
            return mode, f"the wearer said '{found[0].strip()}'"
    for mode in MODES:
        if mode == setting:
            return mode, "ask.mode"
    reason = next(_reasons(words), "")
    return ("thinking", reason) if reason else ("instant", "a plain question")


def _reasons(words: str) -> Iterator[str]:
    return (reason for reason, pattern in _HARD if re.search(pattern, words))
