"""The timeline for people: what it says of a session, plain where it is no terminal."""

from __future__ import annotations

import io
import re

from rich.console import Console

from glasses.view import Timeline, latency_table
from pipeline.latency import latencies
from pipeline.types import Event
from tests.timeline import Scripted
from tests.timeline import Timeline as Day


def shown(events: list[Event], *, terminal: bool = False, width: int = 60) -> str:
    output = io.StringIO()
    view = Timeline(Console(file=output, force_terminal=terminal, width=width, highlight=False))
    for event in events:
        view(event)
    return output.getvalue()


def session(backend: Scripted, day: Day | None = None) -> list[Event]:
    about = {"title": "A day", "duration": 10.0, "width": 640, "height": 480, "sound": True}
    events = (day or Day().says(2.0, 3.5, "What does this say?")).play(backend)
    return [Event(0.0, 0, 0, "session.started", about), *events[1:]]


def test_each_step_is_a_line() -> None:
    lines = shown(session(Scripted("It says open."))).splitlines()
    assert names("\n".join(lines)) == [
        "session",
        "speech",
        "heard",
        "looked",
        "asked",
        "answer",
        "speaking",
        "spoken",
        "end",
    ]
    assert "“What does this say?”" in lines[2]
    assert "first sound" in lines[6]


def names(text: str) -> list[str]:
    return [line.split()[1] for line in text.splitlines()]


def test_what_was_asked_too_early_is_not_shown() -> None:
    day = Day().says(1.0, 2.0, "What does this say?").says(2.4, 3.0, "What does this say in English?")
    text = shown(session(Scripted("Open.", first=0.1), day))
    assert names(text).count("asked") == 1
    assert names(text).count("answer") == 1
    assert names(text).index("heard") < names(text).index("looked")


def test_what_was_sent_for_a_question_that_was_not_over_is_shown_all_the_same() -> None:
    sent = {"backend": "b", "host": "example.com", "bytes": 85_000, "frames": [1.0]}
    events = [Event(1.0, 0, 1, "sent", sent), Event(1.2, 1, 1, "withdrawn", {"reason": "speech went on"})]
    assert "85 kB to example.com, for a question that was not over yet" in shown(events)


def test_an_answer_that_was_broken_off_is_shown_as_far_as_it_was_heard() -> None:
    day = Day().says(1.0, 2.0, "First?").says(4.0, 5.0, "What else?")
    text = shown(session(Scripted("It is open until six. " * 5), day))
    assert "stopped   somebody spoke" in text
    assert "interrupted: “It is open" in text
    assert names(text).count("held") == 1


def test_who_called_it_is_shown_in_plain_words() -> None:
    lines = [
        Event(1.0, 0, 0, "wake", {"word": "okay_nabu", "t_end": 0.9}),
        Event(2.0, 1, 0, "pressed", {}),
        Event(3.0, 2, 0, "cue", {"name": "awake"}),
        Event(4.0, 3, 0, "notice", {"text": "One moment."}),
    ]
    text = shown(lines)
    assert [words in text for words in ("“okay nabu”", "button", "sound", "says      “One moment.”")] == [True] * 4


def test_what_goes_along_beside_a_picture_is_counted_if_there_is_anything() -> None:
    hinted = [
        Event(1.0, n, 1, "hinted", {"backend": "openai:gpt-5", "lines": lines, "codes": codes, "letters": 300})
        for n, (lines, codes) in enumerate(((3, 1), (1, 0), (0, 0)))
    ]
    heard = Event(0.5, 0, 1, "heard", {"text": "What is it?", "confidence": 1.0})
    _, *shows = shown([heard, *hinted]).splitlines()
    assert [line.partition("hinted")[2].strip() for line in shows] == [
        "what was read goes along to openai:gpt-5: 3 lines, 1 code",
        "what was read goes along to openai:gpt-5: 1 line",
    ]


def test_a_fault_is_shown_with_what_the_wearer_was_told() -> None:
    text = shown(session(Scripted("It", outcome="interrupted", fault="the stream broke", told="It was cut off.")))
    assert "the stream broke; told the wearer: “It was cut off.”" in text
    assert "ended as interrupted" in text


def test_colours_are_for_terminals() -> None:
    events = session(Scripted("It says open."))
    assert "\x1b[" not in shown(events)
    assert "\x1b[" in shown(events, terminal=True)


def test_a_narrow_terminal_shows_every_word() -> None:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown(session(Scripted("It says open.")), terminal=True, width=20))
    assert all(len(line) <= 20 for line in lines.splitlines())
    assert all(line.strip() for line in lines.splitlines())
    assert "answer It says open." in " ".join(lines.split())


def test_a_models_words_do_not_steer_the_terminal() -> None:
    assert "\x1b" not in shown(session(Scripted("It says \x1b[2J open.")))


def test_the_table_of_latency_has_a_row_a_turn_and_its_percentiles() -> None:
    output = io.StringIO()
    latency_table(latencies(session(Scripted("Yes."))), Console(file=output, width=120))
    assert [word in output.getvalue() for word in ("first sound", "median", "95th")] == [True] * 3
