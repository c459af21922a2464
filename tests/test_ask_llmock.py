"""Against llmock, which fails as vendors fail, in their own words, and then says what a client did wrong."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pipeline import clock as clocks
from pipeline.ask.addresses import open_backend
from pipeline.clock import Clock
from pipeline.types import Answer, AnswerDelta, Picture, Question
from tests.servers import no_reader

llmock_package = pytest.importorskip("llmock")

QUESTION = Question(1, 0.0, "What does it say?", (Picture(b"\xff\xd8 a picture \xff\xd9", 640, 360, 0.5),))

BASES = {"chat": "/v1", "responses": "/v1", "anthropic": "/anthropic/v1", "gemini": "/gemini/v1beta"}

every_format = pytest.mark.parametrize("name", BASES)


def ask(llmock: Any, name: str, *, first: float = 20.0, following: float = 5.0) -> tuple[str, Answer]:
    """What was spoken and how it ended; live, since llmock watches the real time between two tries."""

    async def main(clock: Clock) -> tuple[str, Answer]:
        address = f"{name}+{llmock.url}{BASES[name]}#a-model"
        keys = {"GLASSES_API_KEY": "a-key"}
        mind = open_backend(address, clock, keys, no_reader, first_timeout=first, next_timeout=following)
        try:
            *deltas, answer = [item async for item in mind.stream(QUESTION)]
        finally:
            await mind.close()
        assert isinstance(answer, Answer)
        return "".join(delta.text for delta in deltas if isinstance(delta, AnswerDelta)), answer

    return clocks.run(main, virtual=False)


@every_format
def test_an_answer_comes_whole(llmock: Any, name: str) -> None:
    llmock.reply("It says grün\u2028zu 字🙂 open.")
    spoken, answer = ask(llmock, name)
    assert spoken == answer.text == "It says grün\u2028zu 字🙂 open."
    assert (answer.outcome, answer.fault) == ("ok", "")


@every_format
def test_a_busy_server_is_asked_again_not_before_it_says(llmock: Any, name: str) -> None:
    llmock.rate_limit(times=2, retry_after=0.3).reply("Open.")
    assert ask(llmock, name)[0] == "Open."
    llmock.assert_resilient(strict=True)


@every_format
@pytest.mark.parametrize("status", [401, 404])
def test_what_will_not_pass_is_not_asked_again(llmock: Any, name: str, status: int) -> None:
    llmock.fail(status, times=None)
    spoken, answer = ask(llmock, name)
    assert (spoken, answer.outcome) == ("", "error")
    assert f"HTTP {status}" in answer.fault
    llmock.assert_resilient(strict=True)


@every_format
def test_an_overflown_context_is_told(llmock: Any, name: str) -> None:
    llmock.context_overflow()
    _, answer = ask(llmock, name)
    assert (answer.outcome, answer.told) == ("error", "That was more than the model can take in at once.")


@every_format
@pytest.mark.parametrize("fault", ["truncate", "disconnect"])
def test_a_stream_that_ends_early_is_interrupted(llmock: Any, name: str, fault: str) -> None:
    getattr(llmock.reply("It says open until two o'clock."), fault)(after_chunks=5)
    spoken, answer = ask(llmock, name)
    assert (answer.outcome, answer.told) == ("interrupted", "The answer broke off.")
    assert spoken
    assert "It says open until two o'clock.".startswith(spoken)
    assert len(llmock.requests) == 1


@every_format
def test_a_chunk_that_makes_no_sense_is_an_error(llmock: Any, name: str) -> None:
    llmock.corrupt(after_chunks=5)
    _, answer = ask(llmock, name)
    assert (answer.outcome, answer.told) == ("error", "I did not understand the model's server.")
    llmock.assert_resilient()


@every_format
def test_a_stream_that_hangs_is_left(llmock: Any, name: str) -> None:
    llmock.reply("It says open until two o'clock.").stall(seconds=5, after_chunks=5)
    began = time.monotonic()
    spoken, answer = ask(llmock, name, following=0.3)
    assert (answer.outcome, answer.told) == ("interrupted", "The answer stopped in the middle.")
    assert spoken
    assert time.monotonic() - began < 4


@every_format
def test_a_slow_first_word_is_waited_for_while_there_is_time(llmock: Any, name: str) -> None:
    llmock.slow_first_token(0.3, times=None).reply("Open.", times=None)
    assert ask(llmock, name)[0] == "Open."
    assert ask(llmock, name, first=0.15)[1].told == "The model did not answer in time."
