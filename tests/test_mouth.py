"""The mouth: which voice speaks, and what it remembers of having said."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from devices.registry import open_speaker
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.speak.mouth import Mouth
from pipeline.speak.voice import Voice
from pipeline.types import Samples
from tests.timeline import tone


class Speaks:
    """A voice of some language, which says everything alike."""

    rate = 22_050

    def __init__(self, language: str) -> None:
        self.language = language

    async def speak(self, clause: str, speed: float) -> AsyncGenerator[Samples, None]:
        yield tone(0.1, self.rate)


def voices_after_changing(times: int, *voices: Voice) -> tuple[list[Voice], list[bool]]:
    """Who speaks after each change, and whether there was another voice."""
    speaking: list[Voice] = []
    changed: list[bool] = []

    async def main(clock: Clock) -> None:
        mouth = Mouth(clock, voices[0], open_speaker("none", clock, 22_050), voices[1:])
        for _ in range(times):
            changed.append(mouth.change_voice())
            speaking.append(mouth.voice)

    clocks.run(main, virtual=True)
    return speaking, changed


def test_another_voice_is_one_of_the_same_language_and_the_next_is_the_first_again() -> None:
    joe, thorsten, amy = Speaks("en"), Speaks("de"), Speaks("en")
    speaking, changed = voices_after_changing(2, joe, thorsten, amy)
    assert speaking == [amy, joe]
    assert changed == [True, True]


def test_without_another_voice_of_the_language_it_keeps_its_own() -> None:
    joe, thorsten, siwis = Speaks("en"), Speaks("de"), Speaks("fr")
    speaking, changed = voices_after_changing(1, joe, thorsten, siwis)
    assert speaking == [joe]
    assert changed == [False]
