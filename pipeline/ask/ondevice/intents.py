"""What a question wants, by plain rules: pure functions of its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.ask.ondevice.facts import Fact, asked_for
from pipeline.look.pointing import about_time
from pipeline.see.coco import GROUPS, called, named_in
from pipeline.types import Exchange

Kind = Literal[
    "read", "fact", "find", "count", "colour", "light", "code", "describe", "identify", "past", "on", "no", "unknown"
]
Sense = Literal["read", "objects", "codes", "colours", "light"]


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted, and of what."""

    kind: Kind
    subject: str = ""  # what is asked about in the wearer's words: "cup", "front door"
    things: tuple[str, ...] = ()  # the names that object detection has for it; none if it can't recognise it
    fact: Fact | None = None

    @property
    def needs(self) -> tuple[Sense, ...]:
        """What has to be perceived to answer, in the order of perceiving."""
        signposted = self.kind == "find" and not _SIGNPOSTED.isdisjoint(self.things)
        if self.kind in ("find", "count") and (signposted or not self.things):
            return ("light", "objects", "read")
        return _NEEDS.get(self.kind, ())


_SIGNPOSTED = {"toilet", "bus", "train", "boat", "bicycle"}
"""Kinds that are often not in view themselves, but named on a sign that leads there."""

_NEEDS: dict[Kind, tuple[Sense, ...]] = {
    "read": ("read",),
    "fact": ("read",),
    "find": ("light", "objects"),
    "count": ("light", "objects"),
    "colour": ("light", "objects", "colours"),
    "light": ("light",),
    "code": ("codes",),
    "describe": ("light", "objects", "read"),
    "identify": ("light", "objects"),
    "past": ("light", "objects", "read"),
    "unknown": ("objects", "read"),
}


def understood(question: str, history: Sequence[Exchange] = ()) -> Intent:
    """What `question` wants; "and on Sunday?" wants the same of something else as the question before it."""
    text = question.strip()
    intent = _of(text)
    follows = _FOLLOWS.match(text)
    if not (history and follows) or intent.kind not in ("unknown", "find"):
        return intent
    before = _of(history[-1].question)
    rest = text[follows.end() :]
    if before.kind == "fact":
        return before
    if before.kind in ("find", "count", "colour", "identify"):
        word, things = named_in(rest)
        return replace(before, subject=word or _noun(rest), things=things)
    return intent


def _of(text: str) -> Intent:
    if _YES.fullmatch(text):
        return Intent("on")
    if _NO.fullmatch(text):
        return Intent("no")
    if _JUDGE.search(text):
        return Intent("unknown")
    if _CODE.search(text):
        return Intent("code")
    if _LIGHT.search(text):
        return Intent("light")
    if about_time(text):
        return Intent("past")
    if match := _COLOUR.search(text):
        word, things = named_in(text[match.end() :])
        return Intent("colour", word or _noun(_NOT_A_THING.sub("", text[match.end() :])), things)
    fact = asked_for(text)
    if match := _COUNT.search(text):
        word, things = named_in(match[1])
        if things and _ARTICLE.sub("", match[1].strip()).lower().startswith(word):
            return Intent("count", word, things)
        if not fact:
            return Intent("count", _noun(match[1]))
    if _READ.search(text) and not fact:
        return Intent("read")
    if _PLACE.search(text):
        return Intent("describe")
    if match := _FIND.search(text):
        noun = _noun(match[1] or match[2] or "")
        word, things = called(noun)
        if _PRINT.fullmatch(noun):
            return Intent("read")
        if things:
            return Intent("find", word, things)
        if not fact and noun:
            return Intent("find", noun)
    if fact:
        return Intent("fact", fact=fact)
    if match := _KIND.search(text):
        word, things = named_in(match[1])
        return Intent("identify", word, things) if word in GROUPS else Intent("unknown")
    return Intent("describe" if _DESCRIBE.search(text) else "unknown")


def _noun(text: str) -> str:
    """What somebody looks for, without its article and without where they think it is."""
    text = _WHERE.split(re.sub(r"[?.!,].*", "", text.strip()), maxsplit=1)[0]
    return _ARTICLE.sub("", text.strip()).strip().lower()


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


_YES = re.compile(
    r"\W*(?:(?:yes|yeah|yep|sure|ok|okay|please(?: do)?|continue|more|and then|tell me more|what else|the rest"
    r"|go(?: on| ahead)?|read (?:on|more|further|the rest)|carry on|keep (?:going|reading))\b[\s,.!?]*)+",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\W*(?:no|nope|stop|enough|that's enough|no thanks?|no,? thank you|thanks?|thank you)\W*", re.IGNORECASE
)
_JUDGE = _words(
    "what time is it", "what'?s the time", "traffic lights?.*(?:green|red|change)", "(?:red|green) light", "breed",
    "who(?:'s| is| are)?", "how old", "how far", "why", "weather", "how (?:do|can|should) (?:i|we|you)", "how to",
    r"(?:is|are) (?:the|my|this|that)(?: \w+)? (?:doors?|windows?|gates?|lids?|drawers?|box|taps?|ovens?|fridge)\b.*"
    r"\b(?:open|closed|shut|locked)",
)  # fmt: skip
_CODE = _words(r"qr(?:[ -]?code)?", r"bar ?codes?", r"(?:the|this|that|a) codes?(?! of)", r"scan")
_LIGHT = _words(
    r"lights?\b.*\b(?:on|off)", r"lamps?\b.*\b(?:on|off)", r"(?:turn|turned|switch|switched) (?:on|off)",
    r"is it (?:too )?(?:dark|light|bright)(?! (?:blue|green|red|brown|grey|gray|pink))", r"how (?:dark|bright|light)",
)  # fmt: skip
_COLOUR_NAME = "black|white|gr[ea]y|red|orange|brown|yellow|green|blue|purple|pink"
_COLOUR = _words(
    r"(?:what|which|wot)(?:'s| is)?(?: the)? colou?rs?(?: is| are| of| has| does| do)*",
    "tell me the colou?rs?(?: of)?",
    rf"(?:is|are) (?=(?:this|that|it|these|the|my)\b.*\b(?:{_COLOUR_NAME})\b)",
)
_NOT_A_THING = re.compile(
    rf"\b(?:this|that|it|these|those|thing|here|there|{_COLOUR_NAME}|is|are|or|have)\b", re.IGNORECASE
)
_COUNT = re.compile(r"\b(?:how many|count(?: the)?|the number of(?! (?:the|this|that|my)\b))\b(.*)", re.IGNORECASE)
_READ = _words(
    "read", "reads", "say", "says", "said", "written", "text", "words?", "letters", "spell", "title", "headline",
    "called", "name of", "what(?:'s| is) on (?:the|this|that|my) (?:label|menu|sign|screen|list|page|poster|notice)",
)  # fmt: skip
_FIND = re.compile(
    r"\b(?:where(?:'s| is| are|'re| did (?:i|we|you) \w+| (?:could|might|can|would))?|which way (?:is|are|to)"
    r"|(?:is|are) there|(?:can|do) you (?:see|find|spot)|have you seen|(?:find|locate|spot)(?: me)?"
    r"|look(?:ing)? for|any sign of|did i leave)\b(.*)"
    r"|\b(?:is|are) (?=(?:my|the|our|your)\b.*\b(?:here|there|anywhere|(?:in|on|under|near|behind) (?:the|my|this))\b)"
    r"(.*)",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"\b(?:(?:what|which) (?:kinds?|types?|sorts?) of|which|what (?=animal|fruit|food|vehicle))\b(.*)", re.IGNORECASE
)
_DESCRIBE = _words(
    "describe", "what(?:'s| is| are) (?:this|that|it|these|those|there|here)", "surroundings", "see anything",
    "what(?:'s| is) (?:in|on|around|at|next|behind|near)", "what am i", "what (?:do|can|did) (?:you|i) see",
    "look around", "tell me what", "what have i", "what(?:'s| is) (?:happening|going on)",
)  # fmt: skip
_PLACE = _words("where (?:am i|are we)")
_PRINT = _words("signs?", "text", "writing", "print", "words?", "letters?", "anything written")
_FOLLOWS = re.compile(r"\s*(and|what about|how about|or)\b", re.IGNORECASE)
_ARTICLE = re.compile(
    r"^(?:(?:any|some|a|an|the|my|your|our|this|that|me|of|more|other|all|is|are)\s+)+", re.IGNORECASE
)
_WHERE = re.compile(
    r"\s*\b(?:here|there|in|on|at|near|around|beside|behind|under|over|next to|please|now|anywhere|nearby|with|to|can|"
    r"do|does|are|is|be|left|right|ahead|visible|you|i)\b",
    re.IGNORECASE,
)
