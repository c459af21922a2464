"""Orders by voice that concern what is kept: "take a picture", "record this", "stop recording"."""

from __future__ import annotations

import re
from typing import Literal, Protocol

from pipeline.types import FrameChoice

Order = Literal["take picture", "start recording", "stop recording"]

_BEFOREHAND = (
    r"(?:(?:hey|um|uh|so|and|well|please|can you|could you|would you|i want you to|i'd like you to|okay|ok|now"
    r"|glasses) )*"
)

_ELSE = (
    "and|or|but|then|if|what|who|whose|which|where|when|why|how|is|are|was|were|do|does|did|can|could|should"
    "|would|tell|read|say|describe|explain|translate"
)
"""Words that begin something else, to be answered: what is pictured ends before them."""

_THING = rf"(?:it|me|(?:this|that|these|those|the|my)(?: (?!(?:{_ELSE}|please|now|for me)\b)[\w']+){{0,3}})"
"""What is to be pictured, in a few words."""

_AFTERWARDS = rf"(?: please| now| for me| of {_THING})*"

_PATTERNS: dict[Order, str] = {
    "take picture": r"(?:take|make|snap) (?:a |an |another |one more |the )?(?:picture|photo|photograph|snapshot)",
    "start recording": r"(?:start|begin) (?:recording|filming|a recording|the recording)"
    r"|(?:record|film) (?:this|that|a video|video)",
    "stop recording": r"(?:stop|end|finish) (?:the |this |that )?(?:recording|filming|video)"
    r"(?: (?:it|this|that|(?:this|that|the) video))?",
}


def order_in(text: str) -> Order | None:
    """The order that `text` is, as a whole: a question that merely speaks of pictures or recordings is none."""
    words = " ".join(re.findall(r"[\w']+", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")))
    for order, pattern in _PATTERNS.items():
        if re.fullmatch(f"{_BEFOREHAND}(?:{pattern}){_AFTERWARDS}", words):
            return order
    return None


class Keeper(Protocol):
    """Keeps pictures and recordings, wherever that is."""

    async def obey(self, order: Order, choice: FrameChoice) -> str:
        """Do it; the sentence that the wearer hears. `choice` is what was seen while the order was given.

        Raises GlassesError if it can't be done.
        """
        ...
