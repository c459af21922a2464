"""Wake words: was the name just said that starts a turn?

microWakeWord's models (https://github.com/kahrendt/microWakeWord, Apache-2.0) by way of pymicro-wakeword: a spectrum
each 10 ms, a small network each 30 ms, and the mean of its last five probabilities against the model's own cutoff.

Its spectra adapt to what was heard before, which makes it deaf for a word behind other speech: of 167 people's "Alexa"
it missed 4 in their own recordings, but 18 behind an order by somebody else and 0.3 s. Therefore four ears listen in
turns, each begun anew every two seconds: 3 and 6, and with a kitchen as loud as the voice 48 instead of 59. A new ear
takes anything for the word (26 times in 1.9 hours of made speech), and is not believed; the others did not once, where
the single ear did once. In six hours of unbroken reading they did ten times for "Alexa".

Who goes on at once is heard worse, since what counts is a mean over 0.15 s: with an order 0.15 s behind the word 7 of
the 167 were missed, with 0.05 s 30 (`python -m benchmarks.wake`). With a cutoff of 0.7 instead of 0.9 it would be about
a third of these, and twice in 18 minutes of orders that have no such word it would wake.

While nothing sounds beyond the floor of noise, they rest; where something does, they hear what went before it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipeline.errors import GlassesError, UsageError
from pipeline.listen.floor import BLOCK, Floor
from pipeline.listen.segmenter import GAP
from pipeline.listen.transcriber import RATE
from pipeline.types import AudioChunk, Samples

if TYPE_CHECKING:
    from pymicro_wakeword import MicroWakeWord as Network

WORDS = ("okay_nabu", "hey_jarvis", "hey_mycroft", "alexa")
"""What can be listened for: the models in the package."""

_FIRST = 480
"""Samples of the first spectrum, 30 ms."""

_STEP = 160
"""Samples more for each spectrum that follows, 10 ms."""

_STAGGER = RATE // 2
"""Samples from the beginning of one ear to that of the next."""

_EARS = 4

_NEW = 0.9 * RATE
"""Samples within which an ear takes anything for the word: what it is certain of so early is not believed."""

_SETTLED = 1.15 * RATE
"""Samples from which on an ear is believed. With 0 and 1.1 s there was none more in 1.9 hours, but two in the next half
an hour; with 0.9 and 1.1 s 7 more where the cutoff is 0.2 lower, and 2 with these; with 1.2 s three more of 165 words
right behind speech were missed."""

_QUIET = 0.5 * RATE
"""Samples without a certain ear after which the next certain one has heard another word. After 0.3 s some voices' "Hey
Mycroft" counted twice."""

_LAG = {"okay_nabu": 0.1, "hey_jarvis": 0.2, "hey_mycroft": 0.1, "alexa": 0.185}
"""Seconds from the end of the word to the end of the sound that makes an ear certain. For "Alexa" the median of 165
people, of whom half were within 0.025 s of it and nine tenths within 0.065 s. The others are from 21 made voices, among
whom it depends on the voice: half within 0.05 to 0.1 s, nine tenths within 0.2 s."""

_NEAR = round(0.12 * RATE)
"""Samples before and behind that end in which the quietest place is taken for it. Of 126 people with an order 0.05 s
behind their word, 25 had more than 0.06 s of it left by the end alone, and 3 lost a beginning; 11 and 1 so. With 0.15 s
it is the silence before a consonant of "Mycroft" for some voices."""

_DIP = round(0.02 * RATE)
"""Samples of which the loudness of a place is."""

_REST = 1.0 * RATE
"""Samples without sound beyond the floor after which nobody listens: a word has no such pause."""

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
            self._ears = [_Ear(word) for _ in range(_EARS)]
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
            for at, since in self._take(piece):
                if at - self._certain > _QUIET:
                    yield Woken(self.word, t_first + at / RATE, t_first + self._end(since, at) / RATE)
                self._certain = at

    def _end(self, since: int, at: int) -> int:
        """The sample at which the word most likely ended that made an ear certain from sample `since` to `at`."""
        end = since - round(_LAG[self.word] * RATE)
        first = self._come - len(self._last)
        if end - _NEAR < first:
            return end
        near = self._last[end - _NEAR - first : min(end + _NEAR, at) - first].astype(np.float64)
        power = np.convolve(near**2, np.ones(_DIP), "valid")
        return end - _NEAR + int(np.argmin(power)) + _DIP // 2

    def _take(self, piece: Samples) -> Iterator[tuple[int, int]]:
        """The next samples, up to the end of a block of the floor; what the ears are certain of, if they don't rest."""
        self._come += len(piece)
        self._last = np.concatenate([self._last, piece])[-_BEFORE:]
        if not self._rests:
            yield from self._hear(piece)
        if self._come % BLOCK:
            return
        if self._floor.loud(self._last[-BLOCK:]):
            self._loud = self._come
        rested, self._rests = self._rests, self._come - self._loud > _REST
        if rested and not self._rests:
            self._fed = self._come - len(self._last)
            for ear in self._ears:
                ear.begin(self._fed)
            yield from self._hear(self._last)

    def _hear(self, piece: Samples) -> Iterator[tuple[int, int]]:
        """As `_take`, of the ears."""
        while len(piece):
            turn, into = divmod(self._fed, _STAGGER)
            if not into:
                self._ears[turn % _EARS].begin(self._fed)
            part, piece = piece[: _STAGGER - into], piece[_STAGGER - into :]
            self._fed += len(part)
            yield from sorted(found for ear in self._ears for found in ear.hear(part))


class _Ear:
    """The library's spectra and network, begun anew now and then."""

    def __init__(self, word: str) -> None:
        from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

        self._network: Network = MicroWakeWord.from_builtin(Model(word))
        self._spectra = MicroWakeWordFeatures()
        self.begin(0)

    def begin(self, at: int) -> None:
        """Forget everything; the next sound begins at sample `at` of the stream."""
        self._network.reset()
        self._spectra.reset()
        self._begun = at
        self._judged = 0  # spectra
        self._since: int | None = None  # its age when it became certain, samples

    def hear(self, piece: Samples) -> Iterator[tuple[int, int]]:
        """Each sample of the stream at which it is certain and can be believed, and that at which it became so."""
        for spectrum in self._spectra.process_streaming(piece.tobytes()):
            mean = self._network.process_streaming_prob(spectrum)
            self._judged += 1
            if self._judged % self._network.stride or mean is None:  # the spectra between give 0
                continue
            age = _FIRST + (self._judged - 1) * _STEP
            if mean <= self._network.probability_cutoff:
                self._since = None
                continue
            if self._since is None:
                self._since = age
            if self._since > _NEW and age > _SETTLED:
                yield self._begun + age, self._begun + self._since
