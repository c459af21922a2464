"""faster-whisper as it comes, which `benchmarks.hearing` and `benchmarks.latency` compare ours with."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from pipeline.listen.transcriber import Transcript
from pipeline.types import Samples


class Defaults:
    """`WhisperModel.transcribe(audio, language=...)`, but for the type of the weights and a seed."""

    def __init__(self, folder: Path, language: str) -> None:
        import ctranslate2
        from faster_whisper import WhisperModel

        ctranslate2.set_random_seed(0)
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
        self._language = language

    def transcribe(self, samples: Samples) -> Transcript:
        """As `Transcriber.transcribe`."""
        sound = samples.astype(np.float32) / np.float32(32768)
        segments, _ = self._model.transcribe(sound, language=self._language)
        found = list(segments)
        text = " ".join(segment.text.strip() for segment in found)
        confidence = math.exp(np.mean([segment.avg_logprob for segment in found])) if found else 0.0
        return Transcript(text, confidence, self._language, "" if text else "no words")

    def language(self, samples: Samples) -> str:
        """As `Transcriber.language`."""
        return self._language
