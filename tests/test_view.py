"""The timeline for people: what it says of a session, plain where it is no terminal."""

from __future__ import annotations

import io

from rich.console import Console

from glasses.view import Timeline, latency_table
from pipeline.latency import latencies
from pipeline.types import Event
from tests.timeline import Scripted
from tests.timeline import Timeline as Day


def shown(events: list[Event], *, terminal: bool = False) -> str:
    output = io.StringIO()
    view = Timeline(Console(file=output, force_terminal=terminal, width=60, highlight=False))
    for event in events:
        view(event)
    return output.getvalue()


def session(backend: Scripted) -> list[Event]:
    about = {"title": "A day", "duration": 10.0, "width": 640, "height": 480, "sound": True}
    events = Day().says(2.0, 3.5, "What does this say?").play(backend)
    return [Event(0.0, 0, 0, "session.started", about), *events[1:]]


def test_each_step_is_a_line() -> None:
    lines = shown(session(Scripted("It says open."))).splitlines()
    names = [line.split()[1] for line in lines]
    assert names == ["session", "speech", "heard", "looked", "asked", "answer", "speaking", "spoken", "end"]
    assert "“What does this say?”" in lines[2]
    assert "first sound" in lines[6]


def test_a_fault_is_shown_with_what_the_wearer_was_told() -> None:
    text = shown(session(Scripted("It", outcome="interrupted", fault="the stream broke", told="It was cut off.")))
    assert "the stream broke; told the wearer: “It was cut off.”" in text
    assert "ended as interrupted" in text


def test_colours_are_for_terminals() -> None:
    events = session(Scripted("It says open."))
    assert "\x1b[" not in shown(events)
    assert "\x1b[" in shown(events, terminal=True)


def test_a_models_words_do_not_steer_the_terminal() -> None:
    assert "\x1b" not in shown(session(Scripted("It says \x1b[2J open.")))


def test_the_table_of_latency_has_a_row_a_turn_and_its_percentiles() -> None:
    output = io.StringIO()
    latency_table(latencies(session(Scripted("Yes."))), Console(file=output, width=120))
    assert [word in output.getvalue() for word in ("first sound", "median", "95th")] == [True] * 3
