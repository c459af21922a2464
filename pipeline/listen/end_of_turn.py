"""How long to wait in a pause before what was said is taken as all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pipeline.listen.phrases import Ending, ending
from pipeline.listen.transcriber import Transcript
from pipeline.types import Samples


class EndOfTurn(Protocol):
    """Decides while a pause lasts. Blocks for some 30 ms, so it is called in a thread; the same in, the same out."""

    def patience(self, words: Transcript, sound: Samples) -> float:
        """Seconds of silence after the last voiced sample after which the turn is over.

        `words` are what was heard so far. `sound` is the stretch so far, int16 at 16 kHz, from its pre-roll to the
        first 60 to 200 ms of the silence.
        """
        ...


class TurnModel(Protocol):
    """A model trained to hear whether somebody has finished."""

    def complete(self, sound: Samples) -> float:
        """How likely the speaker has finished, 0 to 1; `sound` as for `EndOfTurn.patience`."""
        ...


@dataclass(frozen=True, slots=True)
class FixedSilence:
    """The same silence after everything."""

    seconds: float = 0.7  # of the segmenter's `end_silence` up to now

    def patience(self, words: Transcript, sound: Samples) -> float:
        """Always the same."""
        return self.seconds


_PATIENCE: dict[Ending, float] = {"closed": 0.35, "unsure": 0.7, "open": 1.2}


@dataclass(frozen=True, slots=True)
class Adaptive:
    """Waits as long as what was said needs."""

    def patience(self, words: Transcript, sound: Samples) -> float:
        """As `EndOfTurn.patience`."""
        if words.language != "en" or not words.text:
            return _PATIENCE["unsure"]
        return _PATIENCE[ending(words.text)]
