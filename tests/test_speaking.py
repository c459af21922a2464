"""Clauses that the voice gives piece by piece: heard from the first on, and remembered as wholes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import numpy as np
import pytest

from devices.registry import open_speaker
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.costs import fixed
from pipeline.events import EventLog
from pipeline.speak.mouth import Mouth
from pipeline.speak.speaking import Speaking
from pipeline.speak.voice import LocalVoice
from pipeline.types import Event, Samples
from tests.timeline import Scripted, Timeline, of, tone

CLAUSE = "One two three four five six seven eight nine ten."  # 49 characters, a little more than 3 s at usual pace


class PieceVoice:
    """Speaks a clause as tones of 0.4, 0.4, 0.4, 0.8 and 1.2 s; `made` counts them."""

    rate = 22_050
    language = "en"

    def __init__(self, fails_after: int = 9) -> None:
        self.made = 0
        self.ended = False
        self._fails_after = fails_after

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        try:
            for n, seconds in enumerate((0.4, 0.4, 0.4, 0.8, 1.2)):
                if n == self._fails_after:
                    raise ValueError("no such phoneme")
                self.made += 1
                yield tone(seconds, self.rate)
        finally:
            self.ended = True


def spoken(voice: PieceVoice, stop_at: float | None = None, clauses: int = 1) -> tuple[list[Event], list[str]]:
    """The log of some clauses said from 0 s on, and what was being said each half second."""
    events: list[Event] = []
    words: list[str] = []

    async def main(clock: Clock) -> None:
        log = EventLog(clock)
        log.subscribe(events.append)

        def spans(stage: str, start: float, seconds: float) -> None:
            log.emit("span", stage=stage, start=start, seconds=seconds)

        clock.on_span = spans
        mouth = Mouth(clock, LocalVoice(clock, voice), open_speaker("none", clock, voice.rate), cues=False)
        speaking = Speaking(clock, log, mouth, 1, since=0.0)
        speaking.let_go()

        async def filling() -> None:
            for _ in range(clauses):
                await speaking.clauses.send(CLAUSE)
            speaking.clauses.close()
            if stop_at is not None:
                await clock.sleep_until(stop_at)
                raise KeyError("the turn ends here")

        with pytest.raises(KeyError) if stop_at is not None else nullcontext():
            await speaking.run(filling())
        words.extend(mouth.words(t, t + 0.01) for t in np.arange(0.25, 3.0, 0.5))

    clocks.run(main, virtual=True, costs=fixed({"synthesise": 0.12}))
    return events, words


def test_the_first_piece_is_heard_at_once_and_the_others_without_a_gap() -> None:
    events, _ = spoken(PieceVoice())
    assert of(events, "speaking")[0].data["t_audible"] == pytest.approx(0.12, abs=0.01)
    assert of(events, "spoken")[0].data == {"seconds": pytest.approx(3.2), "heard_text": CLAUSE, "interrupted": False}
    assert of(events, "spoken")[0].t == pytest.approx(0.12 + 3.2, abs=0.01)


def test_a_clause_is_one_call_of_its_stage_however_many_pieces_it_has() -> None:
    events, _ = spoken(PieceVoice(), clauses=2)
    assert [event.data["stage"] for event in of(events, "span")] == ["synthesise", "synthesise"]
    assert of(events, "spoken")[0].data["heard_text"] == f"{CLAUSE} {CLAUSE}"


def test_what_is_being_said_is_known_in_the_middle_of_a_clause_too() -> None:
    _, words = spoken(PieceVoice())
    assert words == [CLAUSE] * 6


@pytest.mark.parametrize(("stop_at", "heard"), [(0.3, ""), (0.45, "One"), (1.0, "One two three"), (2.9, CLAUSE[:39])])
def test_of_a_clause_broken_off_half_made_only_what_sounded_was_heard(stop_at: float, heard: str) -> None:
    events, _ = spoken(PieceVoice(), stop_at)
    (end,) = of(events, "spoken")
    assert end.data["interrupted"]
    assert end.data["heard_text"] == heard


def test_a_turn_that_ends_stops_the_voice() -> None:
    voice = PieceVoice()
    spoken(voice, stop_at=0.3)
    assert voice.ended


def test_a_voice_that_fails_in_the_middle_of_a_clause_is_a_fault_and_the_rest_goes_on() -> None:
    events = Timeline().says(1.0, 2.0, "What is it?").play(Scripted("It is red. It is round."), voice=PieceVoice(2))
    assert [event.data["what"] for event in of(events, "fault")] == [
        "the voice failed on a clause: ValueError: no such phoneme"
    ] * 2
    assert of(events, "spoken")[0].data["heard_text"] == "It is red. It is round."
