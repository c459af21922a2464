"""What goes on in a session, in a word, as whole sessions show it: derived from their events alone."""

from __future__ import annotations

from itertools import groupby

import pytest

from glasses.settings import Start
from glasses.situation import Situation, Stages
from pipeline.converse.attention import AttentionSettings
from pipeline.latency import latencies
from pipeline.types import Event
from tests.timeline import Scripted, Timeline

LONG = "This is a long answer, it takes more than four seconds to speak all of it out loud to you."


def after(events: list[Event], t: float, start: Start | None = None) -> Situation:
    """As it stands at time `t`."""
    situation = Situation(start or Start())
    for event in events:
        if event.t <= t:
            situation(event)
    return situation


def states(events: list[Event], start: Start | None = None) -> list[str]:
    """The states that a session passes through, seen ten times a second."""
    times = [n / 10 for n in range(round(events[-1].t * 10) + 50)]
    return [state for state, _ in groupby(after(events, t, start).state(t) for t in times)]


def test_a_question_and_its_answer() -> None:
    events = Timeline().says(1.0, 2.0, "What does this say?").play(Scripted("Open.", first=1.5))
    assert states(events) == ["awake", "hearing", "thinking", "speaking", "awake"]


def test_by_name_it_is_idle_until_called_and_some_seconds_after_an_answer() -> None:
    day = Timeline(attention=AttentionSettings("name")).says(1.0, 2.0, "Hey glasses.").says(3.5, 4.5, "What is this?")
    events = day.play(Scripted("Open.", first=1.0))
    seen = states(events, Start("name"))
    assert seen[:3] == ["idle", "hearing", "awake"]
    assert seen[-3:] == ["speaking", "awake", "idle"]


def test_behind_a_wake_word_what_others_say_is_not_heard() -> None:
    day = Timeline(attention=AttentionSettings("wake"), wakes=[4.0])
    day.says(1.0, 2.0, "Shall we go?").says(5.0, 6.0, "What is this?")
    seen = states(day.play(Scripted("Open.", first=1.5)), Start("wake"))
    assert seen == ["idle", "awake", "hearing", "thinking", "speaking", "awake", "idle"]


def test_speech_holds_an_answer_and_what_insists_ends_it() -> None:
    events = Timeline().says(1.0, 2.0, "First?").says(4.0, 5.0, "What else?").play(Scripted(LONG))
    assert states(events) == ["awake", "hearing", "speaking", "held", "hearing", "speaking", "awake"]


def test_a_nod_only_holds_it() -> None:
    events = Timeline(end=12.0).says(1.0, 2.0, "First?").says(4.0, 4.4, "Mm-hm.").play(Scripted(LONG))
    assert states(events) == ["awake", "hearing", "speaking", "held", "speaking", "awake"]


@pytest.mark.parametrize(("words", "end"), [("Stop.", "idle"), ("What else?", "awake")])
def test_stop_closes_it_and_other_speech_does_not(words: str, end: str) -> None:
    day = Timeline(attention=AttentionSettings("name")).says(1.0, 2.0, "Hey glasses, what is this?")
    events = day.says(4.0, 4.4, words).play(Scripted(LONG))
    over = max(event.t for event in events if event.kind == "spoken")
    assert after(events, over + 2.0, Start("name")).state(over + 2.0) == end


def test_an_order_is_carried_out_and_over() -> None:
    events = Timeline().says(1.0, 2.0, "First?").says(6.0, 7.0, "Say that again.").play(Scripted("Open until six."))
    assert states(events)[-3:] == ["hearing", "speaking", "awake"]
    assert after(events, 8.5).answer == "Open until six."


def test_an_order_that_does_not_end_the_answer_leaves_it_speaking() -> None:
    events = Timeline(end=12.0).says(1.0, 2.0, "First?").says(4.0, 4.4, "Louder.").play(Scripted(LONG))
    assert states(events) == ["awake", "hearing", "speaking", "held", "speaking", "awake"]
    assert after(events, 6.0).answer.strip() == LONG


def test_speech_that_is_ignored_leaves_nothing_behind() -> None:
    events = Timeline().says(1.0, 2.0, "").play(Scripted("Open."))
    assert states(events) == ["awake", "hearing", "awake"]
    assert after(events, 9.0).question == ""


def test_the_words_grow_and_are_uncertain_until_the_speaker_has_finished() -> None:
    day = Timeline().says(1.0, 2.0, "What does this say?").says(2.4, 3.0, "What does this say in English?")
    events = day.play(Scripted("Open.", first=0.1))
    early, late = after(events, 2.3), after(events, 4.0)
    assert (early.question, early.certain) == ("What does this say?", False)
    assert (late.question, late.certain) == ("What does this say in English?", True)


def test_the_answer_to_a_question_that_was_withdrawn_is_never_seen() -> None:
    day = Timeline().says(1.0, 2.0, "What does this say?").says(2.4, 3.0, "What does this say in English?")
    events = day.play(Scripted("Open.", first=0.1))
    seen = {after(events, event.t).answer for event in events if event.t < 3.7}
    assert seen == {""}
    assert after(events, 9.0).answer == "Open. "


def test_a_failure_is_told_and_seen() -> None:
    events = Timeline().says(1.0, 2.0, "What?").play(Scripted("It", outcome="interrupted", told="It was cut off."))
    assert states(events)[-2:] == ["speaking", "awake"]


def test_what_is_lost_and_whether_it_is_recorded_is_known() -> None:
    situation = Situation()
    for kind in ("camera.lost", "microphone.lost", "microphone.back", "recording.started"):
        situation(Event(1.0, 0, 0, kind, {"what": "", "path": ""}))
    assert situation.lost == ("camera",)
    assert situation.recording


def test_stages_are_those_of_the_table_however_long_the_session() -> None:
    events = Timeline().says(1.0, 2.0, "First?").says(6.0, 7.0, "Second?").play(Scripted("Open.", first=0.9))
    ignored = [event for event in Timeline().says(1.0, 2.0, "").play(Scripted("")) if event.kind == "speech.ended"]
    stages = Stages()
    for _ in range(1000):
        stages.see(ignored[0])
    assert [turn for event in events if (turn := stages.see(event))] == latencies(events)


def test_what_is_open_and_that_nothing_may_be() -> None:
    situation = Situation(Start("always"))
    situation(Event(0.0, 0, 0, "camera.lost", {"what": "gone"}))
    for n, open_now in enumerate((["microphone"], []), start=1):
        situation(Event(0.0, n, 0, "light", {"open": open_now}))
        assert situation.open == tuple(open_now)
    situation(Event(1.0, 3, 0, "privacy", {"state": "on"}))
    assert (situation.private, situation.lost, situation.state(2.0)) == (True, (), "idle")
    situation(Event(3.0, 4, 0, "privacy", {"state": "off"}))
    assert (situation.private, situation.state(4.0)) == (False, "awake")
