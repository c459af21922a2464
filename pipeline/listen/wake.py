"""Wake words: was the name just said that starts a turn?

microWakeWord's models (https://github.com/kahrendt/microWakeWord, Apache-2.0) by way of pymicro-wakeword: a spectrum
each 10 ms, a small network each 30 ms, and the mean of its last five probabilities against the model's own cutoff.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.errors import GlassesError, UsageError
from pipeline.listen.segmenter import GAP
from pipeline.listen.transcriber import RATE
from pipeline.types import AudioChunk

WORDS = ("okay_nabu", "hey_jarvis", "hey_mycroft", "alexa")
"""What can be listened for: the models in the package."""

_FIRST = 480
"""Samples of the first spectrum, 30 ms; each one more needs _STEP."""

_STEP = 160

_LAG = {"okay_nabu": 0.2, "hey_jarvis": 0.2, "hey_mycroft": 0.2, "alexa": 0.2}
"""Seconds from the end of the word to the end of the sound that made it certain."""

_AGAIN = 0.5
"""Mean probability below which a word is over and the next can be heard."""


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
    """A model of microWakeWord for `word`, one of WORDS: about 0.5 % of a core.

    Fires once a word, however long the network stays certain. Raises UsageError for another word, and GlassesError
    where the package is missing or its library can't be loaded.
    """

    def __init__(self, word: str) -> None:
        if word not in WORDS:
            raise UsageError(f"the wake word '{word}' is not known; choose one of {', '.join(WORDS)}")
        try:
            from pymicro_wakeword import MicroWakeWord as Network
            from pymicro_wakeword import MicroWakeWordFeatures, Model

            self._network = Network.from_builtin(Model(word))
            self._spectra = MicroWakeWordFeatures()
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
        self._network.reset()
        self._spectra.reset()
        self._fed = 0  # samples
        self._judged = 0  # spectra
        self._t_next = 0.0
        self._armed = True

    def feed(self, chunk: AudioChunk) -> Iterator[Woken]:
        """As `WakeWord.feed`."""
        if self._fed and abs(chunk.t - self._t_next) > GAP:
            self.reset()
        t_first = chunk.t - self._fed / RATE  # of the first sample since the reset
        self._fed += len(chunk.samples)
        self._t_next = chunk.t_end
        for spectrum in self._spectra.process_streaming(chunk.samples.tobytes()):
            mean = self._network.process_streaming_prob(spectrum)
            self._judged += 1
            if self._judged % self._network.stride or mean is None:  # 0 for the spectra between
                continue
            if self._armed and mean > self._network.probability_cutoff:
                self._armed = False
                t = t_first + (_FIRST + (self._judged - 1) * _STEP) / RATE
                yield Woken(self.word, t, t - _LAG[self.word])
            elif mean < _AGAIN:
                self._armed = True
