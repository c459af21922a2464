"""How many pictures a second are wanted when, as timelines in virtual time."""

from __future__ import annotations

from itertools import groupby
from math import inf

import pytest

from glasses.pace import RESTING, SLOW, Pace
from glasses.settings import Start
from glasses.situation import Situation
from pipeline.converse.attention import AttentionSettings
from pipeline.converse.attention import Start as How
from pipeline.look.asking import Asking
from pipeline.types import Event
from tests.timeline import Scripted, Timeline

BY_WAKE_WORD = Start("wake")


def paces(events: list[Event], start: Start, *, slow: bool = False) -> list[tuple[float, float]]:
    """The paces that are wanted one after the other and from when on, asked for ten times a second."""
    now = 0.0
    situation, asking = Situation(start), Asking()
    pace = Pace(lambda: now, situation, asking, lambda: slow)
    seen, rest = [], list(events)
    for n in range(round(events[-1].t * 10) + 1):
        now = n / 10
        while rest and rest[0].t <= now:
            asking.event(rest[0])
            situation(rest.pop(0))
        seen.append((now, pace.wanted()))
    return [next(group) for _, group in groupby(seen, lambda one: one[1])]


def test_behind_a_wake_word_few_pictures_will_do_until_somebody_speaks() -> None:
    day = Timeline(end=30.0, attention=AttentionSettings("wake"), wakes=[4.0])
    day.says(3.4, 4.0, "Alexa.").says(5.0, 6.0, "What is this?")
    (_, idle), (called, full), (at_rest, resting) = paces(day.play(Scripted("A cup.")), BY_WAKE_WORD)
    assert (idle, full, resting) == (RESTING, inf, RESTING)
    assert called <= 3.8  # 0.2 s after the first sound, and before the wake word was understood
    assert at_rest > 12.0  # when no question can follow the answer any more


def test_what_others_say_is_seen_at_the_full_rate_since_it_may_begin_with_the_wake_word() -> None:
    day = Timeline(end=10.0, attention=AttentionSettings("wake")).says(3.0, 5.0, "Shall we go?")
    assert [pace for _, pace in paces(day.play(Scripted("A cup.")), BY_WAKE_WORD)] == [RESTING, inf, RESTING]


@pytest.mark.parametrize("how", ["always", "name"])
def test_where_a_question_may_begin_at_any_time_there_is_no_rest(how: How) -> None:
    day = Timeline(end=10.0, attention=AttentionSettings(how)).says(3.0, 5.0, "What is this?")
    assert [pace for _, pace in paces(day.play(Scripted("A cup.")), Start(how))] == [inf]


def test_what_is_recorded_is_recorded_at_the_full_rate() -> None:
    recorded = [Event(1.0, 0, 0, "recording.started", {}), Event(5.0, 1, 0, "recording.ended", {})]
    quiet = [Event(9.0, 2, 0, "camera.rates", {})]
    assert [pace for _, pace in paces([*recorded, *quiet], BY_WAKE_WORD)] == [RESTING, inf, RESTING]


def test_in_slow_mode_fewer_pictures_will_do_for_a_question_too() -> None:
    day = Timeline(end=10.0, attention=AttentionSettings("wake")).says(3.0, 5.0, "Shall we go?")
    seen = paces(day.play(Scripted("A cup.")), BY_WAKE_WORD, slow=True)
    assert [pace for _, pace in seen] == [RESTING, SLOW, RESTING]


def test_a_microphone_may_rest_where_a_camera_does_but_for_a_slow_mode() -> None:
    situation, asking = Situation(BY_WAKE_WORD), Asking()
    pace = Pace(lambda: 100.0, situation, asking, lambda: True)
    assert pace.resting()
    asking.event(Event(100.0, 0, 0, "speech.started", {"t_start": 99.8}))
    assert not pace.resting()
    assert pace.wanted() == SLOW
