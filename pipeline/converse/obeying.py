"""Orders carried out: what the wearer can say about the conversation itself, and about what is kept."""

from __future__ import annotations

from typing import TypeGuard

from pipeline.converse.orders import KEEPING, Keeper, KeepingOrder, Order, word_to_spell
from pipeline.errors import GlassesError
from pipeline.speak.mouth import Mouth
from pipeline.speak.spelling import spelled
from pipeline.types import FrameChoice

IN_PASSING: frozenset[Order] = frozenset({"slower", "faster", "louder", "quieter"})
"""Orders that an answer need not end for: the rest of it is spoken so."""

_NOTHING_SAID = "I haven't said anything yet."
_NO_OTHER_VOICE = "I have no other voice."


class Obeying:
    """Carries out orders with the mouth, and with the keeper if there is one."""

    def __init__(self, mouth: Mouth, keeper: Keeper | None) -> None:
        self._mouth = mouth
        self._keeper = keeper

    def knows(self, order: Order | None) -> bool:
        """Whether it can be carried out here; without a keeper, what is to be kept is a question like any other."""
        return order is not None and (not _is_keeping(order) or self._keeper is not None)

    def adjust(self, order: Order) -> str:
        """Carry out an order in passing; the words that say so."""
        match order:
            case "slower" | "faster":
                changed = self._mouth.faster(1 if order == "faster" else -1)
            case _:
                changed = self._mouth.louder(1 if order == "louder" else -1)
        return f"{order.capitalize()}." if changed else f"I can't speak any {order}."

    async def obey(self, order: Order, choice: FrameChoice, text: str, last: str) -> str:
        """Carry out the order that `text` is; the words for the wearer. `last` is the last answer, as it was heard.

        Raises GlassesError if something can't be kept.
        """
        if order in IN_PASSING:
            return self.adjust(order)
        if _is_keeping(order) and self._keeper:
            try:
                return await self._keeper.obey(order, choice)
            except GlassesError:
                raise
            except Exception as error:
                raise GlassesError(f"{order}: {error}") from error
        if order == "other voice":
            return "This is my other voice." if self._mouth.change_voice() else _NO_OTHER_VOICE
        word = word_to_spell(text)
        if not (word or last):
            return _NOTHING_SAID
        return spelled(word or last) if order == "spell" else last


def _is_keeping(order: Order | None) -> TypeGuard[KeepingOrder]:
    return order in KEEPING
