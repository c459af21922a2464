"""Whisper hears what was said, and nothing where nothing was."""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from benchmarks import hearing_sounds as sounds
from benchmarks.hearing_words import found, normal
from glasses import weights
from pipeline.errors import UsageError
from pipeline.listen.whisper import Whisper
from pipeline.types import Samples
from tests.people import SPEECH, needs_flite, needs_speech, whisper

RATE = 16_000

espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")


def said(text: str, voice: str, folder: Path) -> Samples:
    path = folder / "said.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


@needs_flite
@pytest.mark.parametrize("voice", ["slt", "rms", "awb"])
@pytest.mark.parametrize("name", ["tiny", "base"])
def test_a_short_question_is_heard_and_never_dropped(name: str, voice: str, tmp_path: Path) -> None:
    heard = whisper(name).transcribe(said("What time does it close?", voice, tmp_path))
    assert normal(heard.text) == "what time does it close"
    assert heard.confidence > 0.5
    assert heard.reason == ""


@needs_flite
def test_the_same_sound_is_heard_the_same_every_time(tmp_path: Path) -> None:
    sound = said("How much should I take, and how often?", "rms", tmp_path)
    assert len({whisper("tiny").transcribe(sound) for _ in range(3)}) == 1


@needs_flite
def test_nothing_is_lost_of_several_sentences(tmp_path: Path) -> None:
    text = "What does this sign say? When does the next train leave for London? Is there a seat by the window?"
    assert normal(whisper("base").transcribe(said(text, "slt", tmp_path)).text) == normal(text)


@needs_flite
def test_the_language_is_detected_where_none_is_set(tmp_path: Path) -> None:
    assert whisper("base", None).transcribe(said("What does this sign say?", "slt", tmp_path)).language == "en"


@espeak
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Guten Morgen. Ich möchte bitte wissen, wann der nächste Zug nach Hamburg fährt."),
        ("fr", "Bonjour, je voudrais savoir à quelle heure part le prochain train pour Lyon, s'il vous plaît."),
        ("es", "Buenos días, quisiera saber a qué hora sale el próximo tren para Sevilla, por favor."),
        ("it", "Buongiorno, vorrei sapere a che ora parte il prossimo treno per Milano, per favore."),
    ],
)
def test_other_languages_are_told_apart(language: str, text: str, tmp_path: Path) -> None:
    spoken = tmp_path / "spoken.wav"
    subprocess.run(["espeak-ng", "-v", language, "-s", "140", "-w", str(spoken), text], check=True)
    heard = whisper("base", None).transcribe(sounds.read(spoken))
    assert heard.language == language
    assert heard.text
    assert whisper("base", None).language(sounds.read(spoken)) == language


def test_where_a_language_is_set_none_is_detected() -> None:
    assert whisper("tiny").language(np.zeros(RATE, np.int16)) == "en"


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


@needs_speech
@pytest.mark.slow
@pytest.mark.parametrize(("name", "recall"), [("tiny", 0.85), ("base", 0.9)])
def test_people_are_understood(name: str, recall: float) -> None:
    assert recalled(whisper(name)) >= recall


@needs_speech
@pytest.mark.slow
def test_words_to_expect_are_heard_more_often() -> None:
    menu = ["espresso", "cappuccino", "mocha", "dark roast", "light roast", "double shot", "triple shot"]
    assert recalled(Whisper(weights.whisper("tiny"), "en", hot_words=menu)) > recalled(whisper("tiny"))


def recalled(ears: Whisper) -> float:
    """The share of what people ordered that was heard."""
    some = dict(sorted(sounds.labels(SPEECH).items())[::6])
    texts = dict.fromkeys(some, "")
    for sound in sounds.people(SPEECH, some, snr=None):
        texts[sound.file] += ears.transcribe(sound.samples).text
    return sum(found(values, texts[file]) for file, values in some.items()) / sum(map(len, some.values()))


@needs_speech
@pytest.mark.slow
def test_kitchen_noise_invents_nothing() -> None:
    noise = sounds.read(SPEECH / sounds.NOISE)
    assert list(sounds.detected(noise)) == []  # the detector lets none of it through, and even if it did:
    heard = [whisper("base").transcribe(sound.samples) for sound in sounds.forced(noise)]
    assert [one.text for one in heard if one.text] == []
