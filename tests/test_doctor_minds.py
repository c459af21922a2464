"""The doctor on backends: reachable, key, model, pictures, and the time to the first word, for each configured one."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses import doctor, egress
from glasses.doctor import Finding, minds
from tests.dialects import DIALECTS
from tests.servers import DONE, STALL, ChatServer, Step, finish, words

RED: list[Step] = [*words("Red."), finish("stop"), DONE]


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Finding]]:
    """What the doctor finds of these settings, in a home of its own without keys."""
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    for name in ("OPENAI_API_KEY", "GLASSES_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def examine(backend: str, **environment: str) -> list[Finding]:
        monkeypatch.setenv("GLASSES_ASK_BACKEND", backend)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return list(doctor.examine((minds.backend,)))

    return examine


Find = Callable[..., list[Finding]]


def test_a_backend_that_is_well_says_everything_about_itself(find: Find) -> None:
    with ChatServer(RED, models=["other", "small"]) as server:
        (finding,) = find(f"{server.base_url}#small", GLASSES_API_KEY=" good\n")
    about = re.escape(f"{server.base_url}#small, GLASSES_API_KEY set; model known; takes pictures; first word after 0.")
    assert finding.state == "ok"
    assert re.fullmatch(rf"{about}\d\d s", finding.text)


def test_what_it_asked_is_in_the_egress_log(find: Find) -> None:
    with ChatServer(RED, models=["small"]) as server:
        find(f"{server.base_url}#small")
    assert [len(entry.frames) for entry in egress.read()] == [0, 1]


def test_a_service_without_a_name_of_a_model_is_asked_for_its_first(find: Find) -> None:
    with ChatServer(RED, models=["small"]) as server:
        (finding,) = find(f"llamacpp+{server.base_url}")
    assert (finding.state, server.requests[0].body["model"]) == ("ok", "small")


@pytest.mark.parametrize("name", DIALECTS)
def test_every_format_is_asked_in_its_own_way(name: str, find: Find) -> None:
    dialect = DIALECTS[name]
    with ChatServer([*dialect.words("Red."), *dialect.end("ok")], kind=dialect.kind, models=["m"]) as server:
        (finding,) = find(f"{name}+{server.base_url}#m")
    assert (finding.state, "takes pictures" in finding.text) == ("ok", True)


def test_a_model_that_is_not_listed_and_answers_is_well(find: Find) -> None:
    with ChatServer(RED, models=["small"]) as server:
        (finding,) = find(f"{server.base_url}#large")
    assert finding.state == "ok"
    assert "does not list the model 'large'" in finding.text


def test_a_model_that_the_server_says_it_has_not_is_found_before_anything_is_asked(find: Find) -> None:
    missing = 404, '{"error": {"message": "model not found", "code": "model_not_found"}}'
    with ChatServer(RED, models=["small"], at={"/v1/models/large": missing}) as server:
        (finding,) = find(f"{server.base_url}#large")
        assert server.requests == []
    assert finding.state == "fail"
    assert finding.text.endswith("the server has no model 'large'")
    assert finding.remedy == "check the model's name, or install it"


def test_a_server_that_lists_nothing_may_still_be_well(find: Find) -> None:
    with ChatServer(RED, listing=404) as server:
        (finding,) = find(f"{server.base_url}#small")
    assert finding.state == "ok"


def test_a_model_that_does_not_see_is_found(find: Find) -> None:
    with ChatServer([*words("A lovely cat."), finish("stop"), DONE]) as server:
        (finding,) = find(f"{server.base_url}#small")
    assert finding.state == "warn"
    assert "does not see that a picture is red" in finding.text
    assert finding.remedy == "choose a model that takes pictures"


def test_a_model_that_refuses_pictures_says_so(find: Find) -> None:
    refusal = '{"error": {"message": "image input is not supported"}}'
    with ChatServer([refusal], status=400, kind="application/json") as server:
        (finding,) = find(f"{server.base_url}#small")
    assert finding.state == "fail"
    assert "choose a model that takes pictures" in finding.text


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_accepted_is_found_before_anything_is_asked(status: int, find: Find) -> None:
    with ChatServer(RED, listing=status) as server:
        (finding,) = find(f"{server.base_url}#small", GLASSES_API_KEY="bad")
        assert server.requests == []
    assert finding.state == "fail"
    assert f"GLASSES_API_KEY set: HTTP {status}" in finding.text
    assert finding.remedy == "set GLASSES_API_KEY"


@pytest.mark.parametrize("key", ["go\nod", "g\u00f6\u00f6d"])
def test_a_key_that_no_request_can_carry_is_found_and_not_shown(key: str, find: Find) -> None:
    (finding,) = find("http://127.0.0.1:9/v1#small", GLASSES_API_KEY=key)
    assert (finding.state, "holds characters that no key has" in finding.text) == ("fail", True)
    assert key not in finding.text


def test_a_missing_key_is_found(find: Find) -> None:
    (finding,) = find("openai:gpt-5")
    assert (finding.state, "set OPENAI_API_KEY in the environment" in finding.text) == ("fail", True)


def test_a_key_file_that_others_may_read_is_found(find: Find, tmp_path: Path) -> None:
    keys = tmp_path / "config" / "glasses" / "keys"
    keys.parent.mkdir(parents=True)
    keys.write_text("OPENAI_API_KEY=sk-123")
    keys.chmod(0o644)
    (finding,) = find("openai:gpt-5")
    assert (finding.state, "chmod 600" in finding.text) == ("fail", True)


def test_a_server_that_is_not_there_is_found(find: Find) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    (finding,) = find(f"http://127.0.0.1:{port}/v1#small")
    assert finding.state == "fail"
    assert f"nothing listens at 127.0.0.1 port {port}" in finding.text
    assert finding.remedy


def test_a_server_that_never_answers_is_given_up(find: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minds, "_PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (finding,) = find(f"http://127.0.0.1:{silent.getsockname()[1]}/v1#small")
    assert (finding.state, "no word came" in finding.text) == ("fail", True)


def test_a_model_that_never_answers_is_given_up(find: Find) -> None:
    with ChatServer([STALL]) as server:
        (finding,) = find(f"{server.base_url}#small", GLASSES_ASK_FIRST_TIMEOUT="0.2")
    assert (finding.state, "no word came within 0.2 s" in finding.text) == ("fail", True)


def test_each_of_a_chain_and_of_the_agents_is_looked_at_once(find: Find) -> None:
    with ChatServer(RED, models=["a", "b"]) as server:
        first, second = f"{server.base_url}#a", f"{server.base_url}#b"
        found = find(f"{first}, ondevice", GLASSES_ASK_AGENT_BACKENDS=f"{first}, {second}")
        assert len(server.requests) == 2
    assert [(finding.state, finding.text.split(" ")[0].rstrip(",")) for finding in found] == [
        ("ok", first),
        ("ok", "ondevice"),
        ("ok", second),
    ]


def test_what_lies_too_far_away_is_not_asked(find: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = find("http://192.168.1.2/v1#small")
    assert (finding.state, "on the local network" in finding.text) == ("fail", True)
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port: [(2, 1, 6, "", ("192.168.1.2", 0))])
    (finding,) = find("http://desk.example/v1#small")
    assert (finding.state, "left out" in finding.text) == ("warn", True)
