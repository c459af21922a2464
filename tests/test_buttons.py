"""What is meant by pressing a button: a plain function of times, and what a session does about it, as timelines."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from pipeline.buttons import Press, PrivacyPressed, meant
from pipeline.converse.attention import AttentionSettings
from pipeline.types import AudioChunk, Event, VideoFrame
from tests.timeline import Scripted, Timeline, of

LONG_ANSWER = "This is a long answer, it takes more than four seconds to speak all of it out loud to you."


@pytest.mark.parametrize(
    ("before", "press", "t", "spoken", "gesture"),
    [
        (None, (1.0, None), 1.0, False, "tap"),
        (None, (1.0, 1.2), 9.0, False, "tap"),
        (None, (1.0, None), 1.4, False, "hold"),
        (None, (1.0, 2.9), 9.0, False, "hold"),
        (None, (1.0, None), 3.0, False, "privacy"),
        (None, (1.0, None), 3.0, True, "hold"),
        (None, (1.0, None), 11.0, True, "privacy"),
        ((1.0, 1.1), (1.5, None), 1.5, False, "stop"),
        ((1.0, 1.1), (1.6, None), 1.6, False, "tap"),
        ((1.0, 1.0), (1.3, 1.3), 1.3, False, "stop"),  # a terminal's keys are let go of at once
        ((1.0, 1.4), (1.5, None), 1.5, False, "tap"),  # the first was held
        ((1.0, 1.1), (1.5, None), 3.5, False, "privacy"),
    ],
)
def test_times_alone_tell_a_tap_from_a_hold_a_double_tap_and_a_long_press(
    before: tuple[float, float] | None, press: tuple[float, float | None], t: float, spoken: bool, gesture: str
) -> None:
    assert meant(Press(*press), before and Press(*before), t, spoken=spoken) == gesture


def told(events: list[Event]) -> list[str]:
    """What the wearer was told that is no answer."""
    return [event.data["heard_text"] for event in of(events, "spoken") if event.turn == 0]


def states(events: list[Event]) -> list[tuple[float, str]]:
    return [(event.t, event.data["state"]) for event in of(events, "privacy")]


def test_a_double_tap_ends_an_answer_and_asks_for_nothing() -> None:
    timeline = Timeline(attention=AttentionSettings("key"), presses=[(0.5, 0.6), (4.0, 4.1), (4.3, 4.4)], cues=True)
    backend = Scripted(LONG_ANSWER)
    events = timeline.says(1.0, 2.0, "First?").says(6.0, 7.0, "Shall we go in?").play(backend)
    assert [question.text for question in backend.questions] == ["First?"]
    assert [event.data["by"] for event in of(events, "interrupted")] == ["button"]


def test_a_double_tap_drops_what_is_just_being_said() -> None:
    backend = Scripted("Open.")
    Timeline(presses=[(1.5, 1.6), (1.8, 1.9)]).says(1.0, 3.0, "What does this say?").play(backend)
    assert backend.questions == []


def test_who_ends_an_answer_by_holding_the_button_asks_the_next_question() -> None:
    timeline = Timeline(attention=AttentionSettings("key"), presses=[(0.5, 0.6), (4.0, 6.0)])
    backend = Scripted(LONG_ANSWER)
    timeline.says(1.0, 2.0, "First?").says(4.6, 5.9, "What else?").play(backend)
    assert [question.text for question in backend.questions] == ["First?", "What else?"]


@dataclass
class Device:
    """A source that remembers when it was opened and closed, by the time of the item before."""

    items: list[VideoFrame] | list[AudioChunk]
    past: list[str] = field(default_factory=list)
    at: int = 0

    def __iter__(self) -> Iterator[VideoFrame | AudioChunk]:
        self.past.append("opened")
        try:
            while self.at < len(self.items):
                self.at += 1
                yield self.items[self.at - 1]
        finally:
            self.past.append("closed")


def test_a_long_press_closes_camera_and_microphone_and_another_opens_them() -> None:
    timeline = Timeline(end=12.0, presses=[(1.0, 3.5), (6.0, 8.5)])
    camera, microphone = Device(list(timeline.frames())), Device(list(timeline.sound()))
    timeline.camera, timeline.microphone = camera, microphone  # type: ignore[assignment]
    events = timeline.play(Scripted("Open."))
    assert states(events) == [(3.0, "on"), (8.0, "off")]
    assert told(events) == ["Camera and microphone are off.", "Camera and microphone are on."]
    assert camera.past == microphone.past == ["opened", "closed", "opened", "closed"]


def test_nothing_is_heard_or_seen_in_privacy() -> None:
    timeline = Timeline(end=12.0, presses=[(1.0, 3.5), (7.0, 9.5)])
    backend = Scripted("Open.")
    events = timeline.says(4.0, 5.0, "What does this say?").says(10.0, 11.0, "And this?").play(backend)
    assert of(events, "speech.started")[0].t > 9.0
    assert [frame.t > 9.0 for question in backend.questions for frame in question.images] == [True]


def test_what_was_being_said_or_answered_is_dropped_for_privacy() -> None:
    timeline = Timeline(end=12.0, presses=[(2.5, 5.0)])
    events = timeline.says(1.0, 2.0, "First?").says(3.0, 8.0, "").play(Scripted(LONG_ANSWER, first=5.0))
    assert told(events) == []  # somebody spoke while it was held: a hold to ask
    timeline = Timeline(end=12.0, presses=[(3.0, 5.5)]).says(1.0, 2.0, "First?")
    events = timeline.play(Scripted(LONG_ANSWER))
    assert [event.data["by"] for event in of(events, "interrupted")] == ["button"]
    assert told(events) == ["Camera and microphone are off."]


def test_a_voice_in_the_room_keeps_no_microphone_open_for_ever() -> None:
    timeline = Timeline(end=16.0, attention=AttentionSettings("key"), presses=[(1.0, 13.0)])
    events = timeline.says(1.5, 14.0, "and so on and so on").play(Scripted("Open."))
    assert [state for _, state in states(events)] == ["on"]


def test_a_tap_in_privacy_says_that_it_is_on() -> None:
    timeline = Timeline(end=12.0, presses=[(1.0, 3.5), (6.0, 6.1)])
    events = timeline.play(Scripted("Open."))
    assert told(events)[1] == "Camera and microphone are off. A long press turns them on."
    assert states(events) == [(3.0, "on")]
