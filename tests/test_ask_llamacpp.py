"""Against llama.cpp's own server: real pictures decoded, real streams, real errors, in three formats it speaks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from glasses import cli
from pipeline import clock as clocks
from pipeline.ask.addresses import open_backend
from pipeline.clock import Clock
from pipeline.types import Answer, Exchange, Picture, Question
from tests.servers import no_reader
from tests.tiny_llama import CONTEXT, SENTENCE

pytest.importorskip("xllamacpp")
pytest.importorskip("gguf")

KEY = "sk-very-secret"

every_format = pytest.mark.parametrize("prefix", ["", "responses+", "anthropic+"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of a llama.cpp with a tiny model that sees."""
    command = [sys.executable, "-m", "tests.tiny_llama", str(tmp_path_factory.mktemp("weights")), KEY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), "llama.cpp's server did not start"
            yield f"{address}/v1"
        finally:
            process.kill()


def picture(data: bytes | None = None) -> Picture:
    _, jpeg = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 255, (90, 160, 3), dtype=np.uint8))
    return Picture(jpeg.tobytes() if data is None else data, 160, 90, 0.0)


QUESTION = Question(1, 0.0, "What does it say?", (picture(),), (Exchange("Where am I?", "In a bakery."),))


def ask(
    address: str, question: Question = QUESTION, *, key: str = KEY, max_tokens: int = 100
) -> tuple[list[str], Answer]:
    async def main(clock: Clock) -> tuple[list[str], Answer]:
        mind = open_backend(address, clock, {"GLASSES_API_KEY": key}, no_reader, max_tokens=max_tokens)
        try:
            *deltas, answer = [item async for item in mind.stream(question)]
        finally:
            await mind.close()
        assert isinstance(answer, Answer)
        assert KEY not in answer.fault + answer.told
        return [delta.text for delta in deltas], answer

    return clocks.run(main, virtual=True)


@every_format
def test_a_picture_is_looked_at_and_the_answer_comes_word_by_word(server: str, prefix: str) -> None:
    deltas, answer = ask(f"{prefix}{server}#tiny")
    assert deltas == list(SENTENCE)
    assert (answer.text, answer.outcome, answer.fault) == ("".join(SENTENCE), "ok", "")
    assert answer.tokens


@pytest.mark.parametrize("prefix", ["", "anthropic+"])  # its Responses call that completed
def test_an_answer_that_reaches_its_limit_says_so(server: str, prefix: str) -> None:
    _, answer = ask(f"{prefix}{server}#tiny", max_tokens=2)
    assert (answer.text, answer.outcome) == ("It says", "truncated")


@every_format
def test_a_picture_that_is_none_is_refused(server: str, prefix: str) -> None:
    _, answer = ask(f"{prefix}{server}#tiny", replace(QUESTION, images=(picture(b"no picture"),)))
    assert (answer.text, answer.outcome) == ("", "error")
    assert "HTTP 400" in answer.fault


@every_format
def test_a_wrong_key_is_told(server: str, prefix: str) -> None:
    _, answer = ask(f"{prefix}{server}#tiny", key="wrong")
    assert (answer.outcome, answer.told) == ("error", "The model did not accept my key.")


@every_format
def test_more_than_the_model_can_take_in_is_told(server: str, prefix: str) -> None:
    _, answer = ask(f"{prefix}{server}#tiny", replace(QUESTION, text="much " * CONTEXT))
    assert (answer.outcome, answer.told) == ("error", "That was more than the model can take in at once.")


def test_the_model_that_is_loaded_is_asked_if_none_is_named(server: str) -> None:
    assert ask(f"llamacpp+{server}")[1].outcome == "ok"


def test_a_photograph_is_contemplated_from_the_command_line(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("GLASSES_API_KEY", KEY)
    Path("photo.jpg").write_bytes(picture().data)
    arguments = ["--mode", "contemplating", "--backend", f"{server}#tiny", "--json"]
    assert cli.run(["ask", "photo.jpg", "What does it say?", *arguments]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["mode"], answer["outcome"]) == ("contemplating", "ok")
    assert answer["text"].split() == "".join(SENTENCE).split()
    assert answer["tokens"] >= 2 * len(SENTENCE), "two of three have to agree"
