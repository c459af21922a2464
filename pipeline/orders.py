"""Orders by voice that concern what is kept: "take a picture", "record this", "stop recording"."""

from __future__ import annotations

import re
from typing import Literal, Protocol

from pipeline.types import FrameChoice

Order = Literal["take picture", "start recording", "stop recording"]

_POLITE = r"(?:please |can you |could you |would you |okay |ok |now |hey glasses |glasses )*"
_AFTERWARDS = r"(?: please| now| of (?:this|that|it|me|the \w+))*"

_PATTERNS: dict[Order, str] = {
    "take picture": r"(?:take|make|snap) (?:a |an |another |one more |the )?(?:picture|photo|photograph|snapshot)",
    "start recording": r"(?:start|begin) (?:recording|filming|a recording|the recording)"
    r"|(?:record|film) (?:this|that|a video|video)",
    "stop recording": r"(?:stop|end|finish) (?:the |this )?(?:recording|filming|video)",
}


def order_in(text: str) -> Order | None:
    """The order that `text` is, as a whole: a question that merely speaks of pictures or recordings is none."""
    words = " ".join(re.findall(r"[\w']+", text.lower()))
    for order, pattern in _PATTERNS.items():
        if re.fullmatch(f"{_POLITE}(?:{pattern}){_AFTERWARDS}", words):
            return order
    return None


class Keeper(Protocol):
    """Keeps pictures and recordings, wherever that is."""

    async def obey(self, order: Order, choice: FrameChoice) -> str:
        """Do it; the sentence that the wearer hears. `choice` is what was seen while the order was given.

        Raises GlassesError if it can't be done.
        """
        ...
