"""A voice of somebody's package: opened by its address, as our own are by their names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses import config as configuration
from glasses.models import Models
from pipeline.errors import GlassesError
from tests.packages import install

DRIVER = """
import numpy as np
from pipeline.errors import UsageError

class Beeps:
    rate, language = 8000, "eo"

    def __init__(self, pitch, speed):
        self.pitch, self.speed = pitch, speed

    def synthesise(self, clause, speed=1.0):
        for word in clause.split():
            count = int(self.rate * 0.1 / (speed * self.speed))
            yield (8000 * np.sin(np.arange(count) * self.pitch * 2 * np.pi / self.rate)).astype(np.int16)

class Driver:
    forms = ("beeps:HERTZ",)

    def open(self, address, speed):
        pitch = address.partition(":")[2]
        if not pitch.isdecimal():
            raise UsageError(f"voice '{address}': no pitch; write it like beeps:440")
        return Beeps(int(pitch), speed)

driver = Driver()
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    modules = {"beeping": DRIVER, "broken": "import a_library_that_is_missing"}
    points = {"beeps": "beeping:driver", "broken": "broken:driver"}
    install(tmp_path, monkeypatch, modules, "glasses.voices", points)
    yield
    sys.modules.pop("beeping", None)


def models(**speak: object) -> Models:
    return Models(configuration.defaults({f"speak.{key}": value for key, value in speak.items()}))


def test_a_package_of_anybodys_adds_a_voice() -> None:
    voice = models(voice="beeps:440").voice
    assert (voice.rate, voice.language) == (8000, "eo")
    assert [len(sound) for sound in voice.synthesise("Two words.")] == [800, 800]


def test_it_speaks_as_fast_as_the_wearer_has_set() -> None:
    voice = models(voice="beeps:440", speed=2.0).voice
    assert [len(sound) for sound in voice.synthesise("Word.")] == [400]


def test_it_may_be_one_of_several() -> None:
    assert [voice.rate for voice in models(voices="beeps:440, beeps:880").other_voices] == [8000, 8000]


def test_what_is_wrong_with_its_address_it_says_itself() -> None:
    with pytest.raises(GlassesError, match="no pitch; write it like beeps:440"):
        _ = models(voice="beeps:loud").voice


def test_a_voice_that_cannot_be_loaded_says_why() -> None:
    with pytest.raises(GlassesError, match=r"the voice 'broken' can't be loaded .*a_library_that_is_missing"):
        _ = models(voice="broken:1").voice


def test_a_name_that_no_package_brings_is_one_of_our_own_and_not_there() -> None:
    with pytest.raises(GlassesError, match="no such file"):
        _ = models(voice="nobodys:1").voice
