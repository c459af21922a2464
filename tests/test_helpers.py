"""What becomes of hearing and speaking while a helper fails, rests and comes back, as timelines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from pipeline.clock import Clock
from pipeline.helpers.helped import Helpers, at_rate
from pipeline.helpers.helper import HelperLost, Sound
from pipeline.listen.transcriber import Transcript
from pipeline.types import Event, Samples
from tests.timeline import Scripted, Timeline, ToneVoice, of, tone

LOST, BROKEN = "lost", "broken"
CLAUSE = "One two three four five six seven eight nine ten."  # 49 characters, 3.3 s at usual pace


@dataclass
class Desk:
    """A machine that hears, as its script says: words, or LOST; nobody is there but at some times."""

    clock: Clock
    script: Iterator[str]
    there: Callable[[float], bool]
    takes: float = 0.3
    language: str = "en"  # as it tells; empty if it tells none
    name: str = "desk"
    tried: list[float] = field(default_factory=list)

    async def transcribe(self, samples: Samples) -> Transcript:
        await self.clock.sleep_until(self.clock.now() + self.takes)
        words = next(self.script)
        if words == LOST:
            raise HelperLost("desk: nothing listens there")
        if words == BROKEN:
            raise KeyError("as nobody expected")
        return Transcript(words, 0.7, self.language)

    async def warm(self) -> bool:
        self.tried.append(round(self.clock.now(), 1))
        return self.there(self.clock.now())

    async def close(self) -> None:
        pass


@dataclass
class DeskVoice:
    """A machine that speaks: so many seconds for each clause, in pieces of 0.4 s; LOST breaks it off."""

    script: Iterator[tuple[float, str]]
    rate: int = 22_050
    paced: bool = False
    name: str = "desk"
    asked: list[tuple[str, float]] = field(default_factory=list)

    async def speak(self, words: str, speed: float) -> AsyncGenerator[Sound, None]:
        self.asked.append((words, speed))
        seconds, end = next(self.script)
        for _ in range(round(seconds / 0.4)):
            yield Sound(tone(0.4, self.rate), self.rate)
        if end == LOST:
            raise HelperLost("desk: the connection broke")

    async def warm(self) -> bool:
        return True

    async def close(self) -> None:
        pass


class OwnVoice(ToneVoice):
    """Our own, which keeps what it said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        self.said.append(clause)
        yield from super().synthesise(clause, speed)


def heard(*starts: float, desk: Sequence[str], there: Callable[[float], bool] = lambda t: True) -> list[Event]:
    """The log where the wearer asks for a second from each of `starts` on; ourselves, we hear "Own 1?", "Own 2?"..."""
    timeline = Timeline()
    for number, start in enumerate(starts, 1):
        timeline.says(start, start + 1.0, f"Own {number}?")
    return timeline.play(
        Scripted("A cup."), helped=lambda clock, log: Helpers(clock, log, Desk(clock, iter(desk), there))
    )


def texts(events: list[Event]) -> list[str]:
    return [event.data["text"] for event in of(events, "heard")]


def spoken(answer: str, voice: DeskVoice, own: OwnVoice, *, faster: bool = False) -> list[Event]:
    timeline = Timeline().says(1.0, 2.0, "Speak faster.") if faster else Timeline()
    events = timeline.says(10.0, 11.0, "What is it?").play(
        Scripted(answer), voice=own, helped=lambda clock, log: Helpers(clock, log, voice=voice)
    )
    return [event for event in events if event.t > 10.0]


def test_a_helper_that_is_there_hears() -> None:
    events = heard(1.0, 8.0, desk=["What is this?", "And that?"])
    assert texts(events) == ["What is this?", "And that?"]
    assert [event.kind for event in events if event.kind.startswith("helper")] == []


def test_what_it_fails_at_is_understood_here_and_it_is_told_once_after_the_answer() -> None:
    events = heard(1.0, desk=[LOST])
    assert texts(events) == ["Own 1?"]
    assert [event.data["heard_text"] for event in of(events, "spoken")] == [
        "A cup.",
        "I can't reach my helper, so I go on without it.",
    ]
    (lost,) = of(events, "helper.lost")
    assert lost.data == {"helper": "hearing helper", "what": "desk: nothing listens there"}


def test_whatever_it_raises_it_is_understood_here() -> None:
    events = heard(1.0, desk=[BROKEN])
    assert texts(events) == ["Own 1?"]
    assert of(events, "helper.lost")[0].data["what"] == "desk: KeyError: 'as nobody expected'"


@pytest.mark.parametrize(("told", "language"), [("fr", "fr"), ("", "de")])
def test_a_language_that_a_helper_does_not_tell_is_found_out_here(told: str, language: str) -> None:
    events = (
        Timeline(language="de")
        .says(1.0, 2.0, "Und das?")
        .play(
            Scripted("A cup."),
            helped=lambda clock, log: Helpers(clock, log, Desk(clock, iter(["Was?"]), lambda t: True, language=told)),
        )
    )
    assert [(event.data["text"], event.data["language"]) for event in of(events, "heard")] == [("Was?", language)]
    assert sum(event.data["stage"] == "language" for event in of(events, "span")) == (not told)


def test_it_is_left_alone_for_a_while_and_asked_again_once_it_can_be_reached() -> None:
    events = heard(1.0, 9.0, 30.0, desk=[LOST, "It is back?"])
    assert texts(events) == ["Own 1?", "Own 2?", "It is back?"]
    assert of(events, "helper.back")[0].t == pytest.approx(31.5, abs=0.2)


def test_one_that_stays_away_is_tried_in_the_background_at_growing_pauses() -> None:
    tried: list[float] = []

    def there(t: float) -> bool:
        tried.append(round(t))
        return t > 100

    events = heard(1.0, 60.0, 120.0, desk=[LOST, "It is back?"], there=there)
    assert tried == [17, 47, 107]
    assert texts(events) == ["Own 1?", "Own 2?", "It is back?"]


def test_the_wearer_is_told_once_a_session_however_often_it_fails() -> None:
    events = heard(1.0, 30.0, 60.0, desk=[LOST, "It is back?", LOST])
    assert len(of(events, "helper.lost")) == 2
    assert len([event for event in of(events, "fault") if event.data["told"]]) == 1


def test_a_helper_that_hangs_is_waited_for_no_longer_than_silence_may_last() -> None:
    timeline = Timeline(cues=True).says(1.0, 2.0, "Own 1?")
    events = timeline.play(
        Scripted("A cup.", first=3.0),
        helped=lambda clock, log: Helpers(clock, log, Desk(clock, iter([LOST]), lambda t: True, takes=2.1)),
    )
    assert of(events, "cue")[0].t - 2.0 < 3.0
    assert of(events, "spoken")[0].data["heard_text"] == "A cup."


def test_a_helper_that_is_there_speaks() -> None:
    voice, own = DeskVoice(iter([(0.8, ""), (1.2, "")])), OwnVoice()
    events = spoken("It is red. It is round.", voice, own)
    assert [words for words, _ in voice.asked] == ["It is red.", "It is round."]
    assert own.said == []
    assert of(events, "spoken")[0].data == {
        "seconds": pytest.approx(2.0),
        "heard_text": "It is red. It is round.",
        "interrupted": False,
    }


def test_a_clause_of_which_nothing_was_heard_is_spoken_here_from_its_beginning() -> None:
    own = OwnVoice()
    events = spoken("It is red. It is round.", DeskVoice(iter([(0.8, ""), (0.0, LOST)])), own)
    assert own.said == ["It is round.", "I can't reach my helper, so I go on without it."]
    assert of(events, "spoken")[0].data["heard_text"] == "It is red. It is round."
    assert of(events, "helper.lost")[0].data["helper"] == "voice helper"


def test_of_a_clause_that_broke_off_the_rest_is_spoken_here_from_the_beginning_of_a_word() -> None:
    own = OwnVoice()
    events = spoken(CLAUSE, DeskVoice(iter([(1.2, LOST)])), own)
    assert own.said[0] == "four five six seven eight nine ten."
    assert of(events, "spoken")[0].data["heard_text"] == CLAUSE


def test_nothing_is_said_twice_where_it_broke_off_at_the_end() -> None:
    own = OwnVoice()
    spoken(CLAUSE, DeskVoice(iter([(4.4, LOST)])), own)
    assert own.said == ["I can't reach my helper, so I go on without it."]


def test_no_sound_for_words_is_a_failure() -> None:
    own = OwnVoice()
    events = spoken("It is red.", DeskVoice(iter([(0.0, "")])), own)
    assert own.said[0] == "It is red."
    assert of(events, "helper.lost")[0].data["what"] == "desk: it gave no sound for words; see the server's log"


def test_a_clause_with_nothing_to_say_is_nobody_s_failure() -> None:
    voice = DeskVoice(iter([(0.8, "")]))
    events = spoken("It is red. ***", voice, OwnVoice())
    assert of(events, "helper.lost") == []


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
def test_its_sound_is_brought_to_the_rate_of_our_own_voice(rate: int) -> None:
    events = spoken("It is red.", DeskVoice(iter([(2.0, "")]), rate=rate), OwnVoice())
    assert of(events, "spoken")[0].data["seconds"] == pytest.approx(2.0, abs=0.001)


def test_bringing_it_to_another_rate_leaves_no_seam_between_its_pieces() -> None:
    sound = (8000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)).astype(np.int16)

    async def pieces() -> AsyncGenerator[Sound, None]:
        for at in range(0, len(sound), 5000):
            yield Sound(sound[at : at + 5000], 24_000)

    async def joined() -> Samples:
        return np.concatenate([samples async for samples in at_rate(22_050, pieces())])

    samples = asyncio.run(joined())
    wanted = 8000 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    assert len(samples) == 22_050
    assert np.abs(samples - wanted)[200:-200].max() < 20


def test_a_helper_that_can_not_speak_faster_leaves_it_to_our_own_voice() -> None:
    voice, own = DeskVoice(iter([])), OwnVoice()
    spoken("It is red.", voice, own, faster=True)
    assert own.said == ["Faster.", "It is red."]


def test_one_that_can_is_told_how_fast() -> None:
    voice, own = DeskVoice(iter([(0.4, ""), (0.4, "")]), paced=True), OwnVoice()
    spoken("It is red.", voice, own, faster=True)
    words, speed = voice.asked[-1]
    assert words == "It is red."
    assert speed == pytest.approx(1.2)
