"""What will keep a backend from answering is found out and told before anybody asks, without a word or a picture."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pipeline import clock as clocks
from pipeline.ask import remote
from pipeline.ask.addresses import open_backend
from pipeline.ask.backend import Backend, PictureBudget
from pipeline.ask.chain import Chain
from pipeline.ask.checking import Trouble, checked, troubles
from pipeline.ask.contemplate import Contemplating
from pipeline.ask.profiles import PROFILES
from pipeline.ask.remote import Remote
from pipeline.ask.transport import Sent
from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.types import Answer, Event, Question
from tests.servers import STALL, ChatServer, no_reader

MISSING = 404, json.dumps({"error": {"message": "The model `m` does not exist.", "code": 404}})


def found(address: str, key: str = "a-key", sent: list[Sent] | None = None) -> tuple[Trouble, ...]:
    """What a real server's backend finds out about itself."""

    async def main(clock: Clock) -> tuple[Trouble, ...]:
        on_sent = None if sent is None else sent.append
        mind = open_backend(address, clock, {"GLASSES_API_KEY": key}, no_reader, on_sent=on_sent)
        try:
            return await troubles(mind)
        finally:
            await mind.close()

    return clocks.run(main, virtual=False)


def test_a_backend_that_is_well_has_no_troubles_and_was_sent_nothing_of_the_wearers() -> None:
    sent: list[Sent] = []
    with ChatServer([], models=["m"]) as server:
        assert found(f"{server.base_url}#m", sent=sent) == ()
        assert server.requests == []
    assert {(one.size, one.pictures, one.what) for one in sent} == {(0, (), "contact")}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told(status: int) -> None:
    with ChatServer([], listing=status) as server:
        (trouble,) = found(f"{server.base_url}#m")
    assert trouble.told == "The key for 127.0.0.1 is refused."
    assert f"HTTP {status}" in trouble.fault


def test_a_key_that_the_server_quotes_is_not_in_the_log() -> None:
    quoting = 401, json.dumps({"error": {"message": "Incorrect API key provided: sk-secret"}})
    with ChatServer([], at={"/v1/models": quoting}) as server:
        (trouble,) = found(f"{server.base_url}#m", key="sk-secret")
    assert "Incorrect API key provided: ***" in trouble.fault


def test_an_account_without_credit_is_told() -> None:
    with ChatServer([], listing=402) as server:
        (trouble,) = found(f"{server.base_url}#m")
    assert trouble.told == "The account at 127.0.0.1 has no credit left."


def test_a_model_that_the_server_says_it_has_not_is_told() -> None:
    with ChatServer([], models=["other"], at={"/v1/models/m": MISSING}) as server:
        (trouble,) = found(f"{server.base_url}#m")
    assert trouble.told == "127.0.0.1 does not know the model m."
    assert "check its name, or install it" in trouble.fault


def test_a_model_that_ollama_does_not_list_is_not_installed() -> None:
    with ChatServer([], models=["qwen3-vl:2b", "llava:latest"]) as server:
        base = server.base_url.removesuffix("/v1")
        assert found(f"ollama+{base}#llava") == found(f"ollama+{base}#qwen3-vl:2b") == ()
        (trouble,) = found(f"ollama+{base}#llama3")
    assert trouble.told == "127.0.0.1 does not know the model llama3."


@pytest.mark.parametrize("answer", [(404, "not here"), (200, '{"id": "m-2026-01-01"}'), (500, "")])
def test_a_model_that_a_list_lacks_may_be_there_under_another_name(answer: tuple[int, str]) -> None:
    with ChatServer([], models=["other"], at={"/v1/models/m": answer}) as server:
        assert found(f"{server.base_url}#m") == ()


def test_a_server_that_hangs_is_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_CHECK", 0.2)
    with ChatServer([], models=STALL) as server:
        (trouble,) = found(f"{server.base_url}#m")
    assert trouble.told == "The model at 127.0.0.1 does not answer."


def test_without_a_network_nothing_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert found(f"http://127.0.0.1:{port}/v1#m") == ()


@pytest.mark.parametrize("listing", [404, 429, 500])
def test_a_server_that_does_not_list_its_models_may_be_well(listing: int) -> None:
    with ChatServer([], listing=listing) as server:
        assert found(f"{server.base_url}#m") == ()


def test_where_the_list_is_open_to_all_the_key_is_tried_where_it_is_not() -> None:
    assert PROFILES["openrouter"].key_path == "/key"

    async def main(clock: Clock) -> list[Trouble]:
        profile = replace(PROFILES["openrouter"], base_url=server.base_url, reach="machine")
        mind = Remote(clock, "openrouter:m", profile, "m", key="bad")
        try:
            return await mind.troubles()
        finally:
            await mind.close()

    with ChatServer([], models=["m"], at={"/v1/key": (401, "")}) as server:
        (trouble,) = clocks.run(main, virtual=False)
    assert trouble.told == "The key for openrouter is refused."


# Several


@dataclass
class Troubled:
    """A backend with these troubles: the stand-in for one on a server."""

    name: str
    told: str = ""
    raises: bool = False
    reach: str = "hosted"
    looked: int = 0
    picture = PictureBudget(640, 80)
    languages = None

    async def troubles(self) -> list[Trouble]:
        self.looked += 1
        if self.raises:
            raise ValueError("odd")
        return [Trouble(f"{self.name}: wrong", self.told)] if self.told else []

    async def stream(self, question: Question) -> AsyncGenerator[Any, None]:
        yield Answer(question.turn, "", "error")

    async def close(self) -> None:
        pass


def told(build: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """What the wearer hears while a session runs with the backend that `build` gives, and the faults in its log."""
    events: list[Event] = []
    heard: list[str] = []

    async def main(clock: Clock) -> None:
        log = EventLog(clock)
        log.subscribe(events.append)
        backend: Backend = build(clock)

        async def tell(what: str, words: str) -> None:
            heard.append(words)

        async with checked(backend, log, tell):
            await clock.sleep_until(20.0)
        await backend.close()

    clocks.run(main, virtual=True)
    return heard, [(event.data["what"], event.data["told"]) for event in events]


def test_the_wearer_hears_it_once() -> None:
    assert told(lambda clock: Troubled("a", "The key for a is refused.")) == (["The key for a is refused."], [])


def test_a_chain_in_which_another_goes_on_says_nothing_and_logs_it() -> None:
    bad, good = Troubled("a", "The key for a is refused."), Troubled("b")
    assert told(lambda clock: Chain(clock, [bad, good], reach="hosted")) == ([], [("a: wrong", "")])


def test_a_chain_in_which_nobody_goes_on_tells_of_the_first() -> None:
    first, second = Troubled("a", "The key for a is refused."), Troubled("b", "The key for b is refused.")
    heard, logged = told(lambda clock: Chain(clock, [first, second], reach="hosted"))
    assert (heard, logged) == (["The key for a is refused."], [("b: wrong", "")])


def test_whom_a_chain_may_not_ask_is_not_looked_at() -> None:
    near, far = Troubled("a", "It is refused.", reach="machine"), Troubled("b")
    assert told(lambda clock: Chain(clock, [near, far], reach="machine"))[0] == ["It is refused."]
    assert far.looked == 0


def test_who_contemplates_is_looked_at_too() -> None:
    mind = Troubled("a", "It is refused.")
    assert told(lambda clock: Contemplating(clock, mind, [mind, mind]))[0] == ["It is refused."]
    assert mind.looked == 1


def test_a_backend_of_anybodys_that_fails_at_it_is_left_to_the_question() -> None:
    assert told(lambda clock: Troubled("a", raises=True)) == ([], [])
