"""While the models are loaded: the voice is there before the rest, and says so if that takes long."""

from __future__ import annotations

import asyncio
import threading
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest

from glasses import starting
from glasses.starting import load, say_so
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import GlassesError
from tests.timeline import ToneVoice


class Slow:
    """Models of which all but the voice is there only once somebody lets it be."""

    def __init__(self, fault: str = "") -> None:
        self.loaded: list[str] = []
        self.let = threading.Event()
        self._fault = fault

    def load(self, names: Sequence[str]) -> None:
        if "voice" not in names:
            assert self.let.wait(10)
            if self._fault:
                raise GlassesError(self._fault)
        self.loaded.extend(names)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_SOON", 0.2)


def test_what_takes_long_is_said_once_the_voice_is_there() -> None:
    models = Slow()
    loaded_when_said: list[str] = []

    async def say() -> None:
        loaded_when_said.extend(models.loaded)
        models.let.set()

    clocks.run(lambda clock: load(clock, models, say), virtual=False)
    assert loaded_when_said == ["voice"]
    assert set(models.loaded) == {"voice", "transcriber", "other_voices", "end_of_turn"}


def test_what_does_not_take_long_is_not_worth_a_word() -> None:
    models = Slow()
    models.let.set()

    async def say() -> None:
        raise AssertionError

    clocks.run(lambda clock: load(clock, models, say), virtual=False)
    assert "transcriber" in models.loaded


def test_what_can_not_be_loaded_is_told_as_ever() -> None:
    models = Slow("no such model")
    models.let.set()
    with pytest.raises(GlassesError, match="no such model"):
        clocks.run(lambda clock: load(clock, models, None), virtual=False)


def test_it_is_heard(tmp_path: Path) -> None:
    async def main(clock: Clock) -> None:
        await say_so(clock, ToneVoice(), f"wav:{tmp_path / 'heard.wav'}")

    clocks.run(main, virtual=False)
    with wave.open(str(tmp_path / "heard.wav")) as heard:
        assert heard.getnframes() / heard.getframerate() == pytest.approx(0.1 + 0.05 * len("Starting up."), abs=0.1)


def test_a_speaker_that_does_not_play_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_PATIENCE", 0.1)

    async def main(clock: Clock) -> float:
        began = clock.now()
        await asyncio.wait_for(say_so(clock, ToneVoice(), "card:no such card"), 5)
        return clock.now() - began

    assert clocks.run(main, virtual=False) < 3.0
