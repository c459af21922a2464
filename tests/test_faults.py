"""What the wearer hears when the model's server fails: whole sessions against real servers on loopback."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.ask.profiles import Profile
from pipeline.ask.remote import Patience, Remote
from pipeline.clock import Clock
from pipeline.costs import measured
from pipeline.events import to_line
from pipeline.types import Event
from tests.servers import CUT, DONE, STALL, ChatServer, Step, finish, words
from tests.timeline import Timeline, of


def ask(base_url: str, patience: float) -> Callable[[Clock], Remote]:
    wait = Patience(patience, patience)
    return lambda clock: Remote(clock, "a-server", Profile("chat", base_url), "m", patience=wait)


def session(base_url: str, patience: float = 0.5) -> list[Event]:
    timeline = Timeline().says(1.0, 2.0, "What is this?").says(8.0, 9.0, "And now?")
    return timeline.play(ask(base_url, patience), costs=measured)


@pytest.mark.parametrize(
    ("script", "status", "outcome", "told"),
    [
        ([], 401, "error", "key"),
        ([], 404, "error", "no model"),
        ([], 429, "error", "too busy"),
        ([], 500, "error", "fault"),
        ([*words("It is a "), CUT], 200, "interrupted", "It is a The answer broke off."),
        ([finish("stop"), DONE], 200, "error", "empty answer"),
        ([STALL], 200, "error", "did not answer in time"),
        ([*words("It is a "), STALL], 200, "interrupted", "stopped in the middle"),
    ],
)
def test_every_failure_is_told_and_the_next_question_is_still_heard(
    script: list[Step], status: int, outcome: str, told: str
) -> None:
    with ChatServer(script, status=status) as server:
        events = session(server.base_url)
    assert [event.data["outcome"] for event in of(events, "answered")] == [outcome, outcome]
    assert all(told in event.data["heard_text"] for event in of(events, "spoken"))
    assert len(of(events, "fault")) == 2
    assert events[-1].kind == "session.ended"


def test_a_server_that_is_not_there_is_told() -> None:
    events = session("http://127.0.0.1:9/v1")
    assert of(events, "spoken")[0].data["heard_text"] == "I can't reach the model."
    assert "nothing listens" in of(events, "fault")[0].data["what"]


def test_silence_of_a_server_costs_its_whole_patience_in_virtual_time() -> None:
    with ChatServer([STALL]) as server:
        events = session(server.base_url)
    asked, fault = of(events, "asked")[0], of(events, "fault")[0]
    assert fault.t - asked.t == pytest.approx(0.5, abs=0.01)


def test_a_whole_answer_is_spoken_while_it_still_arrives() -> None:
    with ChatServer([*words("It is a cup. It "), 1.0, *words("is red."), finish("stop"), DONE]) as server:
        events = session(server.base_url, patience=10.0)
    speaking, answered = of(events, "speaking")[0], of(events, "answered")[0]
    assert speaking.t < answered.t
    assert of(events, "spoken")[0].data["heard_text"] == "It is a cup. It is red."


def test_half_an_emoji_is_neither_spoken_nor_the_end_of_the_session() -> None:
    half = 'data: {"choices": [{"delta": {"content": "A smile \\ud83d"}}]}\n\n'
    with ChatServer([half, *words(" and more."), finish("stop"), DONE]) as server:
        events = session(server.base_url)
    assert [event.data["outcome"] for event in of(events, "answered")] == ["ok", "ok"]
    assert all(to_line(event).encode() for event in events)
