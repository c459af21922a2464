"""What hears a wake word: the library's spectra and network, in a stream, and once more where there was doubt."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.listen.transcriber import RATE
from pipeline.types import Samples

if TYPE_CHECKING:
    from pymicro_wakeword import MicroWakeWord as Network

_FIRST = 480
"""Samples of the first spectrum, 30 ms."""

_STEP = 160
"""Samples more for each spectrum that follows, 10 ms."""

_NEW = 0.9 * RATE
"""Samples within which an ear takes anything for the word: what it is certain of so early is not believed."""

_SETTLED = 1.15 * RATE
"""Samples from which on an ear is believed. With 0 and 1.1 s there was none more in 1.9 hours, but two in the next half
an hour; with 0.9 and 1.1 s 7 more where the cutoff is 0.2 lower, and 2 with these; with 1.2 s three more of 165 words
right behind speech were missed."""

_DOUBT, _DOUBTING = 0.3, 3
"""Mean of so many probabilities above which an ear doubts: of 167 people with an order right behind their word it does
for 166, and in an hour of orders or of reading 5 to 20 times."""

_AGAIN = round(1.6 * RATE)
"""Samples up to the end of the word that are heard again: an ear needs 1.2 s to be believed."""

_SURE = 0.93
"""Mean of five probabilities above which the word is certain when it is heard again. In 2.6 hours none of "Alexa" and
"Okay Nabu", and one of "Hey Jarvis", was so for other words; with 0.9 one more."""

_END = 0.1 * RATE
"""Samples before its end from which on a sound that is heard again can be the word: not one that was said before."""

_HISS = np.random.default_rng(0).normal(0, 12, round(0.45 * RATE)).astype(np.int16)
"""The quiet of a room, which is put behind a sound that is heard again: -69 dB of full scale."""


class Impression(NamedTuple):
    """What one ear makes of the sound up to a sample of the stream."""

    at: int  # the sample
    since: int  # sample at which it became certain, or began to doubt
    certain: bool  # or it doubts


class Ear:
    """A network that listens to a stream, begun anew now and then."""

    def __init__(self, word: str) -> None:
        """Raises ImportError, OSError or ValueError where the library is not there."""
        self._hearing = _Hearing(word)
        self.begin(0)

    def begin(self, at: int) -> None:
        """Forget everything; the next sound begins at sample `at` of the stream."""
        self._hearing.reset()
        self._begun = at
        self._since: dict[bool, int] = {}  # ages at which it became certain, and began to doubt

    def hear(self, piece: Samples) -> Iterator[Impression]:
        """Where it is certain, and where it doubts, as far as it can be believed."""
        for age, mean, recent in self._hearing.hear(piece):
            for certain, so in ((True, mean > self._hearing.cutoff), (False, recent > _DOUBT)):
                if not so:
                    self._since.pop(certain, None)
                    continue
                since = self._since.setdefault(certain, age)
                if since > _NEW and age > _SETTLED:
                    yield Impression(self._begun + age, self._begun + since, certain)


class SecondHearing:
    """Hears a sound as if nothing had been said behind it: what follows at once is what makes an ear doubt."""

    def __init__(self, word: str) -> None:
        """Raises as `Ear`."""
        self._hearing = _Hearing(word)

    def sure(self, sound: Samples) -> bool:
        """Whether `sound` ends with the word: 10 ms of work."""
        self._hearing.reset()
        sound = sound[-_AGAIN:]
        heard = self._hearing.hear(np.concatenate([sound, _HISS]))
        return any(mean > _SURE for age, mean, _ in heard if age > len(sound) - _END)


class _Hearing:
    """The library's two parts, and what they say of each 30 ms."""

    def __init__(self, word: str) -> None:
        from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

        self._network: Network = MicroWakeWord.from_builtin(Model(word))
        self._spectra = MicroWakeWordFeatures()
        self.cutoff: float = self._network.probability_cutoff
        self._judged = 0

    def reset(self) -> None:
        self._network.reset()
        self._spectra.reset()
        self._judged = 0  # spectra

    def hear(self, piece: Samples) -> Iterator[tuple[int, float, float]]:
        """Samples heard so far, the mean of the last five probabilities, and that of the last three; 0 without."""
        for spectrum in self._spectra.process_streaming(piece.tobytes()):
            mean = self._network.process_streaming_prob(spectrum)
            self._judged += 1
            if self._judged % self._network.stride or mean is None:  # the spectra between give 0
                continue
            last = list(self._network._probabilities)[-_DOUBTING:]  # it tells the mean only
            yield _FIRST + (self._judged - 1) * _STEP, mean, fmean(last) if len(last) == _DOUBTING else 0.0
