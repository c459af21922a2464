"""What is meant by pressing a button: a plain function of times, and what a session does about it, as timelines."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import pytest

from devices.light import Shown
from devices.registry import open_light
from pipeline.buttons import LONG, Press, meant
from pipeline.converse.attention import AttentionSettings
from pipeline.errors import CameraLost, MicrophoneLost
from pipeline.types import AudioChunk, Event, VideoFrame
from tests.timeline import Scripted, Timeline, of

T = TypeVar("T", VideoFrame, AudioChunk)

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
    timeline = Timeline(presses=[(1.5, 1.6), (1.8, 1.9)])
    events = timeline.says(1.0, 3.0, "What does this say?").play(Scripted("Open."))
    assert of(events, "speaking") == []


def test_who_ends_an_answer_by_holding_the_button_asks_the_next_question() -> None:
    timeline = Timeline(attention=AttentionSettings("key"), presses=[(0.5, 0.6), (4.0, 6.0)])
    backend = Scripted(LONG_ANSWER)
    timeline.says(1.0, 2.0, "First?").says(4.6, 5.9, "What else?").play(backend)
    assert [question.text for question in backend.questions] == ["First?", "What else?"]


@dataclass
class Device(Generic[T]):
    """A source that remembers what became of it; opened anew it gives what there is from `again` on, seconds."""

    items: list[T]
    again: float
    past: list[str] = field(default_factory=list)
    at: int = 0
    shut: threading.Event = field(default_factory=threading.Event)

    def __iter__(self) -> Iterator[T]:
        self.shut.clear()
        if self.past:
            self.items = [item for item in self.items if item.t >= self.again]
            self.at = 0
        self.past.append("opened")
        try:
            while self.at < len(self.items):
                self.at += 1
                yield self.items[self.at - 1]
        finally:
            self.past.append("closed")
            self.shut.set()


@dataclass(frozen=True)
class Day:
    """What came of a session, and of its devices."""

    events: list[Event]
    camera: Device[VideoFrame]
    microphone: Device[AudioChunk]


def private(backend: Scripted, *presses: tuple[float, float], says: Iterable[tuple[float, float, str]] = ()) -> Day:
    """A day of 16 s, with devices that can be opened again; privacy must have ended before it does."""
    timeline = Timeline(end=16.0, presses=list(presses))
    for line in says:
        timeline.says(*line)
    again = presses[-1][0] + LONG
    camera, microphone = Device(list(timeline.frames()), again), Device(list(timeline.sound()), again)
    timeline.camera, timeline.microphone = camera, microphone
    timeline.closed = lambda seconds: camera.shut.wait(seconds) and microphone.shut.wait(seconds)
    return Day(timeline.play(backend), camera, microphone)


def test_a_long_press_closes_camera_and_microphone_and_another_opens_them() -> None:
    day = private(Scripted("Open."), (1.0, 3.5), (6.0, 8.5))
    assert states(day.events) == [(3.0, "on"), (8.0, "off")]
    assert told(day.events) == ["Camera and microphone are off.", "Camera and microphone are on."]
    assert day.camera.past == day.microphone.past == ["opened", "closed", "opened", "closed"]


def test_privacy_is_told_once_the_light_is_out_and_not_before() -> None:
    timeline = Timeline(end=16.0, presses=[(1.0, 3.5), (6.0, 8.5)])
    light, lit = open_light("none"), []
    timeline.camera = Shown(Device(list(timeline.frames()), 8.0), light, "camera", CameraLost)
    timeline.microphone = Shown(Device(list(timeline.sound()), 8.0), light, "microphone", MicrophoneLost)
    timeline.closed = light.dark

    def look(event: Event) -> None:
        if event.kind in ("pressed", "privacy"):
            lit.append((event.kind, sorted(light.open)))

    timeline.play(Scripted("Open."), subscriber=look)
    assert lit[:2] == [("pressed", ["camera", "microphone"]), ("privacy", [])]


def test_devices_that_can_not_be_closed_are_told_of() -> None:
    timeline = Timeline(end=16.0, presses=[(1.0, 3.5), (6.0, 8.5)], closed=lambda seconds: False)
    timeline.camera, timeline.microphone = Device(list(timeline.frames()), 8.0), Device(list(timeline.sound()), 8.0)
    events = timeline.play(Scripted("Open."))
    assert told(events)[0] == "I could not turn off the camera or the microphone. Please unplug them."
    assert [state for _, state in states(events)] == ["off"]


def test_a_session_that_begins_in_privacy_opens_nothing_until_the_wearer_wants_it() -> None:
    timeline = Timeline(end=16.0, private=True, presses=[(6.0, 8.5)])
    camera, microphone = Device(list(timeline.frames()), 8.0), Device(list(timeline.sound()), 8.0)
    timeline.camera, timeline.microphone = camera, microphone
    opened_early: list[Event] = []

    def look(event: Event) -> None:
        if event.t < 8.0 and (camera.past or microphone.past):
            opened_early.append(event)

    events = timeline.play(Scripted("Open."), subscriber=look)
    assert states(events) == [(0.0, "on"), (8.0, "off")]
    assert told(events)[0] == "I had to start anew. Camera and microphone are still off. A long press turns them on."
    assert camera.past == microphone.past == ["opened", "closed"]
    assert opened_early == []


def test_what_the_wearer_wants_is_remembered_even_where_devices_can_not_be_closed() -> None:
    remembered: list[bool] = []
    timeline = Timeline(
        end=16.0, presses=[(1.0, 3.5), (6.0, 8.5)], closed=lambda seconds: False, remember=remembered.append
    )
    timeline.camera, timeline.microphone = Device(list(timeline.frames()), 8.0), Device(list(timeline.sound()), 8.0)
    timeline.play(Scripted("Open."))
    assert remembered == [True, False]


def test_what_is_said_in_privacy_is_not_heard() -> None:
    backend = Scripted("Open.")
    private(backend, (1.0, 3.5), (7.0, 9.5), says=[(4.0, 5.0, "What does this say?")])
    assert backend.questions == []


def test_an_answer_ends_for_privacy() -> None:
    day = private(Scripted(LONG_ANSWER), (3.0, 5.5), (10.0, 12.5), says=[(1.0, 2.0, "What does this say?")])
    assert [event.data["by"] for event in of(day.events, "interrupted")] == ["button"]
    assert [event.turn for event in of(day.events, "spoken")] == [1, 0, 0]


def test_who_holds_the_button_to_ask_for_long_gets_no_privacy() -> None:
    backend = Scripted("Open.")
    day = private(backend, (1.0, 5.0), says=[(1.5, 4.9, "What does this say, in one word if you can?")])
    assert states(day.events) == []
    assert len(backend.questions) == 1


def test_voices_in_the_room_keep_no_microphone_open_for_ever() -> None:
    day = private(Scripted("Open."), (1.0, 11.5), (12.0, 14.5), says=[(1.5, 11.4, "and so on")])
    assert [t for t, state in states(day.events) if state == "on"] == [11.0]


def test_a_tap_in_privacy_says_what_ends_it() -> None:
    day = private(Scripted("Open."), (1.0, 3.5), (6.0, 6.1), (9.0, 11.5))
    assert told(day.events)[1] == "Camera and microphone are off. A long press turns them on."
