"""What servers of each wire format say, so that one test can be played in all of them.

dialect = DIALECTS["anthropic"]
with ChatServer([*dialect.words("It says ", "open."), *dialect.end("ok")], kind=dialect.kind) as server: ...
"""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from typing import Any

from tests.servers import DONE, chunk, event, finish, usage

SSE = "text/event-stream"


class Dialect(ABC):
    """One wire format from the server's side."""

    name: str
    kind = SSE  # the content type of a stream

    @abstractmethod
    def words(self, *pieces: str) -> list[str]:
        """The stream's beginning and an event for each piece of the answer."""

    @abstractmethod
    def thought(self, text: str) -> str:
        """An event that carries reasoning."""

    @abstractmethod
    def end(self, how: str, tokens: int = 5) -> list[str]:
        """The events that end a stream: "ok", "length" or "filter"."""

    @abstractmethod
    def refusal(self) -> list[str]:
        """A whole stream in which the model declines; empty where the format has no such thing."""

    @abstractmethod
    def error(self) -> list[str]:
        """The events of a server that is overloaded in the middle of a stream."""

    @abstractmethod
    def received(self, body: Any) -> tuple[list[tuple[str, str]], str, bytes, str]:
        """Of a request: earlier turns as (question, answer), system prompt, picture and question."""

    def malformed(self) -> str:
        """An event that is no JSON."""
        return event('{"oops": ')


class Chat(Dialect):
    name = "chat"

    def words(self, *pieces: str) -> list[str]:
        return [chunk(role="assistant", content=""), *(chunk(content=piece) for piece in pieces)]

    def thought(self, text: str) -> str:
        return chunk(reasoning_content=text)

    def end(self, how: str, tokens: int = 5) -> list[str]:
        reason = {"ok": "stop", "length": "length", "filter": "content_filter"}[how]
        return [finish(reason), usage(tokens), DONE]

    def refusal(self) -> list[str]:
        return [chunk(refusal="I can't help with that."), finish("stop"), DONE]

    def error(self) -> list[str]:
        return [event({"error": {"message": "overloaded", "code": 503}}), DONE]

    def received(self, body: Any) -> tuple[list[tuple[str, str]], str, bytes, str]:
        system, *turns, user = body["messages"]
        image, text = user["content"]
        return _pairs(turns), system["content"], _from_url(image["image_url"]["url"]), text["text"]


class Responses(Dialect):
    name = "responses"

    def words(self, *pieces: str) -> list[str]:
        return [
            event({"type": "response.created", "response": {"status": "in_progress", "output": []}}),
            event({"type": "response.output_item.added", "output_index": 0, "item": {"type": "message"}}),
            *(event({"type": "response.output_text.delta", "output_index": 0, "delta": piece}) for piece in pieces),
        ]

    def thought(self, text: str) -> str:
        return event({"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": text})

    def end(self, how: str, tokens: int = 5) -> list[str]:
        counted = {"usage": {"output_tokens": tokens}}
        if how == "ok":
            return [event({"type": "response.completed", "response": {"status": "completed", **counted}})]
        why = {"reason": {"length": "max_output_tokens", "filter": "content_filter"}[how]}
        response = {"status": "incomplete", "incomplete_details": why, **counted}
        return [event({"type": "response.incomplete", "response": response})]

    def refusal(self) -> list[str]:
        declined = {"type": "message", "content": [{"type": "refusal", "refusal": "I can't help with that."}]}
        return [event({"type": "response.completed", "response": {"status": "completed", "output": [declined]}})]

    def error(self) -> list[str]:
        failed = {"status": "failed", "error": {"code": "server_error", "message": "overloaded"}}
        return [event({"type": "response.failed", "response": failed})]

    def received(self, body: Any) -> tuple[list[tuple[str, str]], str, bytes, str]:
        *turns, user = body["input"]
        image, text = user["content"]
        assert (image["type"], text["type"]) == ("input_image", "input_text")
        turns = [{"role": turn["role"], "content": turn["content"][0]["text"]} for turn in turns]
        return _pairs(turns), body["instructions"], _from_url(image["image_url"]), text["text"]


class Anthropic(Dialect):
    name = "anthropic"

    def words(self, *pieces: str) -> list[str]:
        return [
            event({"type": "message_start", "message": {"role": "assistant", "content": [], "stop_reason": None}}),
            event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            event({"type": "ping"}),
            *(self._delta({"type": "text_delta", "text": piece}) for piece in pieces),
        ]

    def thought(self, text: str) -> str:
        return self._delta({"type": "thinking_delta", "thinking": text})

    def end(self, how: str, tokens: int = 5) -> list[str]:
        if how == "filter":
            return []
        return self._stop({"ok": "end_turn", "length": "max_tokens"}[how], tokens)

    def refusal(self) -> list[str]:
        return [*self.words(), *self._stop("refusal", 0)]

    def error(self) -> list[str]:
        return [event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})]

    def received(self, body: Any) -> tuple[list[tuple[str, str]], str, bytes, str]:
        *turns, user = body["messages"]
        image, text = user["content"]
        assert image["source"]["media_type"] == "image/jpeg"
        return _pairs(turns), body["system"], base64.b64decode(image["source"]["data"]), text["text"]

    def _delta(self, delta: dict[str, str]) -> str:
        return event({"type": "content_block_delta", "index": 0, "delta": delta})

    def _stop(self, reason: str, tokens: int) -> list[str]:
        return [
            event({"type": "content_block_stop", "index": 0}),
            event({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": tokens}}),
            event({"type": "message_stop"}),
        ]


class Gemini(Dialect):
    name = "gemini"

    def words(self, *pieces: str) -> list[str]:
        return [self._part({"text": piece}) for piece in pieces]

    def thought(self, text: str) -> str:
        return self._part({"text": text, "thought": True})

    def end(self, how: str, tokens: int = 5) -> list[str]:
        reason = {"ok": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}[how]
        return [
            event({"candidates": [{"finishReason": reason}], "usageMetadata": {"candidatesTokenCount": tokens}}),
        ]

    def refusal(self) -> list[str]:
        return []

    def error(self) -> list[str]:
        return [json.dumps({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}, indent=1)]

    def received(self, body: Any) -> tuple[list[tuple[str, str]], str, bytes, str]:
        *turns, user = body["contents"]
        image, text = user["parts"]
        roles = {"user": "user", "model": "assistant"}
        pairs = _pairs([{"role": roles[turn["role"]], "content": turn["parts"][0]["text"]} for turn in turns])
        system = body["systemInstruction"]["parts"][0]["text"]
        return pairs, system, base64.b64decode(image["inlineData"]["data"]), text["text"]

    def _part(self, part: dict[str, Any]) -> str:
        return event({"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]})


class Ollama(Dialect):
    name = "ollama"
    kind = "application/x-ndjson"

    def words(self, *pieces: str) -> list[str]:
        return [self._line({"content": piece}) for piece in pieces]

    def thought(self, text: str) -> str:
        return self._line({"content": "", "thinking": text})

    def end(self, how: str, tokens: int = 5) -> list[str]:
        if how == "filter":
            return []
        reason = {"ok": "stop", "length": "length"}[how]
        return [self._line({"content": ""}, done=True, done_reason=reason, eval_count=tokens)]

    def refusal(self) -> list[str]:
        return []

    def error(self) -> list[str]:
        return [json.dumps({"error": "model runner has unexpectedly stopped"}) + "\n"]

    def malformed(self) -> str:
        return '{"oops": \n'

    def received(self, body: Any) -> tuple[list[tuple[str, str]], str, bytes, str]:
        system, *turns, user = body["messages"]
        (image,) = user["images"]
        return _pairs(turns), system["content"], base64.b64decode(image), user["content"]

    def _line(self, message: dict[str, str], done: bool = False, **fields: Any) -> str:
        said = {"model": "m", "message": {"role": "assistant", **message}, "done": done, **fields}
        return json.dumps(said, ensure_ascii=False) + "\n"


DIALECTS = {dialect.name: dialect for dialect in (Anthropic(), Chat(), Gemini(), Ollama(), Responses())}


def _pairs(turns: list[dict[str, str]]) -> list[tuple[str, str]]:
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2)
    said = [turn["content"] for turn in turns]
    return list(zip(said[::2], said[1::2], strict=True))


def _from_url(url: str) -> bytes:
    assert url.startswith("data:image/jpeg;base64,")
    return base64.b64decode(url.partition(",")[2])
