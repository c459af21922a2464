"""A camera is told while somebody asks, as timelines in virtual time."""

from __future__ import annotations

import pytest

from pipeline.converse.attention import AttentionSettings
from pipeline.look.asking import Asking
from pipeline.types import Event
from tests.timeline import END_SILENCE, Scripted, Timeline


def asked(timeline: Timeline) -> list[tuple[float, bool]]:
    """When it began and ended to be so that somebody asks, seconds, as whoever reads the camera sees it."""
    asking, changes = Asking(), [(0.0, False)]

    def follow(event: Event) -> None:
        asking.event(event)
        if asking.now() is not changes[-1][1]:
            changes.append((event.t, asking.now()))

    timeline.play(Scripted("A cup."), subscriber=follow)
    return changes[1:]


def test_from_soon_after_the_first_sound_to_the_end_of_the_silence_somebody_asks() -> None:
    (began, asks), (ended, asks_still) = asked(Timeline().says(2.0, 4.0, "What is this?"))
    assert (asks, asks_still) == (True, False)
    assert 2.0 < began <= 2.35
    assert ended == pytest.approx(4.0 + END_SILENCE, abs=0.1)


def test_each_question_counts_for_itself_and_silence_for_none() -> None:
    twice = Timeline(end=20.0).says(2.0, 4.0, "What is this?").says(12.0, 14.0, "And that?")
    assert [asks for _, asks in asked(twice)] == [True, False, True, False]
    assert asked(Timeline(end=5.0)) == []


def test_after_a_wake_word_alone_nobody_asks() -> None:
    alone = Timeline(end=10.0, attention=AttentionSettings("wake"), wakes=[4.0]).says(3.4, 4.0, "Alexa.")
    assert [asks for _, asks in asked(alone)] == [True, False]
