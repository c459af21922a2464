"""Every wire format x every fault, in whole sessions against servers on loopback: alone, and at the head of a chain.

Alone, each fault ends in its outcome, within the time that the backend has, with a sentence in the wearer's ear. In a
chain, what fails before its first word hands over; what has spoken, or declined, has had its turn.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from pipeline.ask.backend import Backend
from pipeline.ask.chain import Chain
from pipeline.ask.profiles import Profile
from pipeline.ask.remote import FORMATS, Patience, Remote
from pipeline.clock import Clock
from pipeline.costs import measured
from pipeline.types import Event
from tests.dialects import DIALECTS, Dialect
from tests.servers import CUT, STALL, ChatServer, Step
from tests.timeline import Scripted, Timeline, of

FIRST, NEXT = 5.0, 0.3


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and what is to come of it."""

    name: str
    outcome: str
    told: str  # a part of what the wearer hears
    script: Callable[[Dialect], Sequence[Step]] = lambda dialect: []
    status: int = 200
    body: str = ""  # of an error status
    moves_on: bool = True
    first: float = FIRST  # seconds of patience


def _words_and(*rest: Step) -> Callable[[Dialect], list[Step]]:
    return lambda dialect: [*dialect.words("It says"), *rest]


def _end(how: str, *words: str) -> Callable[[Dialect], list[Step]]:
    return lambda dialect: [*dialect.words(*words), *dialect.end(how)]


def _status(status: int, told: str, message: str = "no") -> Fault:
    return Fault(f"HTTP {status}", "error", told, status=status, body=json.dumps({"error": {"message": message}}))


FAULTS = (
    Fault("refused connection", "error", "I can't reach the model."),
    Fault("DNS", "error", "I can't reach the model."),
    Fault("TLS", "error", "I can't make a safe connection"),
    _status(400, "could not take my question"),
    _status(401, "did not accept my key"),
    _status(402, "no credit left"),
    _status(404, "no model at its address"),
    _status(413, "too big"),
    _status(429, "too busy"),
    _status(500, "had a fault"),
    _status(503, "not ready"),
    _status(529, "too busy"),
    Fault("empty", "error", "empty answer", _end("ok")),
    Fault("length", "truncated", "It says The answer was cut short.", _end("length", "It says"), moves_on=False),
    Fault("length before a word", "truncated", "ran out of room", _end("length")),
    Fault("filter", "filtered", "held back", lambda dialect: dialect.end("filter"), moves_on=False),
    Fault("refusal", "refused", "", lambda dialect: dialect.refusal(), moves_on=False),
    Fault("cut", "interrupted", "It says The answer broke off.", _words_and(CUT), moves_on=False),
    Fault("cut before a word", "error", "The answer broke off.", lambda dialect: [CUT]),
    Fault("end without a reason", "interrupted", "It says The answer broke off.", _words_and(), moves_on=False),
    Fault("malformed", "error", "did not understand", lambda dialect: [dialect.malformed()]),
    Fault(
        "error in the stream", "error", "It says The model", lambda d: [*d.words("It says"), *d.error()], 200, "", False
    ),
    Fault("hang before the first word", "error", "did not answer in time", lambda dialect: [STALL], first=0.4),
    Fault("hang in the middle", "interrupted", "stopped in the middle", _words_and(STALL), moves_on=False),
)

CASES = [
    pytest.param(dialect, fault, id=f"{name}-{fault.name}") for name, dialect in DIALECTS.items() for fault in FAULTS
]

HELD_BACK = json.dumps({"error": {"message": "Output blocked by content filtering policy"}})
DECLINED = json.dumps({"error": {"message": "no", "code": "content_policy_violation"}})


def test_the_matrix_is_whole() -> None:
    assert (len(FORMATS), len(FAULTS), len(CASES)) == (5, 24, 120)


@pytest.mark.parametrize(("dialect", "fault"), CASES)
def test_alone_it_is_told(dialect: Dialect, fault: Fault) -> None:
    with serving(dialect, fault) as base_url:
        events = session(lambda clock: remote(clock, dialect, fault, base_url))
    answered, asked = the(events, "answered"), the(events, "asked")
    assert answered.data["outcome"] == fault.outcome
    assert answered.t - asked.t < fault.first + NEXT + 0.1
    spoken = the(events, "spoken").data["heard_text"]
    assert spoken
    assert fault.told in spoken
    assert the(events, "fault").data["what"].startswith("a-server: ")


@pytest.mark.parametrize(("dialect", "fault"), CASES)
def test_in_a_chain_the_next_one_takes_over(dialect: Dialect, fault: Fault) -> None:
    second = Scripted("It is a bakery.")

    def chain(clock: Clock) -> Backend:
        return Chain(
            clock,
            [remote(clock, dialect, fault, base_url), second.on(clock)],
            first_timeout=2 * fault.first,
            reach="hosted",
        )

    with serving(dialect, fault) as base_url:
        events = session(chain)
    answered = the(events, "answered")
    assert len(second.questions) == fault.moves_on
    assert answered.data["outcome"] == ("ok" if fault.moves_on else fault.outcome)
    spoken = the(events, "spoken").data["heard_text"]
    assert spoken.endswith("I'm asking another model. It is a bakery.") == fault.moves_on
    assert fault.moves_on or fault.told in spoken
    assert the(events, "fault").data["what"].startswith("a-server: ")


@contextmanager
def serving(dialect: Dialect, fault: Fault) -> Iterator[str]:
    """A server with the fault; gives its base address."""
    if fault.name == "DNS":
        yield "http://no-such-host.invalid/v1"
    elif fault.name == "refused connection":
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"
    else:
        script, status, body, kind = fault.script(dialect), fault.status, fault.body, dialect.kind
        if fault.name in ("filter", "refusal") and not script:  # a format without such an end: the server says it so
            status, body = 400, HELD_BACK if fault.name == "filter" else DECLINED
        if body:
            script, kind = [body], "application/json"
        with ChatServer(script, status=status, kind=kind) as server:
            yield server.base_url.replace("http", "https") if fault.name == "TLS" else server.base_url


def remote(clock: Clock, dialect: Dialect, fault: Fault, base_url: str) -> Remote:
    return Remote(clock, "a-server", Profile(dialect.name, base_url), "m", patience=Patience(fault.first, NEXT))


def session(backend: Callable[[Clock], Backend]) -> list[Event]:
    return Timeline(end=4.0).says(1.0, 2.0, "What is this?").play(backend, costs=measured)


def the(events: list[Event], kind: str) -> Event:
    (event,) = of(events, kind)
    return event
