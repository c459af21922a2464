"""Smart Turn v3, a trained end-of-turn model: optional, from a path to its weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.listen.spectrogram import log_mel
from pipeline.listen.transcriber import RATE
from pipeline.network import network
from pipeline.types import Samples

_WINDOW = 8 * RATE
"""Samples that it hears: the last eight seconds, zeros in front of what is shorter (pipecat-ai/smart-turn)."""


class SmartTurn:
    """Pipecat's model (https://github.com/pipecat-ai/smart-turn, BSD-2-Clause, code and weights) on onnxruntime.

    `model` is the ONNX file, such as smart-turn-v3.2-cpu.onnx. The picture of the sound is Whisper's, of sound that
    was brought to mean 0 and variance 1 first.
    """

    def __init__(self, model: Path) -> None:
        from faster_whisper.feature_extractor import FeatureExtractor

        self._network = network(model)
        self._filters = FeatureExtractor().mel_filters

    def complete(self, sound: Samples) -> float:
        """As `TurnModel.complete`."""
        heard = np.zeros(_WINDOW, np.float32)
        last = sound[-_WINDOW:]
        heard[_WINDOW - len(last) :] = last / np.float32(32768)
        heard = (heard - heard.mean()) / np.sqrt(heard.var() + np.float32(1e-7))
        picture = log_mel(heard, self._filters)
        (probability,) = self._network.run(None, {"input_features": picture[None]})
        return float(probability.item())
