"""Speech recognition with faster-whisper's weights and parts, in windows not much longer than the speech.

Whisper was trained on windows of 30 s, and faster-whisper encodes 30 s however short the sound. CTranslate2 accepts
less, which is several times faster, but a window cut close to the speech loses words and repeats. What helps, in the
order of how much (benchmarks/hearing.py measures it):

- The time that the encoder saves pays for a beam of five many times over.
- Few threads: each step of the decoder is too short to be worth handing out.
- The window is 10 s at least: a second of silence behind the speech, then a spectrogram of zeros, with which
  faster-whisper fills its own windows up.
- Repetitions, and one or two words that it is not sure of, are heard again in a full window.

There is no random sampling, Whisper's usual way out of bad results: it invents a sentence now and then.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import UsageError
from pipeline.listen.doubt import Hearing, doubt, worth_another
from pipeline.listen.spectrogram import FRAMES_PER_SECOND, log_mel
from pipeline.listen.transcriber import RATE, Transcript
from pipeline.types import Samples

if TYPE_CHECKING:
    from faster_whisper.tokenizer import Tokenizer
    from numpy.typing import NDArray

_WINDOW = 30.0
"""Seconds of the window that Whisper was trained on."""

_SHORTEST = 10.0
"""Seconds of window for short sound, a second of silence behind it (`_SILENCE`). Of 389 values in orders base found
363, 362, 364 and 362 with 12, 11, 10 and 9 s, and with a kitchen at 10 dB 328, 328, 329 and 327; tiny 348, 346, 349
and 343, and 298, 304, 304 and 306, there with a repetition at 9 s. Base took 0.18, 0.18, 0.16 and 0.15 s. In 144
short questions by four synthetic voices 10.3 and 10.9 % of the words were wrong with 12 and 10 s (base), 11.7 and
11.5 % (tiny), and none came out doubled; with nothing but zeros behind the sound, 10 s doubled 4 of 136."""

_PADDING = 4.0
"""Seconds of window behind longer sound, at least."""

_SILENCE = 1.0
"""Seconds of silence between the sound and the zeros, which are as loud as a voice and cut off last words. Wrong words
in the short questions with 0, 0.5, 1, 2 s and nothing but silence: tiny 6.5, 5.6, 5.5, 7.6, 6.9 %, base 5.8, 5.1, 4.8,
4.8, 4.9 %; values found in orders: tiny 348, 345, 348, 346, 344 of 389, base 361, 364, 364, 363, 363."""

_BEAM = 5
"""Hypotheses. In windows of the same length, base found 352 of 389 values with one and 364 with five; tiny 334 and
346. Decoding took 0.060 s and 0.082 s (base). Two: tiny 339."""

_THREADS = max(1, (os.cpu_count() or 1) // 2)
"""Of the recogniser. Two threads on two cores encoded in 0.065 s instead of 0.096 (base, 12 s), and decoded in 0.28 s
instead of 0.08, waiting for each other at every step; 30 s at faster-whisper's defaults took 0.81 and 0.87 s in all.
The words are the same for any number."""

_TOKENS_PER_SECOND = 12
"""Far more than anybody speaks; the limit ends runaway decoding early."""

_MOST_TOKENS = 220
"""For any length: about half of what Whisper can write at all."""

_MOST_HOT = 200
"""Tokens of hot words, about as many words; Whisper makes room for 448 tokens in all."""

_SURE_LANGUAGE = 0.5
"""Probability of the language below which it is detected again in a full window."""


class Whisper:
    """A Whisper model for one utterance at a time; int8 on the processor, deterministic.

    `folder` holds the CTranslate2 weights. `language` is an ISO 639-1 code, or None to detect it. `hot_words` are
    words to expect, such as names: they are written in front of what is heard, as if they had just been said.
    Raises UsageError for a language that the weights don't hear.
    """

    def __init__(self, folder: Path, language: str | None, *, hot_words: Sequence[str] = ()) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=_THREADS, num_workers=2, local_files_only=True
        )
        if not self._model.model.is_multilingual:
            if language not in (None, "en"):
                raise UsageError(f"{folder}: it hears English only; for '{language}' choose listen.model base")
            language = "en"
        self._language = language
        self._hot_words = ", ".join(hot_words)
        self._tokenizers: dict[str, Tokenizer] = {}

    def transcribe(self, samples: Samples) -> Transcript:
        """As `Transcriber.transcribe`. Text that can't be believed comes back empty, with the reason."""
        seconds, picture = len(samples) / RATE, self._picture(samples)
        language, encoded, window = self._spoken(picture, seconds)
        heard = self._decode(encoded, language, seconds)
        if window < _WINDOW and worth_another(heard):
            heard = self._decode(self._encode(picture, _WINDOW), language, seconds)
        reason = doubt(heard)
        confidence = math.exp(heard.log_probability) * (1 - heard.no_speech)
        return Transcript("" if reason else heard.text, confidence, language, reason)

    def language(self, samples: Samples) -> str:
        """As `Transcriber.language`: without decoding, and without anything where it is set."""
        return self._language or self._spoken(self._picture(samples), len(samples) / RATE)[0]

    def _picture(self, samples: Samples) -> NDArray[np.float32]:
        """The spectrogram (bands x frames), with the silence behind it."""
        sound = samples.astype(np.float32) / np.float32(32768)
        silence = np.zeros(round(_SILENCE * RATE), np.float32)
        return log_mel(np.concatenate([sound, silence]), self._model.feature_extractor.mel_filters)

    def _spoken(self, picture: NDArray[np.float32], seconds: float) -> tuple[str, Any, float]:
        """The language of a spectrogram with so many seconds of sound, the encoder's output, and the window of that."""
        window = min(max(_SHORTEST, seconds + _PADDING), _WINDOW)
        encoded = self._encode(picture, window)
        language, sure = (self._language, 1.0) if self._language else self._detect(encoded)
        if sure < _SURE_LANGUAGE and window < _WINDOW:
            window, encoded = _WINDOW, self._encode(picture, _WINDOW)
            language, _ = self._detect(encoded)
        return language, encoded, window

    def _encode(self, picture: NDArray[np.float32], window: float) -> Any:
        """The encoder's output for a spectrogram (bands x frames) in a window of so many seconds."""
        frames = round(window * FRAMES_PER_SECOND)
        missing = max(0, frames - picture.shape[1])
        return self._model.encode(np.ascontiguousarray(np.pad(picture, ((0, 0), (0, missing)))[:, :frames]))

    def _detect(self, encoded: Any) -> tuple[str, float]:
        """The most likely language, ISO 639-1, and its probability."""
        token, probability = self._model.model.detect_language(encoded)[0][0]
        return str(token).strip("<|>"), float(probability)

    def _decode(self, encoded: Any, language: str, seconds: float) -> Hearing:
        from faster_whisper.transcribe import get_suppressed_tokens

        tokenizer = self._tokenizer(language)
        expected = [tokenizer.sot_prev, *tokenizer.encode(f" {self._hot_words}")[:_MOST_HOT]] if self._hot_words else []
        prompt = [*expected, *tokenizer.sot_sequence, tokenizer.no_timestamps]
        most = min(_MOST_TOKENS, 16 + round(seconds * _TOKENS_PER_SECOND))
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=_BEAM,
            max_length=len(prompt) + most,
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = result.sequences_ids[0]
        average = result.scores[0] * len(tokens) / (len(tokens) + 1)
        text = tokenizer.decode(tokens).strip()
        return Hearing(text, average, result.no_speech_prob, seconds, whole=len(tokens) < most)

    def _tokenizer(self, language: str) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        if language not in self._tokenizers:
            multilingual = self._model.model.is_multilingual
            self._tokenizers[language] = Tokenizer(self._model.hf_tokenizer, multilingual, "transcribe", language)
        return self._tokenizers[language]
