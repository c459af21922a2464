"""What the errors of a model's server mean: for the log with a remedy, for the wearer in one sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from pipeline.errors import GlassesError
from pipeline.types import Outcome

_LONGEST_WORDS = 300
"""Characters of a server's own words that go into the log: some send whole pages."""

_LONGEST_DELAY = 24 * 3600
"""Seconds. A server that asks for more patience than a day is not worth repeating."""


Subject = Literal["", "key", "credit", "model", "silence"]
"""What every further question would fail of as well: its key, its account, its model, a server that says nothing."""


class Failure(GlassesError):
    """A reply that did not come whole."""

    def __init__(
        self,
        message: str,
        *,
        told: str,
        outcome: Outcome = "error",
        status: int = 0,
        again: bool = False,
        after: float = 0.0,
        about: Subject = "",
    ) -> None:
        super().__init__(message, told=told)
        self.outcome = outcome  # what becomes of the answer
        self.status = status  # HTTP's, 0 without one
        self.again = again  # whether the same question may fare better in a moment
        self.after = after  # seconds that the server wants to be left alone; 0 if it does not say
        self.about: Subject = about

    def without(self, secret: str) -> Failure:
        """The same, where the server has quoted `secret`, without it."""
        return Failure(
            str(self).replace(secret, "***") if secret else str(self),
            told=self.told.replace(secret, "***") if secret else self.told,
            outcome=self.outcome,
            status=self.status,
            again=self.again,
            after=self.after,
            about=self.about,
        )


@dataclass(frozen=True, slots=True)
class _Meaning:
    remedy: str
    told: str
    outcome: Outcome = "error"
    about: Subject = ""


_REFUSED = _Meaning("ask something else", "The model declined to answer that.", "refused")
_HELD_BACK = _Meaning("ask something else", "The answer was held back.", "filtered")
_WRONG_KEY = _Meaning("check the key", "The model did not accept my key.", about="key")
_TOO_BIG = _Meaning("let the server take bigger requests", "The picture was too big for the model.")
_TOO_MUCH = _Meaning("give the model more context, or begin anew", "That was more than the model can take in at once.")
_BAD_REQUEST = _Meaning("the server can't take this request; see its log", "The model could not take my question.")
_NO_CREDIT = _Meaning("add credit to the account", "The model's account has no credit left.", about="credit")
_SLOW = _Meaning("ask again", "The model took too long.")
_BUSY = _Meaning("ask again later", "The model is too busy right now.")
_FAULTY = _Meaning("see the server's log, or ask again", "The model's server had a fault.")
_MOVED = _Meaning("give the address it points to", "The model's address has moved.")
_STATUS = {
    401: _WRONG_KEY,
    402: _NO_CREDIT,
    403: _Meaning("check what the key may do", "The model does not let me in.", about="key"),
    404: _Meaning("check the address, it often ends with /v1", "I found no model at its address."),
    408: _SLOW,
    413: _TOO_BIG,
    429: _BUSY,
    503: _Meaning("wait until the server is ready", "The model is not ready right now."),
    504: _SLOW,
    529: _BUSY,
}

_PASSING = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
"""Statuses that may be gone in a moment: those that the vendors' own packages try again after."""

_NAMED = {
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "api_error": 500,
    "server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status of errors that come in the middle of a stream by name only: Anthropic's, OpenAI's."""

_SAID: tuple[tuple[re.Pattern[str], _Meaning], ...] = (
    (re.compile(r"(?i)blocked by (the )?content filter"), _HELD_BACK),
    (re.compile(r"(?i)api.?key.not.valid|invalid.api.?key|incorrect api key"), _WRONG_KEY),
    (re.compile(r"(?i)credit balance|insufficient (credit|funds|quota)"), _NO_CREDIT),
    (
        re.compile(r"(?i)\b(image|vision|multimodal).*\b(not|un)\W?support|\bnot support.*\b(image|vision)"),
        _Meaning("choose a model that takes pictures", "This model can't look at pictures."),
    ),
    (re.compile(r"(?i)\bimage\b.*\b(exceeds|too (large|big))"), _TOO_BIG),
    (re.compile(r"(?i)context (size|length|window)|prompt is too long"), _TOO_MUCH),
)
"""What servers say in words under a status that says less."""


def failed(name: str, model: str, status: int, body: str, headers: Mapping[str, str] | None = None) -> Failure:
    """The error that the backend `name` got: its status, the server's own words, the remedy.

    `status` is HTTP's, or 0 for an error mid-stream, which may bring one with it. `body` is what the server
    sent, in JSON or not. `headers` have names in lower case; they may say when to ask again and where.
    """
    headers = headers or {}
    words, code = _said(body)
    status = status or (int(code) if re.fullmatch("[1-5][0-9][0-9]", code) else _NAMED.get(code, 0))
    meaning = _meaning(status, words, code, model)
    told = meaning.told
    delay = _delay(headers, body)
    if location := headers.get("location", "").partition("?")[0]:
        words = f"to {location}"
    if meaning is _BUSY and delay:
        whole = -int(-delay // 1)
        words = f"{words} (retry after {whole} s)".strip()
        told = f"{told} Try again in {_spoken(whole)}."
    what = ", ".join(part for part in (f"HTTP {status}" if status else "an error", words) if part)
    passing = status in _PASSING and meaning is _STATUS.get(status, _FAULTY)
    again = headers.get("x-should-retry", str(passing).lower()) == "true"
    return Failure(
        f"{name}: {what}; {meaning.remedy}",
        told=told,
        outcome=meaning.outcome,
        status=status,
        again=again,
        after=delay,
        about=meaning.about,
    )


def one_line(text: str) -> str:
    """`text` without line breaks and not too long for a log."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_WORDS else line[:_LONGEST_WORDS] + "..."


def _meaning(status: int, words: str, code: str, model: str) -> _Meaning:
    """Codes and words first: servers agree on them less than on the status, but they say more."""
    if "content_policy" in code or "content_filter" in code:
        return _REFUSED
    if code == "insufficient_quota":
        return _NO_CREDIT
    if status == 404 and (code == "model_not_found" or re.search(r"\bmodels?\b", words)):
        told = f"I don't know the model {model}."
        return _Meaning("check the model's name, and that it is installed", told, about="model")
    for pattern, meaning in _SAID:
        if pattern.search(words):
            return meaning
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


def _delay(headers: Mapping[str, str], body: str) -> float:
    """Seconds that the server asks to wait, 0 if it does not say: milliseconds, seconds or a date; Gemini's in JSON."""
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        elif re.fullmatch(r"[\d.]+", wait := headers.get("retry-after", "")):
            seconds = float(wait)
        elif found := re.search(r'"retryDelay":\s*"([\d.]+)s"', body):
            seconds = float(found[1])
        else:  # by the server's own clock: ours may be wrong
            until = parsedate_to_datetime(wait) - parsedate_to_datetime(headers.get("date", ""))
            seconds = until.total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return seconds if 0 < seconds <= _LONGEST_DELAY else 0.0


def _spoken(seconds: int) -> str:
    if seconds < 120:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"
