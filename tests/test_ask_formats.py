"""Five wire formats, one behaviour: what goes out, what is spoken, how it ends. Each test is played in all of them."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Sequence
from typing import Any

import pytest

from pipeline import clock as clocks
from pipeline.ask.profiles import PROFILES, Profile
from pipeline.ask.remote import FORMATS, Patience, Remote
from pipeline.ask.thoughts import Thoughts
from pipeline.ask.transport import Sent
from pipeline.ask.wire import Heard
from pipeline.clock import Clock
from pipeline.types import Answer, Exchange, Picture, Question
from tests.dialects import DIALECTS, Dialect
from tests.servers import ChatServer, Received, Step, event

PICTURE = Picture(bytes(range(256)) * 9, 640, 360, 0.5)
QUESTION = Question(3, 1.0, "Was steht da?", (PICTURE,), (Exchange("Where am I?", "In a bakery."),), language="de")
KEY = "sk-very-secret"
PATIENT = Patience(5.0, 5.0)
MARKS = "grün\u2028zu\u2029\u0085 字 🙂 14–18"

every_format = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))


def ask(
    profile: Profile,
    question: Question = QUESTION,
    *,
    model: str = "m",
    sent: list[Sent] | None = None,
    patience: Patience = PATIENT,
) -> tuple[list[str], Answer]:
    """The words as they came, and how the answer ended."""

    async def main(clock: Clock) -> tuple[list[str], Answer]:
        on_sent = None if sent is None else sent.append
        mind = Remote(clock, "address", profile, model, key=KEY, patience=patience, max_tokens=900, on_sent=on_sent)
        try:
            *deltas, answer = [item async for item in mind.stream(question)]
        finally:
            await mind.close()
        assert isinstance(answer, Answer)
        return [delta.text for delta in deltas], answer

    return clocks.run(main, virtual=True)


def hear(
    dialect: Dialect, script: Sequence[Step], *, patience: Patience = PATIENT, **server: Any
) -> tuple[list[str], Answer]:
    with ChatServer(script, kind=server.pop("kind", dialect.kind), **server) as running:
        return ask(Profile(dialect.name, running.base_url), patience=patience)


def whole(dialect: Dialect) -> list[Step]:
    return [*dialect.words("It says ", "open."), *dialect.end("ok")]


def sent(dialect: Dialect, question: Question = QUESTION, **profile: Any) -> Received:
    with ChatServer(whole(dialect), kind=dialect.kind) as server:
        assert ask(Profile(dialect.name, server.base_url, **profile), question)[1].outcome == "ok"
    (request,) = server.requests
    return request


def test_there_is_a_dialect_for_every_format() -> None:
    assert DIALECTS.keys() == FORMATS.keys()


# What goes out


@every_format
def test_picture_words_history_and_language_arrive(dialect: Dialect) -> None:
    turns, system, picture, text = dialect.received(sent(dialect).body)
    assert turns == [("Where am I?", "In a bakery.")]
    assert picture == PICTURE.data
    assert text == "Was steht da?"
    assert system.startswith("You are the voice of a pair of camera glasses.")
    assert "Answer in German" in system


@every_format
def test_the_picture_stands_before_the_words(dialect: Dialect) -> None:
    body = json.dumps(sent(dialect).body, ensure_ascii=False)
    picture, words = body.index(base64.b64encode(PICTURE.data).decode()), body.index("Was steht da?")
    assert picture < words or dialect.name == "ollama"  # which takes pictures beside the words


@every_format
def test_the_key_and_the_limit_of_tokens_go_along(dialect: Dialect) -> None:
    request = sent(dialect)
    assert any(KEY in request.headers.get(name, "") for name in ("authorization", "x-api-key", "x-goog-api-key"))
    assert KEY not in request.path
    assert 900 in _values(request.body)


@every_format
def test_an_odd_question_without_a_picture_can_be_sent(dialect: Dialect) -> None:
    with ChatServer(whole(dialect), kind=dialect.kind) as server:
        _, answer = ask(Profile(dialect.name, server.base_url), Question(1, 0.0, "caf\udce9", ()))
    assert answer.outcome == "ok"
    assert "caf\udce9" in _values(server.requests[0].body)


@every_format
def test_how_hard_to_think_is_said_in_the_services_own_word(dialect: Dialect) -> None:
    effort = {"thinking": "very-high"}
    question = Question(1, 0.0, "Why?", (), mode="thinking")
    assert "very-high" in _values(sent(dialect, question, effort=effort).body)
    assert "very-high" not in _values(sent(dialect, effort=effort).body)


@every_format
def test_an_effort_that_the_model_refuses_is_left_out_from_then_on(dialect: Dialect) -> None:
    refusal = json.dumps({"error": {"message": "Unsupported parameter: 'effort' is not supported with this model."}})
    with ChatServer([refusal], status=400, kind="application/json") as server:
        _, answer = ask(Profile(dialect.name, server.base_url, effort={"instant": "odd"}))
    assert answer.outcome == "error"
    assert ["odd" in _values(request.body) for request in server.requests] == [True, False]


@every_format
def test_every_request_is_announced_before_it_leaves(dialect: Dialect) -> None:
    announced: list[Sent] = []
    with ChatServer([], status=503) as server:
        ask(Profile(dialect.name, server.base_url), sent=announced)
    assert len(announced) == len(server.requests) == 3
    assert [(one.backend, one.host, one.pictures) for one in announced] == [("address", "127.0.0.1", (0.5,))] * 3
    assert [one.size for one in announced] == [int(request.headers["content-length"]) for request in server.requests]


def test_a_service_whose_models_think_first_gets_room_for_it() -> None:
    assert PROFILES["meta"].least_tokens == 2000
    assert 2000 in _values(sent(DIALECTS["responses"], least_tokens=2000).body)


def test_without_a_model_the_first_that_the_server_has_is_asked() -> None:
    dialect = DIALECTS["chat"]
    with ChatServer(whole(dialect), models=["qwen3-vl:2b", "other"]) as server:
        _, answer = ask(Profile("chat", server.base_url), model="")
    assert (answer.outcome, server.requests[0].body["model"]) == ("ok", "qwen3-vl:2b")


def test_a_server_without_any_model_says_so() -> None:
    with ChatServer([]) as server:
        _, answer = ask(Profile("chat", server.base_url), model="")
    assert (answer.outcome, answer.told) == ("error", "The model's server has no model.")


# What is spoken


@every_format
def test_words_come_as_they_are_sent(dialect: Dialect) -> None:
    assert hear(dialect, whole(dialect)) == (["It says ", "open."], Answer(3, "It says open.", "ok", tokens=5))


@every_format
def test_a_stream_split_at_every_byte_is_the_same(dialect: Dialect) -> None:
    script = "".join([*dialect.words("It says ", MARKS), *dialect.end("ok")]).encode()
    _, answer = hear(dialect, [bytes([byte]) for byte in script])
    assert (answer.text, answer.outcome) == (f"It says {MARKS}", "ok")


def test_an_emoji_that_a_server_split_in_two_is_spoken_whole_and_half_of_one_not_at_all() -> None:
    halves = [
        event(f'{{"choices": [{{"delta": {{"content": "{half}"}}}}]}}')
        for half in (r"Hi \ud83d", r"\ude42 \ud83d", ".")
    ]
    deltas, answer = hear(DIALECTS["chat"], [*halves, *DIALECTS["chat"].end("ok")])
    assert (answer.text, answer.outcome) == ("Hi 🙂 .", "ok")
    assert "".join(deltas) == answer.text


@every_format
@pytest.mark.parametrize("tag", ["think", "thinking", "thought", "reasoning"])
def test_thoughts_are_never_spoken_whatever_carries_them(dialect: Dialect, tag: str) -> None:
    begun, *tagged = [*dialect.words(f"<{tag[:2]}", f"{tag[2:]}>It might be shut.</{tag}>\n", "It says open.")]
    _, answer = hear(dialect, [dialect.thought("Let me see."), begun, *tagged, *dialect.end("ok")])
    assert (answer.text, answer.outcome) == ("It says open.", "ok")


@pytest.mark.parametrize(
    "text",
    [
        "[THINK]no[/THINK]It says open.",
        "◁think▷no◁/think▷It says open.",
        "<|channel|>analysis<|message|>no<|end|><|start|>assistant<|channel|>final<|message|>It says open.",
        "<|channel>thought\nno<channel|>It says open.",
        "It says <think>no <thinking></think>open.</think>",
    ],
)
def test_the_marks_of_different_models_are_known(text: str) -> None:
    for size in range(1, len(text)):
        thoughts = Thoughts()
        spoken = "".join(thoughts.without(text[at : at + size]) for at in range(0, len(text), size))
        assert spoken + thoughts.rest() == "It says open."


def test_a_part_of_a_response_that_is_only_commentary_is_not_spoken() -> None:
    heard, read = Heard("b", "m"), FORMATS["responses"].read
    aside = {"type": "message", "phase": "commentary"}
    read({"type": "response.output_item.added", "output_index": 0, "item": aside}, heard)
    assert read({"type": "response.output_text.delta", "output_index": 0, "delta": "I look."}, heard) == ""
    assert read({"type": "response.output_text.delta", "output_index": 1, "delta": "Open."}, heard) == "Open."


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("chat", {"choices": [{"message": {"content": "Open."}, "finish_reason": "stop"}]}),
        (
            "chat",
            {
                "choices": [
                    {
                        "message": {
                            "content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Open."}]
                        },
                        "finish_reason": "stop",
                    }
                ]
            },
        ),
        (
            "responses",
            {
                "object": "response",
                "status": "completed",
                "output": [
                    {"type": "reasoning", "summary": []},
                    {"type": "message", "content": [{"type": "output_text", "text": "Open."}]},
                ],
            },
        ),
        (
            "anthropic",
            {
                "type": "message",
                "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Open."}],
                "stop_reason": "end_turn",
            },
        ),
        ("gemini", {"candidates": [{"content": {"parts": [{"text": "Open."}]}, "finishReason": "STOP"}]}),
        ("ollama", {"message": {"content": "Open."}, "done": True}),
    ],
)
def test_a_server_that_does_not_stream_is_understood(name: str, reply: dict[str, Any]) -> None:
    assert hear(DIALECTS[name], [json.dumps(reply)], kind="application/json")[1] == Answer(3, "Open.", "ok")


# How it ends


@every_format
def test_an_answer_cut_short_says_so(dialect: Dialect) -> None:
    _, answer = hear(dialect, [*dialect.words("It says"), *dialect.end("length")])
    assert (answer.text, answer.outcome, answer.told) == ("It says", "truncated", "The answer was cut short.")


@pytest.mark.parametrize("name", ["chat", "gemini", "responses"])
def test_an_answer_held_back_says_so(name: str) -> None:
    _, answer = hear(DIALECTS[name], [*DIALECTS[name].words("It says"), *DIALECTS[name].end("filter")])
    assert (answer.text, answer.outcome) == ("It says", "filtered")
    assert answer.told == "The rest of the answer was held back."


@pytest.mark.parametrize("name", ["anthropic", "chat", "responses"])
def test_a_refusal_is_no_answer(name: str) -> None:
    _, answer = hear(DIALECTS[name], DIALECTS[name].refusal())
    assert (answer.text, answer.outcome) == ("", "refused")
    assert answer.told in ("I can't help with that.", "The model declined to answer that.")


@every_format
def test_without_an_end_that_we_know_the_answer_broke_off(dialect: Dialect) -> None:
    _, answer = hear(dialect, dialect.words("It says"))
    assert (answer.text, answer.outcome, answer.told) == ("It says", "interrupted", "The answer broke off.")


@every_format
def test_an_error_in_the_middle_is_an_error(dialect: Dialect) -> None:
    _, answer = hear(dialect, [*dialect.words("It says"), *dialect.error()])
    assert (answer.text, answer.outcome) == ("It says", "error")
    assert answer.told.startswith(("The model is", "The model's server"))


def test_a_question_that_gemini_blocks_is_filtered() -> None:
    blocked = 'data: {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}\n\n'
    assert hear(DIALECTS["gemini"], [blocked])[1].outcome == "filtered"


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (400, {"error": {"code": 400, "message": "API key not valid."}}, "The model did not accept my key."),
        (400, {"error": {"message": "Your credit balance is too low"}}, "The model's account has no credit left."),
        (
            400,
            {"error": {"message": "prompt is too long: 9 tokens > 8"}},
            "That was more than the model can take in at",
        ),
        (400, {"error": {"message": "image exceeds 5 MB maximum"}}, "The picture was too big for the model."),
        (404, {"error": "model 'm' not found"}, "I don't know the model m."),
        (404, {"error": {"message": "models/m is not found for API version v1beta"}}, "I don't know the model m."),
    ],
)
def test_what_servers_say_in_words_only_is_understood(status: int, body: Any, told: str) -> None:
    answer = hear(DIALECTS["gemini"], [json.dumps(body)], status=status, kind="application/json")[1]
    assert answer.told.startswith(told)


@every_format
def test_whatever_a_server_sends_ends_in_one_answer_with_a_sentence(dialect: Dialect) -> None:
    """Forty streams with a piece lost, doubled, swapped or made of noise."""
    numbers = random.Random(7)
    pieces = [*dialect.words("It ", "says ", "open."), dialect.thought("Hm."), *dialect.end("ok")]

    def damaged() -> list[Step]:
        data = bytearray("".join(numbers.sample(pieces, len(pieces)) if numbers.random() < 0.3 else pieces).encode())
        for _ in range(numbers.randint(0, 2)):
            at, to = sorted(numbers.randrange(len(data) + 1) for _ in range(2))
            piece = numbers.choice([b"", bytes(data[at:to]) * 2, numbers.randbytes(9), b"null", b"{", b"\n\n", b'"'])
            data[at : min(to, at + 40)] = piece
        return [bytes(data)]

    async def main(clock: Clock) -> list[list[Answer]]:
        mind = Remote(clock, "address", Profile(dialect.name, server.base_url), "m", patience=PATIENT)
        try:
            return [[item async for item in mind.stream(QUESTION) if isinstance(item, Answer)] for _ in range(40)]
        finally:
            await mind.close()

    with _Changing(iter(damaged, None), kind=dialect.kind) as server:
        endings = clocks.run(main, virtual=True)
    for (answer,) in endings:
        assert answer.outcome == "ok" or (answer.told and answer.fault)
        assert answer.text or answer.told
    assert len({answer.outcome for (answer,) in endings}) > 1  # the damage is neither too small nor too great


# In time


@every_format
def test_thoughts_alone_do_not_keep_the_wearer_waiting(dialect: Dialect) -> None:
    thoughts: list[Step] = [dialect.thought("Hm."), 0.05]
    _, answer = hear(dialect, thoughts * 60, patience=Patience(0.5, 5.0))
    assert (answer.text, answer.outcome, answer.told) == ("", "error", "The model did not answer in time.")


@every_format
def test_thoughts_in_the_middle_do_not_either(dialect: Dialect) -> None:
    thoughts: list[Step] = [dialect.thought("Hm."), 0.05]
    _, answer = hear(dialect, [*dialect.words("It says"), *thoughts * 60], patience=Patience(5.0, 0.5))
    assert (answer.text, answer.outcome) == ("It says", "interrupted")
    assert answer.told == "The answer stopped in the middle."


@every_format
def test_nobody_waits_for_a_server_that_goes_on_after_the_end(dialect: Dialect) -> None:
    thoughts: list[Step] = [dialect.thought("Hm."), 0.1]
    began = time.monotonic()
    _, answer = hear(dialect, [*dialect.words("Open."), *dialect.end("ok"), *thoughts * 60])
    assert (answer.text, answer.outcome) == ("Open.", "ok")
    assert time.monotonic() - began < 4


# Asking again


@every_format
def test_a_passing_fault_is_asked_again_and_nobody_hears_of_it(dialect: Dialect) -> None:
    """Two tries fail, the third one answers: in virtual time, so the pauses cost nothing."""
    scripts = iter([["{}"], ["{}"], whole(dialect)])
    with _Changing(scripts, kind=dialect.kind) as server:
        _, answer = ask(Profile(dialect.name, server.base_url))
    assert (answer.text, answer.outcome, answer.fault) == ("It says open.", "ok", "")
    assert len(server.requests) == 3


def test_after_the_first_word_nothing_is_asked_again() -> None:
    dialect = DIALECTS["chat"]
    with ChatServer([*dialect.words("It says"), *dialect.error()]) as server:
        ask(Profile("chat", server.base_url))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("headers", "tries"),
    [
        ({"retry-after": "2"}, 3),
        ({"retry-after-ms": "1500"}, 3),
        ({"date": "Wed, 21 Oct 2015 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2015 07:28:02 GMT"}, 3),
        ({"retry-after": "4"}, 2),
        ({"retry-after": "60"}, 1),
        ({"x-should-retry": "false"}, 1),
    ],
)
def test_a_busy_server_is_asked_again_when_it_says_and_only_while_there_is_time(
    headers: dict[str, str], tries: int
) -> None:
    with ChatServer(["{}"], status=429, headers=headers) as server:
        _, answer = ask(Profile("chat", server.base_url))
    assert answer.told.startswith("The model is too busy right now.")
    assert len(server.requests) == tries


class _Changing(ChatServer):
    """The first requests fail with 503, and the last script is an answer."""

    def __init__(self, scripts: Any, **server: Any) -> None:
        super().__init__([], **server)
        self._scripts = scripts

    def _play(self, client: Any) -> None:
        self._script = next(self._scripts)
        self._status = 503 if self._script == ["{}"] else 200
        super()._play(client)


def _values(body: Any) -> set[Any]:
    """Every plain value in a request."""
    if isinstance(body, dict):
        return {value for item in body.values() for value in _values(item)}
    if isinstance(body, list):
        return {value for item in body for value in _values(item)}
    return {body}
