"""The spectrogram is the one that Whisper's weights were trained on."""

from __future__ import annotations

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from pipeline.listen.spectrogram import FRAMES_PER_SECOND, log_mel


@pytest.mark.parametrize("samples", [0, 100, 16_000, 40_077])
def test_it_has_the_numbers_of_faster_whisper(samples: int) -> None:
    sound = np.random.default_rng(5).normal(0, 0.1, samples).astype(np.float32)
    reference = FeatureExtractor()
    ours = log_mel(sound, reference.mel_filters)
    assert ours.shape == (80, samples * FRAMES_PER_SECOND // 16_000)
    assert ours.dtype == np.float32
    if samples >= 400:  # less than a frame it does not take
        theirs = reference(sound, padding=160)[:, : ours.shape[1]]
        assert np.abs(ours - theirs).max(initial=0) < 1e-5
