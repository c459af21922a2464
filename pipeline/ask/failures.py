"""What the errors of a model's server mean: for the log with a remedy, for the wearer in one sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from pipeline.errors import GlassesError
from pipeline.types import Outcome

_LONGEST_WORDS = 300
"""Characters of a server's own words that go into the log: some send whole pages."""

_LONGEST_DELAY = 24 * 3600
"""Seconds. A server that asks for more patience than a day is not worth repeating."""


class Failure(GlassesError):
    """A reply that did not come whole; `outcome` is what becomes of the answer."""

    def __init__(self, message: str, *, told: str, outcome: Outcome = "error") -> None:
        super().__init__(message, told=told)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class _Meaning:
    remedy: str
    told: str
    outcome: Outcome = "error"


_BAD_REQUEST = _Meaning("the server can't take this request; see its log", "The model could not take my question.")
_NO_CREDIT = _Meaning("add credit to the account", "The model's account has no credit left.")
_SLOW = _Meaning("ask again", "The model took too long.")
_BUSY = _Meaning("ask again later", "The model is too busy right now.")
_FAULTY = _Meaning("see the server's log, or ask again", "The model's server had a fault.")
_MOVED = _Meaning("give the address it points to", "The model's address has moved.")
_STATUS = {
    401: _Meaning("check the key", "The model did not accept my key."),
    402: _NO_CREDIT,
    403: _Meaning("check what the key may do", "The model does not let me in."),
    404: _Meaning("check the address, it often ends with /v1", "I found no model at its address."),
    408: _SLOW,
    413: _Meaning("let the server take bigger requests", "The picture was too big for the model."),
    429: _BUSY,
    503: _Meaning("wait until the server is ready", "The model is not ready right now."),
    504: _SLOW,
    529: _BUSY,
}


def failed(name: str, model: str, status: int, body: str, headers: Mapping[str, str] | None = None) -> Failure:
    """The error that the backend `name` got: its status, the server's own words, the remedy.

    `status` is HTTP's, or the number in an error mid-stream (0 without one). `body` is what the server
    sent, in JSON or not. `headers` have names in lower case; they may say when to ask again and where.
    """
    headers = headers or {}
    words, code = _said(body)
    meaning = _meaning(status, words, code, model)
    told = meaning.told
    if location := headers.get("location", "").partition("?")[0]:
        words = f"to {location}"
    if meaning is _BUSY and (delay := _delay(headers)):
        words = f"{words} (retry after {delay} s)".strip()
        told = f"{told} Try again in {_spoken(delay)}."
    what = ", ".join(part for part in (f"HTTP {status}" if status else "an error", words) if part)
    return Failure(f"{name}: {what}; {meaning.remedy}", told=told, outcome=meaning.outcome)


def one_line(text: str) -> str:
    """`text` without line breaks and not too long for a log."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_WORDS else line[:_LONGEST_WORDS] + "..."


def _meaning(status: int, words: str, code: str, model: str) -> _Meaning:
    """Codes and words first: servers agree on them less than on the status, but they say more."""
    if "content_policy" in code or "content_filter" in code:
        return _Meaning("ask something else", "The model declined to answer that.", "refused")
    if code == "insufficient_quota":
        return _NO_CREDIT
    if status == 404 and (code == "model_not_found" or re.search(r"\bmodel\b", words)):
        return _Meaning("check the model's name, and that it is installed", f"I don't know the model {model}.")
    if re.search(r"(?i)\b(image|vision|multimodal).*\b(not|un)\W?support|\bnot support.*\b(image|vision)", words):
        return _Meaning("choose a model that takes pictures", "This model can't look at pictures.")
    if 300 <= status < 400:
        return _MOVED
    return _STATUS.get(status) or (_BAD_REQUEST if 400 <= status < 500 else _FAULTY)


def _said(body: str) -> tuple[str, str]:
    """The server's own words and its code for the error, as far as it gives them."""
    try:
        error: Any = json.loads(body)
    except ValueError:
        is_page = body.lstrip().startswith("<")
        return "" if is_page else one_line(body), ""
    if isinstance(error, list) and error:
        error = error[0]
    if isinstance(error, dict):
        error = error.get("error") or error
    if not isinstance(error, dict):
        return one_line(str(error)), ""
    words = error.get("message") or error.get("detail") or ""
    return one_line(str(words)), str(error.get("code") or error.get("type") or "")


def _delay(headers: Mapping[str, str]) -> int:
    """Whole seconds that the server asks to wait, 0 if it does not say: milliseconds, seconds or a date."""
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        elif re.fullmatch(r"[\d.]+", wait := headers.get("retry-after", "")):
            seconds = float(wait)
        else:  # by the server's own clock: ours may be wrong
            until = parsedate_to_datetime(wait) - parsedate_to_datetime(headers.get("date", ""))
            seconds = until.total_seconds()
    except (ValueError, TypeError):
        return 0
    return -int(-seconds // 1) if 0 < seconds <= _LONGEST_DELAY else 0


def _spoken(seconds: int) -> str:
    if seconds < 120:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"
