"""Anthropic's messages, streamed.

Source: the types of the `anthropic` package 2.13. An answer ends with the `stop_reason` of a `message_delta`.
"""

from __future__ import annotations

from typing import Any

from pipeline.ask.wire import Asked, Heard, base64_of
from pipeline.types import Outcome

ENDS: dict[str, Outcome] = {
    "end_turn": "ok",
    "stop_sequence": "ok",
    "max_tokens": "truncated",
    "model_context_window_exceeded": "truncated",
    "refusal": "refused",
}


def path(model: str) -> str:
    """As `Format.path`."""
    return "/messages"


def headers(key: str) -> dict[str, str]:
    """As `Format.headers`."""
    return {"anthropic-version": "2023-06-01", **({"x-api-key": key} if key else {})}


def body(asked: Asked) -> dict[str, Any]:
    """As `Format.body`."""
    messages: list[dict[str, Any]] = []
    for question, answer in asked.exchanges:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    content: list[dict[str, Any]] = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": base64_of(image)}}
        for image in asked.question.images
    ]
    content.append({"type": "text", "text": asked.question.text})
    messages.append({"role": "user", "content": content})
    effort = {"thinking": {"type": "adaptive"}, "output_config": {"effort": asked.effort}} if asked.effort else {}
    return {
        "model": asked.model,
        "system": asked.prompt,
        "messages": messages,
        "stream": True,
        "max_tokens": asked.max_tokens,
        **effort,
    }


def read(event: Any, heard: Heard) -> str:
    """As `Format.read`."""
    kind = event.get("type")
    if kind == "content_block_delta" and event["delta"]["type"] == "text_delta":
        return heard.say(event["delta"]["text"])
    if kind == "content_block_start" and event["content_block"]["type"] == "text":
        return heard.say(event["content_block"].get("text") or "")
    if kind == "message_delta":
        _ended(event["delta"], event, heard)
    elif kind == "error":
        raise heard.failed(event.get("error") or {})
    elif kind == "message":  # whole, where a server does not stream
        _ended(event, event, heard)
        return heard.say("".join(block["text"] for block in event["content"] if block["type"] == "text"))
    return ""


def _ended(why: dict[str, Any], event: dict[str, Any], heard: Heard) -> None:
    heard.finish = str(why.get("stop_reason") or heard.finish)
    heard.count((event.get("usage") or {}).get("output_tokens"))
