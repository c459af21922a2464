"""Recordings of people, and whose ears hear them: what is not here skips a test and says why."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from glasses import weights
from pipeline.listen.whisper import Whisper

_SHARED = Path(__file__).parents[2] / "shared"
SPEECH, WAKE = _SHARED / "speech", _SHARED / "wake"
"""People who order coffee, see benchmarks/hearing.py, and who say "Alexa", see benchmarks/wake.py."""

needs_speech = pytest.mark.skipif(
    not SPEECH.is_dir(), reason="the recordings of people are not here (../shared/speech)"
)
needs_wake = pytest.mark.skipif(not WAKE.is_dir(), reason="the recordings of people are not here (../shared/wake)")
needs_flite = pytest.mark.skipif(not shutil.which("flite"), reason="flite is not installed")


@cache
def whisper(name: str, language: str | None = "en") -> Whisper:
    """The product's recogniser, loaded once for all tests."""
    return Whisper(weights.whisper(name), language)
