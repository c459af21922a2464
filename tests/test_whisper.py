"""Whisper hears what was said, and nothing where nothing was."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import wave
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from glasses import weights
from glasses.recordings import open_recording
from pipeline.errors import UsageError
from pipeline.listen.segmenter import Segment, Segmenter, SegmenterSettings
from pipeline.listen.voice_activity import SileroVad
from pipeline.listen.whisper import Whisper
from pipeline.types import Samples

SPEECH = Path(__file__).parents[2] / "shared" / "speech"
RATE = 16_000

people = pytest.mark.skipif(not SPEECH.is_dir(), reason="the recordings of people are not here (../shared/speech)")
flite = pytest.mark.skipif(not shutil.which("flite"), reason="flite is not installed")


@cache
def whisper(name: str, language: str | None = "en") -> Whisper:
    return Whisper(weights.whisper(name), language)


def said(text: str, voice: str, folder: Path) -> Samples:
    path = folder / "said.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def segments(path: Path) -> list[Segment]:
    segmenter = Segmenter(SileroVad(weights.silero()), SegmenterSettings())
    found = [item for chunk in open_recording(path).sound() for item in segmenter.feed(chunk)]
    return [item for item in (*found, *segmenter.finish()) if isinstance(item, Segment)]


def words(text: str) -> str:
    """Lower case, no punctuation, the labels' numbers in words."""
    text = re.sub(r"[^a-z0-9 ]", "", text.lower().replace("-", " "))
    for figure, name in {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six"}.items():
        text = re.sub(rf"\b{figure}\b", name, text)
    for figure, name in {"8": "eight", "12": "twelve", "16": "sixteen", "20": "twenty", "24": "twenty four"}.items():
        text = re.sub(rf"\b{figure}\b", name, text)
    return " ".join(text.split())


@flite
@pytest.mark.parametrize("voice", ["slt", "rms", "awb"])
@pytest.mark.parametrize("name", ["tiny", "base"])
def test_a_short_question_is_heard_and_never_dropped(name: str, voice: str, tmp_path: Path) -> None:
    heard = whisper(name).transcribe(said("What time does it close?", voice, tmp_path))
    assert words(heard.text) == "what time does it close"
    assert heard.confidence > 0.5
    assert heard.reason == ""


@flite
def test_the_same_sound_is_heard_the_same_every_time(tmp_path: Path) -> None:
    sound = said("How much should I take, and how often?", "rms", tmp_path)
    assert len({whisper("tiny").transcribe(sound) for _ in range(3)}) == 1


@flite
def test_the_language_is_detected_where_none_is_set(tmp_path: Path) -> None:
    assert whisper("base", None).transcribe(said("What does this sign say?", "slt", tmp_path)).language == "en"


def test_weights_that_hear_english_only_refuse_another_language() -> None:
    with pytest.raises(UsageError, match="'de' choose"):
        whisper("tiny", "de")


@pytest.mark.parametrize("name", ["tiny", "base"])
def test_silence_hum_and_noise_hold_no_words(name: str) -> None:
    noise = np.random.default_rng(7)
    t = np.arange(3 * RATE) / RATE
    for sound in (
        np.zeros(3 * RATE),
        noise.normal(0, 300, 3 * RATE),
        noise.normal(0, 4000, 3 * RATE),
        2000 * np.sin(2 * np.pi * 50 * t),
    ):
        heard = whisper(name).transcribe(sound.astype(np.int16))
        assert heard.text == ""
        assert heard.reason


@people
@pytest.mark.slow
@pytest.mark.parametrize(("name", "recall"), [("tiny", 0.8), ("base", 0.85)])
def test_people_are_understood(name: str, recall: float) -> None:
    labels = json.loads((SPEECH / "labels.json").read_text())
    found = total = 0
    for file in sorted(labels)[::6]:
        text = words(" ".join(whisper(name).transcribe(part.samples).text for part in segments(SPEECH / file)))
        for value in labels[file].values():
            total += 1
            found += words(value).replace(" ", "") in text.replace(" ", "")
    assert found / total >= recall


@people
@pytest.mark.slow
def test_kitchen_noise_invents_nothing() -> None:
    invented = [
        heard.text
        for part in segments(SPEECH / "noise-kitchen.flac")
        if (heard := whisper("base").transcribe(part.samples)).text
    ]
    assert invented == []
