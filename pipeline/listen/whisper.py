"""Speech recognition with faster-whisper's weights and parts, the encoder's input cut to the speech.

Whisper was trained on windows of 30 s, and faster-whisper encodes 30 s however short the sound.
CTranslate2 accepts less, which is several times faster, but a short window without care loses words and
repeats. So: silence is left behind the speech, repeats of four tokens are forbidden, and what still
looks wrong is heard once more in a full window. Temperature 0 throughout: Whisper's usual fallback to
random sampling invents a sentence now and then.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import UsageError
from pipeline.listen.transcriber import RATE, Transcript
from pipeline.types import Samples

if TYPE_CHECKING:
    from faster_whisper.tokenizer import Tokenizer
    from numpy.typing import NDArray

_PADDING = 8.0
"""Seconds of silence behind the speech. Of 128 short questions (tiny weights, unguarded), 48 came out doubled with 3 s,
25 with 5 s, 3 with 8 s, none in a full window. Longer speech takes half as long again as with 3 s (median)."""

_WINDOW = 30.0
"""Seconds of the window that Whisper was trained on."""

_FRAMES_PER_SECOND = 100
"""Of the mel spectrogram."""

_NO_REPEAT = 4
"""Tokens in a row that may not come twice."""

_TOKENS_PER_SECOND = 12
"""Far more than anybody speaks; the limit ends runaway decoding early."""

_WORDS_PER_SECOND = 5
"""Faster than people speak to a device; what comes out faster is a repetition, even if it varies its words."""

_SURE = -0.7
"""Average log-probability of a token below which the sound is heard again in a full window."""

_TRUSTED = -1.0
"""Average log-probability below which words are not believed: OpenAI's own `logprob_threshold`."""

_SILENT = 0.6
"""Probability of "no speech" above which words need to be sure to be believed: OpenAI's `no_speech_threshold`."""

_REPETITIVE = 2.4
"""Compression ratio above which text is a repetition: OpenAI's `compression_ratio_threshold`."""

_INVENTIONS = frozenset(
    """
    ah|bye|hmm|i'm sorry|mm|oh|okay|please subscribe|so|thank you|thank you for watching|thank you very much
    thanks|thanks for watching|the|uh|um|you
    """.strip()
    .replace("\n", "|")
    .replace("    ", "")
    .split("|")
)
"""What Whisper writes for sound without words; believed only where it is sure."""


@dataclass(frozen=True, slots=True)
class _Hearing:
    text: str
    log_probability: float  # average a token
    no_speech: float  # probability
    repetitive: bool


class Whisper:
    """A Whisper model for one utterance at a time; int8 on the processor, greedy, deterministic.

    `folder` holds the CTranslate2 weights. `language` is an ISO 639-1 code, or None to detect it.
    Raises UsageError for a language that the weights don't hear.
    """

    def __init__(self, folder: Path, language: str | None, *, threads: int = 2) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )
        if not self._model.model.is_multilingual:
            if language not in (None, "en"):
                raise UsageError(f"{folder}: it hears English only; for '{language}' choose listen.model base")
            language = "en"
        self._language = language
        self._tokenizers: dict[str, Tokenizer] = {}

    def transcribe(self, samples: Samples) -> Transcript:
        """As `Transcriber.transcribe`. Text that can't be believed comes back empty, with the reason."""
        sound = samples.astype(np.float32) / np.float32(32768)
        seconds = len(samples) / RATE
        encoded = self._encode(sound, min(seconds + _PADDING, _WINDOW))
        language = self._language or self._detect(encoded)
        heard = self._decode(encoded, language, seconds)
        if heard.repetitive or heard.log_probability < _SURE or _is_invention(heard.text):
            again = self._decode(self._encode(sound, _WINDOW), language, seconds)
            if again.repetitive < heard.repetitive or again.log_probability > heard.log_probability:
                heard = again
        reason = _doubt(heard)
        confidence = math.exp(heard.log_probability) * (1 - heard.no_speech)
        return Transcript("" if reason else heard.text, confidence, language, reason)

    def _encode(self, sound: NDArray[np.float32], window: float) -> Any:
        """The encoder's output for `sound` followed by silence up to `window` seconds."""
        missing = max(0, round(window * RATE) - len(sound))
        features = self._model.feature_extractor(sound, padding=missing)
        return self._model.encode(features[:, : round(_WINDOW * _FRAMES_PER_SECOND)])

    def _detect(self, encoded: Any) -> str:
        token, _ = self._model.model.detect_language(encoded)[0][0]
        return str(token).strip("<|>")

    def _decode(self, encoded: Any, language: str, seconds: float) -> _Hearing:
        from faster_whisper.transcribe import get_compression_ratio, get_suppressed_tokens

        tokenizer = self._tokenizer(language)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            sampling_temperature=0,
            no_repeat_ngram_size=_NO_REPEAT,
            max_length=len(prompt) + min(220, 16 + round(seconds * _TOKENS_PER_SECOND)),
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = result.sequences_ids[0]
        text = tokenizer.decode(tokens).strip()
        average = result.scores[0] * len(tokens) / (len(tokens) + 1)
        too_fast = len(text.split()) > 2 + seconds * _WORDS_PER_SECOND
        repetitive = too_fast or get_compression_ratio(text) > _REPETITIVE or _repeats(text)
        return _Hearing(text, average, result.no_speech_prob, repetitive)

    def _tokenizer(self, language: str) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        if language not in self._tokenizers:
            multilingual = self._model.model.is_multilingual
            self._tokenizers[language] = Tokenizer(self._model.hf_tokenizer, multilingual, "transcribe", language)
        return self._tokenizers[language]


def _doubt(heard: _Hearing) -> str:
    """Why the words are not to be believed; empty if they are."""
    if not any(letter.isalnum() for letter in heard.text):
        return "no words in it"
    if heard.repetitive:
        return "only repetition could be made out"
    if heard.log_probability < _TRUSTED:
        return "unintelligible"
    if heard.log_probability < _SURE and heard.no_speech > _SILENT:
        return "probably no speech"
    if _is_invention(heard.text) and (heard.log_probability < _SURE / 2 or heard.no_speech > _SILENT / 2):
        return "probably noise"
    return ""


def _is_invention(text: str) -> bool:
    return "".join(c for c in text.lower() if c.isalnum() or c in " '").strip() in _INVENTIONS


def _repeats(text: str) -> bool:
    """Whether three or more words come twice in direct succession, two words three times, or one word four times."""
    words = re.findall(r"[\w']+", text.lower())  # "this? What is this" repeats, whatever the punctuation
    for size in range(1, len(words) // 2 + 1):
        times = {1: 4, 2: 3}.get(size, 2)
        for start in range(len(words) - size * times + 1):
            phrase = words[start : start + size]
            if all(words[start + n * size : start + (n + 1) * size] == phrase for n in range(1, times)):
                return True
    return False
