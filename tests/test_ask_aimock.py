"""Against aimock, which is held to the vendors' own streams: five formats, one picture, one answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from glasses import cli
from pipeline import clock as clocks
from pipeline.ask.addresses import open_backend
from pipeline.clock import Clock
from pipeline.types import Answer, Exchange, Picture, Question
from tests import aimock
from tests.servers import no_reader

# Its pieces split the emoji in two, as servers in JavaScript do.
SENTENCE = "It says\u2028grün, 字字 🙂, open 14–18."

BASES = {"chat": "/v1", "responses": "/v1", "anthropic": "/v1", "gemini": "/v1beta", "ollama": ""}

FIXTURES: list[dict[str, Any]] = [
    {"match": {"userMessage": "What does it say?"}, "response": {"content": SENTENCE}},
    {"match": {"userMessage": "Think"}, "response": {"content": "Open.", "reasoning": "It might be shut."}},
    {"match": {"userMessage": "At length"}, "response": {"content": "It says", "finishReason": "length"}},
    {"match": {"userMessage": "Something bad"}, "response": {"content": "It", "finishReason": "content_filter"}},
    {
        "match": {"userMessage": "Cut it"},
        "response": {"content": "It says open until two."},
        "truncateAfterChunks": 6,
        "latency": 20,
    },
    {
        "match": {"userMessage": "Too much"},
        "response": {"error": {"message": "slow down", "type": "rate_limit_error"}, "status": 429, "retryAfter": 30},
    },
]

QUESTION = Question(
    1,
    0.0,
    "What does it say?",
    (Picture(bytes(range(256)), 640, 360, 0.5),),
    (Exchange("Where am I?", "In a bakery."),),
)

every_format = pytest.mark.parametrize("name", BASES)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with aimock.serving(tmp_path_factory.mktemp("aimock"), FIXTURES) as address:
        yield address


def ask(root: str, name: str, text: str = QUESTION.text) -> tuple[list[str], Answer]:
    async def main(clock: Clock) -> tuple[list[str], Answer]:
        mind = open_backend(f"{name}+{root}{BASES[name]}#a-model", clock, {"GLASSES_API_KEY": "a-key"}, no_reader)
        try:
            *deltas, answer = [item async for item in mind.stream(replace(QUESTION, text=text))]
        finally:
            await mind.close()
        assert isinstance(answer, Answer)
        return [delta.text for delta in deltas], answer

    return clocks.run(main, virtual=True)


@every_format
def test_an_answer_comes_in_its_pieces(root: str, name: str) -> None:
    deltas, answer = ask(root, name)
    assert "".join(deltas) == answer.text == SENTENCE
    assert len(deltas) > 5
    assert (answer.outcome, answer.fault) == ("ok", "")


@every_format
def test_it_understands_what_we_send(root: str, name: str) -> None:
    """It turns every request into a chat completion before it looks for an answer."""
    ask(root, name)
    entry = next(entry for entry in reversed(aimock.journal(root)) if entry["path"].startswith(_PATHS[name]))
    assert entry["response"]["status"] == 200
    said = json.dumps(entry["body"]["messages"], ensure_ascii=False)
    assert [said.count(words) for words in ("Where am I?", "In a bakery.", "What does it say?")] == [1, 1, 1]


@every_format
def test_reasoning_is_not_spoken(root: str, name: str) -> None:
    assert ask(root, name, "Think")[1].text == "Open."


@pytest.mark.parametrize("name", ["chat", "responses", "anthropic", "gemini"])  # its Ollama always ends with stop
def test_an_answer_that_reaches_its_limit_says_so(root: str, name: str) -> None:
    assert ask(root, name, "At length")[1].outcome == "truncated"


@pytest.mark.parametrize("name", ["chat", "gemini"])
def test_an_answer_that_is_held_back_says_so(root: str, name: str) -> None:
    assert ask(root, name, "Something bad")[1].outcome == "filtered"


@every_format
def test_a_stream_that_is_cut_is_interrupted(root: str, name: str) -> None:
    _, answer = ask(root, name, "Cut it")
    assert (answer.outcome, answer.told) == ("interrupted", "The answer broke off.")


@every_format
def test_a_busy_server_says_when_to_ask_again(root: str, name: str) -> None:
    _, answer = ask(root, name, "Too much")
    assert answer.outcome == "error"
    assert answer.told.startswith("The model is too busy right now.")


@every_format
def test_a_photograph_is_contemplated_from_the_command_line(
    root: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for place in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{place}_HOME", str(tmp_path / place.lower()))
    Pillow.new("RGB", (64, 48)).save("photo.jpg")
    arguments = ["--mode", "contemplating", "--backend", f"{name}+{root}{BASES[name]}#a-model", "--json"]
    assert cli.run(["ask", "photo.jpg", "What does it say?", *arguments]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["mode"], answer["outcome"]) == ("contemplating", "ok")
    assert answer["text"].split() == SENTENCE.split()


_PATHS = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/a-model:streamGenerateContent",
    "ollama": "/api/chat",
}
