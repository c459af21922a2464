"""Chat completions, streamed: the wire format that OpenAI began and nearly every server of models speaks.

Sources: OpenAI's API reference (chat completions, streaming), and how Ollama, llama.cpp, vLLM and OpenRouter differ
in practice. Success is a finish reason that we know: `[DONE]` alone is not, some servers send it after an error.
"""

from __future__ import annotations

from typing import Any

from pipeline.ask.wire import Asked, Heard, base64_of, bearer
from pipeline.types import Outcome

ENDS: dict[str, Outcome] = {"stop": "ok", "length": "truncated", "content_filter": "filtered"}


def path(model: str) -> str:
    """As `Format.path`."""
    return "/chat/completions"


def headers(key: str) -> dict[str, str]:
    """As `Format.headers`."""
    return bearer(key)


def body(asked: Asked) -> dict[str, Any]:
    """As `Format.body`."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": asked.prompt}]
    for question, answer in asked.exchanges:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    content: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{base64_of(image)}"}}
        for image in asked.question.images
    ]
    content.append({"type": "text", "text": asked.question.text})
    messages.append({"role": "user", "content": content})
    return {
        "model": asked.model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        asked.cap: asked.max_tokens,
        **({"reasoning_effort": asked.effort} if asked.effort else {}),
    }


def read(event: Any, heard: Heard) -> str:
    """As `Format.read`."""
    if error := event.get("error"):
        raise heard.failed(error)
    heard.count((event.get("usage") or {}).get("completion_tokens"))
    choice: dict[str, Any] = (event.get("choices") or [{}])[0]
    said = choice.get("delta") or choice.get("message") or {}  # a message where a server does not stream
    heard.finish = str(choice.get("finish_reason") or heard.finish)
    heard.refuse(said.get("refusal") or "")
    content = said.get("content") or ""
    if isinstance(content, list):  # Mistral's: its thoughts are parts of another type
        content = "".join(part["text"] for part in content if part["type"] == "text")
    return heard.say(content)
