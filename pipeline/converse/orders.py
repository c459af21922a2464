"""Orders by voice, obeyed without asking anybody: what to keep ("take a picture"), how to talk ("stop", "slower")."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from pipeline.words import plain

if TYPE_CHECKING:
    from pipeline.types import FrameChoice

KeepingOrder = Literal["take picture", "start recording", "stop recording"]
TalkingOrder = Literal["stop", "repeat", "slower", "faster", "louder", "quieter", "spell", "other voice"]
Order = KeepingOrder | TalkingOrder

KEEPING: frozenset[KeepingOrder] = frozenset(get_args(KeepingOrder))
"""What a Keeper obeys; the others are about the conversation itself."""


def order_in(text: str) -> Order | None:
    """The order that `text` is, as a whole: a question that merely speaks of stops or recordings is none.

    Saying it twice is saying it: "Stop. Stop!". Orders about the conversation are known in English, the commonest
    also in German, Spanish and French.
    """
    found = _found(text)
    return found[0] if found else None


def word_to_spell(text: str) -> str:
    """The word of "spell necessary" or "how do you spell necessary", in small letters.

    Empty for "spell it", which is the last answer, and for all that is no order to spell.
    """
    found = _found(text)
    return (found[1]["word"] or "") if found and found[0] == "spell" else ""


class Keeper(Protocol):
    """Keeps pictures and recordings, wherever that is."""

    async def obey(self, order: KeepingOrder, choice: FrameChoice) -> str:
        """Do it; the sentence that the wearer hears. `choice` is what was seen while the order was given.

        Raises GlassesError if it can't be done.
        """
        ...


def _found(text: str) -> tuple[Order, re.Match[str]] | None:
    words = plain(text) + " "
    for order, pattern in _patterns().items():
        if match := pattern.fullmatch(words):
            return order, match
    return None


@cache
def _patterns() -> dict[Order, re.Pattern[str]]:
    return {
        order: re.compile(
            f"{_BEFOREHAND}(?:(?:{'|'.join(filter(None, (pattern, _ELSEWHERE.get(order))))})"
            f"{_AFTER_KEEPING if order in KEEPING else _AFTER_TALKING} )+"
        )
        for order, pattern in _ENGLISH.items()
    }


_BEFOREHAND = (
    r"(?:(?:hey|um|uh|oh|so|and|well|no|yes|yeah|wait|right|alright|sorry|please|thanks|thank you|can we"
    r"|(?:can|could|would|will) you|i want you to|i'd like you to|okay|ok|now|just|glasses"
    r"|bitte|kannst du|könntest du|por favor|puedes|s'il (?:te|vous) plaît|tu peux|peux tu) )*"
)

_ELSE = (
    "and|or|but|then|if|what|who|whose|which|where|when|why|how|is|are|was|were|do|does|did|can|could|should"
    "|would|tell|read|say|describe|explain|translate"
)
"""Words that begin something else, to be answered: what is pictured ends before them."""

_THING = rf"(?:it|me|(?:this|that|these|those|the|my)(?: (?!(?:{_ELSE}|please|now|for me)\b)[\w']+){{0,3}})"
"""What is to be pictured, in a few words."""

_AFTER_KEEPING = rf"(?: please| now| for me| of {_THING})*"
_AFTER_TALKING = (
    r"(?: please| right now| now| for me| thanks| thank you| glasses| okay| (?:will|would|can|could) you"
    r"| bitte| por favor| s'il (?:te|vous) plaît)*"
)

_AGAIN = r"(?:again|once more|once again|one more time)"
_ANSWER = r"(?:it|that|this|yourself|the (?:answer|last (?:bit|part|answer|sentence))|what you(?:'ve)?(?: just)? said)"

_SPEAK = r"(?:(?:speak|talk|go|be|read|(?:say|repeat|read|make) (?:it|that)|make your voice)(?: again)? )?"
_A_BIT = r"(?:(?:a bit|a little|a little bit|a lot|much|even) )?"
_TOO = (
    r"(?:(?:you(?:'re| are)?|that(?:'s| is| was)|it's) )?(?:(?:talk|speak|talking|speaking|going) )?(?:far |way )?too "
)
_VOLUME = r"(?:it|(?:the |your )?(?:volume|sound|voice))"

_NO_WORD = "it|that|this|them|the|a|an|my|your|his|her|out|me|what|check|again|for|correctly|well|please|now|thanks"
"""What follows "spell" without being what is to be spelt."""

_WORD = rf"(?P<word>(?!(?:{_NO_WORD})\b)[^\W\d_][\w']*)"

_ENGLISH: dict[Order, str] = {
    "take picture": r"(?:take|make|snap) (?:a |an |another |one more |the )?(?:picture|photo|photograph|snapshot)",
    "start recording": r"(?:start|begin) (?:recording|filming|a recording|the recording)"
    r"|(?:record|film) (?:this|that|a video|video)",
    "stop recording": r"(?:stop|end|finish) (?:the |this |that )?(?:recording|filming|video)"
    r"(?: (?:it|this|that|(?:this|that|the) video))?",
    "stop": r"(?:stop|cancel|abort)(?: (?:it|that|this|there|right there))?|stop (?:talking|speaking|reading)"
    r"|never ?mind|forget (?:it|that|about it)|(?:be )?(?:quiet|silent)|silence|hush|shush|shut (?:up|it)"
    r"|(?:that's |that is )?enough|that(?:'ll| will) do",
    "repeat": rf"repeat(?: {_ANSWER})?(?: {_AGAIN})?|say (?:{_ANSWER} )?{_AGAIN}|{_AGAIN}|come again|what"
    r"|pardon(?: me)?|i beg your pardon|what (?:did|do) you(?: just)? say|what (?:was|is) that again|say what"
    r"|i (?:didn't|did not|couldn't|could not) (?:hear|catch|get|understand) (?:that|it|you|what you said)",
    "slower": rf"{_SPEAK}{_A_BIT}(?:slower|more slowly|slowly)|slow (?:it )?down(?: a (?:bit|little))?|not so fast"
    rf"|{_TOO}(?:fast|quick|quickly)",
    "faster": rf"{_SPEAK}{_A_BIT}(?:faster|quicker|more quickly)|speed (?:it )?up(?: a (?:bit|little))?|not so slow"
    rf"|{_TOO}(?:slow|slowly)",
    "louder": rf"{_SPEAK}{_A_BIT}(?:louder|more loudly)|speak up(?: a (?:bit|little))?|volume up|more volume"
    rf"|turn (?:up {_VOLUME}|{_VOLUME} up)(?: a (?:bit|little))?|(?:increase|raise) {_VOLUME}"
    rf"|{_TOO}quiet|i (?:can't|cannot|can hardly|can barely) hear you",
    "quieter": rf"{_SPEAK}{_A_BIT}(?:quieter|softer|more quietly|more softly|less loud)|volume down|less volume"
    rf"|turn (?:down {_VOLUME}|{_VOLUME} down)(?: a (?:bit|little))?|(?:decrease|lower) {_VOLUME}|not so loud"
    rf"|keep (?:it|your voice) down|{_TOO}loud",
    "spell": rf"spell(?: out)?(?: (?:it|that|this|the (?:word|name|answer)))?(?: out)?(?: {_AGAIN})?"
    r"|how(?: is|'s| was) (?:it|that|this) (?:spelled|spelt)"
    r"|how (?:do|would) (?:you|i) (?:spell|write) (?:it|that|this)"
    r"|(?:spell|how (?:do|would) (?:you|i) spell|how is(?= [\w']+ spel(?:t|led) ))"
    rf"(?: the word)? {_WORD}(?: spelt| spelled)?",
    "other voice": r"(?:(?:use|try|take|give me|speak (?:with|in)|(?:switch|change) to|i want|i'd like|can i have) )?"
    r"(?:another|a different|the other|the next) voice|(?:change|switch)(?: your| the)? voices?",
}

_ELSEWHERE: dict[Order, str] = {
    "stop": r"stopp|halt|sei (?:still|ruhig)|ruhe|das reicht|genug|abbrechen|hör auf|vergiss es"
    r"|para|detente|basta|cállate|silencio|cancela|olvídalo|déjalo"
    r"|arrêtez?|arrête toi|tais toi|ça suffit|annule|laisse tomber",
    "repeat": r"wiederhol(?:e|en)?(?: das| es)?|das wiederholen|(?:sag das )?noch ?(?:mal|einmal)|wie bitte"
    r"|was hast du gesagt"
    r"|rep[ií]te(?:lo)?(?: eso)?|repetir(?:lo)?|(?:dilo )?otra vez|qué has dicho|qué dijiste|cómo"
    r"|répète(?: ça)?|répéter(?: ça)?|redis le|encore une fois|qu'est ce que tu as dit",
    "slower": r"(?:sprich )?(?:etwas |ein bisschen )?langsamer|nicht so schnell"
    r"|(?:habla )?más (?:despacio|lento)|(?:parle )?(?:plus lentement|moins vite)",
    "louder": r"(?:sprich )?(?:etwas |ein bisschen )?lauter|(?:habla )?más (?:alto|fuerte)|(?:parle )?plus fort",
}
"""German, Spanish, French."""
