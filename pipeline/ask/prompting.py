"""What the glasses are good at: which prompt a question gets, by plain rules on its words.

The prompts are the text files in `prompts/`, each with the cases that it was made for, which are also what the tests
of the rules go by. Rules are of English words: a question in another language gets the prompt for looking.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from pipeline.words import plain

VOICE = "voice"
"""The prompt that every question gets first."""

LOOK = "look"
"""What is asked where no rule says more."""

_HEADING = re.compile(r"\nCases \((.+)\):\n")
"""What parts a prompt from its cases; in brackets, what has been tried on them."""

_RULES = {
    "health": r"\b(pills?|medicines?|medications?|tablets?|capsules?|dos(e|es|age)|rash|wounds?|burn(ed|t|s)?"
    r"|bleed(s|ing)?|pain(s|ful)?|hurts?|swollen|fever|symptoms?|poison(ous|ed|ing)?|allerg(y|ic|ies)|bruised?|infected|stung|sting"
    r"|dizzy|chest|mole|safe to (eat|drink|take)|side effects?)\b",
    "translate": r"\b(translat(e|ion)|what language|in (english|german|french|spanish|italian|chinese|japanese|arabic)"
    r"|how (do|would) (you|i) say)\b",
    "troubleshoot": r"\b((does not|doesn't|did not|didn't|won't|not) (work(ing)?|start|turn on|open|close|print)"
    r"|what('s| is) wrong with|error (code|message)|broken|fix|repair|blinking|beeping|leaking|stuck|jammed|unclog"
    r"|how (do|can|should) (i|you|we) (use|set|reset|turn|switch|install|descale|clean|program|open|close|start|stop"
    r"|replace|change|connect|assemble|load|unlock))\b",
    "explain": r"\b(explain|solve|equations?|formulas?|diagrams?|graphs?|charts?|figures?|circuit|exercise|theorem"
    r"|physics|chemistry|biology|maths?|calculate|how does (this|that|it|the|a) .*work)\b",
    "play": r"\b(i spy|play|game|riddle|quiz me|guess what|twenty questions|chess|checkers|tic tac toe|scavenger hunt"
    r"|whose (turn|move))\b",
    "read": r"\b(read|says?|said|written|writing|text|print(ed)?|signs?|labels?|menu|page|letter|headline|prices?"
    r"|costs?|how much is|phone number|address|expir\w*|best before|opening hours|when does|what time|how late)\b",
}
"""Which words make a question one for a prompt; the first that fits counts, so those that need care stand first."""

_GO_ON = (
    r"(ok|okay|yes|no|done|next|ready|finished|right|now|and|then|what|go on|continue|i (did|have) (that|it)|it did)"
)
_GOES_ON = re.compile(rf"{_GO_ON}( {_GO_ON})*")
"""What is said in the middle of something, and no question of its own."""

_LASTS = frozenset({"troubleshoot", "play"})
"""What takes several turns."""

_OVER = re.compile(r"\b(stop|no more|enough|that's it|that is it|never ?mind|something else|it works)\b")


def topic_of(question: str, before: str = "") -> str:
    """The name of the prompt for `question`; `before` is that of the turn before, empty if there was none."""
    words = plain(question)
    lasting = before in _LASTS and not _OVER.search(words)
    if before and _GOES_ON.fullmatch(words) and (lasting or before not in _LASTS):
        return before
    found = next((topic for topic, rule in _RULES.items() if re.search(rule, words)), LOOK)
    return before if lasting and found in (LOOK, "read") else found


@cache
def prompt(name: str) -> str:
    """The words of a prompt, in one paragraph or several."""
    return _parts(name)[0].strip()


@cache
def cases(name: str) -> tuple[tuple[str, str], ...]:
    """What a prompt was made for: what is asked, and what a good answer does."""
    lines = (line.removeprefix("- ").partition(" -> ") for line in _parts(name)[2].splitlines() if line.strip())
    return tuple((question, good) for question, _, good in lines)


@cache
def tried(name: str) -> str:
    """What has been tried on the cases of a prompt, for people."""
    return _parts(name)[1]


def names() -> tuple[str, ...]:
    """Every prompt that a question may get."""
    return (LOOK, *_RULES)


def _parts(name: str) -> tuple[str, str, str]:
    """The words, what was tried, and the cases."""
    text = resources.files("pipeline.ask").joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")
    words, on_trial, rest = _HEADING.split(text)
    return words, on_trial, rest
