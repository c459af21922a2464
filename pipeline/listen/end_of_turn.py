"""How long to wait in a pause before what was said is taken as all of it.

Three things tell a speaker who has finished from one who hesitates: whether the words can end there
(`phrases.py`), how sure the recogniser is of them (a word cut short, or a beginning without its context, is heard
badly), and how the voice dies away (`prosody.py`). A trained model, where there is one, is the fourth. Their log-odds
are added up, by weights that `python -m benchmarks.cutoffs --fit` prints, and the more speaks for the end, the shorter
is the wait.

Of 100 pairs of a finished order and one cut after a content word, the confidence alone ranks 84 rightly, the voice's
dying away 89, Smart Turn 94. What was tried and added nothing beside these: pitch at the end against the same speaker's
before, and its slope (41 to 60 of 100), harmonicity, loudness over the last 0.1 to 0.4 s. The length of what was said
would add much, and be wrong for "what's this?".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from pipeline.listen.phrases import Ending, ending
from pipeline.listen.prosody import fading
from pipeline.listen.transcriber import Transcript
from pipeline.types import Samples

SILENCE = 0.192
"""Seconds of the silence that are to be listened to: six blocks of voice activity. With two, Smart Turn takes 9 of 111
finished orders for unfinished, with six none, and the wait's 95th percentile is 0.63 s instead of 0.86."""

SHORTEST = 0.32
"""Seconds: ten blocks of voice activity. The early transcript is there no sooner."""

LONGEST = 1.2
"""Seconds after which nobody is waited for."""

EVEN = 0.6
_A_FOLD = 0.25
"""Seconds of patience at even odds, and how much an e-fold of the odds takes away. If hesitations ended by chance,
after m seconds in the mean, the wait with the least expected cost would be m (ln(cost of a cut-off / m) - log-odds): a
straight line. Chosen on scores out of fold: at most 2 of 111 orders and 5 % of hesitations after function words cut
off, and 95 % of orders waited for at most 0.71 s; with a trained model 0.60 s."""

_FOREIGN = 0.7
"""Seconds at least in other languages than English, whose words are not judged: the plain setting's."""

_LEAST = 0.05
_SURE = 0.99
"""Confidence and the model's probability are not taken for more extreme than this."""

_USUAL_FADING = 0.05
"""Seconds between those of finished (0.08) and unfinished orders (0.02): says nothing."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What the sound says of the end of a turn."""

    fading: float | None = None  # seconds in which the voice died away; None if noise hides it
    trained: float | None = None  # the trained model's probability that it was all; None without one


class EndOfTurn(Protocol):
    """Decides while a pause lasts: the same in, the same out. Sound and words are known at different times."""

    def listen(self, sound: Samples) -> Ended:
        """What the sound says; blocks for up to 50 ms, so it is called in a thread.

        `sound` is the stretch so far, int16 at 16 kHz, from its pre-roll to `SILENCE` after the last voiced sample.
        """
        ...

    def patience(self, words: Transcript, ended: Ended) -> float:
        """Seconds of silence after the last voiced sample after which the turn is over.

        `words` are what was heard so far, without much of the silence.
        """
        ...


class TurnModel(Protocol):
    """A model trained to hear whether somebody has finished."""

    def complete(self, sound: Samples) -> float:
        """How likely the speaker has finished, 0 to 1; `sound` as for `EndOfTurn.listen`."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the end of a turn and against it."""

    ending: Ending  # of the words
    confidence: float  # of the recogniser, 0 to 1
    ended: Ended

    def values(self) -> tuple[float, ...]:
        """What the weights of a sum are for: the endings but `closed`, confidence, fading, and the model if any."""
        fading = _USUAL_FADING if self.ended.fading is None else self.ended.fading
        faded = math.log((0.01 + fading) / (0.01 + _USUAL_FADING))
        values = (
            float(self.ending == "open"),
            float(self.ending == "hanging"),
            float(self.ending == "unsure"),
            math.log(max(self.confidence, _LEAST)),
            faded,
        )
        if self.ended.trained is None:
            return values
        trained = min(max(self.ended.trained, 1 - _SURE), _SURE)
        return (*values, math.log(trained / (1 - trained)))


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds of the end: `constant` plus each of `Evidence.values` times its own of `each`."""

    constant: float
    each: tuple[float, ...]

    def log_odds(self, evidence: Evidence) -> float:
        """Above 0: more likely the end than not."""
        pairs = zip(self.each, evidence.values(), strict=True)
        return self.constant + sum(weight * value for weight, value in pairs)


WEIGHTS = Weights(1.41, (-2.27, -2.34, -2.20, 4.48, 1.28))
WEIGHTS_TRAINED = Weights(-0.16, (-1.90, -1.78, -1.75, 3.32, 0.86, 0.62))
"""As printed by `python -m benchmarks.cutoffs --fit`; the second with Smart Turn v3.2 as the trained model."""


@dataclass(frozen=True, slots=True)
class Adaptive:
    """Waits as long as what was said needs."""

    model: TurnModel | None = None

    def listen(self, sound: Samples) -> Ended:
        """As `EndOfTurn.listen`."""
        return Ended(fading(sound), None if self.model is None else self.model.complete(sound))

    def patience(self, words: Transcript, ended: Ended) -> float:
        """As `EndOfTurn.patience`. Where no words were heard it is long: there is nothing to answer yet."""
        weights = WEIGHTS if ended.trained is None else WEIGHTS_TRAINED
        return decide(words, gather(words, ended), weights)


def decide(words: Transcript, evidence: Evidence, weights: Weights, even: float = EVEN) -> float:
    """Seconds to wait after these words; `even` of them at even odds."""
    if not words.text:
        return LONGEST
    if evidence.ending == "whole":
        return SHORTEST
    patience = wait(weights.log_odds(evidence), even)
    return patience if words.language == "en" else max(patience, _FOREIGN)


def gather(words: Transcript, ended: Ended) -> Evidence:
    """The evidence in a stretch of speech that has words; those of other languages than English tell nothing."""
    return Evidence(ending(words.text) if words.language == "en" else "closed", words.confidence, ended)


def wait(log_odds: float, even: float, shortest: float = SHORTEST) -> float:
    """Seconds to wait in a pause in which the end is so likely: `even` of them at even odds, `shortest` at least."""
    return min(max(even - _A_FOLD * log_odds, shortest), LONGEST)
