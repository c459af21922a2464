"""Wake words: was the name just said that starts a turn?

microWakeWord's models (https://github.com/kahrendt/microWakeWord, Apache-2.0) by way of pymicro-wakeword: a spectrum
each 10 ms, a small network each 30 ms, and the mean of its last five probabilities against the model's own cutoff.

Its spectra adapt to what was heard before, which makes it deaf for a word behind other speech: of 167 people's "Alexa"
it missed 4 in their own recordings, but 18 behind an order by somebody else and 0.3 s. Therefore four ears listen in
turns, each begun anew every two seconds: 3 and 6, and with a kitchen as loud as the voice 48 instead of 59. A new ear
takes anything for the word (26 times in 1.9 hours of made speech), and is not believed; the others did not once, where
the single ear did once. In six hours of unbroken reading they did ten times for "Alexa".

Who goes on at once is heard worse, since what counts is a mean over 0.15 s: with an order 0.15 s behind the word 7 of
the 167 were missed, with 0.05 s 30. Therefore an ear may doubt, too, and what made it doubt is heard again with quiet
behind it: 2 and 3 of 167 (`python -m benchmarks.wake`). A lower cutoff would do half as much, and wake for other words.

While nothing sounds beyond the floor of noise, they rest; where something does, they hear what went before it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.errors import GlassesError, UsageError
from pipeline.listen.floor import BLOCK, Floor
from pipeline.listen.segmenter import GAP
from pipeline.listen.transcriber import RATE
from pipeline.listen.wake_ear import Ear, Impression, SecondHearing
from pipeline.types import AudioChunk, Samples

WORDS = ("okay_nabu", "hey_jarvis", "hey_mycroft", "alexa")
"""What can be listened for: the models in the package."""

_STAGGER = RATE // 2
"""Samples from the beginning of one ear to that of the next."""

_EARS = 4

_QUIET = 0.5 * RATE
"""Samples without a certain ear after which the next certain one has heard another word. After 0.3 s some voices' "Hey
Mycroft" counted twice."""

_LAG = {"okay_nabu": 0.1, "hey_jarvis": 0.2, "hey_mycroft": 0.1, "alexa": 0.185}
"""Seconds from the end of the word to the end of the sound that makes an ear certain. For "Alexa" the median of 165
people, of whom half were within 0.025 s of it and nine tenths within 0.065 s. The others are from 21 made voices, among
whom it depends on the voice: half within 0.05 to 0.1 s, nine tenths within 0.2 s."""

_DOUBTED_LAG = round(0.08 * RATE)
"""The same for the sound that makes an ear doubt, in samples."""

_NEAR, _DOUBTED_NEAR = round(0.12 * RATE), round(0.15 * RATE)
"""Samples before and behind that end in which the quietest place is taken for it. Of 126 people with an order 0.05 s
behind their word, 25 had more than 0.06 s of it left by the end alone, and 3 lost a beginning; 11 and 1 so. With 0.15 s
it is the silence before a consonant of "Mycroft" for some voices. Behind a doubt it is 0.15 s: of 165 people with an
order 0.05 s behind their word, the place is within 0.06 s of the end for 160."""

_DIP = round(0.02 * RATE)
"""Samples of which the loudness of a place is."""

_CUTS = tuple(round(seconds * RATE) for seconds in (-0.15, -0.1, -0.05, 0.0, 0.05))
"""Samples from where the doubt began to where the word may have ended; it may have at the quietest place, too."""

_ALIKE = 3
"""Of these six ends, with which the word must be certain. Of 22 made voices 3 wake "Alexa" with "I like some of these":
2 without a second hearing, 7 if one end were enough."""

_HEARD_AGAIN = ("alexa", "okay_nabu", "hey_jarvis")
"""The others' doubts are not worth it: "Hey Mycroft" is in "may I have a", and of 25 voices it would be one more."""

_REST = 1.0 * RATE
"""Samples without sound beyond the floor after which nobody listens: a word has no such pause."""

_KEPT = 2 * RATE
"""Samples that are remembered: those of a word that is heard again, and those behind it."""

_BEFORE = round(1.2 * RATE)
"""Samples of before that are heard once there is sound again: so that an ear is believed by the end of the word."""


@dataclass(frozen=True, slots=True)
class Woken:
    """A wake word was heard."""

    word: str  # one of WORDS
    t: float  # end of the sound that made it certain, seconds
    t_end: float  # when the word itself ended, as well as is known, seconds: what follows belongs to the question


class WakeWord(Protocol):
    """A detector for one wake word in one stream of sound."""

    word: str

    def feed(self, chunk: AudioChunk) -> Iterator[Woken]:
        """Take the next sound, of any length, mono int16 at 16 kHz. A gap before it resets."""
        ...

    def reset(self) -> None:
        """Forget what came before: the next chunk does not follow the last."""
        ...


class MicroWakeWord:
    """A model of microWakeWord for `word`, one of WORDS: about 1 % of a core while there is sound, or next to nothing.

    Fires once a word. A word that ends within 1.2 s of the beginning, or of a gap, is missed. Raises UsageError for
    another word, and GlassesError where the package is missing or its library can't be loaded.
    """

    def __init__(self, word: str) -> None:
        if word not in WORDS:
            raise UsageError(f"the wake word '{word}' is not known; choose one of {', '.join(WORDS)}")
        try:
            self._ears = [Ear(word) for _ in range(_EARS)]
            self._again = SecondHearing(word) if word in _HEARD_AGAIN else None
        except (ImportError, OSError, ValueError) as error:
            raise GlassesError(
                f"wake words can't be heard ({error}); install pymicro-wakeword, which needs glibc 2.35: "
                "pip install 'glasses-companion[offline]'",
                told="I can't listen for the wake word.",
            ) from error
        self.word = word
        self.reset()

    def reset(self) -> None:
        """Forget what came before."""
        self._come = 0  # samples
        self._fed = 0  # of those, up to where the ears have heard
        self._t_next = 0.0
        self._certain = -_QUIET  # sample at which an ear was last certain
        self._doubted = -_QUIET  # sample at which an ear last doubted
        self._doubt: int | None = None  # sample at which the doubt began that is not judged yet
        self._floor = Floor()
        self._last = np.zeros(0, np.int16)  # what came last
        self._loud = 0  # sample at which there was sound beyond the floor last
        self._rests = False
        for ear in self._ears:
            ear.begin(0)

    def feed(self, chunk: AudioChunk) -> Iterator[Woken]:
        """As `WakeWord.feed`."""
        if self._come and abs(chunk.t - self._t_next) > GAP:
            self.reset()
        t_first = chunk.t - self._come / RATE  # of the first sample since the reset
        self._t_next = chunk.t_end
        rest = chunk.samples
        while len(rest):
            room = BLOCK - self._come % BLOCK
            piece, rest = rest[:room], rest[room:]
            for at, ended in self._take(piece):
                yield Woken(self.word, t_first + at / RATE, t_first + ended / RATE)

    def _react(self, made: Impression) -> int | None:
        """The sample at which the word ended, if it is heard with that; otherwise there may be a doubt."""
        known = made.at - self._certain <= _QUIET
        if made.certain:
            self._certain, self._doubt = made.at, None
            return None if known else self._end(made.since - round(_LAG[self.word] * RATE), _NEAR, made.at)
        if self._again and not known and made.at - self._doubted > _QUIET:
            self._doubt = made.since
        self._doubted = made.at
        return None

    def _judge(self) -> int | None:
        """The sample at which the word ended, if a doubt is over and was one for nothing."""
        if self._doubt is None or self._again is None or self._come < self._doubt + _DOUBTED_NEAR - _DOUBTED_LAG:
            return None
        doubt, self._doubt = self._doubt, None
        first = self._come - len(self._last)
        quietest = self._end(doubt - _DOUBTED_LAG, _DOUBTED_NEAR, self._come)
        ends = (quietest, *(doubt + cut for cut in _CUTS))
        sure = 0
        for heard, end in enumerate(ends):  # no more than it takes: all six stop everything else for 0.2 s on a Pi
            sure += self._again.sure(self._last[: end - first])
            if sure == _ALIKE:
                break
            if sure + len(ends) - heard - 1 < _ALIKE:
                return None
        self._certain = self._come
        return quietest

    def _end(self, end: int, near: int, last: int) -> int:
        """The quietest place around sample `end`, not behind sample `last`: there the word most likely ended."""
        first = self._come - len(self._last)
        if end - near < first:
            return end
        sound = self._last[end - near - first : min(end + near, last) - first].astype(np.float64)
        power = np.convolve(sound**2, np.ones(_DIP), "valid")
        return end - near + int(np.argmin(power)) + _DIP // 2

    def _take(self, piece: Samples) -> Iterator[tuple[int, int]]:
        """The next samples, up to the end of a block of the floor; at which of them a word was heard, and had ended."""
        self._come += len(piece)
        self._last = np.concatenate([self._last, piece])[-_KEPT:]
        if not self._rests:
            yield from self._hear(piece)
        if self._come % BLOCK:
            return
        if self._floor.loud(self._last[-BLOCK:]):
            self._loud = self._come
        rested, self._rests = self._rests, self._come - self._loud > _REST
        if rested and not self._rests:
            before = self._last[-_BEFORE:]
            self._fed = self._come - len(before)
            for ear in self._ears:
                ear.begin(self._fed)
            yield from self._hear(before)
        ended = self._judge()
        if ended is not None:
            yield self._come, ended

    def _hear(self, piece: Samples) -> Iterator[tuple[int, int]]:
        """As `_take`, of the ears."""
        while len(piece):
            turn, into = divmod(self._fed, _STAGGER)
            if not into:
                self._ears[turn % _EARS].begin(self._fed)
            part, piece = piece[: _STAGGER - into], piece[_STAGGER - into :]
            self._fed += len(part)
            for made in sorted(made for ear in self._ears for made in ear.hear(part)):
                ended = self._react(made)
                if ended is not None:
                    yield made.at, ended
