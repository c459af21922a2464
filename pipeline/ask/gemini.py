"""Gemini's generateContent, streamed.

Source: the `google-genai` package 3.6 (types.py, _api_client.py) for its finish and block reasons, and for errors that
come as bare JSON.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pipeline.ask.wire import Asked, Heard, base64_of
from pipeline.types import Outcome

_HELD_BACK = ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "MODEL_ARMOR")
_BLOCKED = "blocked"
"""Our own finish reason: the question was held back, and there is no candidate with one."""

ENDS: dict[str, Outcome] = {
    "STOP": "ok",
    "MAX_TOKENS": "truncated",
    "CONTINUATION": "truncated",
    **dict.fromkeys((*_HELD_BACK, _BLOCKED), "filtered"),
}


def path(model: str) -> str:
    """As `Format.path`."""
    return f"/models/{quote(model.removeprefix('models/'), safe='')}:streamGenerateContent?alt=sse"


def headers(key: str) -> dict[str, str]:
    """As `Format.headers`."""
    return {"x-goog-api-key": key} if key else {}


def body(asked: Asked) -> dict[str, Any]:
    """As `Format.body`."""
    contents: list[dict[str, Any]] = []
    for question, answer in asked.exchanges:
        contents += [_content("user", {"text": question}), _content("model", {"text": answer})]
    images = [{"inlineData": {"mimeType": "image/jpeg", "data": base64_of(image)}} for image in asked.question.images]
    contents.append(_content("user", *images, {"text": asked.question.text}))
    effort = {"thinkingConfig": {"thinkingLevel": asked.effort}} if asked.effort else {}
    return {
        "systemInstruction": {"parts": [{"text": asked.prompt}]},
        "contents": contents,
        "generationConfig": {"maxOutputTokens": asked.max_tokens, **effort},
    }


def read(event: Any, heard: Heard) -> str:
    """As `Format.read`."""
    if isinstance(event, list):  # how errors come where a stream was not begun
        event = event[0]
    if error := event.get("error"):
        raise heard.failed(error)
    heard.count((event.get("usageMetadata") or {}).get("candidatesTokenCount"))
    if (event.get("promptFeedback") or {}).get("blockReason"):
        heard.finish = _BLOCKED
    candidate: dict[str, Any] = (event.get("candidates") or [{}])[0]
    heard.finish = str(candidate.get("finishReason") or heard.finish)
    parts = (candidate.get("content") or {}).get("parts") or ()
    return heard.say("".join(part.get("text") or "" for part in parts if not part.get("thought")))


def _content(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}
