"""What a session is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.ask.backend import Backend
from pipeline.ask.modes import AUTO
from pipeline.converse.attention import AttentionSettings
from pipeline.converse.orders import Keeper
from pipeline.helpers.helped import Helpers
from pipeline.listen.end_of_turn import EndOfTurn
from pipeline.listen.listener import Ears
from pipeline.listen.transcriber import Transcriber
from pipeline.look.choice import LookSettings
from pipeline.speak.mouth import Mouth


@dataclass(frozen=True, slots=True)
class Parts:
    """What a session is made of."""

    ears: Ears
    transcriber: Transcriber
    backend: Backend
    mouth: Mouth
    look: LookSettings = field(default_factory=LookSettings)
    keeper: Keeper | None = None  # None: orders to keep something are questions like any other
    mode: str = AUTO  # how hard to think: one of pipeline/ask/modes.py, or by the question
    attention: AttentionSettings = field(default_factory=AttentionSettings)
    end_of_turn: EndOfTurn | None = None  # None: the same silence after everything
    helpers: Helpers | None = None  # who stands behind the transcriber and the mouth, if anybody does
    sparing: Callable[[], bool] = lambda: False  # whether no work is to be done that may be for nothing
