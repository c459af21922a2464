"""What has left the machine: every request is written down, without its words, and can be read again."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import cv2
import numpy as np
import pytest

from glasses import cli, egress
from glasses import config as configuration
from glasses.egress import Egress
from glasses.models import Models
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.types import Event, Picture, Question
from tests.servers import DONE, ChatServer, finish, words

PICTURE = Picture(b"not really a JPEG", 4, 3, 4.27)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with no log yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def ask(backend: str, text: str = "What is my secret?") -> list[Event]:
    """One question with a picture; the events."""
    events: list[Event] = []

    async def main(clock: Clock) -> None:
        log = EventLog(clock)
        log.subscribe(events.append)
        config = configuration.defaults({"ask.backend": backend})
        mind = Models(config).backend(clock, config.ask, log)
        _ = [item async for item in mind.stream(Question(1, 0.0, text, (PICTURE,)))]
        await mind.close()

    clocks.run(main, virtual=False)
    return events


def answering() -> ChatServer:
    return ChatServer([*words("A cup."), finish("stop"), DONE], models=["m"])


def shown(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.run(["egress", *arguments]) == 0
    return capsys.readouterr().out


def test_a_request_is_an_event_and_a_line_on_the_disk() -> None:
    with answering() as server:
        events = ask(f"{server.base_url}#m")
    (sent,) = events
    assert sent.kind == "sent"
    assert sent.data["host"] == "127.0.0.1"
    assert sent.data["frames"] == [4.27]
    (entry,) = egress.read()
    assert (entry.host, entry.reach, entry.frames) == ("127.0.0.1", "machine", (4.27,))
    assert entry.bytes == sent.data["bytes"] > 500
    assert entry.when >= entry.session


def test_it_holds_no_words_and_no_picture_and_nobody_else_may_read_it() -> None:
    with answering() as server:
        ask(f"{server.base_url}#m")
    log = egress.path()
    assert "secret" not in log.read_text()
    assert len(log.read_text()) < 400
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_second_try_is_a_second_line() -> None:
    with ChatServer([], status=503, headers={"retry-after-ms": "1"}) as server:
        ask(f"{server.base_url}#m")
        assert len(list(egress.read())) == len(server.requests) > 1


def test_what_is_asked_on_this_machine_alone_leaves_no_line() -> None:
    ask("ondevice", "")
    assert list(egress.read()) == []


def test_it_can_be_read_by_people(capsys: pytest.CaptureFixture[str]) -> None:
    with answering() as server:
        address = f"{server.base_url}#m"
        ask(address)
        ask(address)
    lines = shown(capsys=capsys).splitlines()
    assert len(lines) == 3
    assert f"127.0.0.1 (machine)               {address}  4.27" in lines[0]
    assert lines[2].startswith("2 of 2 requests, 0.0 MB in all")
    assert len(shown("--last", "1", capsys=capsys).splitlines()) == 2


def test_it_can_be_read_by_programs(capsys: pytest.CaptureFixture[str]) -> None:
    with answering() as server:
        ask(f"{server.base_url}#m")
    (line,) = shown("--json", capsys=capsys).splitlines()
    assert json.loads(line)["host"] == "127.0.0.1"


def test_without_a_log_nothing_was_ever_sent(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys=capsys).startswith("nothing was ever sent")
    assert shown("--json", capsys=capsys) == ""


def test_a_damaged_line_is_left_out_and_the_others_are_read() -> None:
    with answering() as server:
        ask(f"{server.base_url}#m")
    log = egress.path()
    log.write_text('{"when": "2026\n[]\n{"frames": 3}\n' + log.read_text() + '{"wh')
    assert len(list(egress.read())) == 1


def test_a_disk_that_takes_no_line_is_said_once_and_the_question_is_still_asked(home: Path) -> None:
    (home / "state").write_text("in the way")
    with ChatServer([], status=503, headers={"retry-after-ms": "1"}) as server:
        kinds = [event.kind for event in ask(f"{server.base_url}#m")]
        assert len(server.requests) == kinds.count("sent") > 1
    assert kinds.count("fault") == 1


def test_it_never_grows_without_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "_LARGEST", 500)
    with answering() as server:
        for _ in range(9):
            ask(f"{server.base_url}#m")
    files = sorted(egress.path().parent.iterdir())
    assert [file.name for file in files] == ["egress.1.jsonl", "egress.jsonl"]
    assert all(file.stat().st_size < 1000 for file in files)
    assert 2 <= len(list(egress.read())) <= 8
    assert all(isinstance(entry, Egress) for entry in egress.read())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--offline", "--backend", "openai:gpt-5"], "pictures would go farther than machine"),
        (["--offline", "--backend", "http://192.168.1.2/v1#m"], "pictures would go farther than machine"),
        (["--backend", "http://192.168.1.2/v1#m"], "allow it with --reach lan"),
        (["--reach", "lan", "--backend", "openai:gpt-5"], "pictures would go farther than lan"),
        (["--offline", "--reach", "hosted"], "at odds"),
    ],
)
def test_what_may_not_be_asked_is_refused_before_anything_is_sent(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    cv2.imwrite("photo.png", np.zeros((4, 4, 3), np.uint8))
    assert cli.run(["ask", "photo.png", "What is this?", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(egress.read()) == []
