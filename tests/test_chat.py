"""Chat completions: what is sent, what is spoken, and what the wearer hears of everything that goes wrong."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline import clock as clocks
from pipeline.ask.addresses import open_backend
from pipeline.ask.backend import Backend
from pipeline.ask.failures import failed
from pipeline.ask.profiles import Profile
from pipeline.ask.remote import Patience, Remote
from pipeline.ask.thoughts import Thoughts
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.types import Answer, AnswerDelta, Exchange, Picture, Question
from tests.servers import CUT, DONE, STALL, ChatServer, Step, chunk, event, finish, no_reader, usage, words

PICTURE = Picture(b"\xff\xd8 a picture \xff\xd9", 640, 360, 0.5)
QUESTION = Question(3, 1.0, "What does it say?", (PICTURE,))
WHOLE = [*words("It says ", "open."), finish("stop"), DONE]
KEY = "sk-very-secret"


def backend(clock: Clock, base_url: str, *, first: float = 20.0, following: float = 20.0) -> Remote:
    profile, patience = Profile("chat", base_url), Patience(first, following)
    return Remote(clock, f"{base_url}#m", profile, "m", key=KEY, patience=patience, max_tokens=900)


async def collect(mind: Backend, question: Question = QUESTION) -> tuple[list[str], Answer]:
    try:
        items = [item async for item in mind.stream(question)]
    finally:
        await mind.close()
    *deltas, answer = items
    assert isinstance(answer, Answer)
    assert all(isinstance(delta, AnswerDelta) and delta.text for delta in deltas)
    assert KEY not in answer.fault + answer.told
    return [delta.text for delta in deltas], answer


def ask_at(
    url: str, question: Question = QUESTION, *, virtual: bool = False, **patience: float
) -> tuple[list[str], Answer]:
    return clocks.run(lambda clock: collect(backend(clock, url, **patience), question), virtual=virtual)


def ask(
    script: Sequence[Step], *, patience: float = 20.0, virtual: bool = True, **server: Any
) -> tuple[list[str], Answer]:
    """In virtual time, so that pauses between tries cost nothing."""
    with ChatServer(script, **server) as running:
        return ask_at(running.base_url, virtual=virtual, first=patience, following=patience)


def sent(question: Question) -> Any:
    with ChatServer(WHOLE) as server:
        ask_at(server.base_url, question)
    return server.requests[0]


# What is sent


def test_the_picture_goes_before_the_words() -> None:
    *_, user = sent(QUESTION).body["messages"]
    image, text = user["content"]
    assert image["image_url"]["url"] == "data:image/jpeg;base64," + base64.b64encode(PICTURE.data).decode()
    assert text == {"type": "text", "text": "What does it say?"}


def test_earlier_turns_are_sent_as_words_and_those_without_an_answer_left_out() -> None:
    history = (Exchange("Where am I?", "In a bakery."), Exchange("And now?", ""))
    system, *turns, _ = sent(Question(3, 1.0, "Why?", (PICTURE,), history)).body["messages"]
    assert system["role"] == "system"
    assert turns == [
        {"role": "user", "content": "Where am I?"},
        {"role": "assistant", "content": "In a bakery."},
    ]


def test_a_stream_with_its_count_of_tokens_is_asked_for_under_the_key() -> None:
    request = sent(QUESTION)
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["stream"] is True
    assert request.body["stream_options"] == {"include_usage": True}
    assert request.body["max_tokens"] == 900


def test_a_question_that_is_not_even_unicode_can_be_sent() -> None:
    assert sent(Question(1, 0.0, "caf\udce9", ())).body["messages"][-1]["content"][0]["text"] == "caf\udce9"


# What is spoken


@pytest.mark.parametrize("virtual", [False, True])
def test_an_answer_comes_word_by_word_and_ends_whole(virtual: bool) -> None:
    deltas, answer = ask([*words("It says ", "open."), finish("stop"), usage(5), DONE], virtual=virtual)
    assert deltas == ["It says ", "open."]
    assert answer == Answer(3, "It says open.", "ok", tokens=5)


def test_a_server_that_does_not_stream_is_understood() -> None:
    whole = {"choices": [{"message": {"content": "Open."}, "finish_reason": "stop"}], "usage": {"completion_tokens": 2}}
    assert ask([json.dumps(whole)], kind="application/json") == (["Open."], Answer(3, "Open.", "ok", tokens=2))


@pytest.mark.parametrize(
    "script",
    [
        [chunk(reasoning_content="Let me see."), chunk(reasoning="Hm.", content=None), *WHOLE],
        [chunk(reasoning_details=[{"text": "Hm."}], thinking="Hm."), *WHOLE],
        [*words("<think>It might", " be shut.</think>\n\n", "It says ", "open."), finish("stop"), DONE],
        [*words("<th", "ink>shut", "</", "thi", "nk>It says open", "."), finish("stop"), DONE],
        [*words("<think></think>", "It says open."), finish("stop"), DONE],
    ],
)
def test_thoughts_are_never_spoken(script: list[Step]) -> None:
    _, answer = ask(script)
    assert (answer.text, answer.outcome) == ("It says open.", "ok")


def test_thoughts_are_cut_out_wherever_the_pieces_begin_and_end() -> None:
    text = "a < b <think>no <b> no</think>and </thin then"
    for size in range(1, len(text)):
        thoughts = Thoughts()
        pieces = [thoughts.without(text[at : at + size]) for at in range(0, len(text), size)]
        assert "".join(pieces) + thoughts.rest() == "a < b and </thin then"


def test_an_answer_that_ends_like_the_beginning_of_a_tag_is_spoken_whole() -> None:
    assert ask([*words("One <", "th"), finish("stop"), DONE])[1].text == "One <th"


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "é", "字"])
def test_odd_characters_inside_the_json_do_not_split_it(mark: str) -> None:
    assert ask([*words(f"It{mark}s", " open."), finish("stop"), DONE])[1].text == f"It{mark}s open."


def test_characters_split_between_packets_come_out_whole() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        body = "".join([*words("字字字"), finish("stop"), DONE]).encode()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
                for at in range(len(body)):
                    connection.sendall(body[at : at + 1])
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass  # a connection closed over an unread request is reset, and the reply lost

        async def main(clock: Clock) -> tuple[list[str], Answer]:
            serving = asyncio.ensure_future(asyncio.to_thread(serve))
            answer = await collect(backend(clock, f"http://127.0.0.1:{listener.getsockname()[1]}/v1"))
            await serving
            return answer

        assert clocks.run(main, virtual=False)[1].text == "字字字"


def test_comments_and_empty_events_are_passed_over() -> None:
    script = [": PROCESSING\n\n", "data:\n\n", *words("Open."), ": PROCESSING\n\n", finish("stop"), DONE]
    assert ask(script)[1].text == "Open."


def test_nobody_waits_for_a_server_that_stays_after_its_finish() -> None:
    began = time.monotonic()
    assert ask([*words("Open."), finish("stop"), STALL])[1].outcome == "ok"
    assert time.monotonic() - began < 5


def test_a_connection_is_used_again_for_the_next_question() -> None:
    async def main(clock: Clock) -> None:
        mind = backend(clock, server.base_url)
        for _ in range(3):
            assert [item async for item in mind.stream(QUESTION)][-1] == Answer(3, "It says open.", "ok")
        await mind.close()

    with ChatServer(WHOLE) as server:
        clocks.run(main, virtual=False)
    assert (len(server.requests), server.connections) == (3, 1)


# Answers that are not whole


@pytest.mark.parametrize(
    ("script", "outcome", "text", "told"),
    [
        ([*words("It says"), finish("length"), DONE], "truncated", "It says", "The answer was cut short."),
        ([finish("length"), DONE], "truncated", "", "The model ran out of room before it could answer."),
        ([*words("It"), finish("content_filter")], "filtered", "It", "The rest of the answer was held back."),
        ([chunk(refusal="I can't "), chunk(refusal="do that."), finish("stop")], "refused", "", "I can't do that."),
        ([*words("It says"), DONE], "interrupted", "It says", "The answer broke off."),
        ([*words("It says")], "interrupted", "It says", "The answer broke off."),
        ([*words("It says"), CUT], "interrupted", "It says", "The answer broke off."),
        ([*words("It says"), finish("tool_calls"), DONE], "interrupted", "It says", "The answer broke off."),
        ([], "interrupted", "", "The answer broke off."),
        ([CUT], "error", "", "The answer broke off."),
        ([finish("stop"), DONE], "error", "", "The model gave an empty answer."),
        ([*words("<think>hm</think> \n"), finish("stop")], "error", "", "The model gave an empty answer."),
        ([*words("<think>hm"), finish("stop")], "error", "", "The model gave an empty answer."),
    ],
)
def test_an_answer_that_is_not_whole_says_so(script: list[Step], outcome: str, text: str, told: str) -> None:
    _, answer = ask(script)
    assert (answer.outcome, answer.text, answer.told) == (outcome, text, told)
    assert answer.fault.startswith("http://127.0.0.1:")
    assert ";" in answer.fault or outcome == "refused"


@pytest.mark.parametrize("error", [{"message": "overloaded", "code": 502}, {"message": "gone", "type": "x"}, "broken"])
def test_an_error_in_the_middle_is_not_covered_up_by_done(error: Any) -> None:
    _, answer = ask([*words("It says"), event({"error": error}), DONE])
    assert (answer.outcome, answer.text) == ("error", "It says")
    assert answer.told == "The model's server had a fault."


@pytest.mark.parametrize(
    "bad",
    [
        "{",
        "[]",
        "7",
        "null",
        '{"choices":[],"usage":"many"}',
        '{"choices":[7]}',
        '{"choices":{"0":1}}',
        '{"choices":[{"delta":{"content":[1]}}]}',
        "[" * 9999,
    ],
)
def test_a_chunk_that_makes_no_sense_is_an_error(bad: str) -> None:
    _, answer = ask([*words("It says"), event(bad), finish("stop"), DONE])
    assert (answer.outcome, answer.told) == ("error", "I did not understand the model's server.")
    assert len(answer.fault) < 500


def test_a_line_without_an_end_does_not_fill_the_memory() -> None:
    _, answer = ask(["data: ", *["x" * 1_000_000] * 20])
    assert answer.outcome == "error"
    assert "more than 8 MB" in answer.fault


# Servers that say no


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (400, '{"error":{"message":"bad field"}}', "The model could not take my question."),
        (401, '{"error":{"message":"Incorrect API key provided: sk-very-secret"}}', "The model did not accept my key."),
        (402, '{"error":{"message":"Insufficient credits","code":402}}', "The model's account has no credit left."),
        (403, "", "The model does not let me in."),
        (404, '{"error":{"message":"model \'m\' not found, try pulling it first"}}', "I don't know the model m."),
        (404, "404 page not found", "I found no model at its address."),
        (408, "", "The model took too long."),
        (413, "<html>Too large</html>", "The picture was too big for the model."),
        (418, "{}", "The model could not take my question."),
        (429, '{"error":{"message":"quota","code":"insufficient_quota"}}', "The model's account has no credit left."),
        (429, '[{"error":{"message":"slow down"}}]', "The model is too busy right now."),
        (500, '{"error":{"message":"image input is not supported"}}', "This model can't look at pictures."),
        (500, '{"detail":"boom"}', "The model's server had a fault."),
        (503, '{"error":{"message":"Loading model"}}', "The model is not ready right now."),
        (529, "null", "The model is too busy right now."),
    ],
)
def test_an_error_of_the_server_is_told_in_plain_words(status: int, body: str, told: str) -> None:
    deltas, answer = ask([body], status=status, kind="application/json")
    assert (deltas, answer.outcome, answer.told) == ([], "error", told)
    assert f"HTTP {status}" in answer.fault
    assert "<html>" not in answer.fault


def test_a_question_against_the_rules_is_refused() -> None:
    body = '{"error":{"message":"no","code":"content_policy_violation"}}'
    assert ask([body], status=400)[1].outcome == "refused"


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"retry-after": "20"}, "Try again in 20 seconds."),
        ({"retry-after": "0.2"}, "Try again in a second."),
        ({"retry-after-ms": "1500", "retry-after": "9"}, "Try again in 2 seconds."),
        ({"retry-after": "600"}, "Try again in 10 minutes."),
        ({"retry-after": "soon"}, ""),
        ({"retry-after": "99999999"}, ""),
    ],
)
def test_a_busy_server_may_say_when_to_ask_again(headers: dict[str, str], told: str) -> None:
    _, answer = ask(["{}"], status=429, headers=headers)
    assert answer.told == f"The model is too busy right now. {told}".strip()


def test_a_date_to_ask_again_counts_from_the_servers_own_clock() -> None:
    headers = {"date": "Wed, 21 Oct 2015 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}
    assert failed("b", "m", 429, "", headers).told.endswith("Try again in 30 seconds.")


def test_an_error_under_status_200_is_an_error() -> None:
    _, answer = ask(['{"error":{"message":"model failed to load"}}'], kind="application/json")
    assert (answer.outcome, answer.told) == ("error", "The model's server had a fault.")


def test_a_web_page_is_not_a_model() -> None:
    _, answer = ask(["<html>Welcome</html>"], kind="text/html; charset=utf-8")
    assert (answer.outcome, answer.told) == ("error", "I found no model at its address.")
    assert "text/html" in answer.fault


def test_the_key_does_not_follow_a_redirect() -> None:
    with ChatServer(WHOLE) as elsewhere:
        _, answer = ask([""], status=307, headers={"location": f"{elsewhere.base_url}/chat/completions"})
    assert elsewhere.requests == []
    assert (answer.outcome, answer.told) == ("error", "The model's address has moved.")
    assert elsewhere.base_url in answer.fault


# Servers that are not there


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    _, answer = ask_at(f"http://127.0.0.1:{port}/v1")
    assert (answer.outcome, answer.told) == ("error", "I can't reach the model.")
    assert f"nothing listens at 127.0.0.1 port {port}" in answer.fault


@pytest.mark.parametrize("virtual", [False, True])
def test_no_such_host(virtual: bool) -> None:
    _, answer = ask_at("http://no-such-host.invalid/v1", virtual=virtual)
    assert (answer.outcome, answer.told) == ("error", "I can't reach the model.")
    assert "no host is known as 'no-such-host.invalid'" in answer.fault


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    pem = tmp_path / "own.pem"
    certify = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    made = subprocess.run([*certify, "-keyout", "-", "-out", "-"], check=True, capture_output=True)
    pem.write_bytes(made.stdout)
    _, answer = ask(WHOLE, certificate=pem)
    assert (answer.outcome, answer.told) == ("error", "I can't make a safe connection to the model.")


def test_https_to_a_server_without_it() -> None:
    with ChatServer(WHOLE) as server:
        _, answer = ask_at(server.base_url.replace("http", "https"))
    assert answer.told == "I can't make a safe connection to the model."


@pytest.mark.parametrize("virtual", [False, True])
def test_a_server_that_never_answers_ends_at_the_deadline(virtual: bool) -> None:
    _, answer = ask([STALL], patience=0.3, virtual=virtual)
    assert (answer.outcome, answer.told) == ("error", "The model did not answer in time.")
    assert "0.3 s" in answer.fault


@pytest.mark.parametrize("virtual", [False, True])
def test_a_server_that_stops_between_two_words_leaves_the_answer_interrupted(virtual: bool) -> None:
    with ChatServer([*words("It says"), STALL]) as server:
        deltas, answer = ask_at(server.base_url, virtual=virtual, following=0.3)
    assert deltas == ["It says"]
    assert (answer.outcome, answer.told) == ("interrupted", "The answer stopped in the middle.")


def test_comments_alone_do_not_keep_the_wearer_waiting() -> None:
    comments: list[Step] = [": PROCESSING\n\n", 0.05]
    with ChatServer([*words("It"), *comments * 40]) as server:
        _, answer = ask_at(server.base_url, following=0.3)
    assert answer.outcome == "interrupted"


# Leaving early


def test_closing_the_iterator_hangs_up() -> None:
    async def main(clock: Clock) -> bool:
        mind = backend(clock, server.base_url)
        async with contextlib.aclosing(mind.stream(QUESTION)) as stream:
            await anext(stream)
        try:
            return await asyncio.to_thread(server.left.wait, 5)
        finally:
            await mind.close()

    with ChatServer([*words("It says"), STALL]) as server:
        assert clocks.run(main, virtual=False)


@pytest.mark.parametrize("before", [[], words("It says")])
def test_a_cancelled_question_hangs_up(before: list[str]) -> None:
    async def main(clock: Clock) -> None:
        mind = backend(clock, server.base_url)
        asking = asyncio.ensure_future(collect(mind))
        await clock.run("wait", lambda: _until(lambda: bool(server.requests)))
        await clock.run("wait", lambda: time.sleep(0.05))
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        assert await clock.run("wait", lambda: server.left.wait(5))

    with ChatServer([*before, STALL]) as server:
        clocks.run(main, virtual=False)


def _until(condition: Any) -> None:
    while not condition():
        time.sleep(0.01)


# Addresses


def opened(address: str, keys: dict[str, str]) -> Backend:
    async def main(clock: Clock) -> Backend:
        mind = open_backend(address, clock, keys, no_reader)
        await mind.close()
        return mind

    return clocks.run(main, virtual=True)


def test_each_form_of_address_opens_its_backend() -> None:
    assert opened("ondevice", {}).name == "ondevice"
    for address in ("http://127.0.0.1:11434/v1#qwen3-vl:2b", "https://[::1]:8080/v1/#m"):
        mind = opened(address, {})
        assert isinstance(mind, Remote)
        assert mind.name == address
    assert opened("openai:gpt-5-mini", {"OPENAI_API_KEY": KEY}).picture.long_edge == 1024


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("openai:gpt-5-mini", "set OPENAI_API_KEY"),
        ("openai:", "write it like openai:MODEL"),
        ("http://127.0.0.1:11434/v1", "write it like http://127.0.0.1:11434/v1#"),
        ("http://127.0.0.1:11434/v1#", "no model is named"),
        ("http://127.0.0.1:port/v1#m", "write it like http://localhost:11434/v1#MODEL"),
        ("http:///v1#m", "write it like"),
        ("http://[::1/v1#m", "write it like"),
        ("http://me:sk-very-secret@host/v1#m", "put a key into GLASSES_API_KEY"),
        ("gemini", "write it like gemini:MODEL"),
        ("bard:1", "use one of: ondevice, meta:MODEL, openai:MODEL"),
        ("", "use one of"),
    ],
)
def test_a_wrong_address_is_refused_with_the_remedy(address: str, remedy: str) -> None:
    with pytest.raises(UsageError) as refused:
        opened(address, {})
    assert remedy in str(refused.value)
    assert KEY not in str(refused.value)


def test_a_key_is_trimmed_and_one_that_no_request_can_carry_is_refused() -> None:
    with ChatServer(WHOLE) as server:

        async def main(clock: Clock) -> tuple[list[str], Answer]:
            keys = {"GLASSES_API_KEY": f" {KEY}\n"}
            return await collect(open_backend(f"{server.base_url}#m", clock, keys, no_reader))

        clocks.run(main, virtual=False)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        opened("openai:m", {"OPENAI_API_KEY": "sk-ключ"})
