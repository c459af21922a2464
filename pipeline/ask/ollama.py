"""Ollama's own chat, streamed: a line of JSON an event, and the last one is `done`.

Source: the `ollama` package 0.6 and Ollama's API documentation. Preferred over its chat completions, which leave out
why an answer ended and write an empty chunk where the model failed.
"""

from __future__ import annotations

from typing import Any

from pipeline.ask.wire import Asked, Heard, base64_of, bearer
from pipeline.types import Outcome

ENDS: dict[str, Outcome] = {"stop": "ok", "length": "truncated"}

_THINK = {"off": False, "on": True}
"""Other words, such as low and high, are sent as they are: some models have levels."""


def path(model: str) -> str:
    """As `Format.path`."""
    return "/api/chat"


def headers(key: str) -> dict[str, str]:
    """As `Format.headers`."""
    return bearer(key)


def body(asked: Asked) -> dict[str, Any]:
    """As `Format.body`."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": asked.prompt}]
    for question, answer in asked.exchanges:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    images = [base64_of(image) for image in asked.question.images]
    messages.append({"role": "user", "content": asked.question.text, **({"images": images} if images else {})})
    return {
        "model": asked.model,
        "messages": messages,
        "stream": True,
        "options": {"num_predict": asked.max_tokens},
        **({"think": _THINK.get(asked.effort, asked.effort)} if asked.effort else {}),
    }


def read(event: Any, heard: Heard) -> str:
    """As `Format.read`."""
    if error := event.get("error"):
        raise heard.failed(error)
    if event.get("done"):
        heard.finish = str(event.get("done_reason") or "stop")
        heard.count(event.get("eval_count"))
    return heard.say((event.get("message") or {}).get("content") or "")
