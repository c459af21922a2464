"""Answers without a network, from what is perceived on this machine, and says plainly what it can't answer.

It understands little and pretends nothing: which of a few kinds of question it is (intents.py) decides what is
perceived (pipeline/see), and the answer holds that and no more (answers.py). Print is content: what stands on a sign,
or in a code, is spoken, never obeyed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Any

from pipeline.ask.backend import PictureBudget
from pipeline.ask.ondevice.answers import Seen, answer
from pipeline.ask.ondevice.intents import Intent, Sense, understood
from pipeline.ask.ondevice.past import View, over_time
from pipeline.ask.ondevice.reading import Told, read_on
from pipeline.clock import Clock
from pipeline.errors import GlassesError
from pipeline.see.eyes import Eyes
from pipeline.see.layout import Line
from pipeline.types import Answer, AnswerDelta, Picture, Question


class OnDevice:
    """A backend that needs nobody. Of one session: it keeps what is left to read of the last answer."""

    name = "ondevice"
    picture = PictureBudget(long_edge=None, quality=95)
    languages = frozenset({"en"})

    def __init__(self, clock: Clock, eyes: Eyes) -> None:
        self._clock = clock
        self._eyes = eyes
        self._left: tuple[Line, ...] = ()
        self._left_of = ""  # the question whose answer they are left of

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Answer, None]:
        """As `Backend.stream`: a delta a sentence."""
        intent = understood(question.text, question.history)
        try:
            told = await self._told(intent, question)
        except GlassesError as error:
            yield Answer(question.turn, "", "error", f"{self.name}: {error}", error.told)
            return
        self._left, self._left_of = told.left, question.text
        text = ""
        for sentence in told.sentences:
            piece = f" {sentence}" if text else sentence
            text += piece
            yield AnswerDelta(question.turn, self._clock.now(), piece)
        yield Answer(question.turn, text, "ok")

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def _told(self, intent: Intent, question: Question) -> Told:
        if intent.kind in ("on", "no"):
            return self._left_over(intent, question)
        if not question.images:
            return Told(("I have no picture to look at.",))
        if intent.kind == "past":
            views = [View(picture.t, await self._seen(intent, picture)) for picture in question.images]
            return over_time(question.text, views)
        return answer(intent, question.text, await self._seen(intent, question.images[0]))

    async def _seen(self, intent: Intent, picture: Picture) -> Seen:
        """What `intent` needs of a picture."""
        perceived: dict[str, Any] = {}
        senses = self._senses()
        for sense in intent.needs:
            field, perceive = senses[sense]
            perceived[field] = await self._clock.run(sense, partial(perceive, picture))
        return Seen(**perceived)

    def _left_over(self, intent: Intent, question: Question) -> Told:
        """Read on only where the turn before, of this backend, has left something."""
        same = not question.history or question.history[-1].question == self._left_of
        if intent.kind == "no":
            return Told(("All right.",))
        return read_on(self._left) if self._left and same else Told(("There is nothing more to read.",))

    def _senses(self) -> dict[Sense, tuple[str, Callable[[Picture], Any]]]:
        """The field of `Seen` that each fills, and how."""
        eyes = self._eyes
        return {
            "read": ("lines", eyes.read),
            "objects": ("things", eyes.things),
            "codes": ("codes", eyes.codes),
            "colours": ("colours", eyes.colours),
            "light": ("light", eyes.light),
        }
