"""Responses, streamed: OpenAI's newer wire format, which Meta recommends for its models.

Sources: the types of the `openai` package 3.57 (types/responses), Meta's API reference. Nothing is stored at the
server. The stream has no `[DONE]`: it ends with `response.completed`, `.incomplete`, `.failed` or `error`.
"""

from __future__ import annotations

from typing import Any

from pipeline.ask.wire import Asked, Heard, base64_of, bearer
from pipeline.types import Outcome

ENDS: dict[str, Outcome] = {
    "completed": "ok",
    "incomplete": "truncated",  # for no reason that is given
    "max_output_tokens": "truncated",
    "content_filter": "filtered",
}


def path(model: str) -> str:
    """As `Format.path`."""
    return "/responses"


def headers(key: str) -> dict[str, str]:
    """As `Format.headers`."""
    return bearer(key)


def body(asked: Asked) -> dict[str, Any]:
    """As `Format.body`."""
    items: list[dict[str, Any]] = []
    for question, answer in asked.exchanges:
        items.append(_message("user", {"type": "input_text", "text": question}))
        items.append(_message("assistant", {"type": "output_text", "text": answer}))
    images = [
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/jpeg;base64,{base64_of(image)}"}
        for image in asked.question.images
    ]
    items.append(_message("user", *images, {"type": "input_text", "text": asked.question.text}))
    return {
        "model": asked.model,
        "instructions": asked.prompt,
        "input": items,
        "stream": True,
        "store": False,
        "max_output_tokens": asked.max_tokens,
        **({"reasoning": {"effort": asked.effort}} if asked.effort else {}),
    }


def _message(role: str, *content: dict[str, Any]) -> dict[str, Any]:
    """In full, since llama.cpp's server takes no shorter form."""
    return {"type": "message", "role": role, "content": list(content)}


def read(event: Any, heard: Heard) -> str:
    """As `Format.read`."""
    kind = event.get("type")
    if kind == "response.output_text.delta" and event.get("output_index") not in heard.asides:
        return heard.say(event["delta"])
    if kind == "response.refusal.delta":
        heard.refuse(event["delta"])
    elif kind == "response.output_item.added" and _aside(event["item"]):
        heard.asides.add(event.get("output_index"))
    elif kind in ("response.completed", "response.incomplete"):
        return _ended(event["response"], heard)
    elif kind == "response.failed":
        raise heard.failed(event["response"].get("error") or {})
    elif kind == "error" or event.get("error"):
        raise heard.failed(event.get("error") or event)
    elif event.get("object") == "response":  # whole, where a server does not stream
        return _ended(event, heard)
    return ""


def _ended(response: dict[str, Any], heard: Heard) -> str:
    """The end of the answer, and its words where no deltas brought them."""
    heard.finish = str((response.get("incomplete_details") or {}).get("reason") or response.get("status"))
    heard.count((response.get("usage") or {}).get("output_tokens"))
    messages = [item for item in response.get("output") or () if item.get("type") == "message" and not _aside(item)]
    parts = [part for message in messages for part in message["content"]]
    if not heard.refusal:
        heard.refuse("".join(part["refusal"] for part in parts if part["type"] == "refusal"))
    if heard.text:
        return ""
    return heard.say("".join(part["text"] for part in parts if part["type"] == "output_text"))


def _aside(item: dict[str, Any]) -> bool:
    """Whether an item of the output is what the model says to itself while it works."""
    return item.get("phase") == "commentary"
